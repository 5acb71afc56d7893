"""X Pixel -> X Web Conversions. The table is in ``fields``, answers in ``answers``.

Source: X's pages on web conversions (guide and reference of Ads API version 12), read 2026-11-24.
        The static ``X-Pixel-Token`` of Events Manager stands on no page of X: seen in integrations
        of 2026. The beacon is documented nowhere: uwt.js 2.3.34 and 2.3.35, run in Chromium.
Units:  ``conversion_time`` in ISO 8601 with milliseconds; money in major units, as text with two
        decimals.
Limits: 500 events a call, one bad one fails all; 60,000 events in 15 minutes; an age limit is not
        published, 7 days are what integrations keep to.
Losses: X counts only events set up in Events Manager, so page views have no counterpart; an event
        without a ``conversion_id`` cannot be told from its twin.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import orjson

from firsthand.convert import address, json_value, short, text
from firsthand.mapping import MAX_JSON, body_pairs, member_pairs, query_pairs, request_pairs
from firsthand.model import (
    Beacon,
    Call,
    Fields,
    Hit,
    Kind,
    Origin,
    Purpose,
    Reading,
    Reason,
    Value,
)
from firsthand.vendor import (
    Auth,
    ClickId,
    Dedup,
    Door,
    IdCookie,
    Limits,
    Mint,
    Money,
    Script,
    Vendor,
    Version,
)
from firsthand.vendors.x.answers import CLICK_PATH, NETWORK, RECOGNISING, judge, matchable
from firsthand.vendors.x.events import compose
from firsthand.vendors.x.fields import ACCOUNT, CLICK, FIELDS, TABLE, as_click, doubts, plain
from firsthand.vendors.x.relay import relay

PAGE_VIEW = "PageView"

_TXN = re.compile(rf"(?P<page>{ACCOUNT})|tw-(?P<event>{ACCOUNT})-{ACCOUNT}")
_MIRRORS = frozenset({"analytics.twitter.com", "analytics.x.com"})
_CLICK_COOKIE = r"%7B(?:[A-Za-z0-9._~!*'-]|%[0-9A-Fa-f]{2}){1,1000}%7D"
_PIXEL_VERSION = "2.3.35"
_OPEN = frozenset({"off", "0", "false", "none"})  # values that say: no restriction


@dataclass(frozen=True, slots=True)
class Settings:
    """How events reach one pixel at X."""

    version: str = field(default="12", metadata={"doc": "Ads API version that the calls name."})
    events: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            "doc": "Event ids from Events Manager (tw-<pixel>-<event>, or the last part alone) by "
            "the name of an event that the shop tells itself: purchase, add_to_cart, or the name "
            "of a custom one. An event that is not listed is not sent to X."
        },
    )


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the one event of a beacon; nothing where it names no pixel.

    Each event comes on two hosts, and in newer builds once more by POST: the second host is the
    mirror, a POST has the same event key.
    """
    pairs = [*query_pairs(hit.query, MAX_JSON), *body_pairs(hit, MAX_JSON)]
    told = {name: value for name, value in reversed(pairs) if value}
    txn = _TXN.fullmatch(told.get("txn_id", ""))
    if txn is None:
        return
    name = txn[0] if txn["event"] else _legacy_name(told.get("events", ""))
    skip = _skip(hit, told, mappable=bool(txn["event"]))
    members = _members(told.get("event", "") or "{}")
    wire = [*member_pairs(members, prefix="event."), *pairs]
    taken = TABLE.take([*wire, *request_pairs(hit)])
    own = plain(members.get("conversion_id"))
    yield Reading(
        account=txn["event"] or txn["page"],
        name=name,
        canonical="page_view" if name == PAGE_VIEW else "custom",
        event_key=own or _hit_key(hit, told),
        page=address(told.get("tw_document_href", ""))
        or address(hit.headers.get("referer", ""))
        or "",
        at=hit.at,
        fields={} if skip else taken.fields,
        signals={key: told[key] for key in ("restricted_data_use", "us_privacy") if key in told},
        limited=_restricted(told),
        unlisted=taken.unlisted,
        skip=skip,
        notes=() if skip else (*taken.notes, *_doubts(taken.fields, own, told, members)),
        wire=wire,
    )


def _hit_key(hit: Hit, told: Mapping[str, str]) -> str:
    """Return the id of the hit, by which an image and its POST are one event where both end here.

    X has it of its own pixel's events and does not compare it: on a copy it would be no key.
    """
    return "" if hit.origin is Origin.COPY else text(told.get("event_id", "")) or ""


def _members(spelled: str) -> Mapping[str, Value]:
    """Return the JSON object in the parameter ``event``; an empty one where it is broken."""
    parsed = json_value(spelled)
    return parsed if isinstance(parsed, dict) else {}


def _legacy_name(events: str) -> str:
    """Return what the older spelling ``[["purchase",{}]]`` calls an event."""
    listed = json_value(events)
    first = listed[0] if isinstance(listed, list) and listed else None
    named = first[0] if isinstance(first, list) and first else None
    name = short(40)(named) if isinstance(named, str) else None
    return PAGE_VIEW if name is None or name.lower() == "pageview" else name


def _skip(hit: Hit, told: Mapping[str, str], *, mappable: bool) -> Reason:
    """Say why an event is not for the API, which knows no flag for restricted data use."""
    if hit.host in _MIRRORS:
        return Reason.MIRROR
    if not mappable:
        return Reason.UNMAPPABLE
    return Reason.LIMITED_DATA if _restricted(told) else Reason.NONE


