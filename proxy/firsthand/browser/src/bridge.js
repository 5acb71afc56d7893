// Some consent platforms tell their decision in the page alone. What hears them is a file of its own, which
// pages without such a platform do not load.

import { ours } from "./doors.js";
import { guarded } from "./guard.js";
import { insert } from "./insert.js";

const SIGNS = ["__ucCmp", "UC_UI", "Osano", "Termly", "_sp_", "__gpp", "__uspapi"];

/** Loads the file once there is one of the platforms. */
export function watchPlatforms() {
  let tries = 0;
  const seek = guarded(() => {
    const found = SIGNS.some((name) => window[name]);
    if (found) insert(ours("fh_consent.js"));
    if (found || (tries += 1) > 60) clearInterval(look);
  });
  const look = setInterval(seek, 500);
  seek();
}
