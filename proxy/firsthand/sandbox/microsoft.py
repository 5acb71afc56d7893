"""Microsoft's part: UET script, its per-tag file, beacon door, UET Conversions API v1.

Sources, as of 2026-11: Microsoft's "Conversions API guide" and "Full list of parameters" (UET); the
form of its complaints as public connectors read it. The codes of complaints are ours.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

import orjson

from firsthand.sandbox.role import Answer, Ask, Door, Event, Role, Way, cross_origin, script

TAG = "97065788"
TOKEN = "sandbox-microsoft-token"  # noqa: S105 - opens nothing but this stand-in

BAT = "bat.bing.com"
QUIET = "bat.bing.net"  # where the script turns without consent
API = "capi.uet.microsoft.com"

MAX_EVENTS = 1000
MAX_AGE_S = 7 * 86_400
AHEAD_S = 300
IDENTIFIERS = ("anonymousId", "externalId", "em", "ph", "msclkid")
PAGE_TYPES = frozenset(
    {"home", "category", "searchresults", "product", "cart", "purchase", "other"}
)

_PATH = re.compile(r"/v1/(?P<tag>[0-9]+)/events")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

Complaint = tuple[str, str]
"""Which property, and what is wrong with it."""

# -- beacons and scripts ---------------------------------------------------------------------------


def _beacon(ask: Ask) -> Answer:
    params = {**ask.params, **(ask.form if ask.method == "POST" else {})}
    kind = params.get("evt", "")
    name = params.get("ea", "") if kind == "custom" else kind
    event = Event(params.get("ti", ""), name, params.get("event_id", ""), params)
    cookie = {"set-cookie": "MUID=demo; Max-Age=33696000; Path=/; Secure; SameSite=None"}
    return Answer(204, b"", {**cookie, **cross_origin(ask)}, (event,))


def _uet_script(ask: Ask) -> Answer:
    return script(ask, "bat.js")


def _tag_script(ask: Ask) -> Answer:
    return script(ask, "bat_tag.js", tag=ask.path.rpartition("/")[2].removesuffix(".js"))


def _telemetry(_: Ask) -> Answer:
    return Answer(204)


# -- UET Conversions API ---------------------------------------------------------------------------


def refusal(status: int, code: str, message: str) -> Answer:
    """Return the API's answer to a call of which it takes nothing."""
    return _json(status, {"error": {"code": code, "message": message}, "traceId": "sandbox"})


