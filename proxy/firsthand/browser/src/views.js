// Page views of single-page apps: one for each address that the visitor comes to.

import { address } from "./pool.js";
import { view } from "./track.js";
import { wrap } from "./wrap.js";

const SETTLE_MS = 50; // routers redirect right after a change: the address that stays is the view

let here; // address of the last view
let tell = () => {};
let timer;

/** Tells the view that the page shows, if it was not told yet. */
export function look() {
  clearTimeout(timer);
  const now = address();
  if (now === here) return;
  if (here) view.referrer = here;
  here = now;
  tell();
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, SETTLE_MS);
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
