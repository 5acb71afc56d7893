"""One request -> which vendor hears of what, without a value. What the addons share.

Needs nothing of mitmproxy. All that is shown comes from closed lists or matches a form that holds
no contact data and no id; the request itself stays in memory.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Any

import orjson

from firsthand.errors import BadHit
from firsthand.mapping import (
    Pair,
    Table,
    body_pairs,
    form_pairs,
    member_pairs,
    query_pairs,
    request_pairs,
)
from firsthand.model import IDENTIFYING, Hit, Kind, MatchKey, Reading, Reason
from firsthand.rules import addresses, copies
from firsthand.rules.consent.policy import Policy
from firsthand.rules.decide import HEADERS
from firsthand.rules.doors import Doors, Found, Use
from firsthand.rules.site import Site
from firsthand.rules.wanted import wanted
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS

IDENTIFIERS = IDENTIFYING - {Kind.NETWORK}
"""What a request can do without; an IP address and a user agent it always has."""

MAX_BODY = 262_144  # what our own listener reads at most
DEEPEST = 4  # segments in front of a vendor's host: a tracking host's base path
MANY = 100  # events of one body
CUSTOM = "(custom)"
OWN = "fh"

_NAME = re.compile(r"[A-Za-z]{1,20}(?:[ _-][A-Za-z]{1,20}){0,4}[0-9]{0,2}")
_DIGITS = re.compile(r"[0-9]{4,16}")
_CLICKS = frozenset(click.param for vendor in VENDORS.values() for click in vendor.click_ids)


class Way(StrEnum):
    """How a request goes to a vendor."""

    DIRECT = "direct"
    PROXIED = "proxied"  # to the tracking host
    COPY = "copy"  # a copy to the tracking host, of what went directly


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was seen. ``headers`` has lower-case names; ``at`` is in Unix ms."""

    method: str
    host: str
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a request, as far as it may be shown."""

    account: str
    name: str
    canonical: str = ""
    match: int = 0  # MatchKey bits
    unlisted: int = 0
    skip: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class Sighting:
    """A request to a vendor's door. ``page`` is the host of the page that made it."""

    vendor: Vendor
    use: Use
    way: Way
    hit: Hit = field(repr=False)
    events: tuple[Event, ...]
    kinds: frozenset[Kind]
    page: str
    signals: tuple[Mapping[str, str], ...] = field(repr=False)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield what may be written down, one for each event."""
        for event in self.events:
            yield {
                "way": self.way,
                "vendor": self.vendor.key,
                "use": self.use,
                "host": self.hit.host,
                "page": self.page,
                "account": event.account,
                "event": event.name,
                "canonical": event.canonical,
                "kinds": sorted(self.kinds),
                "match": [str(key.name).lower() for key in MatchKey if key & event.match],
                "unlisted": event.unlisted,
                "skip": event.skip,
            }


@cache
def any_site(suffix: str = "") -> Site:
    """Return a site of no one: every vendor's doors and tables, the strictest consent rules.

    ``suffix`` is what the sandbox appends to vendor hosts; its port does not matter here.
    """
    return Site(
        name="",
        hosts=frozenset(),
        origins=frozenset(),
        tracking_host="",
        tracking_url="",
        cookie_domain="",
        accounts={},
        vendors=VENDORS,
        doors=Doors(VENDORS.values()),
        tables=Site.tables_of(VENDORS),
        consent=Policy(),
        secret=b"",
        vendor_suffix=suffix.partition(":")[0],
    )


def sight(asked: Asked, site: Site) -> Sighting | None:
    """Return what a request tells a vendor, ``None`` where it knocks at no vendor's door."""
    placed = _place(asked, site)
    if placed is None:
        return None
    way, hit, found = placed
    vendor = site.vendors[found.vendor]
    readings, fault = _read(vendor, hit) if found.use is Use.BEACON else ((), Reason.NONE)
    pairs = _wire_pairs(hit, vendor)
    known = [_event(vendor, site.tables[vendor.key], reading) for reading in readings]
    whole = Event(_account(vendor, found, pairs), "", skip=fault)
    pages = [*(reading.page for reading in readings), hit.headers.get("referer", "")]
    return Sighting(
        vendor=vendor,
        use=found.use,
        way=way,
        hit=hit,
        events=tuple(known) or (whole,),
        kinds=_kinds(vendor, site.tables[vendor.key], readings, pairs, hit) | _by_cookie(way, hit),
        page=next((host for page in pages if (host := addresses.host(page))), ""),
        signals=tuple(reading.signals for reading in readings),
    )


def _place(asked: Asked, site: Site) -> tuple[Way, Hit, Found] | None:
    """Return how a request reaches a door, and the hit as the door's vendor would see it."""
    host = asked.host.lower().rstrip(".").removesuffix(site.vendor_suffix)
    path, _, query = asked.target.partition("#")[0].partition("?")
    found = site.doors.find(host, path)
    if found is not None:
        return Way.DIRECT, _hit(asked, site, host, path, query), found
    segments = path.split("/") if "//" not in path else []  # an address in a path: not our layout
    for index in range(1, min(DEEPEST, len(segments) - 1) + 1):
        inner, rest = segments[index], "/" + "/".join(segments[index + 1 :])
        if inner == OWN and rest == "/copy":
            return _copied(_hit(asked, site, inner, rest, query), site)
        found = site.doors.find(inner, rest)
        if found is not None:
            return Way.PROXIED, _hit(asked, site, inner, rest, query), found
    return None


def _copied(hit: Hit, site: Site) -> tuple[Way, Hit, Found] | None:
    try:
        original = copies.original(hit, site)
    except BadHit:
        return None
    found = site.doors.find(original.host, original.path)
    return None if found is None else (Way.COPY, original, found)


