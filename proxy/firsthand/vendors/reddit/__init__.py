"""Reddit Pixel -> Reddit Conversions API v3. The table is in ``fields``, answers in
``answers``.

Source: Reddit's help page "About the Conversions API" and its API reference for conversion events,
        as connectors in production use them, read 2026-11. What the pixel puts on the wire is
        documented nowhere: seen in builds of 2024-10 to 2025-10.
Units:  times are in milliseconds on both sides; money is in whole currency units in the API, in
        minor units in the pixel's older ``m.value``.
Limits: 1,000 events a call, 7 days back, 5 minutes ahead; one bad event fails its whole call.
Keys:   the pixel hashes conversion and transaction ids: the API gets the same hash, unchanged.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson

from firsthand.convert import address, integer, number, short, text
from firsthand.mapping import Pair, Taken, body_pairs, nest, query_pairs, request_pairs
from firsthand.model import Beacon, Call, Fields, Hit, Kind, Purpose, Reading, Reason, Value
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
from firsthand.vendors.reddit.answers import judge
from firsthand.vendors.reddit.events import compose
from firsthand.vendors.reddit.fields import (
    ACCOUNT,
    CLICK,
    CLICK_PATH,
    EVENT_NAMES,
    FIELDS,
    NO_MINOR_UNITS,
    TABLE,
    TYPES,
    UUID,
    refused,
    takes,
)
from firsthand.vendors.reddit.relay import relay

NEAR_MS = 10 * 60 * 1000  # a clock further off than this is wrong
AHEAD_MS = 5 * 60 * 1000

_RANK = {row.path: rank for rank, row in enumerate(FIELDS) if row.path}


@dataclass(frozen=True, slots=True)
class Settings:
    """How events reach one pixel at Reddit."""

    test_id: str = field(
        default="",
        metadata={
            "doc": "Id from Events Manager, Test events: events that carry it are shown there. "
            "Reddit wants such events one in a call."
        },
    )
    partner: str = field(
        default="", metadata={"doc": "Name of the platform that sends, if you have one at Reddit."}
    )


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the one event of a beacon; nothing where pixel id or event is missing."""
    given = query_pairs(hit.query) + body_pairs(hit)
    pairs = [(name, value) for name, value in given if value not in {"", "undefined", "null"}]
    told = dict(reversed(pairs))
    account, event = told.get("id", ""), told.get("event", "")
    name = short(100)((event == "Custom" and told.get("m.customEventName")) or event)
    if not name or not re.fullmatch(ACCOUNT, account):
        return
    skip = _skip(event, told)
    taken = Taken({}, (), 0) if skip else _taken(pairs, told, hit)
    yield Reading(
        account=account,
        name=name,
        canonical=EVENT_NAMES.get(event, "custom"),
        event_key=text(told.get("m.conversionId") or told.get("m.transactionId", "")) or "",
        page=address(told.get("esurl", "")) or address(hit.headers.get("referer", "")) or "",
        at=_event_time(told.get("ts", ""), hit.at),
        fields=taken.fields,
        signals={name: told[name] for name in ("opt_out", "dpm") if name in told},
        limited="dpm" in told,
        unlisted=taken.unlisted,
        skip=skip,
        notes=taken.notes,
        wire=pairs,
    )


def _skip(event: str, told: Mapping[str, str]) -> Reason:
    """An opted-out visitor's beacon still holds hashes and click id: nothing of it is read."""
    if told.get("opt_out", "0") not in {"0", "false"}:
        return Reason.CONSENT
    unnamed = event == "Custom" and "m.customEventName" not in told
    return Reason.UNMAPPABLE if unnamed or event not in TYPES else Reason.NONE


def _taken(pairs: Sequence[Pair], told: Mapping[str, str], hit: Hit) -> Taken:
    taken = TABLE.take([*pairs, *request_pairs(hit), *_derived(told)])
    fields, notes = taken.fields, taken.notes
    kind = str(fields["type.tracking_type"])
    if kind != "CUSTOM":
        fields.pop("type.custom_event_name", None)
    notes += refused(kind, fields)
    if _click_in(told.get("esurl", "")) not in {"", fields.get(CLICK_PATH)}:
        fields.pop(CLICK_PATH, None)  # the page's click is newer; the cookie step brings it
    return replace(taken, fields=fields, notes=notes)


def _derived(told: Mapping[str, str]) -> Iterator[Pair]:
    """Yield what one row cannot say. Height and width have changed places on the wire."""
    minor = integer(told.get("m.value", ""))
    if minor is not None:
        whole = told.get("m.currency", "").upper() in NO_MINOR_UNITS
        yield "@minor", str(minor if whole else minor / 100)
    if "sh" in told and "sw" in told:
        yield "@screen", f"{told['sh']}x{told['sw']}"
    if "dpm" in told:
        place = (told.get(name, "").replace("|", "") for name in ("dpcc", "dprc"))
        yield "@options", "|".join(("LDU", *place))


def _click_in(page: str) -> str:
    """Return the click id in an address, if it is well-formed."""
    query = page.partition("#")[0].partition("?")[2]
    click = dict(reversed(query_pairs(query))).get("rdt_cid", "")
    return click if re.fullmatch(CLICK, click) else ""


