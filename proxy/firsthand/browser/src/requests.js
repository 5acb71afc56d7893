// Hooks at fetch, sendBeacon and XMLHttpRequest.

import { copyBeacon, copyFetch, copyXhr, openXhr, wants } from "./copies.js";
import { find } from "./doors.js";
import { CONNECT, route } from "./route.js";
import { ownFetch, wrap } from "./wrap.js";

export function hookRequests(realm) {
  wrap(realm, "fetch", (self, [input, init], call) => {
    if (input.url) return find(input.url) && (() => takeApart(realm, input, init));
    const hit = find(input, init && init.body);
    if (!hit) return undefined;
    const send = (address, more) => call([address, { ...init, ...more }]);
    if (COPIES && wants(hit)) return copyFetch(hit, init || {}, send);
    // The tracking host reads the visitor's choice from cookies, whatever the vendor's script wants.
    const move = (address) => send(address, { credentials: "include" });
    return route(hit, CONNECT, move, () => send(hit.address), async () => new Response());
  });
  wrap(realm.Navigator.prototype, "sendBeacon", (self, [address, body], call) => {
    const hit = find(address, body);
    if (!hit) return undefined;
    const send = (to, keyed = body) => call([to, keyed]);
    if (COPIES && wants(hit)) return copyBeacon(hit, body, send);
    return route(hit, CONNECT, send, () => send(hit.address), () => true);
  });
  hookXhr(realm.XMLHttpRequest.prototype);
}

/** A Request can be sent only as it is: make an address and options of it, and come back. */
async function takeApart(realm, request, init) {
  const { url, method, headers, mode, credentials, keepalive, signal } = request;
  const body = (await request.clone().text()) || undefined;
  return realm.fetch(url, { method, headers, mode, credentials, keepalive, signal, body, ...init });
}

function hookXhr(owner) {
  const opened = new WeakMap();
  wrap(owner, "open", (xhr, [method, address, ...more], call) => {
    const hit = find(address);
    opened.set(xhr, hit && { hit, method });
    if (!hit) return undefined;
    const send = (to) => call([method, to, ...more]);
    if (COPIES && wants(hit)) return openXhr(hit, send);
    const move = (to) => {
      send(to);
      xhr.withCredentials = true;
    };
    // The object that was refused cannot be used again; its request can.
    const again = () =>
      ownFetch(hit.address, { method, body: opened.get(xhr).body, mode: "no-cors", credentials: "include" });
    return route(hit, CONNECT, move, again, () => send("data:,"));
  });
  wrap(owner, "send", (xhr, [body], call) => {
    const known = opened.get(xhr);
    if (known) known.body = body;
    return COPIES && known && wants(known.hit) && copyXhr(known, xhr, call);
  });
}
