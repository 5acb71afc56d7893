"""Meta Pixel -> Meta Conversions API. The table is in ``fields``, answers in ``answers``.

Source: Meta's pages on the Conversions API (using the API, server events, customer information,
fbp and fbc, deduplication) and data processing options, read 2026-02; on Graph API versions, read
2026-11. What the pixel puts on the wire is documented nowhere: seen in versions 2.9.170 to 2.9.248.
Units:  the pixel's ``ts`` is in milliseconds, the API's ``event_time`` in seconds; money is in
whole currency units on both sides.
Limits: 1,000 events a call, 7 days back; one bad event fails its whole call.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import orjson

from firsthand.convert import address, number, text
from firsthand.mapping import Pair, Taken, body_pairs, nest, query_pairs, request_pairs
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
    Mint,
    Money,
    Script,
    Vendor,
    Version,
)
from firsthand.vendors.meta.answers import judge
from firsthand.vendors.meta.events import compose
from firsthand.vendors.meta.fields import (
    ACCOUNT,
    CLICK,
    EVENT_NAMES,
    FBC,
    FBC_PATH,
    FBP,
    FBP_PATH,
    FIELDS,
    OPTIONS,
    PERSON_ROWS,
    TABLE,
    person,
)
from firsthand.vendors.meta.relay import relay

AUTOMATIC = frozenset(
    {"InputData", "Microdata", "PixelInitialized", "SignalTest", "SubscribedButtonClick"}
    | {"UserProperties"}
)
"""Events that the pixel makes up by itself. Meta's own server bridges do not forward them."""

_AUTOMATIC_SOURCES = frozenset({"automatic", "user_properties"})  # values of ``es``

_RANK = {row.path: rank for rank, row in enumerate(FIELDS) if row.path}
_FREE_KEY = re.compile(r"cd\[[^\[\].\x00-\x1f\x7f\ud800-\udfff]{1,100}\]")
_ACCOUNT = re.compile(ACCOUNT)
_CLICK = re.compile(CLICK)
_FBC = re.compile(FBC)

OLDEST_MS = 7 * 24 * 3600 * 1000
AHEAD_MS = 60 * 1000
SECONDS_BELOW = 10**11  # a smaller time stamp is in seconds


@dataclass(frozen=True, slots=True)
class Settings:
    """How events reach one pixel (dataset) at Meta."""

    version: str = field(
        default="v26.0", metadata={"doc": "Graph API version that the calls name."}
    )
    test_event_code: str = field(
        default="",
        metadata={
            "doc": "Code from Events Manager, Test events. Events that carry it are shown there "
            "and still count: use a pixel made for tests."
        },
    )
    partner_agent: str = field(
        default="", metadata={"doc": "Name of the platform that sends, if you have one at Meta."}
    )


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the one event of a beacon; nothing where pixel id or event name is missing."""
    pairs = query_pairs(hit.query) + body_pairs(hit)
    told = _told(pairs)
    account, name = told.get("id", ""), text(told.get("ev", ""))
    if not name or not _ACCOUNT.fullmatch(account):
        return
    automatic = name in AUTOMATIC or told.get("es") in _AUTOMATIC_SOURCES
    taken = Taken({}, (), 0) if automatic else _taken(pairs, told, hit)
    limited = bool(told.get("dpo", "").strip())
    yield Reading(
        account=account,
        name=name,
        canonical=EVENT_NAMES.get(name, "custom"),
        event_key=text(told.get("eid") or told.get("eid[]", "")) or "",
        page=address(told.get("dl", "")) or address(hit.headers.get("referer", "")) or "",
        at=_event_time(told.get("ts", ""), hit.at),
        fields=taken.fields,
        signals={"dpo": "LDU"} if limited else {},
        limited=limited,
        unlisted=taken.unlisted,
        skip=Reason.AUTOMATIC if automatic else Reason.NONE,
        notes=taken.notes + _doubts(name, taken.fields) if not automatic else (),
        wire=pairs,
    )


def _told(pairs: Sequence[Pair]) -> dict[str, str]:
    """Return the first value of each parameter that has one."""
    return {name: value for name, value in reversed(pairs) if value}


def _taken(pairs: Sequence[Pair], told: Mapping[str, str], hit: Hit) -> Taken:
    plain = [pair for pair in pairs if _for_table(pair[0])]
    taken = TABLE.take(plain + request_pairs(hit))
    fields = taken.fields | person(pairs)
    _data_use(fields, off=("dpo", "") in pairs)
    if _click_in(told.get("dl", "")) not in {"", click_of(str(fields.get(FBC_PATH, "")))}:
        fields.pop(FBC_PATH, None)  # the page's click is newer; the cookie step makes its value
    return replace(taken, fields=fields)


def _for_table(name: str) -> bool:
    """Say whether a parameter is one value for one path; ``cd[a][b]`` and contact data are not."""
    return bool(_FREE_KEY.fullmatch(name)) if name[:3] == "cd[" else name not in PERSON_ROWS


def _data_use(fields: Fields, *, off: bool) -> None:
    """Complete the three data-use fields: country and state never stand without the option.

    0 and 0 ask Meta to find the place itself; a state is allowed only with a country. An empty
    option says that Limited Data Use is off.
    """
    country = fields.pop(f"{OPTIONS}_country", 0)
    state = fields.pop(f"{OPTIONS}_state", 0)
    if OPTIONS in fields:
        fields[f"{OPTIONS}_country"] = country
        fields[f"{OPTIONS}_state"] = state if country else 0
    elif off:
        fields[OPTIONS] = []


def _event_time(told: str, arrival: int) -> int:
    """Return the event's time in ms; arrival where it is missing, too old for Meta, or ahead."""
    stamp = number(told)
    if stamp is None:
        return arrival
    at = int(stamp if stamp > SECONDS_BELOW else stamp * 1000)
    return at if arrival - OLDEST_MS <= at <= arrival + AHEAD_MS else arrival


