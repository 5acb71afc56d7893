"""Snap Pixel -> Snapchat Conversions API v3. The table is in ``fields``, cookies in
``cookies``, answers in ``answers``.

Source: Snap's pages on the Conversions API (introduction, using the API, parameters, deduplication)
        and the OpenAPI file of its Business SDK, read 2026-11. What the pixel puts on the wire is
        documented nowhere: seen in versions 3.33 and 3.53.
Units:  the pixel's times are in milliseconds, the API's ``event_time`` in seconds; money is in
        whole currency units on both sides.
Limits: 2,000 events and 2 MB a call. Partners name 7 to 37 days for an event's age: 7 are kept.
Losses: addresses that the pixel finds in form fields (``pc``) are not forwarded.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson

from firsthand.convert import address, number, short, text
from firsthand.mapping import (
    Pair,
    Taken,
    body_pairs,
    member_pairs,
    nest,
    query_pairs,
    request_pairs,
)
from firsthand.model import Beacon, Call, Fields, Hit, Purpose, Reading, Reason, Value
from firsthand.vendor import Auth, ClickId, Dedup, Door, Limits, Money, Script, Vendor, Version
from firsthand.vendors.answers import members
from firsthand.vendors.snapchat.answers import judge, judge_probe
from firsthand.vendors.snapchat.cookies import CLICK_PATH, COOKIES, UUID
from firsthand.vendors.snapchat.events import compose
from firsthand.vendors.snapchat.fields import (
    EVENT_NAMES,
    FIELDS,
    PERSON_ROWS,
    TABLE,
    doubts,
    page,
    person,
)
from firsthand.vendors.snapchat.relay import relay

MAX_EVENTS = 50  # in one beacon: the pixel sends every 200 ms
OLDEST_MS = 7 * 24 * 3600 * 1000
AHEAD_MS = 60 * 1000

HOST, HOST6 = "tr.snapchat.com", "tr6.snapchat.com"

TELEMETRY = {"i": "(IPv6 ping)", "md": "(page metadata)", "pc": "(form fields)"}
"""Items of a beacon that are no events, and what they are counted as."""

_RANK = {row.path: rank for rank, row in enumerate(FIELDS) if row.path}
_ACCOUNT = re.compile(UUID)
_name = short(100)
_CONTEXT = {
    "url": "pl",
    "sr": "s_r_id",
    "srs": "s_r_ids",
    "c1": "u_c1",
    "ls": "u_sclid",
    "ss": "u_scsid",
    "r": "trackId",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How events reach one pixel at Snapchat."""

    test_event_code: str = field(
        default="",
        metadata={
            "doc": "Code from Events Manager, Test events: events that carry it are shown there. "
            "Whether they count as well is not documented."
        },
    )
    lead_event: str = field(
        default="",
        metadata={
            "doc": "What a lead that the shop tells of itself is called here: SIGN_UP, or one of "
            "CUSTOM_EVENT_1 to CUSTOM_EVENT_5; empty: leads are not sent. Snapchat has no event of "
            "its own for them."
        },
    )


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the events of a beacon: a JSON batch of up to 50 items, or one in query or form.

    Items that are no events are yielded as automatic, once for each pixel that they name.
    """
    if hit.body.lstrip()[:1] != b"{":
        flat = _reading(hit, query_pairs(hit.query) + body_pairs(hit))
        if flat is not None:
            yield flat
        return
    batch = members(hit.body)
    shared = _pairs(batch, skip="ctx req") + _context(batch.get("ctx"))
    items = batch.get("req")
    for item in (items if isinstance(items, list) else [])[:MAX_EVENTS]:
        if isinstance(item, dict):
            yield from _item_readings(hit, item, shared)


def _item_readings(hit: Hit, item: Mapping[str, Any], shared: list[Pair]) -> Iterator[Reading]:
    late = [("del", str(item["del"]))] if isinstance(item.get("del"), int) else []
    one = _reading(hit, _pairs(item.get("t")) + late + shared)
    if one is not None:
        yield one
    for kind, words in TELEMETRY.items():
        about = item.get(kind)
        pids = about.get("pids") if isinstance(about, dict) else None
        for pid in (pids if isinstance(pids, list) else [])[:MAX_EVENTS]:
            if isinstance(pid, str) and _ACCOUNT.fullmatch(pid):
                yield Reading(pid, words, "custom", "", "", hit.at, {}, skip=Reason.AUTOMATIC)


def _pairs(given: object, skip: str = "") -> list[Pair]:
    """Return the members of an object that have a value; nothing of one that is nested too deep."""
    if not isinstance(given, dict):
        return []
    told = {name: value for name, value in given.items() if value is not None}
    try:
        return member_pairs({name: told[name] for name in told if name not in skip.split()})
    except orjson.JSONEncodeError:
        return []


def _context(given: object) -> list[Pair]:
    return [(_CONTEXT.get(name, name), value) for name, value in _pairs(given)]


def _reading(hit: Hit, pairs: list[Pair]) -> Reading | None:
    """Return one event, or ``None`` where it names no pixel or has no name."""
    told = {name: value for name, value in reversed(pairs) if value}
    account, name = told.get("pid", ""), _name(told.get("ev", ""))
    if not name or not _ACCOUNT.fullmatch(account):
        return None
    mirror = hit.host == HOST6 or "virt" in told
    limits = _limits(told)
    taken = Taken({}, (), 0) if mirror else _taken(hit, pairs, told, limited=bool(limits))
    return Reading(
        account=account,
        name=name,
        canonical=EVENT_NAMES.get(name, "custom"),
        event_key=_key(name, told),
        page=page(told.get("pl", "")) or address(hit.headers.get("referer", "")) or "",
        at=_event_time(told, hit.at),
        fields=taken.fields,
        signals=limits,
        limited=bool(limits),
        unlisted=taken.unlisted,
        skip=Reason.MIRROR if mirror else Reason.NONE,
        notes=taken.notes + doubts(name, taken.fields) if not mirror else (),
        wire=pairs,
    )


def _key(name: str, told: Mapping[str, str]) -> str:
    """Return what Snap deduplicates by; a purchase's order number counts as well."""
    return text(told.get("cdid", "")) or (name == "PURCHASE" and text(told.get("e_tid", ""))) or ""


