// Hook at form.submit(): long events leave as a form that posts into a hidden frame.

import { copyForm, wants } from "./copies.js";
import { find } from "./doors.js";
import { route } from "./route.js";
import { wrap } from "./wrap.js";

export function hookForms(realm) {
  wrap(realm.HTMLFormElement.prototype, "submit", (form, args, call) => {
    const action = form.getAttribute("action");
    const body = find(action) && new FormData(form);
    const hit = body && find(action, body);
    if (!hit) return undefined;
    const send = (address) => {
      form.setAttribute("action", address);
      call([]);
      form.setAttribute("action", action);
    };
    if (COPIES && wants(hit)) return copyForm(hit, form, body, send);
    // A form is refused as a form or as its frame; the frame's refusal is the one that names no path.
    return route(hit, "frame-src", send, () => send(action));
  });
}
