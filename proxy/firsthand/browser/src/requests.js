// Hooks at fetch, sendBeacon and XMLHttpRequest.

import { find } from "./doors.js";
import { route } from "./route.js";
import { wrap } from "./wrap.js";

const CONNECT = "connect-src";

export function hookRequests(realm, copies) {
  hookFetch(realm, copies);
  hookBeacon(realm, copies);
  hookXhr(realm, copies);
}

function hookFetch(realm, copies) {
  wrap(realm, "fetch", (self, [input, init], call) => {
    if (input.url) return find(input.url) && (() => takeApart(realm, input, init));
    const hit = find(input, init && init.body);
    if (!hit) return undefined;
    const send = (address, more) => call([address, Object.assign({}, init, more)]);
    if (copies && copies.wants(hit)) return copies.fetch(hit, init || {}, send);
    // The tracking host reads the visitor's choice from cookies, whatever the vendor's script wants.
    const move = (address) => send(address, { credentials: "include" });
    return route(hit, CONNECT, move, () => send(hit.address), () => Promise.resolve(new realm.Response()));
  });
}

/** A Request can be sent only as it is: make an address and options of it, and come back. */
function takeApart(realm, request, init) {
  const { url, method, headers, mode, credentials, keepalive, referrerPolicy } = request;
  return request
    .clone()
    .text()
    .then((body) => {
      const options = { method, headers, mode, credentials, keepalive, referrerPolicy };
      return realm.fetch(url, Object.assign(options, body && { body }, init));
    });
}

function hookBeacon(realm, copies) {
  wrap(realm.Navigator.prototype, "sendBeacon", (self, [address, body], call) => {
    const hit = find(address, body);
    if (!hit) return undefined;
    const send = (to) => call([to, body]);
    if (copies && copies.wants(hit)) return copies.beacon(hit, body, send);
    return route(hit, CONNECT, send, () => send(hit.address), () => true);
  });
}

function hookXhr(realm, copies) {
  const open = new WeakMap();
  const owner = realm.XMLHttpRequest.prototype;
  wrap(owner, "open", (xhr, args, call) => {
    open.delete(xhr);
    const hit = find(args[1]);
    if (!hit) return undefined;
    open.set(xhr, { hit, method: args[0] });
    const send = (address) => call([args[0], address, ...args.slice(2)]);
    if (copies && copies.wants(hit)) return copies.open(hit, send);
    const move = (address) => {
      send(address);
      xhr.withCredentials = true;
    };
    return route(hit, CONNECT, move, () => resend(open.get(xhr)), () => send("data:,"));
  });
  wrap(owner, "send", (xhr, args, call) => {
    const opened = open.get(xhr);
    if (!opened) return undefined;
    opened.body = args[0];
    return copies && copies.wants(opened.hit) && copies.send(opened, xhr, call);
  });
}

/** The object that was refused cannot be used again; its request can. */
function resend({ hit, method, body }) {
  return fetch(hit.address, { method, body, mode: "no-cors", credentials: "include", keepalive: true });
}
