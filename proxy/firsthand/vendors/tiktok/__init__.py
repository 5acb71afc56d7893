"""TikTok Pixel -> TikTok Events API 2.0. Table in ``fields``, answers in ``answers``.

Source: TikTok's help pages on event deduplication (2025-05) and standard events (2025-09); the
        Events API as TikTok's own server tag (2024-05), its SDK (2026-02) and public connectors
        use it. The beacon is documented nowhere: pixel.js 2.2.0, run in Chromium in 2026-11.
Units:  the pixel's ``timestamp`` is ISO 8601, the API's ``event_time`` Unix seconds; money is in
        whole currency units on both sides.
Limits: 1,000 events a call; how far back is not published, connectors keep below 7 days.
Losses: HTTP 200 says nothing, the code in the body decides; one bad event can refuse its call.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from firsthand.convert import address, json_value, short, text
from firsthand.mapping import Pair, Taken, member_pairs, nest, query_pairs, request_pairs
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
from firsthand.vendors.tiktok.answers import judge
from firsthand.vendors.tiktok.events import compose
from firsthand.vendors.tiktok.fields import (
    BROWSER,
    CLICK,
    EVENT_NAMES,
    FIELDS,
    ITEM,
    PERSON_ROWS,
    TABLE,
    TTCLID,
    TTP,
    drop_unpaired,
    item,
    person,
)
from firsthand.vendors.tiktok.relay import relay

ACCOUNT = r"[A-Z0-9]{8,32}"
EVENTS = "/api/v2/pixel"

AUTOMATIC = frozenset({"EnrichAM", "LandingPageView", "EngagedSession"})
"""Events that the pixel makes up by itself; they have no event id."""

MIRRORS = frozenset({"EnrichIpv6"})
"""An event once more, over IPv6."""

_RANK = {row.path: rank for rank, row in enumerate(FIELDS) if row.path}
_FREE_KEY = re.compile(r"properties\.[^.*\x00-\x1f\x7f]{1,100}")
_ACCOUNT = re.compile(ACCOUNT)
_CLICK = re.compile(CLICK)
_INTO = frozenset(
    f"context.{name}" for name in ("ad", "device", "library", "page", "pixel", "user")
)
_INTO |= {"context", "properties"}

OLDEST_MS = 7 * 24 * 3600 * 1000
AHEAD_MS = 60 * 1000
MAX_MESSAGE = 262_144  # of JSON: a beacon is a few kB


@dataclass(frozen=True, slots=True)
class Settings:
    """How events reach one pixel at TikTok."""

    test_event_code: str = field(
        default="",
        metadata={
            "doc": "Code from Events Manager, Test events. Events that carry it are shown there; "
            "TikTok does not say that they never count: use a pixel made for tests."
        },
    )
    partner_name: str = field(
        default="", metadata={"doc": "Name of the platform that sends, if you have one at TikTok."}
    )


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the one event of a beacon; nothing where the JSON or its pixel code is not usable."""
    body = _message(hit)
    pairs = member_pairs(body, _INTO)
    told = {name: value for name, value in reversed(pairs) if value}
    account = told.get("context.pixel.code", "")
    name = short(100)(told.get("event") or told.get("action") or hit.path.rpartition("/")[2])
    if not body or not name or not _ACCOUNT.fullmatch(account):
        return
    skip = _skip(hit, told, name)
    taken = Taken({}, (), 0) if skip else _taken(pairs, told, hit)
    limited = "limited_data_use" in taken.fields
    yield Reading(
        account=account,
        name=name,
        canonical=EVENT_NAMES.get(name, "custom"),
        event_key="" if skip else _event_key(told),
        page=address(told.get("context.page.url", ""))
        or address(hit.headers.get("referer", ""))
        or "",
        at=_event_time(told.get("timestamp", ""), hit.at),
        fields=taken.fields,
        signals={"limited_data_use": "true"} if limited else {},
        limited=limited,
        unlisted=taken.unlisted,
        skip=skip,
        notes=taken.notes,
        wire=pairs,
    )


