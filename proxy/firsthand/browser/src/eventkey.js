// The event key that both paths share, put into a beacon where it is missing or empty.

import { pattern, textOf } from "./doors.js";
import { note, pooled } from "./pool.js";

const seen = new Map(); // event, and its place in a request -> key, and host that got it first
const tries = new Map(); // request -> how often it was sent

/** Counts the sendings of a request: a retry is the same again. */
export function attempt(hit, body) {
  const request = hit.address + textOf(body);
  const times = (tries.get(request) || 0) + 1;
  if (tries.size > 99) tries.clear();
  tries.set(request, times);
  return times;
}

/** Returns a parameter of a query or form; "" where it says nothing. */
function field(text, name) {
  const found = new RegExp(`[?&]${name}=(?!(?:undefined|null)?(?:&|$))([^&]*)`).exec(text);
  return found ? decodeURIComponent(found[1].replace(/\+/g, " ")) : "";
}

export const draw = (digits) =>
  [...crypto.getRandomValues(new Uint8Array(digits))].map((byte) => (byte % 16).toString(16)).join("");

/**
 * Puts a key into `object` if it has none and is an event of the site: those that the vendor's script
 * invents would never find their twin. Returns whether it did.
 */
function put(hit, object, name, event, request = event) {
  const { url: { host }, vendor: { key } } = hit;
  if (object[key.param] || !pattern(key.names).test(name || "")) {
    if (SNIPPET) note(hit, name, event, object[key.param]);
    return false;
  }
  const twin = seen.get(event);
  // The same request is a retry; the same event at another host is a mirror.
  const known = seen.get(request) || (twin && twin.host !== host && twin);
  const entry = known || { host, key: SNIPPET ? pooled(hit, name, event) : draw(key.digits) };
  if (seen.size > 99) seen.clear();
  seen.set(event, entry).set(request, entry);
  object[key.param] = entry.key;
  return true;
}

/** Returns the body to send, and sets the key in `hit.url` where the event is told there. */
export function withKey(hit, body) {
  try {
    return keyed(hit, body);
  } catch {
    // Not the form that the rules tell of: it goes as it came.
    return body;
  }
}

function keyed(hit, body) {
  const { url, vendor: { key } } = hit;
  const { search } = url;
  const text = textOf(body) || "";
  const inQuery = field(search, key.name);
  if (!inQuery && /^\s*[[{]/.test(text)) return inJson(hit, text);
  const all = `${search}&${text}`;
  const holder = key.json || key.param;
  const told = field(all, holder);
  const object = key.json ? JSON.parse(told || "{}") : { [holder]: told };
  if (!put(hit, object, field(all, key.name), search.slice(1) + text)) return body;
  const value = key.json ? JSON.stringify(object) : object[holder];
  if (inQuery) url.search = filled(search, holder, value);
  else if (body.append) body.set(holder, value);
  else return filled(text, holder, value);
  return body;
}

function inJson(hit, text) {
  const { key } = hit.vendor;
  const root = JSON.parse(text);
  let events = [root];
  for (const step of key.path) events = [].concat(...events.map((each) => each[step] || []));
  // The place in the list tells events apart that say the same.
  const done = events.filter((each, n) => put(hit, each, each[key.name], n + JSON.stringify(each), n + text));
  return done.length ? JSON.stringify(root) : text;
}

/** Sets a field that is there, else appends it: a second of that name would not be read. */
function filled(text, name, value) {
  const there = new RegExp(`([?&]|^)${name}=[^&]*`);
  const full = `${name}=${encodeURIComponent(value)}`;
  return there.test(text) ? text.replace(there, `$1${full}`) : `${text}&${full}`;
}
