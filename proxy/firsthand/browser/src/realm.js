// Puts the hooks into a window, and into the blank frames that its scripts reach from there.

import { hookElements } from "./elements.js";
import { hookForms } from "./forms.js";
import { hookRequests } from "./requests.js";
import { wrapProperty } from "./wrap.js";

/** Hooks `realm` once; `page` is both the mark of that and what a loader there calls. */
export function install(realm, page) {
  if (realm.__fh) return;
  realm.__fh = page;
  hookElements(realm);
  hookRequests(realm);
  hookForms(realm);
  for (const name of ["contentWindow", "contentDocument"]) {
    wrapProperty(realm.HTMLIFrameElement.prototype, name, "get", (frame, args, call) => {
      const inner = call(args);
      const child = inner.defaultView || inner;
      // A frame with a page of its own has a realm of its own business; reading it may throw.
      if (/^about:/.test(child.location)) install(child, page);
    });
  }
}
