"""Reddit's part: pixel script, its switches, beacon doors, Conversions API v3.

Sources, as of 2026-11: Reddit's help page "About the Conversions API" and its API reference for
conversion events, as connectors in production use them. The words of its answers are not published,
those here are ours; a call is refused as a whole.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from firsthand.sandbox.role import GIF, Answer, Ask, Door, Event, Role, Way, cross_origin, script

PIXEL = "a2_demo0shop0001"
TOKEN = "sandbox-reddit-token"  # noqa: S105 - opens nothing but this stand-in

STATIC = "www.redditstatic.com"
ALB = "alb.reddit.com"
SWITCHES = "pixel-config.reddit.com"
API = "ads-api.reddit.com"

MAX_AGE_MS = 7 * 86_400_000
AHEAD_MS = 5 * 60_000
MAX_EVENTS = 1000

SOURCES = frozenset({"WEBSITE", "APP", "OTHER", "PHYSICAL_STORE"})
WITH_ITEMS = frozenset({"PURCHASE", "ADD_TO_CART", "ADD_TO_WISHLIST", "CUSTOM"})
WITH_VALUE = WITH_ITEMS | {"LEAD", "SIGN_UP"}
TYPES = WITH_VALUE | {"PAGE_VISIT", "VIEW_CONTENT", "SEARCH"}
MATCH_KEYS = ("email", "phone_number", "external_id", "uuid", "idfa", "aaid")
HASHED = ("email", "phone_number", "external_id", "idfa", "aaid")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EVENTS_PATH = re.compile(r"/api/v3/pixels/(?P<pixel>[^/]+)/conversion_events")

Fault = tuple[str, str]
"""The field that is wrong, and why."""


# -- beacons and scripts ---------------------------------------------------------------------------


def _beacon(ask: Ask) -> Answer:
    params = {**(ask.form if ask.method == "POST" else {}), **ask.params}
    name = params.get("event", "")
    event = Event(params.get("id", ""), name, params.get("m.conversionId", ""), params)
    return Answer(200, GIF, {"content-type": "image/gif", **cross_origin(ask)}, (event,))


def _pixel_script(ask: Ask) -> Answer:
    return script(ask, "reddit_pixel.js")


def _switches(ask: Ask) -> Answer:
    body = b'{"autoMatching":{"enabled":true},"telemetry":{"enabled":false}}'
    headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
    return Answer(200, body, {**headers, **cross_origin(ask)})


# -- Conversions API -------------------------------------------------------------------------------


def _events_api(ask: Ask) -> Answer:
    refused = _request_fault(ask)
    if refused is not None:
        return refused
    data = _data(ask)
    for index, event in enumerate(data["events"]):
        fault = event_fault(event, ask.at)
        if fault is not None:
            return _bad(f"data.events[{index}].{fault[0]}", fault[1])
    around = {key: value for key, value in data.items() if key != "events"}
    taken = tuple(_taken(each, around) for each in data["events"])
    words = f"Successfully processed {len(taken)} conversion events."
    return _json(200, {"data": {"message": words}}, taken)


def _taken(event: Mapping[str, Any], around: Mapping[str, Any]) -> Event:
    kind = event["type"]
    name = kind.get("custom_event_name") or kind["tracking_type"]
    key = event.get("metadata", {}).get("conversion_id", "")
    return Event(PIXEL, name, key, event, around)


def _data(ask: Ask) -> dict[str, Any]:
    try:
        parsed = orjson.loads(ask.body)
    except orjson.JSONDecodeError:
        return {}
    data = parsed.get("data") if isinstance(parsed, dict) else None
    return data if isinstance(data, dict) else {}


def _json(status: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    return Answer(status, orjson.dumps(body), {"content-type": "application/json"}, events)


def _bad(name: str, message: str) -> Answer:
    fields = [{"field": name, "message": message}]
    return _json(400, {"error": {"code": 400, "message": "Invalid request", "fields": fields}})


def _denied(status: int, reason: str, explanation: str) -> Answer:
    error = {"code": status, "reason": reason, "explanation": explanation}
    return _json(status, {"error": error})


def _request_fault(ask: Ask) -> Answer | None:
    found = _EVENTS_PATH.fullmatch(ask.path)
    if ask.method != "POST":
        return _denied(405, "METHOD_NOT_ALLOWED", "use POST")
    if ask.headers.get("authorization", "") != f"Bearer {TOKEN}":
        return _denied(401, "UNAUTHORIZED", "token is not valid")
    if found is None or found["pixel"] != PIXEL:
        return _denied(403, "FORBIDDEN", "no access to this pixel")
    events = _data(ask).get("events")
    if not isinstance(events, list) or not 1 <= len(events) <= MAX_EVENTS:
        return _bad("data.events", f"must be a list of 1 to {MAX_EVENTS} events")
    if "test_id" in _data(ask) and len(events) > 1:
        return _bad("data.test_id", "goes with one event at a time")
    return None


def event_fault(event: object, now: int) -> Fault | None:
    """Return why Reddit would refuse this event, or ``None``. ``now`` is in ms."""
    if not isinstance(event, dict):
        return "event", "must be an object"
    checks: tuple[Callable[[dict[str, Any], int], Fault | None], ...] = (
        _time_fault,
        _type_fault,
        _user_fault,
        _metadata_fault,
        _options_fault,
    )
    return next((fault for check in checks if (fault := check(event, now))), None)


def _time_fault(event: dict[str, Any], now: int) -> Fault | None:
    at = event.get("event_at")
    if not isinstance(at, int) or isinstance(at, bool):
        return "event_at", "must be Unix milliseconds"
    if not now - MAX_AGE_MS <= at <= now + AHEAD_MS:
        return "event_at", "is older than 7 days or in the future"
    if event.get("action_source") not in SOURCES:
        return "action_source", "is not one of the known ones"
    return None


def _type_fault(event: dict[str, Any], _: int) -> Fault | None:
    kind = event.get("type")
    if not isinstance(kind, dict) or kind.get("tracking_type") not in TYPES:
        return "type.tracking_type", "is not one of the known ones"
    named = _text(kind.get("custom_event_name"))
    if (kind["tracking_type"] == "CUSTOM") != named:
        return "type.custom_event_name", "goes with CUSTOM and with nothing else"
    return None


def _user_fault(event: dict[str, Any], _: int) -> Fault | None:
    user = event.get("user", {})
    if not isinstance(user, dict) or not _recognisable(event, user):
        return "user", "at least one match key is required"
    bare = [key for key in HASHED if key in user and not _SHA256.fullmatch(str(user[key]))]
    if bare:
        return f"user.{bare[0]}", "must be a SHA-256 in lower-case hex"
    screen = user.get("screen_dimensions", {"width": 1, "height": 1})
    if not isinstance(screen, dict) or not all(map(_count, map(screen.get, ("width", "height")))):
        return "user.screen_dimensions", "must have width and height"
    return None


def _recognisable(event: Mapping[str, Any], user: Mapping[str, Any]) -> bool:
    if event.get("click_id") or any(user.get(key) for key in MATCH_KEYS):
        return True
    return bool(user.get("ip_address")) and bool(user.get("user_agent"))


def _metadata_fault(event: dict[str, Any], _: int) -> Fault | None:
    given, kind = event.get("metadata", {}), event["type"]["tracking_type"]
    if not isinstance(given, dict):
        return "metadata", "must be an object"
    if kind not in WITH_VALUE and {"value", "currency"} & given.keys():
        return "metadata.value", f"is not allowed for {kind}"
    if kind not in WITH_ITEMS and {"item_count", "products"} & given.keys():
        return "metadata.item_count", f"is not allowed for {kind}"
    return _commerce_fault(given)


def _commerce_fault(given: Mapping[str, Any]) -> Fault | None:
    value = given.get("value", 0)
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        return "metadata.value", "must be a number that is not negative"
    if not re.fullmatch(r"[A-Z]{3}", str(given.get("currency", "EUR"))):
        return "metadata.currency", "must be three capitals"
    if not _count(given.get("item_count", 1)):
        return "metadata.item_count", "must be a whole number"
    products = given.get("products", [])
    if not isinstance(products, list) or not all(_product(each) for each in products):
        return "metadata.products", "must be a list of objects of id, category and name"
    if "conversion_id" in given and not _text(given["conversion_id"]):
        return "metadata.conversion_id", "must be a string"
    return None


def _options_fault(event: dict[str, Any], _: int) -> Fault | None:
    options = event.get("user", {}).get("data_processing_options", {"modes": ["LDU"]})
    if not isinstance(options, dict) or options.get("modes") != ["LDU"]:
        return "user.data_processing_options", "modes must be [LDU]"
    return None


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _product(given: object) -> bool:
    known = {"id", "category", "name"}
    return isinstance(given, dict) and given.keys() <= known and all(map(_text, given.values()))


_LIMITED = _denied(429, "TOO_MANY_REQUESTS", "rate limit reached")

ROLE = Role(
    key="reddit",
    title="Reddit",
    account=PIXEL,
    token=TOKEN,
    category="C0004",
    doors=(
        Door((STATIC,), re.compile(r"/ads/pixel\.js"), Way.SCRIPT, _pixel_script),
        Door(
            (STATIC,),
            re.compile(r"/ads/conversions-config/v1/pixel/config/a2_[a-z0-9]+_telemetry"),
            Way.OTHER,
            _switches,
        ),
        Door((SWITCHES,), re.compile(r"/pixels/[^/]+/config"), Way.OTHER, _switches),
        Door((ALB,), re.compile(r"/rp(\.gif)?|/snoo\.gif"), Way.BEACON, _beacon),
        Door((API,), _EVENTS_PATH, Way.CALL, _events_api),
    ),
    rate_limit=Answer(429, _LIMITED.body, {**_LIMITED.headers, "retry-after": "30"}),
)
