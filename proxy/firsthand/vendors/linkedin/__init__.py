"""LinkedIn Insight Tag -> LinkedIn Conversions API.

The table is in ``fields``, answers in ``answers``, the shop's own events in
``events``.

Source: LinkedIn's pages on the Conversions API, its schema, API versions and migrations, read
2026-11. What the tag puts on the wire is documented nowhere: seen in its scripts of 2025.
Units:  times are in milliseconds on both sides; a value is a number on the wire, a text in the API.
Limits: 5,000 events a call, 90 days back.

A conversion is the number of a rule, not a name. Page views and website actions have no server API.
Value and e-mail hash, where the tag sends them, come without a currency and beside the conversion.
"""

import re
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import orjson

from firsthand.convert import (
    address,
    integer,
    short,
)
from firsthand.mapping import Pair, Taken, body_pairs, query_pairs, request_pairs
from firsthand.model import Beacon, Call, Hit, Kind, Purpose, Reading, Reason, Value
from firsthand.vendor import (
    Auth,
    ClickId,
    Dedup,
    Door,
    IdCookie,
    Limits,
    Money,
    Script,
    Vendor,
    Version,
)
from firsthand.vendors.linkedin.answers import judge
from firsthand.vendors.linkedin.events import compose
from firsthand.vendors.linkedin.fields import (
    AMOUNT,
    CLICK,
    CLICK_PATH,
    CURRENCY,
    FIELDS,
    IP_PATH,
    MAX_KEY,
    RULE,
    TABLE,
    doubts,
    key_of,
    page_click,
)
from firsthand.vendors.linkedin.relay import relay

ACCOUNT = r"[0-9]{2,12}"
MIRROR_HOST = "px4.ads.linkedin.com"
SKEW_MS = 5 * 60 * 1000
MAX_UNPACKED = 256 * 1024
MAX_PIDS = 5

