"""GA4: gtag's ``/g/collect`` -> the Measurement Protocol.

Source: Measurement Protocol reference, "Sending events", "Validating events" and limits, read
        2026-11-20; the beacon is not documented: gtag.js of 2025-08 and 2025-12, run in Chromium.
Units:  money in major units; ``_et`` in milliseconds; ``timestamp_micros`` in microseconds.
Limits: 25 events a call, all of one client; 25 parameters an event; 130 kB; 72 hours back.
Losses: sessions, first visits and attribution need the browser's own hits; and the API answers 2xx
        to anything, so that only its validation door ever says no.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Literal

import orjson

from firsthand.convert import (
    short,
    text,
)
from firsthand.mapping import Pair, nest, query_pairs, request_pairs
from firsthand.model import (
    Accepted,
    Beacon,
    Call,
    Fields,
    Hit,
    Kind,
    Outcome,
    Purpose,
    Reading,
    Reason,
    Recorded,
    Refused,
    Reply,
    Split,
    TryLater,
    Value,
)
from firsthand.vendor import OWN_KEY, Auth, Dedup, Door, IdCookie, Limits, Money, Vendor, Version
from firsthand.vendors import google_tag
from firsthand.vendors.ga4.events import compose
from firsthand.vendors.ga4.fields import EVENT_NAMES, FIELDS, MAX_TEXT, NAME, TABLE, mappable
from firsthand.vendors.ga4.relay import CONVERSION, TOLD_ADS, is_conversion, relay

MAX_LINES = 50
MAX_NAMED = 25  # parameters of an event; properties of a user
LATE_MS = 5_000

ACCOUNT = r"G-[A-Z0-9]{4,20}"
_PROPERTY = re.compile(
    r"(?!firebase_|ga_|google_|(?:user_id|last_deep_link_referrer|first_visit_time"
    r"|first_open_time|first_open_after_install)$)[A-Za-z][A-Za-z0-9_]{0,23}"
)

_words = str.split

_PROMOTION = {"cn": "ep.creative_name", "cs": "ep.creative_slot", "lo": "ep.location_id"}


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the events of a beacon: one in the query, or one for each of 50 lines of the body.

    A line's parameters stand before the query's, so they win.
    """
    shared = query_pairs(hit.query)
    lines = [line for line in re.split(r"\r?\n", hit.body.decode("utf-8", "replace")) if line]
    for index, line in enumerate(lines[:MAX_LINES] or [""]):
        if reading := _reading(hit, query_pairs(line) + shared, index):
            yield _told_ads(reading) if is_conversion(hit.host, hit.path) else reading


def _told_ads(reading: Reading) -> Reading:
    """The API has nothing for what GA4 tells Google Ads; every request has a number of its own."""
    seen = dict(reversed(reading.wire))
    parts = (reading.event_key, seen.get("random", ""), seen.get("fst", ""))
    return replace(
        reading,
        name=TOLD_ADS,
        canonical="custom",
        event_key=sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32],
        skip=Reason.UNMAPPABLE,
    )


def _reading(hit: Hit, wire: list[Pair], line: int) -> Reading | None:
    """Return one event, or ``None`` where it has no name or belongs to no measurement id."""
    seen = dict(reversed(wire))
    spelled = seen.get("en", "")
    name = short(40)(spelled)
    if name is None or not re.fullmatch(ACCOUNT, seen.get("tid", "")):
        return None
    items, rest = google_tag.items(wire)
    if name.endswith("_promotion"):  # elsewhere these letters are the campaign's
        rest = [(_PROMOTION.get(key, key), value) for key, value in rest]
    taken = TABLE.take([*request_pairs(hit), *google_tag.derived(seen), *rest])
    fields = taken.fields
    if items:
        fields["params.items"] = items
    return Reading(
        account=seen["tid"],
        name=name,
        canonical=EVENT_NAMES.get(name, "custom"),
        event_key=_event_key(seen, name, line, fields),
        page=str(fields.get("params.page_location") or hit.headers.get("referer", "")),
        at=hit.at,
        fields=fields,
        signals={key: seen[key] for key in google_tag.SIGNALS if seen.get(key)},
        unlisted=taken.unlisted,
        skip=Reason.NONE if mappable(spelled) else Reason.UNMAPPABLE,
        notes=taken.notes,
        wire=wire,
    )


