// What every script of ours on a page shares: the first installs the shim, the others find it.

import { listen, take, whenAllowed } from "./consent.js";
import { watchLeaving } from "./copies.js";
import { addRules, marked, ours } from "./doors.js";
import { hold, holdLoads, replace } from "./insert.js";
import { watchPolicy } from "./policy.js";
import { install } from "./realm.js";

const marks = {}; // of the rules that are known

function first() {
  // A script element brings the answer to the question where fetch is refused.
  take.load = load;
  take.listen = listen;
  holdLoads();
  watchPolicy();
  if (COPIES) watchLeaving();
  install(window, take);
}

/**
 * Loads `file` in place of the running script once its vendor is allowed; fh.js has no such file. `rules` returns
 * what rules the script carries, and all of one site carry the same: under one `mark`.
 */
function load(file, running, mark, rules) {
  if (!marks[mark]) addRules(rules());
  marks[mark] = true;
  const address = ours(file.address);
  // A module or a moved script is not `currentScript`; nothing is lost but its place in the page.
  const original =
    running ||
    [...document.scripts].find((script) => script.src.startsWith(address)) ||
    Object.assign(document.createElement("script"), { type: "loader", src: address });
  hold(original, file.hash);
  if (file.hash) whenAllowed(file.vendor, () => replace(original, marked(original.src, file.hash)));
}

/** Returns the page's shim, which has the rules and `file` from now on. */
export function join(file, mark, rules) {
  if (!window.__fh) first();
  window.__fh.load(file, document.currentScript, mark, rules);
  return window.__fh;
}
