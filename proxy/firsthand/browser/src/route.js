// Where a request to a vendor goes.

import { allowed } from "./consent.js";
import { marked, ours, place } from "./doors.js";
import { onRefusal, refused } from "./policy.js";

export const CONNECT = "connect-src";

/**
 * Returns the new address of a request, "" when it must not be made, undefined when it stays as it
 * is: `shadow` and `both` leave beacons with the vendor, and accounts that nobody configured are the
 * page's own affair. Code comes from us in every mode; not allowed, it gets the loader, which waits.
 */
function target(hit, directive) {
  const yes = allowed(hit.name);
  if (hit.use === "code") {
    if (!hit.mode && yes) return undefined;
    if (yes) return marked(ours(place(hit.url)), "live");
    return directive === "script-src-elem" ? ours(place(hit.url)) : "";
  }
  if (hit.mode !== "server") return undefined;
  return hit.use === "never" || yes === false ? "" : ours(place(hit.url));
}

/**
 * Returns what a hook answers: a function that sends the request to its new address, or undefined.
 * `drop` answers for a request that must not be made, `again` sends it to the vendor after all.
 */
export function route(hit, directive, send, again, drop = () => {}) {
  const to = target(hit, directive);
  if (!to) return to === undefined ? to : drop;
  if (refused(directive, to)) return allowed(hit.name) ? undefined : drop;
  return () => {
    onRefusal(directive, to, () => allowed(hit.name) && again());
    return send(to);
  };
}
