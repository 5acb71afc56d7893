"""OpenAI's pixel (``oaiq``) -> Conversions API. Table: ``fields``, answers: ``answers``.

Source: OpenAI's pages on the measurement pixel, the image tag, supported events and the Conversions
        API, texts of June to autumn 2026. The beacon is documented nowhere: published captures of
        SDK 0.1.32 and 0.1.41, not run by us.
Units:  money is a whole number in the currency's smallest unit on both sides; times are in ms.
Limits: 1,000 events a call, 7 days back, 10 minutes ahead; one bad event fails its whole call.
Losses: a site's refusal of personalisation (``opt_out``) goes on as it is; it refuses no counting.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson

from firsthand.convert import address, json_value, number, short, text
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
from firsthand.vendors.openai.answers import judge, judge_probe
from firsthand.vendors.openai.events import compose
from firsthand.vendors.openai.fields import (
    AUTO,
    CLICK,
    CUSTOM,
    EVENT_NAMES,
    FIELDS,
    LISTED,
    MAX_LISTED,
    OBREF,
    OPPREF,
    STANDARD,
    TABLE,
    UUID,
    fitting,
    person,
    shape,
)
from firsthand.vendors.openai.relay import relay

ACCOUNT = r"[A-Za-z0-9]{8,64}"
MAX_EVENTS = 100

_RANK = {row.path: rank for rank, row in enumerate(FIELDS) if row.path}
_ACCOUNT = re.compile(ACCOUNT)
_TAG = {"event": "type", "event_id": "id"}  # of the image tag, as the script calls it
_TAG_DATA = re.compile(r"data\[([a-z_]{1,40})\]")
_ASKED = frozenset({"st", "sv", "t"})  # which script sent the request, and when
_USER = frozenset({"user", "user.in", "user.fm", "user.js", "user.ht"})

OLDEST_MS = (7 * 24 - 1) * 3600 * 1000
AHEAD_MS = 5 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """How events reach one pixel at OpenAI."""

    forward_auto_matched: bool = field(
        default=False,
        metadata={
            "doc": "Send contact data too that the pixel found in forms and in the page by itself, "
            "not only what the site gave it."
        },
    )
    integration_source: str = field(
        default="firsthand",
        metadata={"doc": "Name under which OpenAI sees these calls: letters, digits, dot, dash."},
    )


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the events of a beacon: of a JSON body up to 100, of an image tag one."""
    query = query_pairs(hit.query)
    account = dict(reversed(query)).get("pid", "")
    if not _ACCOUNT.fullmatch(account):
        return
    if hit.body:
        body = json_value(hit.body.decode("utf-8", "replace"))
        yield from _batch(hit, account, body if isinstance(body, dict) else {})
    else:
        yield from _event_of(hit, account, list(map(_tag_pair, query)), told=True)


def _batch(hit: Hit, account: str, body: Mapping[str, Value]) -> Iterator[Reading]:
    """A body that tells of nobody is sent after a refusal of consent, or is the script's own."""
    events = body.get("events")
    around = {key: value for key, value in body.items() if key != "events"}
    shared = [(name, value) for name, value in member_pairs(around, _USER) if value]
    asked = [pair for pair in query_pairs(hit.query) if pair[0] in _ASKED]
    for event in events[:MAX_EVENTS] if isinstance(events, list) else ():
        if isinstance(event, dict):
            pairs = [pair for pair in member_pairs(event, {"data"}) if pair[0][:5] != "user."]
            yield from _event_of(hit, account, pairs + shared + asked, told=bool(shared))


def _tag_pair(pair: Pair) -> Pair:
    name, value = pair
    inner = _TAG_DATA.fullmatch(name)
    return (f"data.{inner[1]}" if inner else _TAG.get(name, name)), value


def _event_of(hit: Hit, account: str, pairs: list[Pair], *, told: bool) -> Iterator[Reading]:
    """Yield an event if it has a name. ``told``: the request tells of the visitor."""
    seen = {name: value for name, value in reversed(pairs) if value}
    given = short(100)(seen.get("type", ""))
    if not given:
        return
    custom = seen.get("custom_event_name", "").lower() if given == "custom" else ""
    name = custom if CUSTOM.fullmatch(custom) and custom not in STANDARD else given
    skip = _skip(name, custom, told=told)
    taken = Taken({}, (), 0) if skip else _taken(name, pairs, seen, hit)
    page = address(seen.get("source_url", "")) or address(hit.headers.get("referer", ""))
    yield Reading(
        account=account,
        name=name,
        canonical=EVENT_NAMES.get(name, "custom"),
        event_key="" if skip else text(seen.get("id", "")) or "",
        page=page or "",
        at=_event_time(seen.get("timestamp_ms", ""), hit.at),
        fields=taken.fields,
        unlisted=taken.unlisted,
        skip=skip,
        notes=taken.notes,
        wire=pairs,
    )


def _skip(name: str, custom: str, *, told: bool) -> Reason:
    if "::" in name:
        return Reason.AUTOMATIC
    if not told:
        return Reason.CONSENT
    return Reason.NONE if name in EVENT_NAMES or name == custom else Reason.UNMAPPABLE