def _doubts(name: str, fields: Fields) -> tuple[str, ...]:
    """Say in advance what Meta will refuse; Meta still has the last word."""
    doubts = []
    if not matchable(fields):
        doubts.append("no match key yet: Meta takes this event only with a cookie's id")
    if name == "Purchase" and not {"custom_data.value", "custom_data.currency"} <= fields.keys():
        doubts.append("purchase without value and currency: Meta refuses it")
    return tuple(doubts)


_ENOUGH = frozenset({"user_data.em", "user_data.ph", "user_data.external_id", FBP_PATH, FBC_PATH})
_TOGETHER = frozenset({"user_data.client_ip_address", "user_data.client_user_agent"})


def matchable(fields: Mapping[str, Value]) -> bool:
    """Say whether Meta can match these fields to anybody (else it answers 100 / 2804050)."""
    return not _ENOUGH.isdisjoint(fields) or fields.keys() >= _TOGETHER


def _click_in(page: str) -> str:
    """Return the click id in an address, if it is well-formed."""
    query = page.partition("#")[0].partition("?")[2]
    click = _told(query_pairs(query)).get("fbclid", "") if "fbclid=" in query else ""
    return click if _CLICK.fullmatch(click) else ""


def click_of(value: str) -> str:
    """Return the click id in an ``_fbc`` value, or "" if the value is not one."""
    return value.split(".")[3] if _FBC.fullmatch(value) else ""


def _mint_fbc(mint: Mint) -> str:
    return f"fb.{mint.labels - 1}.{mint.at}.{mint.click}"


