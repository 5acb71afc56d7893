// The hooks alone, without the loader: built only to measure what they weigh.

import { watchLeaving } from "./copies.js";
import { addRules } from "./doors.js";
import { watchPolicy } from "./policy.js";
import { install } from "./realm.js";

addRules(fhRules);
watchPolicy();
if (COPIES) watchLeaving();
install(window, fhFile);