def _taken(name: str, pairs: Sequence[Pair], seen: Mapping[str, str], hit: Hit) -> Taken:
    plain = [pair for pair in pairs if pair[0] not in LISTED]
    taken = TABLE.take(plain + request_pairs(hit))
    fields, notes = fitting(name, taken.fields | person(seen.items()))
    if _click_in(seen.get("source_url", "")) not in {"", fields.get(OPPREF, "")}:
        fields.pop(OPPREF, None)  # the page's click is newer; the cookie step brings it
    return replace(taken, fields=fields, notes=taken.notes + notes)


def _event_time(told: str, arrival: int) -> int:
    """Return the event's time in ms; arrival where it is missing, too old for OpenAI, or ahead."""
    at = number(told)
    usable = isinstance(at, int) and arrival - OLDEST_MS <= at <= arrival + AHEAD_MS
    return at if isinstance(at, int) and usable else arrival


def _click_in(page: str) -> str:
    """Return the click id in an address, if it is well-formed."""
    query = page.partition("#")[0].partition("?")[2]
    click = dict(reversed(query_pairs(query))).get("oppref", "") if "oppref=" in query else ""
    return click if re.fullmatch(CLICK, click) else ""


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one pixel to OpenAI. ``now`` is in ms."""
    body = {
        "integration_source": settings.integration_source,
        "events": [_event(beacon, settings, now) for beacon in beacons],
    }
    return Call(
        vendor="openai",
        account=beacons[0].to,
        method="POST",
        url=f"https://bzr.openai.com/v1/events?pid={beacons[0].to}",
        headers={"content-type": "application/json"},
        body=orjson.dumps(body),
    )


def _event(beacon: Beacon, settings: Settings, now: int) -> dict[str, Any]:
    standard = beacon.name in STANDARD
    head: Fields = {
        "id": beacon.event_key,
        "type": beacon.name if standard else "custom",
        "timestamp_ms": min(beacon.event_at, now),
        "action_source": "web",
    }
    if not standard:
        head["custom_event_name"] = beacon.name
    fields = _sendable(beacon.fields, auto=settings.forward_auto_matched)
    paths = sorted(fields, key=lambda path: _RANK.get(path, len(FIELDS)))
    shaped: Fields = {"data.type": shape(beacon.name)}
    return head | nest({path: fields[path] for path in paths} | shaped)


def _sendable(fields: Fields, *, auto: bool) -> Fields:
    """Return the fields with what the script found by itself joined to what the site gave, or not.

    OpenAI uses the first three values of a list.
    """
    found = {path: value for path, value in fields.items() if not path.startswith(AUTO)}
    for path, value in fields.items() if auto else ():
        if path.startswith(AUTO) and isinstance(value, list):
            own = f"user.{path.removeprefix(AUTO)}"
            given = found.get(own, [])
            known = given if isinstance(given, list) else []
            found[own] = [*known, *(each for each in value if each not in known)][:MAX_LISTED]
    return found


def destination(beacon: Beacon) -> str:
    """Return the pixel a beacon goes to: one call, one pixel."""
    return beacon.to


def probe(call: Call) -> Call:
    """Return the same call with the mark by which OpenAI checks events and keeps none."""
    return replace(call, body=orjson.dumps(orjson.loads(call.body) | {"validate_only": True}))


def _same(value: str) -> str:
    return value


_API = "bzr.openai.com"
_CDN = ("bzrcdn.openai.com",)

_COOKIES = (
    IdCookie(
        "__oppref",
        CLICK,
        Kind.AD_ID,
        days=90,
        field=OPPREF,
        click="oppref",
        click_of=_same,
        mint=lambda mint: mint.click,
    ),
    # The script's own value is kept and none is made: another may be of no use to OpenAI.
    IdCookie("__obref", UUID, Kind.BROWSER_ID, days=365, field=OBREF),
)

VENDOR = Vendor(
    key="openai",
    title="OpenAI",
    purpose=Purpose.MARKETING,
    account_pattern=ACCOUNT,
    account_example="PXdemo0123456789abcdef",
    beacons=(Door((_API,), ("/v1/sdk/events",)),),
    scripts=(Script(_CDN, ("/sdk/oaiq.min.js",), sentinels=(b"oaiq",)),),
    never=(),
    # The account's switch for reading forms and pages: on a first-party host the answer is no.
    sinks=(
        Door(
            _CDN,
            ("/pixel-config/v1/{account}.json",),
            says=b'{"automatic_advanced_matching_enabled":false}',
        ),
    ),
    fields=FIELDS,
    click_ids=(ClickId("oppref", CLICK),),
    cookies=_COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.BEARER,
    token_help="Ads Manager, Conversions, conversion keys (not the key of the Advertiser API).",  # noqa: S106 - where it is
    # No rate and no size is published.
    limits=Limits(
        max_batch=1000,
        max_bytes=1_000_000,
        max_age=timedelta(days=6, hours=23),
        calls_per_second=10.0,
    ),
    # How long OpenAI remembers an id is not published; as long as it takes events, at least.
    dedup=Dedup(
        "event name and id, per pixel: the first that arrives counts, later ones are ignored",
        timedelta(days=7),
        assumed=True,
        from_page=True,  # the script makes an id where the page gave none; an image tag does not
    ),
    money=Money("data.amount", "data.currency", minor=True),
    versions=(Version("v1", None),),
    read=read,
    write=write,
    judge=judge,
    compose=compose,
    batch_key=destination,
    probe=probe,
    judge_probe=judge_probe,
    api_hosts=(_API,),
    account_params=("pid",),
    relay=relay(_COOKIES),
)
