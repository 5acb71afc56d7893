// One loader on the page: the first installs the shim, every one brings rules and a file.

import { take, whenAllowed } from "./consent.js";
import { watchLeaving } from "./copies.js";
import { addRules, marked, ours } from "./doors.js";
import { hold, holdLoads, replace } from "./insert.js";
import { watchPolicy } from "./policy.js";
import { install } from "./realm.js";

function first() {
  // A script element brings the answer to the question where fetch is refused.
  const page = (answer) => take(answer);
  page.load = load;
  addRules(fhRules);
  holdLoads();
  watchPolicy();
  if (COPIES) watchLeaving();
  install(window, page);
}

/** Loads `file` in place of the running script once its vendor is allowed. */
function load(rules, file, running) {
  addRules(rules);
  const address = ours(file.address);
  // A module or a moved script is not `currentScript`; nothing is lost but its place in the page.
  const original =
    running ||
    [...document.scripts].find((script) => script.src.startsWith(address)) ||
    Object.assign(document.createElement("script"), { type: "loader", src: address });
  hold(original);
  whenAllowed(file.vendor, () => replace(original, marked(original.src, file.hash)));
}

try {
  if (!window.__fh) first();
  window.__fh.load(fhRules, fhFile, document.currentScript);
} catch {
  // A page that reads no cookies (a sandboxed frame) has no choice of its visitor: nothing loads.
}
