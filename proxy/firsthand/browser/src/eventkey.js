// The event key that both paths share, put into a beacon where its field is missing or empty.

import { textOf } from "./doors.js";

const seen = new Map(); // request as the vendor's script made it -> its key, and how often it came

function field(text, name) {
  const found = new RegExp(`[?&]${name}=([^&]*)`).exec(text);
  return found ? decodeURIComponent(found[1].replace(/\+/g, " ")) : "";
}

const draw = () => Date.now().toString(36) + Math.random().toString(36).slice(2);

/** Counts this sending: a retry is the same request again, and gets the same key. */
function remember(hit, text) {
  const request = hit.url.href + text;
  if (seen.size > 99) seen.clear();
  const entry = seen.get(request) || { key: draw(), attempt: 0 };
  seen.set(request, entry);
  entry.attempt += 1;
  return entry;
}

/**
 * Returns the body to send, and sets `hit.attempt` and the key in `hit.url`. Only events of the site
 * get a key: those that the vendor's script invents would never find their twin.
 */
export function withKey(hit, body) {
  const text = textOf(body) || "";
  const [param, event, skip] = hit.vendor.key;
  const { key, attempt } = remember(hit, text);
  hit.attempt = hit.attempt || attempt;
  const { search } = hit.url;
  const name = param && (field(search, event) || field(`?${text}`, event));
  if (!name || skip.includes(name) || field(search, param) || field(`?${text}`, param)) return body;
  if (field(search, event)) hit.url.search = filled(search, param, key);
  else if (body.append) body.set(param, key);
  else return filled(body, param, key);
  return body;
}

/** Sets the empty field, else appends it: a second field of that name would not be read. */
function filled(text, param, key) {
  const empty = new RegExp(`([?&]|^)${param}=(?=&|$)`);
  const full = `${param}=${key}`;
  return empty.test(text) ? text.replace(empty, `$1${full}`) : `${text}&${full}`;
}
