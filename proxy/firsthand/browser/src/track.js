// Events of the page's own: held in memory until the visitor has chosen, sent in batches, tried again.

import { deliver } from "./copies.js";
import { ours } from "./doors.js";
import { claim, others } from "./pool.js";

const BATCH = 20;
const TEXT = 16384; // of a batch; in bytes it may be four times as long, which the server still takes
const HELD = 50;
const OLDEST_MS = 3600000; // of an older event the server no longer believes the time
const TRIES = 5;
const LINGER_MS = 250;

let waiting = [];
let answer;
let check = () => {};
let timer;

/** The address that led to this view. */
export const view = { referrer: document.referrer };

/** Begins to send: `shim` says what the visitor has chosen, now and later. */
export function start(shim) {
  check = shim.listen(hear);
  addEventListener("online", () => (answer ? flush() : dispatchEvent(new Event("fh:consent"))));
}

function hear(given) {
  answer = given;
  // Who refuses has not been seen: what happened before is not told after a later yes.
  if (refused()) waiting = [];
  soon(0);
}

const refused = () => answer && (answer.refused || answer.allow["--"]);
const agreed = () => answer && Object.keys(fhRules.vendors).some((name) => answer.allow[name]);

/** Takes an event in ECAPI's shape; what it lacks is filled in. */
export function track(event_type, given) {
  if (refused()) return;
  const told = given || {};
  const pair = claim(told.custom_event || event_type, told.id);
  const event = {
    timestamp: Math.floor(Date.now() / 1000),
    ...told,
    id: pair.id,
    data_set_id: fhSite.name,
    event_type,
    properties: { page_url: location.href, ...view, ...told.properties },
  };
  // A copy: the page may go on using its objects.
  waiting.push({ event: JSON.parse(JSON.stringify(event)), pair, at: Date.now(), tries: 0 });
  // The first of them has the landing address.
  if (waiting.length > HELD) waiting.splice(1, 1);
  soon(waiting.length < BATCH ? LINGER_MS : 0);
}

function soon(ms) {
  clearTimeout(timer);
  timer = setTimeout(flush, ms);
}

/** Sends what waits, if the visitor agreed: at once, as the page may be leaving. */
export function flush() {
  check();
  if (!agreed() || !navigator.onLine) return;
  const since = Date.now() - OLDEST_MS;
  waiting = waiting.filter((one) => one.at > since && one.tries < TRIES);
  while (waiting.length) send(waiting.splice(0, fitting()));
}

/** Returns how many of the waiting events one request takes, at least one. */
function fitting() {
  let size = 0;
  let count = 0;
  for (const { event } of waiting.slice(0, BATCH)) {
    size += JSON.stringify(event).length;
    if (count && size > TEXT) break;
    count += 1;
  }
  return count;
}

/** Returns an event with the keys that pixels of the page gave it before. */
function complete({ event, pair }) {
  const ext = event.ext || {};
  return { ...event, ext: { ...ext, firsthand: { event_ids: others(pair), ...ext.firsthand } } };
}

function send(batch) {
  const address = ours("fh/collect");
  const body = JSON.stringify({ events: batch.map(complete) });
  if (navigator.sendBeacon(address, body)) return;
  deliver(address, { method: "POST", body }).catch(() => {
    for (const one of batch) one.tries += 1;
    waiting = [...batch, ...waiting];
    soon(10000 * batch[0].tries);
  });
}
