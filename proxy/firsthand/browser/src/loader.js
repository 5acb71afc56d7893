// The shim of a loader, which start.js calls on a page that has none.

import { join } from "./page.js";

join(fhFile, fhMark, fhRules);
