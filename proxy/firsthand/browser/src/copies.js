// Modes `shadow` and `both`: the original goes to the vendor in a way whose end can be seen, and a
// copy with that end follows it to the tracking host.

import { allowed } from "./consent.js";
import { ours, place, textOf } from "./doors.js";
import { attempt, withKey } from "./eventkey.js";
import { onRefusal, refused } from "./policy.js";
import { CONNECT } from "./route.js";
import { fire, ownFetch } from "./wrap.js";

const waiting = new Set();
let leaving = false;

/**
 * Posts what waits when the page goes: afterwards nobody learns how an original ended. Until the page
 * has loaded, copies wait, so that they take nothing of what it loads by.
 */
export function watchLeaving() {
  addEventListener("load", () => setTimeout(postAll));
  // Capturing at the window, before the vendors' own handlers, which send their last beacons.
  addEventListener("pagehide", leave, true);
  addEventListener("pageshow", () => (leaving = false), true);
  addEventListener("visibilitychange", () => (leaving = document.hidden), true);
}

function leave() {
  leaving = true;
  postAll();
}

/** Posts what has ended; of a page that leaves all else as well. */
function postAll() {
  for (const post of waiting) post();
}

export const wants = (hit) => hit.use === "beacon" && /shadow|both/.test(hit.mode) && allowed(hit.name) !== false;

/**
 * Sends by keepalive. Above the 64 KiB that all keepalive bodies of a page share, the browser refuses
 * as if the network had failed: the second try does without.
 */
export function deliver(address, options) {
  const end = new AbortController();
  const init = { mode: "no-cors", credentials: "include", keepalive: true, signal: end.signal, ...options };
  // An answer that nobody reads is open until it is collected, and its request counts till then.
  const sent = ownFetch(address, init).then(() => end.abort());
  return sent.catch((error) => {
    // A page that leaves rejects what is on its way and will arrive.
    if (leaving || !init.body) throw error;
    return ownFetch(address, { ...init, keepalive: false });
  });
}

/** Sends `body` by `send(address, body)`, a promise of the outcome, and its copy afterwards. */
function observe(hit, method, given, send) {
  const began = Date.now();
  const tried = attempt(hit, given);
  const body = withKey(hit, given);
  const told = { url: `https://${place(hit.url)}`, method, outcome: "unknown", attempt: tried };
  const post = () => {
    if (!leaving && (!told.ms || document.readyState !== "complete")) return;
    if (waiting.delete(post) && allowed(hit.name) !== false) copy(body, told);
  };
  const end = (outcome) => {
    told.outcome = outcome;
    told.ms = Date.now() - began || 1;
    post();
  };
  waiting.add(post);
  send(hit.url.href, body).then(end, (error) =>
    end(error && error.name === "AbortError" ? "unknown" : "failed"),
  );
  post();
}

function copy(body, told) {
  const content_type = (body && (body.append ? "application/x-www-form-urlencoded" : body.type)) || "";
  const send = (text) =>
    deliver(ours("fh/copy"), {
      method: "POST",
      body: JSON.stringify({ ...told, body: text, content_type }),
    }).catch(() => {});
  const text = textOf(body);
  if (text === undefined) new Response(body).text().then(send);
  else send(text);
}

/**
 * Resolves to the outcome of a request by fetch; `instead` sends it as the vendor's script meant, also
 * where the page leaves: nobody will learn how it ends.
 */
function byFetch(address, options, instead) {
  return new Promise((resolve, reject) => {
    const native = () => {
      instead();
      resolve("unknown");
    };
    if (leaving || refused(CONNECT, address)) native();
    else {
      onRefusal(CONNECT, address, native);
      // The report of a refusal by the page's policy comes after the rejection.
      deliver(address, options).then(() => resolve("ok"), (error) => setTimeout(reject, 300, error));
    }
  });
}

export function copyElement(hit, node, set) {
  const send = node.localName === "img" ? image : node.localName === "script" ? script : frame;
  return () => observe(hit, "GET", undefined, (address) => send(node, address, set));
}

function image(node, address, set) {
  // As an image it would not outlive the page either.
  const options = { referrerPolicy: node.referrerPolicy, keepalive: false };
  const sent = byFetch(address, options, () => set(address));
  sent.then((outcome) => outcome === "ok" && fire(node, "load"), () => fire(node, "error"));
  return sent;
}

/** The answer is code to run, so it stays an element, whose `error` may be an answer that is none. */
function script(node, address, set) {
  return new Promise((resolve) => {
    node.addEventListener("load", () => resolve("ok"));
    node.addEventListener("error", () => resolve("unknown"));
    set(address);
  });
}

function frame(node, address, set) {
  set(address);
  return Promise.resolve("unknown");
}

export function copyForm(hit, node, data, submit) {
  return () =>
    observe(hit, "POST", data, (address, body) => {
      const target = document.getElementsByName(node.target)[0];
      const sent = byFetch(address, { method: "POST", body: new URLSearchParams(body) }, () => {
        addKey(hit, node, body);
        submit(address);
      });
      // A frame fires `load` for an error page too.
      sent.then((outcome) => outcome === "ok" && fire(target, "load"), () => fire(target, "load"));
      return sent;
    });
}

export function addKey(hit, node, body) {
  const { key } = hit.vendor;
  const name = key.json || key.param;
  if (!body.has(name)) return;
  const input = node.elements[name] || document.createElement("input");
  input.name = name;
  input.value = body.get(name);
  node.append(input);
}

export function copyBeacon(hit, data, native) {
  // What a form could not send needs the vendor's consent to cross-origin requests, as sendBeacon has it.
  const plain = !data || !data.type || /^(text\/plain|multipart|application\/x-www-form)/.test(data.type);
  return () => {
    observe(hit, "POST", data, (address, body) =>
      byFetch(address, { method: "POST", body, mode: plain ? "no-cors" : "cors" }, () => native(address, body)),
    );
    return true;
  };
}

export function copyFetch(hit, init, send) {
  return () => {
    let answer;
    observe(hit, init.method || "GET", init.body, (address, body) => {
      answer = send(address, body && { body });
      return answer.then(() => "ok");
    });
    return answer;
  };
}

export function openXhr(hit, send) {
  return () => {
    withKey(hit);
    return send(hit.url.href);
  };
}

export function copyXhr({ hit, method, body }, xhr, call) {
  return () =>
    observe(hit, method, body, (address, keyed) => {
      const ended = new Promise((resolve, reject) => {
        xhr.addEventListener("load", () => resolve("ok"));
        xhr.addEventListener("error", reject);
        xhr.addEventListener("loadend", () => resolve("unknown"));
      });
      call([keyed]);
      return ended;
    });
}