def _hit(asked: Asked, site: Site, host: str, path: str, query: str) -> Hit:
    body = asked.body if len(asked.body) <= MAX_BODY else b""
    return Hit(
        method=asked.method,
        host=host,
        path=path,
        query=query,
        body=body,
        headers={name: text for name, text in asked.headers.items() if name in HEADERS},
        cookies=cookies(asked, site),
        ip="",
        at=asked.at,
    )


def cookies(asked: Asked, site: Site) -> dict[str, tuple[str, ...]]:
    """Return the cookies we know; one stands for all others, as a name without a value."""
    header = asked.headers.get("cookie", "")
    try:
        known = wanted(site).split(header)
    except BadHit:
        known = {}
    return known or ({"": ("",)} if header else {})


def _read(vendor: Vendor, hit: Hit) -> tuple[tuple[Reading, ...], Reason]:
    """Return a beacon's readings. A fault is shown in its place: its text may hold a value."""
    try:
        return tuple(islice(vendor.read(hit), MANY)), Reason.NONE
    except Exception:  # noqa: BLE001 - the label says ``fault``; what was read is left out
        return (), Reason.FAULT


def _event(vendor: Vendor, table: Table, reading: Reading) -> Event:
    return Event(
        account=reading.account,
        name=shown(reading.name, vendor),
        canonical=reading.canonical,
        match=table.keys(reading.fields).value,
        unlisted=reading.unlisted,
        skip=reading.skip,
    )


def shown(name: str, vendor: Vendor) -> str:
    """Return an event's name; of the site's own names those that are words and nothing else."""
    known = name in vendor.event_names or name in vendor.automatic or _NAME.fullmatch(name)
    return name if known else CUSTOM


def _account(vendor: Vendor, found: Found, pairs: Iterable[Pair]) -> str:
    """Return the account in an address, "" where there is none of the vendor's form."""
    script = found.script.query if found.script else {}
    names = {*vendor.account_params, *(name for name in script if "{account}" in script[name])}
    told = [found.account, *(value for name, value in pairs if name in names)]
    forms = [vendor.account_pattern, vendor.tag_pattern or vendor.account_pattern]
    fits = (each for each in told if any(re.fullmatch(form, each) for form in forms))
    number = found.account if _DIGITS.fullmatch(found.account) else ""
    return next(fits, number)


@cache
def _wire(key: str) -> Table:
    """Return a vendor's table by wire names: also what is never sent on has a privacy class."""
    return Table([replace(row, path=row.wire, convert=str) for row in VENDORS[key].fields])


@cache
def _sections(key: str) -> frozenset[str]:
    """Return the dotted names in front of a vendor's wire names: ``context``, ``context.user``."""
    parts = [row.wire.split(".") for row in VENDORS[key].fields]
    return frozenset(".".join(part[:cut]) for part in parts for cut in range(1, len(part)))


def _kinds(
    vendor: Vendor, table: Table, readings: Iterable[Reading], pairs: list[Pair], hit: Hit
) -> frozenset[Kind]:
    """Return the kinds of data that a request holds, whether or not we could use the values."""
    wire = _wire(vendor.key)
    sent = wire.take(pairs + request_pairs(hit)).fields
    by_name = {path: wire.kind(path) for path in sent}
    pages = [str(sent[path]) for path, kind in by_name.items() if kind is Kind.PAGE]
    pages += [reading.page for reading in readings] + [hit.headers.get("referer", "")]
    read = {table.kind(path) for reading in readings for path in reading.fields}
    kept = {row.kind for row in vendor.cookies if any(_names(row.name, it) for it in hit.cookies)}
    return frozenset({*by_name.values(), *read, *kept, *_in_pages(pages)})


def _names(row: str, cookie: str) -> bool:
    stem, hole, _ = row.partition("{")
    return cookie.startswith(stem) if hole else cookie == row


def _in_pages(pages: Iterable[str]) -> Iterator[Kind]:
    """Yield what stands in addresses: click ids, and what ``addresses`` would not let pass."""
    for page in filter(None, pages):
        yield Kind.PAGE
        names = {name for name, _ in query_pairs(page.partition("#")[0].partition("?")[2])}
        if names & _CLICKS:
            yield Kind.AD_ID
        if addresses.clean(page, keep=_CLICKS) != page.partition("#")[0]:
            yield Kind.CUSTOM


def _by_cookie(way: Way, hit: Hit) -> frozenset[Kind]:
    """A vendor's own host gets the vendor's own cookies, by which it knows the browser."""
    third_party = way is Way.DIRECT and hit.cookies
    return frozenset({Kind.BROWSER_ID}) if third_party else frozenset()


def _wire_pairs(hit: Hit, vendor: Vendor) -> list[Pair]:
    """Return all parameters of a request: of the query, and of a form, lines or JSON."""
    query = query_pairs(hit.query)
    if hit.body.lstrip()[:1] in {b"{", b"["}:
        return query + _members(hit.body, _sections(vendor.key))
    if hit.headers.get("content-type", "")[:10].lower() == "multipart/":
        return query + body_pairs(hit)
    lines = hit.body.decode("utf-8", "replace").splitlines()
    return query + [pair for line in lines[:MANY] for pair in form_pairs(line)]


def _members(body: bytes, sections: frozenset[str]) -> list[Pair]:
    """Return the members of a JSON object and of those in its lists: an event, or a batch."""
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    heads = whole if isinstance(whole, list) else [whole]
    lists = [value for each in heads if isinstance(each, dict) for value in each.values()]
    inner = [each for value in lists if isinstance(value, list) for each in value[:MANY]]
    every = [each for each in (*heads[:MANY], *inner[:MANY]) if isinstance(each, dict)]
    return [pair for each in every for pair in member_pairs(each, sections)]
