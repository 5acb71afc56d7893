// Consent platforms whose decision is in no cookie that a server can read: asked in the page, by the
// events and functions that they document, and remembered as a cookie of ours.

import { choose } from "./choice.js";
import { guarded } from "./guard.js";

const ASK_MS = 1000;
const SETTLED_MS = 300;
const OPTED_OUT = /"(?:Sale|Sharing|TargetedAdvertising)OptOut":1|"Gpc":true/;

/** Returns whether all of `list` hold, undefined for an empty one: nobody was asked. */
const all = (list) => (list.length ? list.every((yes) => yes === true) : undefined);

/**
 * Usercentrics: its services by category; only explicit decisions are any. Its own categories have no
 * analytics, those services are `functional` there.
 */
function byCategory(services) {
  if (!services.some(({ consent }) => consent.type === "EXPLICIT")) return undefined;
  const given = (names) =>
    services.filter(({ category }) => names.test(category)).map(({ consent }) => consent.given);
  const analytics = given(/^(analytics|statistics|performance)$/);
  return {
    analytics: all(analytics.length ? analytics : given(/^functional$/)),
    marketing: all(given(/^(marketing|advertising)$/)),
  };
}

/** Returns a service of Usercentrics' version 2 as version 3 has it: the last decision says how it was made. */
function asVersion3({ categorySlug: category, consent: { status: given, history } }) {
  const { type } = history[history.length - 1] || {};
  return { category, consent: { given, type: String(type).toUpperCase() } };
}

// Each listens to one platform and tells what it says; it throws where the platform is not on the page.
const PLATFORMS = {
  // Web CMP v3: "Control functionality", "UC_UI_INITIALIZED", "UC_CONSENT".
  usercentrics(say) {
    const hear = guarded(({ services }) => say(byCategory(Object.values(services))));
    const ask = () => __ucCmp.getConsentDetails().then(hear, console.warn);
    ask();
    for (const name of ["UC_UI_INITIALIZED", "UC_CONSENT"]) addEventListener(name, guarded(ask));
  },

  // Browser UI v2: `UC_UI.getServicesBaseInfo()`; "UC_UI_CMP_EVENT" comes with the click, before the services know.
  usercentrics2(say) {
    const ask = () => say(byCategory(UC_UI.getServicesBaseInfo().map(asVersion3)));
    ask();
    addEventListener("UC_UI_INITIALIZED", guarded(ask));
    addEventListener("UC_UI_CMP_EVENT", () => setTimeout(guarded(ask), SETTLED_MS));
  },

  // docs.osano.com, "Consent JavaScript API": both events bring the choice, undefined before there is one.
  osano(say) {
    const hear = guarded((said) =>
      say(said && {
        analytics: said.ANALYTICS === "ACCEPT",
        marketing: said.MARKETING === "ACCEPT" && said.OPT_OUT !== "ACCEPT",
      }),
    );
    for (const name of ["initialized", "consent-saved"]) Osano.cm.addEventListener(`osano-cm-${name}`, hear);
  },

  // Termly: `on("initialized" | "consent")`; the record is there only once the visitor has chosen.
  termly(say) {
    const ask = guarded(() => {
      const { TERMLY_COOKIE_CONSENT: kept } = JSON.parse(localStorage.TERMLY_API_CACHE || "{}");
      const said = kept && kept.value;
      say(said && { analytics: said.analytics === true, marketing: said.advertising === true && !said.do_not_sell });
    });
    for (const name of ["initialized", "consent"]) Termly.on(name, ask);
    ask();
  },

  // IAB TCF 2, "CMP API": consent alone counts, never legitimate interest; of the site's vendors those on
  // the IAB's list must all be agreed to. The consents of other platforms are in cookies.
  sourcepoint(say) {
    const hear = guarded(({ eventStatus, gdprApplies, purpose, vendor }, fine) => {
      if (!fine || !/^(tcloaded|useractioncomplete)$/.test(eventStatus) || gdprApplies === false) return;
      const may = ({ consents }, numbers) => numbers.every((number) => consents[number]);
      say({
        analytics: may(purpose, [1, 8]),
        marketing: may(purpose, [1, 3, 4, 7]) && may(vendor, fhSite.tcf),
      });
    });
    if (_sp_) __tcfapi("addEventListener", 2, hear);
  },

  // IAB GPP 1.1, "addEventListener", of whatever platform: a choice under the laws of the United States is an
  // opt-out, so this refuses or says nothing.
  gpp(say) {
    const hear = guarded(({ pingData: { signalStatus, parsedSections } }) => {
      if (signalStatus === "ready") say(OPTED_OUT.test(JSON.stringify(parsedSections)) ? { marketing: false } : undefined);
    });
    __gpp("addEventListener", hear);
  },

  // IAB US Privacy 1.0, "getUSPData": it tells nobody of a change.
  usp(say) {
    const hear = guarded((told, fine) => fine && say(/^1.Y/i.test(told.uspString) ? { marketing: false } : undefined));
    const ask = guarded(() => __uspapi("getUSPData", 1, hear));
    if (__uspapi) ask();
    setInterval(ask, ASK_MS);
  },
};

// Each is listened to as soon as it is there; a page may have several interfaces of one platform.
const missing = new Set(Object.keys(PLATFORMS));
let tries = 0;
const seek = () => {
  for (const name of missing) {
    try {
      PLATFORMS[name]((said) => choose(said, name));
      missing.delete(name);
    } catch (error) {
      // Not on the page, not yet, or of a form that nobody knows: nothing was said.
    }
  }
  if (!missing.size || (tries += 1) > 60) clearInterval(look);
};
const look = setInterval(seek, 500);
seek();
