// Content-Security-Policy: where the site's policy refuses us, the vendor's own address is used.

const refusals = {};
const sent = new Map(); // address -> what to do if it is refused

const spot = (directive, address) => directive + new URL(address, location.href).host;

/** Returns whether the page's policy has refused this kind of request to this host before. */
export const refused = (directive, address) => refusals[spot(directive, address)];

/** Runs `again` should the policy refuse `address` within the next seconds. */
export function onRefusal(directive, address, again) {
  sent.set(address, [directive, again]);
  setTimeout(() => sent.delete(address), 9000);
}

export function watchPolicy() {
  document.addEventListener("securitypolicyviolation", (event) => {
    const { blockedURI, disposition, effectiveDirective } = event;
    if (disposition === "report" || !/^http/.test(blockedURI)) return;
    refusals[spot(effectiveDirective, blockedURI)] = true;
    for (const [address, [directive, again]] of sent) {
      // Of a refused frame only the origin is told.
      if (address === blockedURI || (directive === effectiveDirective && address.startsWith(`${blockedURI}/`))) {
        sent.delete(address);
        again();
      }
    }
  });
}