def _event_key(seen: Mapping[str, str], name: str, line: int, fields: Fields) -> str:
    """Return what both paths of an event have in common: a purchase's order, else a hash.

    GA4 has no event id; ``fh.js`` adds one of ours. Without it a repeated request gives the same
    hash; two events of a page do not.
    """
    order = fields.get("params.transaction_id")
    if name == "purchase" and isinstance(order, str):
        return order
    if own := text(seen.get(OWN_KEY, "")):
        return own
    parts = (*(seen.get(key, "") for key in ("tid", "cid", "_p", "_s")), name, str(line))
    return sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Settings:
    """What GA4 needs to know beside the measurement id and its API secret."""

    region: Literal["", "region1"] = field(
        default="",
        metadata={"doc": 'Where Google collects: "" anywhere, "region1" in the European Union.'},
    )


# Only 25 parameters are taken: the ones that reports cannot do without come first.
_FIRST = _words(
    "currency value transaction_id items tax shipping coupon affiliation page_location page_title "
    "page_referrer session_id engagement_time_msec timestamp_micros debug_mode traffic_type"
)
_RANK = {name: rank for rank, name in enumerate(_FIRST)}
_CUT = {"page_location": 1000, "page_referrer": 420, "page_title": 300}


_GRANTED = {"ad_user_data": "GRANTED", "ad_personalization": "GRANTED"}


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return one call for up to 25 beacons of one ``batch_key``; what they share stands once."""
    first = beacons[0]
    body = {**_shared(first), "events": [_event(each, now) for each in beacons]}
    host = f"{settings.region or 'www'}.google-analytics.com"
    return Call(
        vendor=first.vendor,
        account=first.to,
        method="POST",
        url=f"https://{host}/mp/collect?measurement_id={first.to}",
        headers={"content-type": "application/json"},
        body=orjson.dumps(body),
    )


def _shared(beacon: Beacon) -> dict[str, Value]:
    """Return the body without its events. Only who said yes expressly is claimed to have."""
    told = nest({path: value for path, value in beacon.fields.items() if path[:7] != "params."})
    body: dict[str, Value] = {"consent": {**_GRANTED}} if beacon.verdict.explicit else {}
    said = told.pop("consent", None)
    if isinstance(said, dict):
        body["consent"] = {**(_GRANTED if beacon.verdict.explicit else {}), **said}
    body |= told
    properties = body.pop("user_properties", {})
    if isinstance(properties, dict):
        names = [name for name in properties if _PROPERTY.fullmatch(name)][:MAX_NAMED]
        body["user_properties"] = {name: {"value": properties[name]} for name in names}
    return {key: value for key, value in body.items() if value not in ("", {})}


def _event(beacon: Beacon, now: int) -> dict[str, Value]:
    params: dict[str, Value] = {}
    if beacon.name == "page_view":
        params["engagement_time_msec"] = 1  # without it the visitor does not count as active
    for path, value in beacon.fields.items():
        name = path[7:]
        if path[:7] == "params." and NAME.fullmatch(name) and value != "":
            params[name] = value[: _CUT.get(name, MAX_TEXT)] if isinstance(value, str) else value
    if now - beacon.event_at > LATE_MS:
        params["timestamp_micros"] = beacon.event_at * 1000
    kept = sorted(params, key=lambda name: _RANK.get(name, len(_RANK)))[:MAX_NAMED]
    return {"name": beacon.name, "params": {name: params[name] for name in kept}}


def batch_key(beacon: Beacon) -> str:
    """Return what beacons of one call have in common: account, client, consent, device, user."""
    shared = {path: value for path, value in beacon.fields.items() if path[:7] != "params."}
    explicit = beacon.verdict.explicit
    return sha256(
        orjson.dumps([beacon.to, explicit, shared], option=orjson.OPT_SORT_KEYS)
    ).hexdigest()


_SUCCESS = range(200, 300)
_FAULTS = range(400, 500)
_LATER = {401: Reason.AUTH, 403: Reason.AUTH, 429: Reason.RATE_LIMIT}


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon. 2xx says only that the request was well-formed."""
    if reply.status in _SUCCESS:
        return [_taken(beacon) for beacon in beacons]
    message = f"HTTP {reply.status}"
    outcome: Outcome = TryLater(_LATER.get(reply.status, Reason.VENDOR_DOWN), message)
    if reply.status in _FAULTS and reply.status not in _LATER:
        outcome = (Split if len(beacons) > 1 else Refused)(Reason.BAD_EVENT, message)
    return [outcome] * len(beacons)


def _taken(beacon: Beacon) -> Outcome:
    """An event without a client vanishes at Google without a word."""
    if not beacon.fields.get("client_id"):
        return Refused(Reason.BAD_EVENT, "no client id")
    return Accepted()


