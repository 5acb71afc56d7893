// One loader on the page: the first installs the shim, every one brings rules and a file.

import { take, whenAllowed } from "./consent.js";
import { addRules, marked, ours } from "./doors.js";
import { hold, holdLoads, replace } from "./insert.js";
import { watchPolicy } from "./policy.js";
import { install } from "./realm.js";

/** Loads `file` in place of the running script once its vendor is allowed. */
export function start(added, file, copies) {
  if (!window.__fh) first(added, copies);
  window.__fh.load(added, file, document.currentScript);
}

function first(added, copies) {
  const page = (answer) => take(answer); // a script element brings the answer where fetch is refused
  page.load = load;
  addRules(added);
  holdLoads();
  watchPolicy();
  if (copies) copies.watchLeaving();
  install(window, page, copies);
}

function load(added, file, running) {
  addRules(added);
  const address = ours(file.address);
  // A module or a moved script is not `currentScript`; nothing is lost but its place in the page.
  const original =
    running ||
    [...document.scripts].find((script) => script.src.startsWith(address)) ||
    Object.assign(document.createElement("script"), { type: "loader", src: address });
  hold(original);
  whenAllowed(file.vendor, () => replace(original, marked(original.src, file.hash)));
}