def _mint_fbp(mint: Mint) -> str:
    return f"fb.{mint.labels - 1}.{mint.at}.{mint.draw}"


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one pixel to Meta. ``now`` is in ms."""
    body: dict[str, Any] = {"data": [_event(beacon, now) for beacon in beacons]}
    if settings.test_event_code:
        body["test_event_code"] = settings.test_event_code
    if settings.partner_agent:
        body["partner_agent"] = settings.partner_agent
    return Call(
        vendor="meta",
        account=beacons[0].to,
        method="POST",
        url=f"https://graph.facebook.com/{settings.version}/{beacons[0].to}/events",
        headers={"content-type": "application/json"},
        body=orjson.dumps(body),
    )


def _event(beacon: Beacon, now: int) -> dict[str, Value]:
    """Return one event; Meta refuses times that lie in its future."""
    head: Fields = {
        "event_name": beacon.name,
        "event_time": min(beacon.event_at, now) // 1000,
        "event_id": beacon.event_key,
        "action_source": "website",
    }
    paths = sorted(beacon.fields, key=lambda path: _RANK.get(path, len(FIELDS)))
    return head | nest({path: beacon.fields[path] for path in paths})


def destination(beacon: Beacon) -> str:
    """Return the pixel a beacon goes to: one call, one pixel."""
    return beacon.to


_HOST = ("www.facebook.com",)
_CDN = ("connect.facebook.net",)
_VERSION = r"[0-9a-z.]{1,20}"

_COOKIES = (
    IdCookie(
        "_fbc",
        FBC,
        Kind.AD_ID,
        days=90,
        field=FBC_PATH,
        click="fbclid",
        click_of=click_of,
        mint=_mint_fbc,
    ),
    IdCookie("_fbp", FBP, Kind.BROWSER_ID, days=90, field=FBP_PATH, mint=_mint_fbp),
)

VENDOR = Vendor(
    key="meta",
    title="Meta",
    purpose=Purpose.MARKETING,
    ac_id=89,  # one secondary source, 2026-11; a wrong one can only withhold
    social=True,
    account_pattern=ACCOUNT,
    account_example="1234567890123456",
    beacons=(Door(_HOST, ("/tr", "/tr/")),),
    scripts=(
        Script(
            _CDN,
            ("/*/fbevents.js",),
            {"v": _VERSION},
            sentinels=(b"fbq", b"facebook"),
            shown="/en_US/fbevents.js",
        ),
        Script(
            _CDN,
            ("/signals/config/{account}",),
            # The file is made for a page's host and for the modules that the loader already has.
            {
                "v": _VERSION,
                "r": r"[a-z0-9_]{1,20}",
                "domain": "{site}",
                "hme": r"[0-9a-f]{64}",
                "ex_m": r"[0-9]{1,4}(?:,[0-9]{1,4}){0,400}",
            },
            chained=True,
            sentinels=(b"configLoaded",),
        ),
        Script(
            _CDN,
            ("/signals/plugins/*.js",),
            {"v": _VERSION, "r": r"[a-z0-9_]{1,20}"},
            chained=True,
            sentinels=(b"fbq",),
        ),
    ),
    # Attribution Reporting and Topics need Meta's own origin; the setup tool carries a token.
    never=(
        Door(
            _HOST,
            (
                "/privacy_sandbox/pixel/register/trigger/",
                "/privacy_sandbox/topics/registration/",
                "/signals/iwl.js",
            ),
        ),
        Door(("www.instagram.com",), ("/tr", "/tr/")),
    ),
    sinks=(Door(_CDN, ("/log/*", "/log/*/")),),
    fields=FIELDS,
    click_ids=(ClickId("fbclid", CLICK),),
    cookies=_COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.BEARER,
    token_help="Events Manager, your pixel (dataset), Settings, Conversions API: "  # noqa: S106 - a hint where to find it
    "Generate access token.",
    # Meta publishes no rate for this door; the answers' headers say when to wait.
    limits=Limits(
        max_batch=1000,
        max_bytes=4_000_000,
        max_age=timedelta(days=6, hours=23),
        calls_per_second=10.0,
        in_flight=4,
    ),
    dedup=Dedup("event_name and event_id, per pixel", timedelta(hours=48)),
    money=Money("custom_data.value", "custom_data.currency", "custom_data.order_id"),
    versions=(
        Version("v26.0", None),
        Version("v25.0", date(2028, 7, 29)),
        Version("v24.0", date(2028, 2, 18)),
        Version("v23.0", date(2027, 10, 8)),
        Version("v22.0", date(2027, 5, 20)),
        Version("v21.0", date(2027, 1, 21)),
    ),
    read=read,
    write=write,
    judge=judge,
    compose=compose,
    batch_key=destination,
    api_hosts=("graph.facebook.com",),
    key_param="eid",
    name_param="ev",
    automatic=AUTOMATIC,
    account_params=("id",),
    relay=relay(_COOKIES),
)
