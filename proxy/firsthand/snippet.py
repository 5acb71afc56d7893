"""Site -> what to change in the pages: one address in each tag, and the site's own policy.

The vendors' tags stay as their makers wrote them but for the address of the script.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from firsthand.errors import ConfigError
from firsthand.model import Mode
from firsthand.rules.site import Account, Site
from firsthand.vendor import Script, Vendor

TRUSTED_TYPES = "firsthand"
"""Name of the policy that ``browser/src/insert.js`` makes where the page has Trusted Types."""

_COPIED = frozenset({Mode.SHADOW, Mode.BOTH})
_GTM_HTML = (
    "Custom HTML tags: change the address in the tag's text as above. Consent checks of the tag"
    " itself may stay; Firsthand asks for itself."
)
_GTM_TEMPLATE = (
    "Tags made from a template, the Google tag among them, have no address to change. Put"
    " Firsthand's own snippet into the page before the container, without async, so that its"
    " hooks are there first: {line}"
)
_NONCE = (
    "Where script-src works by nonce, give it to the tag's own element: Firsthand passes it on."
    " With 'strict-dynamic', script-src needs no addition."
)
_TRUSTED = (
    "Where the policy has require-trusted-types-for 'script', add"
    f" {TRUSTED_TYPES} to trusted-types."
)
_REFUSED = (
    "Where the policy refuses Firsthand, requests go to the vendor's own address as before:"
    " keep the vendors' sources in it."
)


@dataclass(frozen=True, slots=True)
class Swap:
    """One address to change in a vendor's tag; whatever follows it (a query) stays."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Tag:
    """What to do for one vendor. ``accounts`` are id and mode."""

    vendor: str
    title: str
    accounts: tuple[tuple[str, str], ...]
    swaps: tuple[Swap, ...]


@dataclass(frozen=True, slots=True)
class Snippet:
    """All that a site's pages need.

    ``layout``  ``subdomain``, or ``path`` of the site's own host.
    ``own``     the line that loads Firsthand's own snippet, for sites that want it.
    ``gtm``     what users of Google Tag Manager do.
    ``policy``  Content-Security-Policy: directive -> sources to add.
    ``notes``   what to know about the policy.
    """

    layout: str
    tags: tuple[Tag, ...]
    own: str
    gtm: tuple[str, ...]
    policy: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]


def snippet(site: Site, only: str = "") -> Snippet:
    """Return what to paste, for one vendor if ``only`` names it.

    Raises ``ConfigError`` when the site has no account of that vendor.
    """
    if only and only not in site.vendors:
        there = ", ".join(sorted(site.vendors))
        raise ConfigError(f"--vendor: no account of {only} is configured; there are: {there}")
    accounts = [each for each in site.accounts.values() if only in {"", each.vendor.key}]
    vendors = {each.vendor.key: each.vendor for each in accounts}
    line = f'<script src="{site.tracking_url}/fh.js"></script>'
    return Snippet(
        layout="path" if site.base_path else "subdomain",
        tags=tuple(_tag(vendor, accounts, site) for vendor in vendors.values()),
        own=line.replace("<script", "<script async"),
        gtm=(_GTM_HTML, _GTM_TEMPLATE.format(line=line)),
        policy=policy(accounts, site),
        notes=_notes(site),
    )


def shown(made: Snippet) -> dict[str, Any]:
    """Return a snippet as plain values."""
    return asdict(made)


def _tag(vendor: Vendor, accounts: Sequence[Account], site: Site) -> Tag:
    own = tuple((each.id, str(each.mode)) for each in accounts if each.vendor.key == vendor.key)
    entries = [script for script in vendor.scripts if not script.chained]
    return Tag(vendor.key, vendor.title, own, tuple(_swaps(entries, site)))


def _swaps(scripts: Iterable[Script], site: Site) -> Iterator[Swap]:
    scheme = urlsplit(site.tracking_url).scheme
    for script in scripts:
        host = script.hosts[0]
        for path in (script.shown,) if script.shown else script.paths:
            old = f"{scheme}://{host}{site.vendor_suffix}{path}"
            yield Swap(old, f"{site.tracking_url}/{host}{path}")


def policy(accounts: Sequence[Account], site: Site) -> dict[str, tuple[str, ...]]:
    """Return the sources that a Content-Security-Policy needs beyond those of the site without us.

    ``shadow`` and ``both`` send to the vendor by fetch what its script sends as image or form, as
    that alone tells how it ended; where the policy refuses it, the script's own way is taken.
    """
    parts = urlsplit(site.tracking_url)
    us = f"{parts.scheme}://{parts.netloc}"
    modes = {each.mode for each in accounts}
    found = {"script-src": [us], "connect-src": [us]}
    if modes & _COPIED:
        copied = {each.vendor.key: each.vendor for each in accounts if each.mode in _COPIED}
        hosts = (host for each in copied.values() for door in each.beacons for host in door.hosts)
        found["connect-src"] += sorted(
            {f"{parts.scheme}://{host}{site.vendor_suffix}" for host in hosts}
        )
    if modes - _COPIED:
        found |= {"frame-src": [us], "form-action": [us]}
    return {directive: tuple(sources) for directive, sources in found.items()}


def _notes(site: Site) -> tuple[str, ...]:
    same = "'self' covers what is on the page's own host."
    return (*((same,) if site.base_path else ()), _NONCE, _TRUSTED, _REFUSED)


def lines(made: Snippet) -> Iterator[str]:
    """Yield a snippet for people: what is to be copied stands alone on its line."""
    for tag in made.tags:
        yield f"{tag.title}: {', '.join(f'{account} ({mode})' for account, mode in tag.accounts)}"
        for swap in tag.swaps:
            yield from ("  in its tag, change", f"    {swap.old}", "  to", f"    {swap.new}")
        yield ""
    yield from ("Google Tag Manager", *(f"  {each}" for each in made.gtm), "")
    yield "Content-Security-Policy: where the pages have one, add"
    yield from (f"  {directive} {' '.join(each)}" for directive, each in made.policy.items())
    yield from (f"  {each}" for each in made.notes)
    yield from (
        "",
        "Firsthand's own snippet, for events that you tell it yourself",
        f"  {made.own}",
    )
