// Hooks at the addresses of images, scripts and frames: the property and the attribute.

import { copyElement, wants } from "./copies.js";
import { find } from "./doors.js";
import { replace, trusted } from "./insert.js";
import { CONNECT, route } from "./route.js";
import { fire, ownFetch, wrap, wrapProperty } from "./wrap.js";

const SCRIPT = "script-src-elem";
const IMAGE = "img-src";

export function hookElements(realm) {
  hookType(realm.HTMLImageElement.prototype, IMAGE);
  hookType(realm.HTMLScriptElement.prototype, SCRIPT);
  hookType(realm.HTMLIFrameElement.prototype, "frame-src");
}

function hookType(owner, directive) {
  const act = (element, value, put) => {
    const hit = find(value);
    if (!hit) return undefined;
    // A page that works with Trusted Types gets one of ours in place of its own.
    const set = (address) => put(typeof value === "string" ? address : trusted(address));
    if (COPIES && wants(hit)) return copyElement(hit, element, set);
    if (directive === IMAGE) {
      return route(hit, CONNECT, (address) => quietly(address, element), () => put(value));
    }
    // A script element that was refused never loads again; another one does.
    const again = () => (directive === SCRIPT ? replace(element, hit.address) : put(value));
    return route(hit, directive, set, again);
  };
  wrapProperty(owner, "src", "set", (element, [value], call) =>
    act(element, value, (address) => call([address])),
  );
  // Only on these three types: a hook on all elements would see every attribute of the page.
  wrap(owner, "setAttribute", (element, [name, value], call) =>
    /^src$/i.test(name) ? act(element, value, (address) => call([name, address])) : undefined,
  );
}

/** Sends what an image would, without its hold on the page's `load`: our answer comes after a commit. */
function quietly(address, image) {
  const init = { mode: "no-cors", credentials: "include", keepalive: true };
  ownFetch(address, init).then(() => fire(image, "load"), () => fire(image, "error"));
}