def _limits(told: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that ask for limited data use (``du`` names options, ``lmu`` here)."""
    asked = re.search(r"l[md]u", told.get("du", ""), re.IGNORECASE)
    found = {"du": told["du"]} if asked else {}
    if told.get("d_lat", "").lower() in {"true", "1"}:
        found["d_lat"] = told["d_lat"]
    return found


def _taken(hit: Hit, pairs: list[Pair], told: Mapping[str, str], *, limited: bool) -> Taken:
    """Read the table. Under limited data use contact data stays here."""
    plain = [pair for pair in pairs if pair[0] not in PERSON_ROWS]
    taken = TABLE.take([*plain, *request_pairs(hit), ("@limited", "1" if limited else "")])
    fields = taken.fields | ({} if limited else person(pairs))
    if _click_in(told.get("pl", "")) not in {"", str(fields.get(CLICK_PATH, "")).lower()}:
        fields.pop(CLICK_PATH, None)  # the page's click is newer; the cookie step brings it
    return replace(taken, fields=fields)


def _click_in(told: str) -> str:
    """Return the click id in an address, in lower case, if it is one that the pixel would take."""
    query = told.partition("#")[0].partition("?")[2]
    found = {name.lower(): value for name, value in reversed(query_pairs(query))}
    click = found.get("sccid", "").lower()
    return click if _ACCOUNT.fullmatch(click) else ""


def _event_time(told: Mapping[str, str], arrival: int) -> int:
    """Return the event's time in ms; arrival where it is missing, too old for Snap, or ahead."""
    sent, late = number(told.get("ts", "")), number(told.get("del", "")) or 0
    at = arrival if sent is None else int(sent - late)
    return at if arrival - OLDEST_MS <= at <= arrival + AHEAD_MS else arrival


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one pixel to Snapchat. ``now`` is in ms."""
    body: dict[str, Any] = {"data": [_event(beacon, now) for beacon in beacons]}
    if settings.test_event_code:
        body["test_event_code"] = settings.test_event_code
    return Call(
        vendor="snapchat",
        account=beacons[0].to,
        method="POST",
        url=f"https://{HOST}/v3/{beacons[0].to}/events",
        headers={"content-type": "application/json"},
        body=orjson.dumps(body),
    )


def _event(beacon: Beacon, now: int) -> dict[str, Value]:
    head: Fields = {
        "event_name": beacon.name,
        "event_time": min(beacon.event_at, now) // 1000,
        "event_id": beacon.event_key,
        "action_source": "WEB",
        "integration": "firsthand",
    }
    paths = sorted(beacon.fields, key=lambda path: _RANK.get(path, len(FIELDS)))
    event = head | nest({path: beacon.fields[path] for path in paths})
    free = event.pop("custom_fields", None)
    custom = event.setdefault("custom_data", {}) if free else None
    if isinstance(custom, dict) and free:
        custom["custom_fields"] = free
    return event


def pixel(beacon: Beacon) -> str:
    """Return the pixel a beacon goes to: one call, one pixel."""
    return beacon.to


def probe(call: Call) -> Call:
    """Return the same call to the door that checks events and counts none."""
    return replace(call, url=f"{call.url}/validate")


_SCRIPTS = ("sc-static.net",)
_CONFIG = {"v": r"[0-9A-Za-z.-]{1,40}", "r": r"[0-9]{1,2}"}

VENDOR = Vendor(
    key="snapchat",
    title="Snapchat",
    purpose=Purpose.MARKETING,
    social=True,
    account_pattern=UUID,
    account_example="11111111-2222-4333-8444-555555555555",
    beacons=(Door((HOST, HOST6), ("/p",)),),
    scripts=(
        Script(
            _SCRIPTS,
            ("/scevent.min.js",),
            {"u": UUID, "v": r"[0-9A-Za-z.-]{1,40}"},
            sentinels=(b"snaptr", b"snapchat.com"),
        ),
        Script(
            _SCRIPTS,
            ("/scevent-dh.min.js",),
            {"v": r"[0-9A-Za-z.-]{1,40}"},
            chained=True,
            sentinels=(b"function",),
        ),
        # The first part of the path is the last label of the page's host. The same as JSON, which
        # the pixel fetches in some browsers, is no script: that request stays as it is.
        Script((HOST,), ("/config/*/{account}.js",), _CONFIG, chained=True, sentinels=(b"cfg",)),
    ),
    # Where the pixel sends when Snap's own people test it.
    never=(Door(("tr-shadow.snapchat.com",), ("/p",)),),
    # Frames that match Snapchat's third-party cookie: worth nothing on our host.
    sinks=(Door((HOST, HOST6), ("/cm/i", "/cm/s", "/cm/si")),),
    fields=FIELDS,
    click_ids=(ClickId("ScCid", UUID),),
    cookies=COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.QUERY,
    auth_param="access_token",
    token_help="Ads Manager, Business Details, Conversions API Tokens: generate token.",  # noqa: S106 - a hint where to find it
    # No rate is published.
    limits=Limits(
        max_batch=2000,
        max_bytes=1_900_000,
        max_age=timedelta(days=6, hours=23),
        calls_per_second=10.0,
    ),
    # Of purchases the order number counts too, for 30 days. The second copy's fields are merged in.
    # No key can be set in a body that is no text.
    dedup=Dedup("event_name and event_id, per pixel", timedelta(hours=48), from_page=True),
    money=Money("custom_data.value", "custom_data.currency", "custom_data.order_id"),
    versions=(Version("v3", None),),
    read=read,
    write=write,
    judge=judge,
    compose=compose,
    batch_key=pixel,
    probe=probe,
    judge_probe=judge_probe,
    api_hosts=(HOST,),
    key_param="cdid",
    key_path=("req", "t"),
    name_param="ev",
    account_params=("pid",),
    relay=relay(COOKIES),
)
