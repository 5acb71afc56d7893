// The loader where every account is in mode `server`: requests are moved, nothing is copied.

import { start } from "./start.js";

start(fhRules, fhFile);