def _message(hit: Hit) -> dict[str, Value]:
    """Return the JSON of a beacon: the body, or base64url in the query where that failed."""
    raw = hit.body
    if not raw:
        told = dict(query_pairs(hit.query)).get("analytics_message", "")
        try:
            raw = urlsafe_b64decode(told + "=" * (-len(told) % 4))
        except ValueError:
            return {}
    if len(raw) > MAX_MESSAGE:
        return {}
    parsed = json_value(raw.decode("utf-8", "replace"))
    return parsed if isinstance(parsed, dict) else {}


def _skip(hit: Hit, told: Mapping[str, str], name: str) -> Reason:
    """Say why a message is no event of the site. A test session of TikTok's tool is none either."""
    if name in MIRRORS:
        return Reason.MIRROR
    own = hit.path == EVENTS and "event" in told and "tt_test_id" not in told
    return Reason.AUTOMATIC if name in AUTOMATIC or not own else Reason.NONE


def _event_key(told: Mapping[str, str]) -> str:
    names = ("event_id", "properties.event_id", "properties.eventID")
    return next((found for name in names if (found := text(told.get(name, "")))), "")


def _taken(pairs: Sequence[Pair], told: Mapping[str, str], hit: Hit) -> Taken:
    taken = TABLE.take([pair for pair in pairs if _for_table(pair[0])] + request_pairs(hit))
    fields, notes = taken.fields | person(pairs), list(taken.notes)
    single = told.get("properties.content_id")
    if single and "properties.contents" not in fields:
        _one_item(fields, single)
    notes += drop_unpaired(fields)
    if _click_in(told.get("context.page.url", "")) not in {"", fields.get(TTCLID, "")}:
        fields.pop(TTCLID, None)  # the page's click is newer; the cookie step brings it
    return Taken(fields, tuple(notes), taken.unlisted)


def _for_table(name: str) -> bool:
    """Say whether a parameter is one value for one path."""
    return (
        bool(_FREE_KEY.fullmatch(name)) if name[:11] == "properties." else name not in PERSON_ROWS
    )


def _one_item(fields: Fields, given: str) -> None:
    """Make the item of an event that names a single one beside its value."""
    parts = {name: fields.get(f"properties.{name}") for name in ITEM}
    made = item({"content_id": given, **{k: v for k, v in parts.items() if v is not None}})
    if made:
        fields["properties.contents"] = [made]