def probe(call: Call) -> Call:
    """Return the same call to the validation door, whose events never reach a report."""
    return replace(call, url=call.url.replace("/mp/collect?", "/debug/mp/collect?", 1))


_OK = 200
_NAMED = re.compile(r"(?:events|index: )\[([0-9]{1,3})\]")
_QUOTED = re.compile(r"\[(?![0-9]{1,3}\])[^\]]*\]")  # values, which may be personal


def judge_probe(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return what the validation door says; a complaint that names no event is about all."""
    complaints = _complaints(reply)
    if complaints is None:
        return [Recorded(validated=False, message=f"HTTP {reply.status}")] * len(beacons)
    return [_probed(beacon, index, complaints) for index, beacon in enumerate(beacons)]


def _probed(beacon: Beacon, index: int, complaints: list[tuple[int | None, str]]) -> Outcome:
    """The validation door does not ask for a client; the real one needs it."""
    about = "; ".join(words for place, words in complaints if place in {index, None})
    taken = Refused(Reason.BAD_EVENT, about[:300]) if about else _taken(beacon)
    return taken if isinstance(taken, Refused) else Recorded(validated=True)


def _complaints(reply: Reply) -> list[tuple[int | None, str]] | None:
    """Return each complaint and the index of the event it names; ``None`` for no usable answer."""
    try:
        messages = orjson.loads(reply.body if reply.status == _OK else b"")["validationMessages"]
        words = [f"{m['validationCode']} {m['fieldPath']}: {m['description']}" for m in messages]
    except (ValueError, KeyError, TypeError):
        return None
    named = map(_NAMED.search, words)
    return [
        (int(match[1]) if match else None, _QUOTED.sub("[...]", each))
        for match, each in zip(named, words, strict=True)
    ]


# Google sets both cookies for 730 days; browsers keep none longer than 400. A session is over after
# minutes of silence: given back to a browser, an old one lets gtag.js count on where it stood.
_COOKIES = (
    IdCookie(
        "_ga",
        google_tag.CLIENT,
        Kind.BROWSER_ID,
        days=400,
        field="client_id",
        to_field=google_tag.client_of,
        needed=True,
    ),
    IdCookie(
        "_ga_{account}",
        google_tag.SESSION,
        Kind.BROWSER_ID,
        days=400,
        field="params.session_id",
        to_field=google_tag.session_of,
        stays=google_tag.session_of,
    ),
)


def place(place: str) -> Fields:
    """Return the fields of a place: with them no address is needed.

    Source: Measurement Protocol reference, ``user_location`` (ISO 3166-1, ISO 3166-2; it wins over
    ``ip_override``), read 2026-11-24.
    """
    country, dash, _ = place.partition("-")
    region: Fields = {"user_location.region_id": place} if dash else {}
    return {"user_location.country_id": country, **region}


VENDOR = Vendor(
    key="ga4",
    title="Google Analytics 4",
    purpose=Purpose.ANALYTICS,
    tcf_id=755,  # Google Advertising Products; Global Vendor List v3 no. 45, March 2024
    account_pattern=ACCOUNT,
    account_example="G-ABC1234567",
    beacons=(
        Door(("www.google-analytics.com", "region1.google-analytics.com"), ("/g/collect",)),
        Door(("analytics.google.com", "region1.analytics.google.com"), ("/g/collect",)),
    ),
    scripts=google_tag.SCRIPTS,
    never=google_tag.NEVER,
    sinks=(*google_tag.SINKS, CONVERSION),
    fields=FIELDS,
    click_ids=google_tag.CLICK_IDS,
    cookies=_COOKIES,
    place=place,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.QUERY,
    auth_param="api_secret",
    account_params=("tid",),
    name_param="en",
    own_key=True,
    token_help="Admin > Data streams > your stream > Measurement Protocol API secrets",  # noqa: S106 - where it is
    # No rate is documented.
    limits=Limits(25, 130_000, max_age=timedelta(hours=72), calls_per_second=200.0, in_flight=4),
    # How long Google remembers an order is not documented; as long as it takes events, at least.
    dedup=Dedup("transaction_id", timedelta(hours=72), frozenset({"purchase"}), assumed=True),
    money=Money("params.value", "params.currency", "params.transaction_id"),
    versions=(Version("Measurement Protocol (GA4)", None),),
    read=read,
    write=write,
    judge=judge,
    compose=compose,
    batch_key=batch_key,
    probe=probe,
    judge_probe=judge_probe,
    takes_anything=True,
    api_hosts=("www.google-analytics.com", "region1.google-analytics.com"),
    relay=relay(_COOKIES),
)
