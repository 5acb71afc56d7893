// How a loader begins: with the shim that an earlier one brought, else with its own. What it carries stands in
// functions, as a browser compiles a function only once it is called.

try {
  const { __fh } = window;
  if (__fh) __fh.load(fhFile, document.currentScript, fhMark, fhRules);
  else fhShim(fhFile, fhMark, fhRules);
} catch {
  // A page that reads no cookies (a sandboxed frame) has no choice of its visitor: nothing loads.
}
