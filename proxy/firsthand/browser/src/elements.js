// Hooks at the addresses of images, scripts and frames: the property and the attribute.

import { find } from "./doors.js";
import { replace, trusted } from "./insert.js";
import { route } from "./route.js";
import { wrap, wrapProperty } from "./wrap.js";

const DIRECTIVES = {
  HTMLImageElement: "img-src",
  HTMLScriptElement: "script-src-elem",
  HTMLIFrameElement: "frame-src",
};

const nothing = () => {};

export function hookElements(realm, copies) {
  for (const type of Object.keys(DIRECTIVES)) hookType(realm[type].prototype, DIRECTIVES[type], copies);
}

function hookType(owner, directive, copies) {
  const act = (element, value, put) => {
    const hit = find(value);
    if (!hit) return undefined;
    // A page that works with Trusted Types gets one of ours in place of its own.
    const set = (address) => put(typeof value === "string" ? address : trusted(address));
    if (copies && copies.wants(hit)) return copies.element(hit, element, set);
    const script = directive === "script-src-elem";
    const again = () => (script ? replace(element, hit.address) : put(value));
    return route(hit, directive, set, again, nothing);
  };
  wrapProperty(owner, "src", "set", (element, args, call) =>
    act(element, args[0], (value) => call([value])),
  );
  // Only on these three types: a hook on all elements would see every attribute of the page.
  wrap(owner, "setAttribute", (element, args, call) =>
    /^src$/i.test(args[0]) ? act(element, args[1], (value) => call([args[0], value])) : undefined,
  );
}