PAGE_VIEW = "page_view"
EVENT_NAMES: Mapping[str, str] = {
    PAGE_VIEW: "page_view",
    "PAGE_VISIT": "page_view",
    "CLICK": "custom",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How conversions of one Insight Tag (partner id) reach LinkedIn."""

    version: str = field(
        default="202607",
        metadata={"doc": "Version of the Marketing API that the calls name, as YYYYMM."},
    )
    rules: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            "doc": "Conversion rules of the API by the tag's rule (conversion_id), where another "
            "rule takes what the server sends."
        },
    )
    currency: str = field(
        default="",
        metadata={
            "doc": "Currency of the values that the tag sends, which names none; empty: values are "
            "left out, and the rule's own value counts."
        },
    )
    events: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            "doc": "The tag's rules (conversion_id) of events told by fh.js or the shop's server: "
            "by words of ECAPI (purchase, generate_lead), or by the names of custom events."
        },
    )
    send_ip: bool = field(
        default=True,
        metadata={"doc": "Send the visitor's IPv4 address, so that LinkedIn can match by it."},
    )


_ACCOUNT = re.compile(ACCOUNT)


def read(hit: Hit) -> Iterator[Reading]:
    """Yield a beacon's event, for each partner id that it names."""
    if hit.path.startswith("/wa"):
        yield from _actions(hit)
        return
    pairs = query_pairs(hit.query) + body_pairs(hit)
    told = {name: value for name, value in reversed(pairs) if value}
    rule = told.get("conversionId", "")
    name = rule if RULE.fullmatch(rule) else PAGE_VIEW
    page = address(told.get("url", "")) or address(hit.headers.get("referer", "")) or ""
    taken = _taken(pairs, page, hit)
    for account in _accounts(told.get("pid", "").split(",")):
        yield Reading(
            account=account,
            name=name,
            canonical=EVENT_NAMES.get(name, "custom"),
            event_key=key_of(told.get("eventId", "")),
            page=page,
            at=_event_time(told.get("time", ""), hit.at),
            fields=taken.fields,
            unlisted=taken.unlisted,
            skip=_skip(hit, told, name),
            notes=taken.notes + doubts(taken.fields),
            wire=pairs,
        )


def _accounts(given: Sequence[object]) -> list[str]:
    """Return the partner ids that a beacon names, each once."""
    known = (str(each) for each in given[: MAX_PIDS * 2])
    return [each for each in dict.fromkeys(known) if _ACCOUNT.fullmatch(each)][:MAX_PIDS]


def _skip(hit: Hit, told: Mapping[str, str], name: str) -> Reason:
    """A redirect brings the same event to another host, or back with its bookkeeping."""
    if hit.host == MIRROR_HOST or told.keys() & {"liSync", "cookiesTest"}:
        return Reason.MIRROR
    return Reason.UNMAPPABLE if name == PAGE_VIEW else Reason.NONE


def _taken(pairs: list[Pair], page: str, hit: Hit) -> Taken:
    """Read the table. The click in the page's address is newer than what the tag remembers."""
    taken = TABLE.take(pairs + request_pairs(hit))
    if click := page_click(page):
        taken.fields[CLICK_PATH] = click
    return taken


def _event_time(told: str, arrival: int) -> int:
    """Return the event's time in ms; arrival where the visitor's clock is off."""
    stamp = integer(told)
    return stamp if stamp is not None and abs(stamp - arrival) <= SKEW_MS else arrival


# -- website actions: telemetry --------------------------------------------------------------------


def _actions(hit: Hit) -> Iterator[Reading]:
    """Yield a page visit or click that the tag reports by itself; nothing of it is kept."""
    signal = unpacked(hit.body)
    pids = signal.get("pids")
    name = short(100)(str(signal.get("signalType") or "")) or "PAGE_VISIT"
    for account in _accounts(pids if isinstance(pids, list) else []):
        yield Reading(
            account=account,
            name=name,
            canonical=EVENT_NAMES.get(name, "custom"),
            event_key="",
            page=address(str(signal.get("url") or "")) or "",
            at=hit.at,
            fields={},
            skip=Reason.AUTOMATIC,
        )


def unpacked(body: bytes) -> dict[str, Any]:
    """Return a body's JSON object: plain, or base64 of gzip, of 256 KiB at most; else empty."""
    packed = body.strip()
    try:
        told = packed if packed[:1] == b"{" else _gunzip(b64decode(packed))
        parsed = orjson.loads(told)
    except (ValueError, zlib.error):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _gunzip(packed: bytes) -> bytes:
    """Return what was packed; nothing of what is longer, or was cut off."""
    stream = zlib.decompressobj(wbits=31)
    told = stream.decompress(packed, MAX_UNPACKED)
    return told if stream.eof else b""


# -- the API ---------------------------------------------------------------------------------------


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings conversions of one tag to LinkedIn. ``now`` is in ms."""
    return Call(
        vendor="linkedin",
        account=beacons[0].to,
        method="POST",
        url="https://api.linkedin.com/rest/conversionEvents",
        headers={
            "content-type": "application/json",
            "linkedin-version": settings.version,
            "x-restli-method": "BATCH_CREATE",
            "x-restli-protocol-version": "2.0.0",
        },
        body=orjson.dumps({"elements": [_event(beacon, settings, now) for beacon in beacons]}),
    )


def _event(beacon: Beacon, settings: Settings, now: int) -> dict[str, Any]:
    rule = settings.rules.get(beacon.name, beacon.name)
    event: dict[str, Any] = {
        "conversion": f"urn:lla:llaPartnerConversion:{rule}",
        "conversionHappenedAt": min(beacon.event_at, now),
        "eventId": beacon.event_key[:MAX_KEY],
    }
    value = beacon.fields.get(AMOUNT)
    code = beacon.fields.get(CURRENCY) or settings.currency.upper()
    if value is not None and code:
        event["conversionValue"] = {"currencyCode": code, "amount": value}
    return event | {"user": {"userIds": _user_ids(beacon, settings)}}


def _user_ids(beacon: Beacon, settings: Settings) -> list[dict[str, Value]]:
    unwanted = set() if settings.send_ip else {IP_PATH}
    return [
        {"idType": path.removeprefix("userIds."), "idValue": beacon.fields[path]}
        for path in sorted(beacon.fields)
        if path.startswith("userIds.") and path not in unwanted
    ]


def destination(beacon: Beacon) -> str:
    """Return the tag a beacon goes to: one call, one token."""
    return beacon.to


_PX = ("px.ads.linkedin.com",)
_CDN = ("snap.licdn.com",)

_COOKIES = (
    IdCookie(
        "li_fat_id",
        CLICK,
        Kind.AD_ID,
        days=90,
        field=CLICK_PATH,
        click="li_fat_id",
        click_of=str,
        mint=lambda mint: mint.click,
    ),
    IdCookie("li_giant", r"[A-Za-z0-9_=.+/-]{1,200}", Kind.BROWSER_ID, days=7),
)

VENDOR = Vendor(
    key="linkedin",
    title="LinkedIn",
    purpose=Purpose.MARKETING,
    tcf_id=804,  # LinkedIn Ireland; Global Vendor List v3 no. 45, March 2024
    social=True,
    account_pattern=ACCOUNT,
    account_example="7475281",
    beacons=(
        Door((*_PX, MIRROR_HOST, "dc.ads.linkedin.com"), ("/collect", "/collect/")),
        Door(_PX, ("/wa", "/wa/")),
    ),
    scripts=(
        Script(_CDN, ("/li.lms-analytics/insight.min.js",), sentinels=(b"licdn",)),
        Script(
            _CDN,
            ("/li.lms-analytics/insight.beta.min.js", "/li.lms-analytics/insight.old.min.js"),
            chained=True,
            sentinels=(b"linkedin",),
        ),
    ),
    # Where redirects read LinkedIn's own cookies; and a service of older tags that answers to them.
    never=(
        Door(("www.linkedin.com",), ("/px", "/px/", "/px/*", "/px/*/")),
        Door(("cdn.linkedin.oribi.io",), ("/partner/*/domain/*/token",)),
    ),
    # Registers the conversion once more, for the browser's own attribution reports.
    sinks=(Door(_PX, ("/attribution_trigger", "/attribution_trigger/")),),
    fields=FIELDS,
    click_ids=(ClickId("li_fat_id", CLICK),),
    cookies=_COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.BEARER,
    token_help="Campaign Manager, Data, Signals manager, Conversions API: "  # noqa: S106 - a hint where to find it
    "generate a token, or use one of an app with the right rw_conversions.",
    # 600 calls a minute and 300,000 a day are what is published; the day's is the narrower one.
    limits=Limits(
        max_batch=5000,
        max_bytes=4_000_000,
        max_age=timedelta(days=89, hours=23),
        calls_per_second=3.0,
    ),
    # LinkedIn publishes no window.
    dedup=Dedup(
        "eventId, within one conversion rule that has both the Insight Tag and the Conversions API "
        "as its sources",
        timedelta(days=1),
        assumed=True,
    ),
    # A version answers for at least a year; LinkedIn announces the day by and by.
    money=Money("conversionValue.amount", "conversionValue.currencyCode"),
    versions=(
        Version("202607", None),
        Version("202603", date(2027, 3, 16)),
        Version("202602", date(2027, 2, 15)),
        Version("202601", date(2027, 1, 15)),
    ),
    read=read,
    write=write,
    judge=judge,
    batch_key=destination,
    compose=compose,
    api_hosts=("api.linkedin.com",),
    key_param="eventId",
    name_param="conversionId",
    account_params=("pid",),
    account_value="([0-9]+)",  # of several ids the first; a comma follows
    relay=relay(_COOKIES),
)
