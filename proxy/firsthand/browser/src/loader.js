// The loader with copies: some account is in mode `shadow` or `both`.

import { copies } from "./copies.js";
import { start } from "./start.js";

start(fhRules, fhFile, copies);
