// Hooks of fh.js in front of those of the shim, whichever script brought it: they see to the keys.

import { addKey } from "./copies.js";
import { find, textOf } from "./doors.js";
import { withKey } from "./eventkey.js";
import { wrap, wrapProperty } from "./wrap.js";

/** Returns the beacon at an address, if it is one of an account of the site. */
function look(address, body) {
  const hit = find(address, body);
  return hit && hit.use === "beacon" && hit.mode ? hit : undefined;
}

/** Returns the body with its key, or sets it in `hit.url`. */
function keyed(hit, body) {
  const name = fhSite.own[hit.name];
  if (!name) return withKey(hit, body);
  // No place for a key at this vendor: where its beacons end with us, they have one of our own.
  if (hit.mode !== "server") return body;
  const key = { param: "fh_key", name, names: ".", digits: 32, path: [] };
  const ours = { ...hit, vendor: { ...hit.vendor, key } };
  if (typeof body !== "string" || !body) return withKey(ours, body);
  // A line, an event.
  return body.replace(/[^\r\n]+/g, (line) => withKey(ours, line));
}

export function hookKeys() {
  wrap(window, "fetch", (self, [input, init], call) => {
    // A Request is taken apart by the shim, and comes by again.
    const hit = !input.url && look(input, init && init.body);
    if (!hit) return undefined;
    const body = keyed(hit, init && init.body);
    return () => call([hit.url.href, body ? { ...init, body } : init]);
  });
  wrap(Navigator.prototype, "sendBeacon", (self, [address, data], call) => {
    const hit = look(address, data);
    if (!hit) return undefined;
    const body = keyed(hit, data);
    return () => call([hit.url.href, body]);
  });
  hookXhr(XMLHttpRequest.prototype);
  hookImage(HTMLImageElement.prototype);
  wrap(HTMLFormElement.prototype, "submit", (form) => {
    const body = new FormData(form);
    const hit = look(form.getAttribute("action"), body);
    if (hit) addKey(hit, form, keyed(hit, body));
  });
}

function hookXhr(owner) {
  const opened = new WeakMap();
  wrap(owner, "open", (xhr, [method, address, ...more], call) => {
    const hit = look(address);
    opened.set(xhr, hit);
    if (!hit) return undefined;
    keyed(hit);
    return () => call([method, hit.url.href, ...more]);
  });
  wrap(owner, "send", (xhr, [data], call) => {
    const hit = data && opened.get(xhr);
    if (!hit) return undefined;
    const body = keyed(hit, data);
    return () => call([body]);
  });
}

function hookImage(owner) {
  const act = (address, put) => {
    const hit = look(address);
    if (!hit) return undefined;
    keyed(hit);
    return () => put(hit.url.href);
  };
  wrapProperty(owner, "src", "set", (image, [value], call) => act(value, (address) => call([address])));
  wrap(owner, "setAttribute", (image, [name, value], call) =>
    /^src$/i.test(name) ? act(value, (address) => call([name, address])) : undefined,
  );
}
