"""The swap that a site's owner makes by hand, made in a page on its way to the browser.

Needs nothing of mitmproxy.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import urlsplit

from firsthand.model import Mode
from firsthand.rules.consent.policy import Policy
from firsthand.rules.doors import Doors, Use
from firsthand.rules.site import Account, Site
from firsthand.snippet import TRUSTED_TYPES, policy
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS

FALLBACKS = {
    "script-src": ("script-src", "default-src"),
    "script-src-elem": ("script-src-elem",),
    "connect-src": ("connect-src", "default-src"),
    "frame-src": ("frame-src", "child-src", "default-src"),
    "form-action": ("form-action",),
}
"""Directive -> what a browser asks in its place (CSP level 3, section 6.8.3, read 2026-11-24)."""

_META = re.compile(r"<meta\b[^>]*>", re.IGNORECASE)
_IS_POLICY = re.compile(r"http-equiv\s*=\s*[\"']?content-security-policy(?![\w-])", re.IGNORECASE)
_CONTENT = re.compile(r"(content\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_HOLE = re.compile(r"(\*|\{account\})")
_ANY = r"[A-Za-z0-9._-]+"
_END = r"(?=[?#\"'`\s<>&)\\]|$)"


@dataclass(frozen=True, slots=True)
class Trial:
    """A site to be tried, and where its Firsthand listens: ``http://127.0.0.1:8080``.

    ``swaps``: what to look for in a page, and what stands there instead.
    """

    site: Site
    listens: str
    swaps: tuple[tuple[re.Pattern[str], str], ...]

    def serves(self, host: str, path: str) -> bool:
        """Say whether an address is Firsthand's."""
        own = host == self.site.tracking_host.partition(":")[0]
        base = self.site.base_path
        return own and (not base or path.startswith(f"{base}/"))

    def swapped(self, host: str, path: str) -> str:
        """Return the path on the tracking host of a script that a page's own tag loads from its
        vendor, "" for all else: what other code loads, the shim moves or nobody does.
        """
        bare = host.removesuffix(self.site.vendor_suffix.partition(":")[0])
        found = self.site.doors.find(bare, path)
        if found is None or found.use is not Use.SCRIPT or not found.script or found.script.chained:
            return ""
        return f"{self.site.base_path}/{bare}{path}"

    def page(self, text: str) -> tuple[str, int]:
        """Return a page with its tags' addresses and its own policy changed, and how many tags."""
        count = 0
        for pattern, new in self.swaps:
            text, changed = pattern.subn(new, text)
            count += changed
        return _META.sub(self._meta, text), count

    def policy(self, text: str) -> str:
        """Return a Content-Security-Policy with what Firsthand needs in it."""
        wanted = policy(list(self.site.accounts.values()), self.site)
        return ", ".join(_allow(each, wanted) for each in text.split(","))

    def _meta(self, tag: re.Match[str]) -> str:
        if not _IS_POLICY.search(tag[0]):
            return tag[0]
        return _CONTENT.sub(
            lambda found: f'{found[1]}"{escape(self.policy(unescape(found[2][1:-1])))}"', tag[0]
        )


def trial(text: str, listens: str = "") -> Trial:
    """Return the trial of a configuration that ``firsthand serve`` has taken.

    Raises ``ValueError`` or ``KeyError`` for what is none.
    """
    config = tomllib.loads(text)
    section, listen = config["site"], config.get("listen", {})
    accounts = [_account(VENDORS[key], each) for key in VENDORS for each in config.get(key, ())]
    vendors = {each.vendor.key: each.vendor for each in accounts}
    scheme, base = section.get("scheme", "https"), section.get("base_path", "")
    site = Site(
        name="",
        hosts=frozenset(host.partition(":")[0] for host in section["hosts"]),
        origins=frozenset(f"{scheme}://{host}" for host in section["hosts"]),
        tracking_host=section["tracking_host"],
        tracking_url=f"{scheme}://{section['tracking_host']}{base}",
        cookie_domain="",
        accounts={(each.vendor.key, each.id): each for each in accounts},
        vendors=vendors,
        doors=Doors(vendors.values()),
        tables={},
        consent=Policy(),
        secret=b"",
        base_path=base,
        vendor_suffix=section.get("vendor_suffix", ""),
    )
    at = urlsplit(listens or f"http://{_reached(listen)}:{listen.get('port', 8080)}")
    if at.scheme not in {"http", "https"} or not at.hostname or not at.port:
        raise ValueError(f"{listens} is no address like http://127.0.0.1:8080")
    return Trial(site, f"{at.scheme}://{at.netloc}", tuple(_swaps(site)))


def _account(vendor: Vendor, section: Mapping[str, str]) -> Account:
    mode = Mode(section.get("mode", Mode.SHADOW))
    return Account(vendor, section["account"], mode, vendor.settings())


def _reached(listen: Mapping[str, str]) -> str:
    """Return an address at which a listener is reached: not that which stands for all."""
    host = listen.get("host", "127.0.0.1")
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound


def _swaps(site: Site) -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield what to look for in a page and what stands there instead, as text and as in JSON."""
    for vendor in site.vendors.values():
        for script in vendor.scripts:
            for host in () if script.chained else script.hosts:
                old = re.escape(f"//{host}{site.vendor_suffix}")
                paths = "|".join(map(_pattern, script.paths))
                new = f"{site.tracking_url}/{host}"
                for slash in ("/", r"\\/"):
                    told = f"{old}(?=(?:{paths}){_END})".replace("/", slash)
                    yield re.compile(f"(?:https?:)?{told}"), new.replace("/", slash)


def _pattern(path: str) -> str:
    parts = _HOLE.split(path)
    return "".join(_ANY if _HOLE.fullmatch(part) else re.escape(part) for part in parts)


def _allow(text: str, wanted: Mapping[str, tuple[str, ...]]) -> str:
    """Return one policy with sources added where it would refuse them."""
    directives: dict[str, list[str]] = {}
    for part in text.split(";"):
        words = part.split()
        if words:
            directives.setdefault(words[0].lower(), words[1:])
    asked = {**wanted, "script-src-elem": wanted["script-src"]}
    before = dict(directives)
    for name, sources in asked.items():
        asks = next((each for each in FALLBACKS[name] if each in before), None)
        if asks is not None:
            kept = [each for each in before[asks] if each.lower() != "'none'"]
            directives[name] = [*kept, *(each for each in sources if each not in kept)]
    types = directives.get("trusted-types")
    if types is not None and not {"*", TRUSTED_TYPES} & set(types):
        kept = [each for each in types if each.lower() != "'none'"]
        directives["trusted-types"] = [*kept, TRUSTED_TYPES]
    return "; ".join(" ".join([name, *words]) for name, words in directives.items())