def _json(status: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    headers = {"content-type": "application/json; charset=utf-8", "x-ms-request-id": "sandbox"}
    return Answer(status, orjson.dumps(body), headers, events)


def _events_api(ask: Ask) -> Answer:
    fault = _access_fault(ask)
    if fault is not None:
        return fault
    body = _object(ask.body)
    data = body.get("data")
    if not isinstance(data, list) or not 1 <= len(data) <= MAX_EVENTS:
        return refusal(400, "ValidationError", f"data must hold 1 to {MAX_EVENTS} events")
    details = list(_details(data, ask.at // 1000))
    lost = {each["index"] for each in details}
    error = {"code": "ValidationError", "message": "Invalid events", "details": details}
    if lost and (body.get("continueOnValidationError") is not True or len(lost) == len(data)):
        return _json(400, {"eventsReceived": 0, "error": error, "traceId": "sandbox"})
    around = {key: value for key, value in body.items() if key != "data"}
    kept = [each for index, each in enumerate(data) if index not in lost]
    taken = tuple(_taken(each, around) for each in kept)
    told = {"error": error} if lost else {}
    return _json(200, {"eventsReceived": len(taken), **told, "traceId": "sandbox"}, taken)


def _access_fault(ask: Ask) -> Answer | None:
    if ask.method != "POST":
        return refusal(405, "MethodNotAllowed", "Only POST is allowed")
    if ask.headers.get("authorization") != f"Bearer {TOKEN}":
        return refusal(401, "Unauthorized", "The token is not valid for this tag")
    if not ask.path.endswith(f"/{TAG}/events"):
        return refusal(404, "NotFound", "There is no such tag")
    return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _details(data: list[Any], now_s: int) -> Iterator[dict[str, Any]]:
    for index, event in enumerate(data):
        for name, words in event_faults(event, now_s):
            yield {
                "index": index,
                "propertyName": name,
                "errorMessage": words,
                "errorCode": "Invalid",
            }


def event_faults(event: object, now_s: int) -> list[Complaint]:
    """Return what Microsoft would complain of in an event."""
    if not isinstance(event, dict):
        return [("data", "must be an object")]
    return [
        *_head_faults(event, now_s),
        *_user_faults(event.get("userData")),
        *_custom_faults(event.get("customData", {})),
    ]


def _head_faults(event: Mapping[str, Any], now_s: int) -> Iterator[Complaint]:
    kind, at = event.get("eventType"), event.get("eventTime")
    if kind not in ("pageLoad", "custom"):
        yield "eventType", "must be pageLoad or custom"
    if kind == "custom" and not _text(event.get("eventName")):
        yield "eventName", "is required for custom events"
    if kind == "pageLoad" and not re.match("https?://[^/]", str(event.get("eventSourceUrl"))):
        yield "eventSourceUrl", "is required for pageLoad events"
    if not isinstance(at, int) or isinstance(at, bool) or at > now_s + AHEAD_S:
        yield "eventTime", "must be Unix seconds that are not ahead"
    elif at < now_s - MAX_AGE_S:
        yield "eventTime", "is older than 7 days"
    if event.get("adStorageConsent", "G") not in ("G", "D"):
        yield "adStorageConsent", "must be G or D"
    if "pageLoadId" in event and not _UUID.fullmatch(str(event["pageLoadId"])):
        yield "pageLoadId", "must be a UUID"


def _user_faults(user: object) -> Iterator[Complaint]:
    if not isinstance(user, dict) or not any(user.get(name) for name in IDENTIFIERS):
        yield "userData", "needs at least one identifier"
        return
    for name in ("em", "ph"):
        if name in user and not _SHA256.fullmatch(str(user[name])):
            yield f"userData.{name}", "is not a SHA-256 hash"
    if "msclkid" in user and not _UUID.fullmatch(str(user["msclkid"])):
        yield "userData.msclkid", "is not a UUID"
    if "clientIpAddress" in user and not _is_ip(user["clientIpAddress"]):
        yield "userData.clientIpAddress", "is not an address"


def _custom_faults(custom: object) -> Iterator[Complaint]:
    if not isinstance(custom, dict):
        yield "customData", "must be an object"
        return
    for name in ("value", "eventValue", "ecommTotalValue"):
        if name in custom and not _number(custom[name]):
            yield f"customData.{name}", "must be a number"
    if not re.fullmatch("[A-Z]{3}", str(custom.get("currency", "USD"))):
        yield "customData.currency", "must be a currency code"
    if custom.get("pageType", "other") not in PAGE_TYPES:
        yield "customData.pageType", "is not one of the known ones"
    ids, items = custom.get("itemIds", []), custom.get("items", [])
    if not isinstance(ids, list) or not all(map(_text, ids)):
        yield "customData.itemIds", "must be a list of texts"
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        yield "customData.items", "must be a list of objects"


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_ip(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True


def _taken(event: Mapping[str, Any], around: Mapping[str, Any]) -> Event:
    name = event.get("eventName") or event["eventType"]
    return Event(TAG, name, event.get("eventId", ""), event, around)


_LIMITED = refusal(429, "TooManyRequests", "Slow down")

ROLE = Role(
    key="microsoft",
    title="Microsoft Advertising",
    account=TAG,
    token=TOKEN,
    category="C0004",
    doors=(
        Door((BAT,), re.compile(r"/bat\.js"), Way.SCRIPT, _uet_script),
        Door((BAT,), re.compile(r"/p/action/[0-9]+\.js"), Way.SCRIPT, _tag_script),
        Door((BAT,), re.compile(r"/p/conversions/c/[a-z]"), Way.OTHER, _telemetry),
        Door((BAT, QUIET), re.compile(r"/actionp?/0"), Way.BEACON, _beacon),
        Door((API,), _PATH, Way.CALL, _events_api),
    ),
    rate_limit=Answer(429, _LIMITED.body, {**_LIMITED.headers, "retry-after": "2"}),
)
