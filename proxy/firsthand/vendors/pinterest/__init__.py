"""Pinterest tag -> Pinterest API for Conversions, v5.

Source: Pinterest's OpenAPI description 5.23 (events/create) and its pages on the tag, the API for
conversions and limited data processing, read 2026-11. What the tag puts on the wire is documented
in parts only: seen in its builds of 2024-10 and 2025-11.
Units:  the tag's ``cb`` is in milliseconds, the API's ``event_time`` in seconds; money is in whole
currency units on both sides, numbers on the wire, texts in the API.
Limits: 1,000 events a call. What comes within an hour counts as web; later it counts as offline,
which Pinterest cannot deduplicate.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson

from firsthand.convert import integer, json_value, text
from firsthand.mapping import Pair, body_pairs, nest, query_pairs, request_pairs
from firsthand.model import (
    Beacon,
    Call,
    Fields,
    Hit,
    Kind,
    Purpose,
    Reading,
    Reason,
    Value,
)
from firsthand.vendor import (
    OWN_KEY,
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
from firsthand.vendors.pinterest.answers import judge, judge_probe
from firsthand.vendors.pinterest.events import compose
from firsthand.vendors.pinterest.fields import (
    API_NAMES,
    CLICK,
    CLICK_PATH,
    EVENT_NAMES,
    FIELDS,
    LIMITED,
    NOT_IN_API,
    PERSON_ROWS,
    TABLE,
    complete,
    doubts,
    event_name,
    person,
    spelled,
)
from firsthand.vendors.pinterest.relay import relay

ACCOUNT = r"[0-9]{10,20}"
LONGEST = 65_536  # of one parameter: a basket of some hundred lines
AHEAD_MS = 5 * 60 * 1000
OLDEST_MS = 7 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """How events of one Pinterest tag reach their ad account."""

    ad_account: str = field(
        default="",
        metadata={
            "doc": "Id of the ad account that owns the tag, a long number from Ads Manager: the "
            "API knows ad accounts, not tags.",
            "needed": "549755880001",
        },
    )
    partner_name: str = field(
        default="ss-firsthand",
        metadata={"doc": "Name of the platform that sends, ss- and lower case; empty: none."},
    )
    own_names: bool = field(
        default=True,
        metadata={
            "doc": "Send events with names of your own under those names, in lower snake case; "
            "false: as custom, which reports can show."
        },
    )


_RANK = {row.path: rank for rank, row in reversed(list(enumerate(FIELDS))) if row.path}
_ACCOUNT = re.compile(ACCOUNT)
_CLICK = re.compile(CLICK)
_LINE = re.compile(r"ed\[line_items\]\[([0-9]{1,3})\]\[([a-z_]{1,40})\]")
_OBJECTS = ("ed", "pd", "ad", "ov")
_KEYS = ("event_id", "eventID", "eid")


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the one event of a beacon; nothing where the tag's id is missing.

    ``/user/`` asks who this is, and carries the parameters of the event that ``/v3/`` brings next.
    """
    wire = query_pairs(hit.query, LONGEST) + body_pairs(hit, LONGEST)
    pairs = list(_members(wire))
    told = {name: value for name, value in reversed(pairs) if value}
    name = event_name(told.get("event", "init"))
    if not name or not _ACCOUNT.fullmatch(told.get("tid", "")):
        return
    taken = TABLE.take([pair for pair in pairs if pair[0] not in PERSON_ROWS] + request_pairs(hit))
    page = str(taken.fields.get("event_source_url", ""))
    fields = taken.fields | person(pairs)
    _take_click(fields, page)
    complete(fields)
    broken = [key for key in _OBJECTS if told.get(key) and _object(told[key]) is None]
    yield Reading(
        account=told["tid"],
        name=name,
        canonical=EVENT_NAMES.get(name, "custom"),
        event_key=_event_key(told, name),
        page=page,
        at=_event_time(told.get("cb", ""), hit.at),
        fields=fields,
        signals={"opt_out_type": LIMITED} if "custom_data.opt_out_type" in fields else {},
        limited="custom_data.opt_out_type" in fields,
        unlisted=taken.unlisted,
        skip=_skip(hit.path, name),
        notes=(*taken.notes, *(f"{key}: not JSON" for key in broken), *doubts(fields)),
        wire=pairs,
    )


def _skip(path: str, name: str) -> Reason:
    if path.startswith("/user"):
        return Reason.MIRROR
    return Reason.UNMAPPABLE if name in NOT_IN_API else Reason.NONE


def _members(wire: Iterable[Pair]) -> Iterator[Pair]:
    """Yield the parameters with the members of JSON objects as parameters of their own."""
    lines: dict[str, dict[str, Value]] = {}
    for name, value in wire:
        line = _LINE.fullmatch(name)
        if line is not None:
            lines.setdefault(line[1], {})[line[2]] = value
            continue
        yield name, value
        members = _object(value) if name in _OBJECTS else None
        if members:
            yield from ((f"{name}[{key}]", spelled(each)) for key, each in members.items())
    if lines:
        yield "ed[line_items]", orjson.dumps(list(lines.values())).decode()


def _object(value: str) -> dict[str, Value] | None:
    parsed = json_value(value)
    return parsed if isinstance(parsed, dict) else None


