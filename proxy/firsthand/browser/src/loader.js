// The loader of one vendor file: it brings the site's rules and the file.

import { join } from "./page.js";

try {
  join(fhRules, fhFile);
} catch {
  // A page that reads no cookies (a sandboxed frame) has no choice of its visitor: nothing loads.
}
