// What this visitor's page may load: read from the verdict cookie, else asked, and asked again when
// the consent cookies change.

import { ours, pattern, rules } from "./doors.js";
import { insert } from "./insert.js";
import { ownFetch } from "./wrap.js";

let answer; // {allow: {vendor: true}, refused}, or {allow: {"--": true}}; undefined while there is none
let asked; // digest of the consent cookies that the last question was about
let landing = location.search;
let held = [];
let listener; // fh.js, if it is on the page

/** Returns true, false, or undefined while the verdict is not known. */
export const allowed = (name) => (rules.gate ? answer && answer.allow[name] === true : true);

/** Tells `hear` every answer from now on, undefined while one is waited for; returns what asks again. */
export function listen(hear) {
  listener = hear;
  if (asked === undefined) watch();
  else hear(answer);
  return check;
}

/** Runs `act` once the vendor is allowed, perhaps never. */
export function whenAllowed(name, act) {
  held.push([name, act]);
  if (rules.gate && asked === undefined) watch();
  release();
}

function release() {
  held = held.filter(([name, act]) => !allowed(name) || act());
  if (listener) listener(answer);
}

/** Returns the FNV-1a hash of the consent cookies; rules/verdict.py has the same function. */
function digest() {
  const pairs = document.cookie.split("; ").filter((pair) => pattern(rules.cookies).test(pair));
  let hash = 0x811c9dc5;
  for (const unit of pairs.sort().join(";").split("")) {
    hash = Math.imul(hash ^ unit.charCodeAt(0), 0x01000193);
  }
  return (hash >>> 0).toString(16);
}

export function take(given) {
  answer = given;
  release();
}

/** Finds the verdict, and watches for changes from then on. */
function watch() {
  const found = document.cookie.match(`(?:^|; )${rules.verdict}=1\\.(\\w+)\\.([^;]+)`);
  // The cookie knows nothing of the browser's own opt-out signal: with it the server is asked.
  if (found && found[1] === digest() && !navigator.globalPrivacyControl) {
    asked = found[1];
    const allow = {};
    for (const name of found[2].split("~")) allow[name] = true;
    take({ allow });
  } else ask();
  // Some platforms tell the document, without bubbling: the window hears those on their way down.
  for (const name of rules.events) addEventListener(name, check, true);
  addEventListener("fh:consent", ask);
  setInterval(() => document.hidden || check(), 1000);
}

const check = () => digest() === asked || ask();

/** Asks; a page whose Content-Security-Policy refuses the question is asked by a script element. */
function ask() {
  const late = asked !== undefined;
  const about = digest();
  asked = about;
  take();
  const question = (body) =>
    ownFetch(ours("fh/consent"), { credentials: "include", method: body ? "POST" : "GET", body })
      .then((response) => response.json());
  question()
    .then((said) => {
      // After a late yes the landing address makes the click-id cookies, before any vendor code runs.
      if (!late || !landing || !Object.values(said.allow).includes(true)) return said;
      const body = JSON.stringify({ landing });
      landing = "";
      return question(body);
    })
    .then(
      (said) => about === asked && take(said),
      () => insert(ours("fh/consent?js=1")),
    )
    .catch(() => {});
}
