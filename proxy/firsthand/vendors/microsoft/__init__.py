"""Microsoft's UET tag -> UET Conversions API (CAPI) v1.

The table is in ``fields``, answers in ``answers``, the shop's own events in
``events``.

Source: Microsoft's pages "Conversions API guide" and "Full list of parameters" (UET), read
        2026-11-24; its rules for hashed contact data as public connectors of 2026 apply them. Much
        of the beacon stands on neither: bat.js of 2024-10 to 2026-03, run in Chromium.
Units:  ``eventTime`` in seconds; money in major units on both sides; a click id is 32 hex digits
        on the wire and in cookies, and a UUID with dashes in the API.
Limits: 1,000 events and 1 MB a call, 7 days back; each event is judged by itself. A rate is not
        published. Microsoft opens the API account by account.
Losses: hotel parameters, whose names on the wire are not known; events without a name, which only
        feed remarketing; the third-party cookie of bing.com, by which views are matched.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import orjson

from firsthand.convert import address, short, text
from firsthand.mapping import MAX_JSON, Pair, body_pairs, nest, query_pairs, request_pairs
from firsthand.model import Beacon, Call, Hit, Kind, Purpose, Reading, Reason, Value
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
from firsthand.vendors.microsoft.answers import judge
from firsthand.vendors.microsoft.events import compose
from firsthand.vendors.microsoft.fields import (
    BROWSER_PATH,
    CLICK,
    CLICK_PATH,
    EVENT_NAMES,
    FIELDS,
    NAMELESS,
    PAGE_LOAD,
    TABLE,
    click,
    name_of,
    uuid,
)
from firsthand.vendors.microsoft.relay import relay

ACCOUNT = r"[0-9]{4,12}"
EVENTS = frozenset({PAGE_LOAD, "custom"})
AUTOMATIC = frozenset({"pid", "pageHide", "pageShow", "visibility", "consent", "error"})
"""Kinds of beacons that bat.js sends by itself; any kind but ``EVENTS`` counts as one."""

_ACCOUNT = re.compile(ACCOUNT)
_COOKIE_TAIL = r"(?:\|[A-Za-z0-9._*$!%|-]{0,300})?"  # newer scripts append fields


@dataclass(frozen=True, slots=True)
class Settings:
    """How events reach one UET tag at Microsoft."""

    data_provider: str = field(
        default="firsthand", metadata={"doc": "Name under which the calls reach Microsoft."}
    )


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the one event of a beacon; nothing where it names no tag or no kind."""
    pairs = [*query_pairs(hit.query, MAX_JSON), *body_pairs(hit, MAX_JSON)]
    told = {name: value for name, value in reversed(pairs) if value}
    account, kind = told.get("ti", ""), short(40)(told.get("evt", ""))
    if not kind or not _ACCOUNT.fullmatch(account):
        return
    skip = _skip(hit, told, kind)
    name = _name(told, kind)
    wire = list(_wire(pairs, told))
    taken = TABLE.take([*wire, *request_pairs(hit)])
    yield Reading(
        account=account,
        name=name,
        canonical=EVENT_NAMES.get(name, "custom"),
        event_key=text(told.get("event_id", "")) or _hit_key(told),
        page=address(told.get("p", "")) or address(hit.headers.get("referer", "")) or "",
        at=hit.at,
        fields={} if skip else taken.fields,
        signals={"asc": told["asc"]} if "asc" in told else {},
        unlisted=taken.unlisted,
        skip=skip,
        notes=() if skip else taken.notes,
        wire=wire,
    )


def _name(told: Mapping[str, str], kind: str) -> str:
    """Return an event's action, by which goals know it; the category where it has none."""
    if kind != "custom":
        return kind
    return name_of(told.get("ea", "")) or name_of(told.get("ec", "")) or NAMELESS


def _skip(hit: Hit, told: Mapping[str, str], kind: str) -> Reason:
    """Say why a beacon is not for the API. Without consent the script turns to another host."""
    if kind not in EVENTS:
        return Reason.AUTOMATIC
    denied = told.get("asc") == "D" or (hit.host == "bat.bing.net" and told.get("asc") != "G")
    if denied:
        return Reason.CONSENT
    if told.get("nwd") == "1":  # the browser says of itself that a program drives it
        return Reason.BOT
    return Reason.UNMAPPABLE if _name(told, kind) == NAMELESS else Reason.NONE


def _hit_key(told: Mapping[str, str]) -> str:
    """Return what tells a beacon from others of its page: its number there, or a random one."""
    mid, number_ = uuid(told.get("mid", "")), told.get("bo") or told.get("rn", "")
    return f"{mid}-{number_}" if mid and re.fullmatch("[0-9]{1,12}", number_) else ""


