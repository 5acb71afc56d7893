// fh.js: events of the page's own, its views, its consent platform; with the shim, as a loader has it.

import { watchPlatforms } from "./bridge.js";
import { choose } from "./choice.js";
import { addRules } from "./doors.js";
import { guarded } from "./guard.js";
import { hookKeys } from "./keyed.js";
import { join } from "./page.js";
import { flush, start, track } from "./track.js";
import { look, watchViews } from "./views.js";

const COMMANDS = {
  track(type, told) {
    look();
    track(type, told);
  },
  consent: (said) => choose(said, "site"),
  config() {},
};

const firsthand = guarded((name, ...args) => COMMANDS[name](...args));

const begin = guarded(() => {
  const queue = (window.firsthand && window.firsthand.q) || [];
  const settings = Object.assign({}, ...[...queue].map(([name, told]) => name === "config" && told));
  window.firsthand = firsthand;
  // Who kept the page's first function goes on calling it.
  firsthand.q = { push: (call) => firsthand(...call), on: true };
  const shim = join({ address: "fh.js" }, "fh.js", () => fhRules);
  // Where a loader brought the shim, this file has doors of its own.
  addRules(fhRules);
  hookKeys();
  start(shim);
  watchPlatforms();
  if (settings.page_views !== false) watchViews(() => track("page_view"));
  for (const call of queue) firsthand(...call);
  const leave = () => {
    look();
    flush();
  };
  addEventListener("pagehide", leave, true);
  addEventListener("visibilitychange", () => document.hidden && leave(), true);
});

// A page that is only prepared is not seen yet; a second fh.js finds the first.
if (!((window.firsthand || {}).q || {}).on) {
  if (document.prerendering) document.addEventListener("prerenderingchange", begin, { once: true });
  else begin();
}
