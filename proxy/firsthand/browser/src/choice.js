// The consent cookie `fh_consent`, which rules/consent/sources/firsthand_cookie.py reads.

const digit = (yes) => (yes == null ? "-" : +(yes === true));

/**
 * Remembers a choice, `{analytics, marketing}`, each true, false or undefined (not answered), told by
 * `owner`; the time of a choice that is known already stays. Without a choice the owner's own cookie goes.
 */
export function choose(said, owner) {
  const known = document.cookie.match(`(?:^|; )fh_consent=1\\.(a.m.)\\.\\d+\\.(\\w+)`) || [];
  const value = said && `a${digit(said.analytics)}m${digit(said.marketing)}`;
  if (known[2] === owner ? known[1] === value : !value) return;
  const text = value ? `1.${value}.${Math.floor(Date.now() / 1000)}.${owner}` : "";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const life = value ? fhSite.life : 0;
  document.cookie = `fh_consent=${text}; Domain=${fhSite.domain}; Path=/; Max-Age=${life}; SameSite=Lax${secure}`;
  dispatchEvent(new Event("fh:consent"));
}
