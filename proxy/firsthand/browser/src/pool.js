// One event, one key: fh.js and the vendors' pixels on a page tell of the same thing.
//
// Events of one type at one address are paired in the order in which each tells them. A key that the
// page gave is never changed, and two different ones are two events; where a pixel has none, it gets
// the key of the event that fh.js told, or will tell.

import { draw } from "./eventkey.js";
import { sha256 } from "./sha256.js";

const KEPT = 99;

const told = []; // {type, at, id, given, mine, keys: {account or vendor: key}}

/** Returns the address of the view, the fragment only where it is a route (`#/a`, `#!a`), not the first. */
export const address = () => location.href.replace(/#(?![/!]).*|#!?\/?$/, "");

function pair(type, fits) {
  const at = address();
  let found = told.find((one) => one.type === type && one.at === at && fits(one));
  if (!found) {
    found = { type, at, id: draw(32), keys: {} };
    told.push(found);
    if (told.length > KEPT) told.shift();
  }
  return found;
}

/** Returns an id as a vendor's keys are: some are SHA-256. */
const shaped = (id, digits) => (digits < 64 ? id : sha256(id));

/** Returns type and teller of a beacon's event; `text` is what query and body say. */
function who(hit, name, text) {
  const all = `?${text}`;
  const more = all.match(`[?&]${fhSite.details[hit.name]}=([^&]+)`);
  const account = all.match(hit.vendor.param);
  const types = fhSite.types[hit.name] || {};
  return [types[more && more[1]] || types[name] || name, (account && account[1]) || hit.name];
}

/** Returns the key for a vendor's event that has none. */
export function pooled(hit, name, text) {
  const [type, teller] = who(hit, name, text);
  const one = pair(type, ({ keys }) => !keys[teller]);
  one.keys[teller] = shaped(one.id, hit.vendor.key.digits);
  return one.keys[teller];
}

/** Takes note of a key that the page gave to a vendor's event. */
export function note(hit, name, text, key) {
  if (!key || !name) return;
  const [type, teller] = who(hit, name, text);
  if (told.some(({ keys }) => keys[teller] === key)) return;
  const { digits } = hit.vendor.key;
  const one = pair(type, ({ id, given, keys }) => !keys[teller] && (!given || shaped(id, digits) === key));
  if (!one.mine && digits < 64 && !Object.keys(one.keys).length) one.id = key;
  one.given = true;
  one.keys[teller] = key;
}

/** Returns the pair to which an event of fh.js belongs; `id` is the page's own, if it gave one. */
export function claim(type, id) {
  const one = pair(type, (other) => !other.mine && (!id || !other.given || other.id === id));
  one.mine = true;
  if (id) {
    one.id = id;
    one.given = true;
  }
  return one;
}

/** Returns the keys of a pair that are not its id, by account or vendor. */
export const others = ({ id, keys }) =>
  Object.fromEntries(Object.entries(keys).filter(([, key]) => key !== id && key !== sha256(id)));