def _restricted(told: Mapping[str, str]) -> bool:
    """Say whether the page asked for restricted use, or its US privacy string objects to a sale."""
    asked = told.get("restricted_data_use", "off").lower() not in _OPEN
    return asked or told.get("us_privacy", "")[2:3].upper() == "Y"


def _doubts(
    fields: Fields, own: str | None, told: Mapping[str, str], members: Mapping[str, Value]
) -> tuple[str, ...]:
    """Say in advance what X will refuse or count twice."""
    broken = not members and told.get("event", "{}") != "{}"
    return (*(("event: broken off",) if broken else ()), *doubts(fields, own))


def click_of(value: str) -> str:
    """Return the click id in a ``_twclid`` value (JSON, escaped once or twice, or bare), or ""."""
    for _ in range(2):
        if "%" in value:
            value = unquote(value)
    found = str(_members(value).get("twclid", "")) if value[:1] == "{" else value
    return as_click(found) or ""


def _mint_click(mint: Mint) -> str:
    told = {"pixelVersion": _PIXEL_VERSION, "timestamp": mint.at, "twclid": mint.click, "source": 1}
    return quote(orjson.dumps(told).decode(), safe="-_.!~*'()")


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one pixel to X. ``now`` is in ms."""
    to = beacons[0].to
    return Call(
        vendor="x",
        account=to,
        method="POST",
        url=f"https://ads-api.x.com/{settings.version}/measurement/conversions/{to}",
        headers={"content-type": "application/json"},
        body=orjson.dumps({"conversions": [_conversion(beacon, now) for beacon in beacons]}),
    )


def _conversion(beacon: Beacon, now: int) -> dict[str, Value]:
    at = datetime.fromtimestamp(min(beacon.event_at, now) / 1000, UTC)
    rest = {path: value for path, value in beacon.fields.items() if "." not in path}
    return {
        "conversion_time": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
        "event_id": beacon.name,
        "conversion_id": beacon.event_key,
        "identifiers": list(_identifiers(beacon.fields)),
        **rest,
    }


def _identifiers(fields: Fields) -> Iterator[Value]:
    """Yield one object for each identifier; address and agent share one, as they count together."""
    for path in RECOGNISING:
        if path in fields:
            yield {path.partition(".")[2]: fields[path]}
    network = {path.partition(".")[2]: fields[path] for path in NETWORK if path in fields}
    if network:
        yield dict(network)


def batch_key(beacon: Beacon) -> str:
    """Return the pixel: one call, one pixel. Events that X will refuse spoil no others' call."""
    return beacon.to if matchable(beacon.fields) else f"{beacon.to} unmatchable"


_COOKIES = (
    IdCookie(
        "_twclid",
        _CLICK_COOKIE,
        Kind.AD_ID,
        days=90,
        field=CLICK_PATH,
        to_field=click_of,
        click="twclid",
        click_of=click_of,
        mint=_mint_click,
    ),
    # X publishes no life for it; 13 months is what was seen.
    IdCookie("_twpid", r"tw\.[0-9]{13}\.[0-9]{10,20}", Kind.BROWSER_ID, days=395),
)

VENDOR = Vendor(
    key="x",
    title="X",
    purpose=Purpose.MARKETING,
    social=True,
    account_pattern=ACCOUNT,
    account_example="o8abc",
    beacons=(
        Door(
            ("t.co", "analytics.twitter.com", "analytics.x.com"),
            ("/i/adsct", "/1/i/adsct", "/i/adsctp", "/1/i/adsctp"),
        ),
    ),
    scripts=(Script(("static.ads-twitter.com",), ("/uwt.js",), sentinels=(b"twq", b"adsct")),),
    never=(),
    sinks=(),
    fields=FIELDS,
    click_ids=(ClickId("twclid", CLICK),),
    cookies=_COOKIES,
    event_names={PAGE_VIEW: "page_view"},
    settings=Settings,
    auth=Auth.OAUTH1,
    auth_param="X-Pixel-Token",
    token_help="Ads Manager > Events Manager > your pixel > Conversion API: Generate access token."  # noqa: S106 - a hint where to find it
    " Or four words, from an app with access to the Ads API and a user who may manage the"
    " account: consumer key, consumer secret, access token, access token secret.",
    # X takes 500 events a call; 66 a second are what its quota of 60,000 in 15 minutes comes to.
    limits=Limits(
        max_batch=66,
        max_bytes=1_000_000,
        max_age=timedelta(days=6, hours=23),
        calls_per_second=1.0,
    ),
    # The window is not published. No key can be set where the JSON of ``event`` is broken off.
    dedup=Dedup("event and conversion_id", timedelta(minutes=1), assumed=True, from_page=True),
    money=Money("value", "price_currency"),
    versions=(Version("12", None),),
    read=read,
    write=write,
    judge=judge,
    compose=compose,
    batch_key=batch_key,
    api_hosts=("ads-api.x.com",),
    key_param="conversion_id",
    key_json="event",
    name_param="txn_id",
    name_pattern="tw-.+",  # a page view is named by the pixel alone
    account_params=("txn_id",),
    account_value=rf"(?:tw-)?({ACCOUNT})",
    relay=relay(_COOKIES),
)
