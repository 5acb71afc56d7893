// The vendors' addresses: what is an address for, which vendor and account does it name?

export let rules = {};
let known;
const made = {};

/** Returns the regular expression of a text, made once. */
export const pattern = (text, flags) => made[text] || (made[text] = new RegExp(text, flags));

/** Takes in the rules of one loader: what earlier ones brought of other vendors stays. */
export function addRules(added) {
  const vendors = { ...rules.vendors, ...added.vendors };
  rules = { ...added, vendors };
  known = pattern(Object.values(vendors).map(({ hosts }) => hosts).join("|"), "i");
}

/** Returns what a body says as text, or undefined where it can only be read later (a Blob). */
export function textOf(body) {
  if (!body || typeof body === "string") return body || "";
  // FormData and URLSearchParams, of whatever realm.
  return body.append && String(new URLSearchParams(body));
}

/**
 * Returns the door at an address, or undefined; most addresses end at the first test, which looks no
 * further than a host can stand: an address may be a picture of many megabytes.
 */
export function find(address, body) {
  const text = String(address);
  if (!known.test(text.slice(0, 300))) return undefined;
  const url = new URL(text, document.baseURI);
  for (const [name, vendor] of Object.entries(rules.vendors)) {
    if (!pattern(vendor.hosts).test(url.host)) continue;
    for (const [use, door] of vendor.doors) {
      const found = pattern(door).exec(url.host + url.pathname);
      if (!found) continue;
      const query = pattern(vendor.param).exec(`${url.search}&${textOf(body)}`);
      const account = found.slice(1).join("") || (query || "")[1] || "";
      // Vendors may share a door; the form of the account tells whose it is.
      if (account && !pattern(vendor.account).test(account)) continue;
      const mode = vendor.modes[account] || vendor.modes["*"];
      return { url, name, vendor, mode, use, address: text };
    }
  }
  return undefined;
}

/** Returns host and path as the tracking host spells them: without the sandbox's suffix. */
export const place = ({ host, pathname, search }) =>
  host.slice(0, host.length - rules.suffix.length) + pathname + search;

/** Returns an address on the tracking host. */
export const ours = (path) => `${rules.base}/${path}`;

/** Returns `address` with `fh=<value>` added to its query. */
export const marked = (address, value) => `${address}${address.includes("?") ? "&" : "?"}fh=${value}`;