def _event_time(told: str, arrival: int) -> int:
    """Return the event's time in ms; arrival where it is missing, too old for TikTok, or ahead."""
    try:
        at = int(datetime.fromisoformat(told).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return arrival
    return at if arrival - OLDEST_MS <= at <= arrival + AHEAD_MS else arrival


def _click_in(page: str) -> str:
    """Return the click id in an address, if it is well-formed."""
    query = page.partition("#")[0].partition("?")[2]
    click = dict(reversed(query_pairs(query))).get("ttclid", "") if "ttclid=" in query else ""
    return click if _CLICK.fullmatch(click) else ""


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one pixel to TikTok. ``now`` is in ms."""
    body: dict[str, Any] = {"event_source": "web", "event_source_id": beacons[0].to}
    if settings.test_event_code:
        body["test_event_code"] = settings.test_event_code
    if settings.partner_name:
        body["partner_name"] = settings.partner_name
    body["data"] = [_event(beacon, now) for beacon in beacons]
    return Call(
        vendor="tiktok",
        account=beacons[0].to,
        method="POST",
        url="https://business-api.tiktok.com/open_api/v1.3/event/track/",
        headers={"content-type": "application/json"},
        body=orjson.dumps(body),
    )


def _event(beacon: Beacon, now: int) -> dict[str, Value]:
    """Return one event. Its id is text: TikTok refuses a number."""
    head: Fields = {
        "event": beacon.name,
        "event_time": min(beacon.event_at, now) // 1000,
        "event_id": beacon.event_key,
        "user": {},
    }
    paths = sorted(beacon.fields, key=lambda path: _RANK.get(path, len(FIELDS)))
    return head | nest({path: beacon.fields[path] for path in paths})


def destination(beacon: Beacon) -> str:
    """Return the pixel a beacon goes to: one call, one pixel."""
    return beacon.to


def _same(value: str) -> str:
    return value


_HOST = ("analytics.tiktok.com",)
_PIXEL = "/i18n/pixel"

_COOKIES = (
    # The pixel's own lives for a day; TikTok's server tag keeps it for 30 (read 2026-11).
    IdCookie(
        "ttclid",
        CLICK,
        Kind.AD_ID,
        days=90,
        field=TTCLID,
        click="ttclid",
        click_of=_same,
        mint=lambda mint: mint.click,
    ),
    # 27 random characters: no number makes one, so it is kept and never made.
    IdCookie("_ttp", BROWSER, Kind.BROWSER_ID, days=390, field=TTP),
)

VENDOR = Vendor(
    key="tiktok",
    title="TikTok",
    purpose=Purpose.MARKETING,
    tcf_id=986,  # Bytedance; Global Vendor List v3 no. 45, March 2024
    social=True,
    account_pattern=ACCOUNT,
    account_example="CABC123DEF456GHI789J",
    beacons=(
        Door(_HOST, (EVENTS, "/api/v2/pixel/act", "/api/v2/performance", "/api/v2/interaction")),
        Door(_HOST, ("/api/v2/performance_interaction",)),
        Door(("analytics-ipv6.tiktokw.us",), ("/ipv6/enrich_ipv6",)),
    ),
    scripts=(
        Script(
            _HOST,
            (f"{_PIXEL}/events.js",),
            {"sdkid": "{account}", "lib": r"[A-Za-z_$][A-Za-z0-9_$]{0,30}"},
            sentinels=(b"TiktokAnalyticsObject", b"pixelCode"),
        ),
        Script(
            _HOST,
            (f"{_PIXEL}/static/main.*.js",),
            chained=True,
            sentinels=(b"TiktokAnalyticsObject",),
        ),
        Script(_HOST, (f"{_PIXEL}/static/identify_*.js",), chained=True, sentinels=(b"function",)),
        Script(
            _HOST,
            (f"{_PIXEL}/config.js",),
            {"sdkid": "{account}", "hostname": "{site}"},
            chained=True,
            sentinels=(b"TiktokAnalyticsObject",),
        ),
    ),
    # The event builder works only under TikTok's own origin.
    never=(Door(_HOST, (f"{_PIXEL}/eb.js",)),),
    # These set or match third-party cookies, of TikTok and of its ad network.
    sinks=(
        Door(_HOST, (f"{_PIXEL}/enable_cookie", f"{_PIXEL}/disable_cookie")),
        Door(
            ("analytics.pangle-ads.com",),
            ("/api/v2/pangle_pixel", "/api/v2/pangle_disable_cookie"),
        ),
    ),
    fields=FIELDS,
    click_ids=(ClickId("ttclid", CLICK),),
    cookies=_COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.HEADER,
    auth_param="Access-Token",
    token_help="Events Manager, your pixel, Settings, Events API: Generate access token.",  # noqa: S106 - where it is
    # No rate and no size is published.
    limits=Limits(
        max_batch=1000,
        max_bytes=1_000_000,
        max_age=timedelta(days=6, hours=23),
        calls_per_second=10.0,
        in_flight=4,
    ),
    dedup=Dedup(
        "event and event_id, per pixel: merged within 5 minutes, then the later one is dropped",
        timedelta(hours=48),
        from_page=True,  # no key can be set where the JSON is in the query, as base64
    ),
    money=Money("properties.value", "properties.currency", "properties.order_id"),
    versions=(Version("v1.3", None),),
    read=read,
    write=write,
    judge=judge,
    compose=compose,
    batch_key=destination,
    api_hosts=("business-api.tiktok.com",),
    key_param="event_id",
    name_param="event",
    automatic=AUTOMATIC | MIRRORS,
    account_params=("sdkid",),
    relay=relay(_COOKIES),
)
