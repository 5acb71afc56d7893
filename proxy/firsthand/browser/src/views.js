// Page views of single-page apps: one for each address that the visitor comes to.

import { address } from "./pool.js";
import { view } from "./track.js";
import { wrap } from "./wrap.js";

const SETTLE_MS = 99; // a router may redirect after a change: the address that stays is the view

let here; // address of the last view
let tell = () => {};
let turn = 0; // of the changes, the last one

/** Tells the view that the page shows, if it was not told yet. */
export function look() {
  turn += 1;
  const now = address();
  if (now === here) return;
  if (here) view.referrer = here;
  here = now;
  tell();
}

function later() {
  turn += 1;
  const mine = turn;
  const settled = () => mine === turn && look();
  // Once the router has nothing to do any more; not every browser tells when that is.
  setTimeout(() => (window.requestIdleCallback || setTimeout)(settled, { timeout: 500 }), SETTLE_MS);
}

export function watchViews(act) {
  tell = act;
  for (const name of ["pushState", "replaceState"]) wrap(history, name, later);
  for (const name of ["popstate", "hashchange"]) addEventListener(name, later);
  // A page out of the back-forward cache is seen again.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) here = "";
    look();
  });
  look();
}
