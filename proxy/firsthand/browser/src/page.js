// What every script of ours on a page shares: the first installs the shim, the others find it.

import { listen, take, whenAllowed } from "./consent.js";
import { watchLeaving } from "./copies.js";
import { addRules, marked, ours } from "./doors.js";
import { hold, holdLoads, replace } from "./insert.js";
import { watchPolicy } from "./policy.js";
import { install } from "./realm.js";

function first(rules) {
  // A script element brings the answer to the question where fetch is refused.
  take.load = load;
  take.listen = listen;
  addRules(rules);
  holdLoads();
  watchPolicy();
  if (COPIES) watchLeaving();
  install(window, take);
}

/** Loads `file` in place of the running script once its vendor is allowed; fh.js has no such file. */
function load(rules, file, running) {
  addRules(rules);
  const address = ours(file.address);
  // A module or a moved script is not `currentScript`; nothing is lost but its place in the page.
  const original =
    running ||
    [...document.scripts].find((script) => script.src.startsWith(address)) ||
    Object.assign(document.createElement("script"), { type: "loader", src: address });
  hold(original, file.hash);
  if (file.hash) whenAllowed(file.vendor, () => replace(original, marked(original.src, file.hash)));
}

/** Returns the page's shim, which has `rules` and `file` from now on. */
export function join(rules, file) {
  if (!window.__fh) first(rules);
  window.__fh.load(rules, file, document.currentScript);
  return window.__fh;
}
