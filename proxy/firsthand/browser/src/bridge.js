// Consent platforms whose decision is in no cookie that a server can read: asked in the page, by the
// events and functions that they document, and remembered as a cookie of ours.

import { choose } from "./choice.js";
import { guarded } from "./guard.js";

/** Returns whether all of `list` hold, undefined for an empty one: nobody was asked. */
const all = (list) => (list.length ? list.every((yes) => yes === true) : undefined);

/**
 * Usercentrics: services of a category, explicit decisions only. Its own categories have no analytics,
 * those services are `functional` there.
 */
function byCategory(services) {
  if (!services.some(({ explicit }) => explicit)) return undefined;
  const given = (names) => services.filter(({ category }) => names.test(category)).map(({ yes }) => yes);
  const analytics = given(/^(analytics|statistics|performance)$/);
  return {
    analytics: all(analytics.length ? analytics : given(/^functional$/)),
    marketing: all(given(/^(marketing|advertising)$/)),
  };
}

// Web CMP v3: docs.usercentrics.com, "Control functionality", "UC_CONSENT". v2: "Browser UI API".
function usercentrics(say) {
  const hear = guarded(({ services }) =>
    say(byCategory(Object.values(services).map(({ category, consent }) => ({
      category, yes: consent.given, explicit: consent.type === "EXPLICIT",
    })))),
  );
  const ask = guarded(() => {
    if (window.__ucCmp) __ucCmp.getConsentDetails().then(hear, console.warn);
    else if (UC_UI.isInitialized()) {
      say(byCategory(UC_UI.getServicesBaseInfo().map(({ categorySlug, consent }) => ({
        category: categorySlug, yes: consent.status,
        explicit: consent.history.some(({ type }) => type === "explicit"),
      }))));
    }
  });
  for (const name of ["UC_UI_INITIALIZED", "UC_UI_CMP_EVENT", "UC_CONSENT"]) addEventListener(name, ask);
  ask();
}

// docs.osano.com, "Consent JavaScript API": both events bring the choice, undefined before there is one.
function osano(say) {
  const hear = guarded((said) =>
    say(said && {
      analytics: said.ANALYTICS === "ACCEPT",
      marketing: said.MARKETING === "ACCEPT" && said.OPT_OUT !== "ACCEPT",
    }),
  );
  for (const name of ["initialized", "consent-saved"]) Osano.cm.addEventListener(`osano-cm-${name}`, hear);
}

// Termly: `on("initialized" | "consent")`; the record is there only once the visitor has chosen.
function termly(say) {
  const ask = guarded(() => {
    const { TERMLY_COOKIE_CONSENT: kept } = JSON.parse(localStorage.TERMLY_API_CACHE || "{}");
    const said = kept && kept.value;
    say(said && { analytics: said.analytics === true, marketing: said.advertising === true && !said.do_not_sell });
  });
  for (const name of ["initialized", "consent"]) Termly.on(name, ask);
  ask();
}

// IAB TCF 2: "CMP API v2", addEventListener. Consent alone counts, never legitimate interest; of the
// site's vendors those on the IAB's list must all be agreed to.
function tcf(say) {
  __tcfapi("addEventListener", 2, guarded(({ eventStatus, gdprApplies, purpose, vendor }, fine) => {
    if (!fine || !/^(tcloaded|useractioncomplete)$/.test(eventStatus) || gdprApplies === false) return;
    const may = (numbers) => all(numbers.map((number) => purpose.consents[number]));
    const vendors = fhSite.tcf.every((number) => vendor.consents[number]);
    say({ analytics: may([1, 8]), marketing: may([1, 3, 4, 7]) && vendors });
  }));
}

// What a platform puts on the page, the name under which it speaks, how to listen to it.
const PLATFORMS = [
  [() => window.__ucCmp || window.UC_UI, "usercentrics", usercentrics],
  [() => window.Osano && Osano.cm, "osano", osano],
  [() => window.Termly && Termly.on, "termly", termly],
  [() => window._sp_ && window.__tcfapi, "sourcepoint", tcf],
];

/** Listens to the platform that the page has, as soon as it is there. */
export function watchPlatforms() {
  let tries = 0;
  const seek = guarded(() => {
    const found = PLATFORMS.find(([there]) => there());
    if (found || (tries += 1) > 60) clearInterval(look);
    if (found) found[2]((said) => choose(said, found[1]));
  });
  const look = setInterval(seek, 500);
  seek();
}
