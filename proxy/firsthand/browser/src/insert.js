// Script elements of ours: beside the original, with what a Content-Security-Policy wants to see.

import { fire } from "./wrap.js";

let policy;
let pattern; // our first element on the page: what it may do, we may
const busy = new Set();

/** Returns a script address that Trusted Types accept, where the site lists our policy. */
export function trusted(address) {
  if (policy === undefined && window.trustedTypes) {
    policy = null;
    try {
      policy = trustedTypes.createPolicy("firsthand", { createScriptURL: (text) => text });
    } catch {
      // The site does not list our policy: the plain text is all there is.
    }
  }
  return policy ? policy.createScriptURL(address) : address;
}

/** Inserts a script right after `original`, like it; returns the new element. */
export function insert(address, original = pattern) {
  const script = original.ownerDocument.createElement("script");
  for (const { name, value } of original.attributes) {
    if (/^(data-.*|crossorigin|referrerpolicy)$/.test(name)) script.setAttribute(name, value);
  }
  script.nonce = original.nonce || pattern.nonce;
  script.src = trusted(address);
  if (original.parentNode) original.after(script);
  else document.head.append(script);
  return script;
}

/** Keeps `load` of an element back until its `file` has ended, if it has one: some snippets start there. */
export function hold(original, file) {
  pattern = pattern || original;
  if (file) busy.add(original);
}

/** Loads a file in place of `original`, which then gets the file's own `load` or `error`. */
export function replace(original, address) {
  const script = insert(address, original);
  script.onload = script.onerror = (event) => {
    busy.delete(original);
    fire(original, event.type);
  };
}

export function holdLoads() {
  document.addEventListener("load", (event) => busy.has(event.target) && event.stopImmediatePropagation(), true);
}