def _event_time(told: str, arrival: int) -> int:
    """Return the event's time in ms; arrival where it is missing, or further off than a clock."""
    stamp = number(told)
    near = isinstance(stamp, int) and -NEAR_MS <= stamp - arrival <= AHEAD_MS
    return int(stamp) if stamp is not None and near else arrival


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one pixel to Reddit. ``now`` is in ms."""
    data: dict[str, Any] = {"events": [_event(beacon, now) for beacon in beacons]}
    if settings.test_id:
        data["test_id"] = settings.test_id
    if settings.partner:
        data["partner"] = settings.partner
    return Call(
        vendor="reddit",
        account=beacons[0].to,
        method="POST",
        url=f"https://ads-api.reddit.com/api/v3/pixels/{beacons[0].to}/conversion_events",
        headers={"content-type": "application/json"},
        body=orjson.dumps({"data": data}),
    )


def _event(beacon: Beacon, now: int) -> dict[str, Value]:
    fields = _typed(beacon)
    kind = str(fields["type.tracking_type"])
    head: Fields = {
        "event_at": min(beacon.event_at, now),
        "action_source": "WEBSITE",
        "metadata.conversion_id": beacon.event_key,
    }
    paths = sorted(fields, key=lambda path: _RANK.get(path, len(FIELDS)))
    return nest(head | {path: fields[path] for path in paths if takes(kind, path)})


def _typed(beacon: Beacon) -> Fields:
    """Return a beacon's fields with the type of its event: a name of no type is a custom one."""
    if "type.tracking_type" in beacon.fields:
        return beacon.fields
    kind = TYPES.get(beacon.name, "CUSTOM")
    named: Fields = {"type.custom_event_name": beacon.name} if kind == "CUSTOM" else {}
    return {"type.tracking_type": kind} | named | beacon.fields


def pixel(beacon: Beacon) -> str:
    """Return the pixel a beacon goes to: one call, one pixel."""
    return beacon.to


def _uuid_of(value: str) -> str:
    return value.partition(".")[2]


def _mint_click(mint: Mint) -> str:
    return mint.click


_STATIC = ("www.redditstatic.com",)

_COOKIES = (
    IdCookie(
        "_rdt_cid",
        CLICK,
        Kind.AD_ID,
        days=90,
        field=CLICK_PATH,
        click="rdt_cid",
        click_of=str,
        mint=_mint_click,
    ),
    IdCookie(
        "_rdt_uuid",
        rf"[0-9]{{10,16}}\.{UUID}",
        Kind.BROWSER_ID,
        days=90,
        field="user.uuid",
        to_field=_uuid_of,
    ),
    # Hashed contact data that the pixel remembers: never kept by us, taken away with consent.
    IdCookie("_rdt_em", r"[0-9a-f]{64}", Kind.CONTACT, days=90, restore=False),
    IdCookie("_rdt_pn", r"[0-9a-f]{64}", Kind.CONTACT, days=90, restore=False),
)

VENDOR = Vendor(
    key="reddit",
    title="Reddit",
    purpose=Purpose.MARKETING,
    social=True,
    account_pattern=ACCOUNT,
    account_example="a2_abc123def456",
    beacons=(Door(("alb.reddit.com",), ("/rp.gif", "/rp", "/snoo.gif")),),
    scripts=(Script(_STATIC, ("/ads/pixel.js",), {"pixel_id": "{account}"}, sentinels=(b"rdt",)),),
    never=(),
    # The switches of a pixel govern what it finds on the page by itself, which is not read here.
    sinks=(
        Door(("pixel-config.reddit.com",), ("/pixels/{account}/config",), says=b"{}"),
        Door(
            _STATIC,
            ("/ads/conversions-config/v1/pixel/config/{account}_telemetry",),
            says=b"{}",
        ),
        Door(("error-tracking.reddit.com",), ("/*", "/*/*", "/*/*/*", "/*/*/*/")),
    ),
    fields=FIELDS,
    click_ids=(ClickId("rdt_cid", CLICK),),
    cookies=_COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.BEARER,
    token_help="Events Manager, Conversions API: generate a conversion access token.",  # noqa: S106 - a hint where to find it
    # No rate is published.
    limits=Limits(
        max_batch=1000,
        max_bytes=1_000_000,
        max_age=timedelta(days=6, hours=23),
        calls_per_second=5.0,
    ),
    # How long Reddit remembers a conversion id is not published; as long as it takes events.
    dedup=Dedup("event type and conversion_id, per pixel", timedelta(days=7), assumed=True),
    money=Money("metadata.value", "metadata.currency"),
    versions=(Version("v3", None),),
    read=read,
    write=write,
    judge=judge,
    compose=compose,
    batch_key=pixel,
    api_hosts=("ads-api.reddit.com",),
    key_param="m.conversionId",
    key_digits=64,  # as the pixel's own, which are SHA-256
    name_param="event",
    account_params=("id",),
    relay=relay(_COOKIES),
)