def _wire(pairs: Sequence[Pair], told: Mapping[str, str]) -> Iterator[Pair]:
    """Yield the parameters, ``pid`` taken apart and ``N``, which stands for no click, left out."""
    for name, value in pairs:
        if (name, value) != ("msclkid", "N"):
            yield name, value
    for name, value in query_pairs(told.get("pid", "")):
        yield f"pid.{name}", value


def click_of(value: str) -> str:
    """Return the click id in a ``_uetmsclkid`` value, which begins with ``_uet``."""
    return value.removeprefix("_uet").partition("|")[0]


def _click_field(value: str) -> str:
    return click(click_of(value)) or ""


def _mint_click(mint: Mint) -> str:
    return f"_uet{mint.click}"


def _browser_of(value: str) -> str:
    return value.partition("|")[0]


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one tag to Microsoft. ``now`` is in ms."""
    to = beacons[0].to
    body = {
        "data": [_event(beacon, now) for beacon in beacons],
        "dataProvider": settings.data_provider,
        "continueOnValidationError": True,
    }
    return Call(
        vendor="microsoft",
        account=to,
        method="POST",
        url=f"https://capi.uet.microsoft.com/v1/{to}/events",
        headers={"content-type": "application/json"},
        body=orjson.dumps(body),
    )


def _event(beacon: Beacon, now: int) -> dict[str, Value]:
    """Return one event. Whoever denied consent never comes this far, and silence is a grant."""
    loaded = beacon.name == PAGE_LOAD
    head: dict[str, Value] = {
        "eventType": PAGE_LOAD if loaded else "custom",
        **({} if loaded else {"eventName": beacon.name}),
        "eventId": beacon.event_key,
        "eventTime": min(beacon.event_at, now) // 1000,
        "adStorageConsent": "G",
    }
    return head | nest(beacon.fields)


def destination(beacon: Beacon) -> str:
    """Return the tag a beacon goes to: one call, one tag."""
    return beacon.to


_HOST = ("bat.bing.com",)

_COOKIES = (
    IdCookie(
        "_uetmsclkid",
        rf"_uet{CLICK}{_COOKIE_TAIL}",
        Kind.AD_ID,
        days=90,
        field=CLICK_PATH,
        to_field=_click_field,
        click="msclkid",
        click_of=click_of,
        mint=_mint_click,
    ),
    IdCookie(
        "_uetvid",
        rf"[0-9a-f]{{32}}{_COOKIE_TAIL}",
        Kind.BROWSER_ID,
        days=390,
        field=BROWSER_PATH,
        to_field=_browser_of,
    ),
    IdCookie(
        "_uetsid",
        rf"[0-9a-f]{{32}}{_COOKIE_TAIL}",
        Kind.BROWSER_ID,
        days=1,
        restore=False,
    ),
)

VENDOR = Vendor(
    key="microsoft",
    title="Microsoft Advertising",
    purpose=Purpose.MARKETING,
    tcf_id=1126,  # Microsoft Advertising; Global Vendor List v3 no. 45, March 2024
    account_pattern=ACCOUNT,
    account_example="97065788",
    beacons=(Door(("bat.bing.com", "bat.bing.net"), ("/action/0", "/actionp/0")),),
    scripts=(
        Script(_HOST, ("/bat.js",), sentinels=(b"UET",)),
        Script(_HOST, ("/p/action/{account}.js",), chained=True, sentinels=(b"function",)),
    ),
    never=(),
    # Telemetry, and what serves the third-party cookie of bing.com.
    sinks=(Door(_HOST, ("/p/conversions/c/*",)), Door(("c.bing.com",), ("/c.gif",))),
    fields=FIELDS,
    click_ids=(ClickId("msclkid", CLICK),),
    cookies=_COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.BEARER,
    token_help="Microsoft Advertising > Conversion tracking > UET tag > Set up tagging >"  # noqa: S106 - a hint where to find it
    " Use Conversions API. Where that is missing, ask your account manager to open it.",
    limits=Limits(
        max_batch=1000,
        max_bytes=1_000_000,
        max_age=timedelta(days=6, hours=23),
        calls_per_second=5.0,
    ),
    # The window is not published.
    dedup=Dedup("event name and event id, per tag", timedelta(minutes=1), assumed=True),
    money=Money("customData.value", "customData.currency", "customData.transactionId"),
    versions=(Version("v1", None),),
    read=read,
    write=write,
    judge=judge,
    batch_key=destination,
    compose=compose,
    api_hosts=("capi.uet.microsoft.com",),
    key_param="event_id",
    name_param="evt",
    name_detail="ea",
    automatic=AUTOMATIC,
    account_params=("ti",),
    relay=relay(_COOKIES),
)