def _take_click(fields: Fields, page: str) -> None:
    """Add the click id of the page, which is the newest."""
    click = next(
        (v for n, v in query_pairs(page.partition("?")[2].partition("#")[0]) if n == "epik"), ""
    )
    if _CLICK.fullmatch(click):
        fields[CLICK_PATH] = click


def _event_key(told: Mapping[str, str], name: str) -> str:
    """Return what the site gave, or the tag made; a checkout's order stands in for it."""
    given = [told.get(f"{group}[{key}]", "") for group in ("ed", "ov") for key in _KEYS]
    order = told.get("ed[order_id]", "") if name == "checkout" else ""
    return next((key for key in map(text, [*given, order, told.get(OWN_KEY, "")]) if key), "")


def _event_time(told: str, arrival: int) -> int:
    """Return the event's time in ms; arrival where it is missing, ahead, or long ago."""
    stamp = integer(told)
    known = stamp is not None and arrival - OLDEST_MS <= stamp <= arrival + AHEAD_MS
    return stamp if known and stamp is not None else arrival


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one tag to its ad account. ``now`` is in ms."""
    ad_account = settings.ad_account or beacons[0].to
    return Call(
        vendor="pinterest",
        account=beacons[0].to,
        method="POST",
        url=f"https://api.pinterest.com/v5/ad_accounts/{ad_account}/events",
        headers={"content-type": "application/json"},
        body=orjson.dumps({"data": [_event(beacon, settings, now) for beacon in beacons]}),
    )


def _event(beacon: Beacon, settings: Settings, now: int) -> dict[str, Any]:
    head: dict[str, Any] = {
        "event_name": api_name(beacon.name, own=settings.own_names),
        "action_source": "web",
        "event_time": min(beacon.event_at, now) // 1000,
        "event_id": beacon.event_key,
    }
    if settings.partner_name:
        head["partner_name"] = settings.partner_name
    paths = sorted(beacon.fields, key=lambda path: _RANK.get(path, len(FIELDS)))
    return head | {"user_data": {}} | nest({path: beacon.fields[path] for path in paths})


def api_name(name: str, *, own: bool) -> str:
    """Return what the API calls an event; ``own``: names of the site's own stay."""
    known = name.lower()
    if known in EVENT_NAMES:
        return API_NAMES.get(known, known)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    snake = re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_")
    return snake if own and snake else "custom"


def probe(call: Call) -> Call:
    """Return the same call to the door that checks and records nothing."""
    return replace(call, url=f"{call.url}?test=true")


def destination(beacon: Beacon) -> str:
    """Return the tag a beacon goes to: one call, one ad account."""
    return beacon.to


_TAG = ("ct.pinterest.com",)
_CDN = ("s.pinimg.com",)

_COOKIES = (
    IdCookie(
        "_epik",
        CLICK,
        Kind.AD_ID,
        days=365,
        field=CLICK_PATH,
        click="epik",
        click_of=str,
        mint=lambda mint: mint.click,
    ),
    # Told by Pinterest's answers to the tag: kept alive, never made here, no field in the API.
    IdCookie("_derived_epik", CLICK, Kind.AD_ID, days=365),
    IdCookie("_pin_unauth", CLICK, Kind.BROWSER_ID, days=365),
)

VENDOR = Vendor(
    key="pinterest",
    title="Pinterest",
    purpose=Purpose.MARKETING,
    social=True,
    account_pattern=ACCOUNT,
    account_example="2612345678901",
    beacons=(
        Door(_TAG, ("/v3", "/v3/")),
        # The tag parses the answer before it sends its first event; without JSON it never does.
        Door(_TAG, ("/user", "/user/"), says=b"{}", exposes=("Pin-Unauth", "Epik"), asks=True),
    ),
    scripts=(
        Script(_CDN, ("/ct/core.js",), sentinels=(b"pintrk",)),
        Script(_CDN, ("/ct/lib/main.*.js",), chained=True, sentinels=(b"pinterest.com",)),
    ),
    # A frame that answers by message: the tag believes it at Pinterest's own origin only.
    never=(Door(_TAG, ("/ct.html", "/static/ct/token_create.js")),),
    # What the page says about itself, and the tag's own errors, which it reports synchronously.
    sinks=(Door(_TAG, ("/md", "/md/", "/stats", "/stats/")),),
    fields=FIELDS,
    click_ids=(ClickId("epik", CLICK),),
    cookies=_COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.BEARER,
    token_help="Ads Manager, Business, Conversions, Set up API: "  # noqa: S106 - a hint where to find it
    "generate a conversion access token.",
    # 5,000 calls a minute and ad account. A hard age limit is not published; 7 days is what users
    # of the API report.
    limits=Limits(
        max_batch=1000,
        max_bytes=2_000_000,
        max_age=timedelta(days=6, hours=23),
        calls_per_second=40.0,
        in_flight=4,
    ),
    dedup=Dedup(
        "event_id with the same event_name and ad account; the tag gives every event an id that "
        "has data. What comes later than the window counts as offline and is not deduplicated",
        timedelta(hours=1),
        from_page=True,
    ),
    money=Money("custom_data.value", "custom_data.currency", "custom_data.order_id"),
    versions=(Version("v5", None),),
    read=read,
    write=write,
    judge=judge,
    compose=compose,
    batch_key=destination,
    api_hosts=("api.pinterest.com",),
    name_param="event",
    own_key=True,
    account_params=("tid",),
    probe=probe,
    judge_probe=judge_probe,
    relay=relay(_COOKIES),
)
