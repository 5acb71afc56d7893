// Hooks at the addresses of images, scripts and frames: the property and the attribute.

import { copyElement, wants } from "./copies.js";
import { find } from "./doors.js";
import { replace, trusted } from "./insert.js";
import { route } from "./route.js";
import { wrap, wrapProperty } from "./wrap.js";

const SCRIPT = "script-src-elem";

export function hookElements(realm) {
  hookType(realm.HTMLImageElement.prototype, "img-src");
  hookType(realm.HTMLScriptElement.prototype, SCRIPT);
  hookType(realm.HTMLIFrameElement.prototype, "frame-src");
}

function hookType(owner, directive) {
  const act = (element, value, put) => {
    const hit = find(value);
    if (!hit) return undefined;
    // A page that works with Trusted Types gets one of ours in place of its own.
    const send = (address) => put(typeof value === "string" ? address : trusted(address));
    if (COPIES && wants(hit)) return copyElement(hit, element, send);
    // A script element that was refused never loads again; another one does.
    const again = () => (directive === SCRIPT ? replace(element, hit.address) : put(value));
    return route(hit, directive, send, again);
  };
  wrapProperty(owner, "src", "set", (element, [value], call) =>
    act(element, value, (address) => call([address])),
  );
  // Only on these three types: a hook on all elements would see every attribute of the page.
  wrap(owner, "setAttribute", (element, [name, value], call) =>
    /^src$/i.test(name) ? act(element, value, (address) => call([name, address])) : undefined,
  );
}
