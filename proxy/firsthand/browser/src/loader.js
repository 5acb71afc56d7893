// The loader of one vendor file: it brings the site's rules and the file.

import { join } from "./page.js";

join(fhRules, fhFile);
