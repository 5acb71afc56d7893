"""OpenAI's part: measurement pixel, its configuration, event door, Conversions API.

Sources, as of 2026-11: OpenAI's pages on the measurement pixel, the image tag, supported events and
the Conversions API. Codes of refusals other than ``event_timestamp_too_old`` are not published; the
words here are ours.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

import orjson

from firsthand.sandbox.role import GIF, Answer, Ask, Door, Event, Role, Way, cross_origin, script

PIXEL = "PXdemoShop0000000000001"
TOKEN = "sandbox-openai-token"  # noqa: S105 - opens nothing but this stand-in
VERSION = "0.1.41"

CDN = "bzrcdn.openai.com"
API = "bzr.openai.com"

DAY_MS = 86_400_000
MAX_AGE_MS = 7 * DAY_MS
AHEAD_MS = 600_000
MAX_EVENTS = 1000

SHAPES = {
    "page_viewed": "contents",
    "contents_viewed": "contents",
    "items_added": "contents",
    "checkout_started": "contents",
    "order_created": "contents",
    "lead_created": "customer_action",
    "registration_completed": "customer_action",
    "appointment_scheduled": "customer_action",
    "subscription_created": "plan_enrollment",
    "trial_started": "plan_enrollment",
    "app_installed": "customer_action",
    "app_opened": "customer_action",
    "custom": "custom",
}
SOURCES = frozenset(
    {"web", "mobile_app", "offline", "physical_store", "phone_call", "email", "other"}
)
HASHED = (
    "emails_sha256",
    "phone_numbers_sha256",
    "external_ids_sha256",
    "first_names_sha256",
    "last_names_sha256",
)
PLAIN = ("countries", "regions", "cities", "postal_codes")
USER = frozenset({*HASHED, *PLAIN, "obref", "ip_address", "user_agent", "android_advertising_id"})
EVENT = frozenset(
    {
        "id",
        "type",
        "timestamp_ms",
        "custom_event_name",
        "action_source",
        "source_url",
        "oppref",
        "user",
        "opt_out",
        "data",
    }
)
MONEY = frozenset({"type", "amount", "currency"})
DATA = {
    "contents": MONEY | {"contents"},
    "customer_action": MONEY,
    "plan_enrollment": MONEY | {"contents", "plan_id"},
}
ITEM = frozenset(
    {"id", "name", "content_type", "quantity", "amount", "currency", "group_id", "variant_dict"}
)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CUSTOM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Problem = tuple[str, str] | None
"""Code, and what is wrong."""


def _wrong(words: str) -> Problem:
    return "invalid_event", words


# -- browser side ----------------------------------------------------------------------------------


def _pixel_script(ask: Ask) -> Answer:
    return script(ask, "oaiq.js", version=VERSION)


def _config(ask: Ask) -> Answer:
    body = b'{"automatic_advanced_matching_enabled": true}'
    headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
    return Answer(200, body, {**headers, **cross_origin(ask)})


def _sdk_events(ask: Ask) -> Answer:
    if ask.method != "POST":
        return _image(ask)
    body = _body(ask)
    pixel = ask.params.get("pid", "")
    shared = {key: value for key, value in body.items() if key != "events"}
    listed = body.get("events", [])
    events = tuple(
        Event(pixel, event.get("type", ""), event.get("id", ""), event, shared)
        for event in listed
        if isinstance(event, dict)
    )
    return Answer(202, b"", cross_origin(ask), events)


def _image(ask: Ask) -> Answer:
    told = ask.params
    event = Event(told.get("pid", ""), told.get("event", ""), told.get("event_id", ""), told)
    return Answer(200, GIF, {"content-type": "image/gif"}, (event,))


def _body(ask: Ask) -> dict[str, Any]:
    try:
        parsed = orjson.loads(ask.body)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


# -- Conversions API -------------------------------------------------------------------------------


def _events_api(ask: Ask) -> Answer:
    if ask.headers.get("authorization") != f"Bearer {TOKEN}":
        return refusal(401, "", "Missing scopes: ads.third_party_events.write")
    if ask.params.get("pid") != PIXEL:
        return refusal(404, "pixel_not_found", "no such pixel")
    body = _body(ask)
    events = body.get("events")
    if not isinstance(events, list) or not 1 <= len(events) <= MAX_EVENTS:
        return refusal(400, "invalid_request", f"events: a list of 1 to {MAX_EVENTS}")
    if not _SOURCE.fullmatch(str(body.get("integration_source", "x"))):
        return refusal(400, "invalid_request", "integration_source: not usable")
    for index, event in enumerate(events):
        problem = event_problem(event, ask.at)
        if problem is not None:
            return refusal(422, *problem, param=f"events[{index}]")
    around = {key: value for key, value in body.items() if key != "events"}
    taken = () if body.get("validate_only") else tuple(_taken(event, around) for event in events)
    return _json(200, {"accepted_events": len(events)}, taken)


def _only_checks(ask: Ask) -> bool:
    return _body(ask).get("validate_only") is True


def _taken(event: Mapping[str, Any], around: Mapping[str, Any]) -> Event:
    name = str(event.get("custom_event_name", event["type"])).lower()
    return Event(PIXEL, name, event["id"], event, around)


def refusal(status: int, code: str, message: str, param: str = "") -> Answer:
    """Return the API's error answer."""
    error = {"message": message, "code": code, "param": param, "type": "invalid_request_error"}
    return _json(status, {"error": error})


def _json(status: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    return Answer(status, orjson.dumps(body), {"content-type": "application/json"}, events)


def event_problem(event: object, now: int) -> Problem:
    """Return why OpenAI would refuse this event, or ``None``."""
    if not isinstance(event, dict):
        return _wrong("an event is an object")
    unknown = sorted(event.keys() - EVENT)
    if unknown:
        return _wrong(f"unknown field {unknown[0]}")
    checks: tuple[Callable[[dict[str, Any], int], Problem], ...] = (
        _head_problem,
        _time_problem,
        _source_problem,
        _user_problem,
        _data_problem,
    )
    return next((problem for check in checks if (problem := check(event, now))), None)


def _head_problem(event: dict[str, Any], _: int) -> Problem:
    kind, custom = event.get("type"), event.get("custom_event_name")
    if not _text(event.get("id")):
        return _wrong("id is required")
    if not isinstance(kind, str) or kind not in SHAPES:
        return _wrong("type is not one of the supported events")
    if (kind == "custom") != (custom is not None):
        return _wrong("custom_event_name goes with custom and nothing else")
    if custom is not None and (not _CUSTOM.fullmatch(str(custom)) or custom in SHAPES):
        return _wrong("custom_event_name is not usable")
    if "oppref" in event and not _text(event["oppref"]):
        return _wrong("oppref must not be empty")
    return None


def _time_problem(event: dict[str, Any], now: int) -> Problem:
    at = event.get("timestamp_ms")
    if type(at) is not int:
        return _wrong("timestamp_ms must be Unix milliseconds")
    if at < now - MAX_AGE_MS:
        return "event_timestamp_too_old", "timestamp_ms is older than 7 days"
    return _wrong("timestamp_ms is too far ahead") if at > now + AHEAD_MS else None


def _source_problem(event: dict[str, Any], _: int) -> Problem:
    source = event.get("action_source", "web")
    if not isinstance(source, str) or source not in SOURCES:
        return _wrong("action_source is not one of the known ones")
    if source == "web" and not re.match(r"https?://[^/]", str(event.get("source_url"))):
        return _wrong("source_url is required for web events")
    return None


def _user_problem(event: dict[str, Any], _: int) -> Problem:
    user = event.get("user", {"user_agent": "x"})
    if not isinstance(user, dict) or not user:
        return _wrong("user must be an object that is not empty")
    unknown = sorted(user.keys() - USER)
    if unknown:
        return _wrong(f"unknown field user.{unknown[0]}")
    for key in HASHED:
        if not _all_match(_SHA256, user.get(key, ["0" * 64])):
            return _wrong(f"user.{key} must be SHA-256 in lower-case hex")
    for key in PLAIN:
        if not _all_match(re.compile(".{1,128}"), user.get(key, ["x"])):
            return _wrong(f"user.{key} must be a list of texts")
    if "ip_address" in user and not _is_ip(user["ip_address"]):
        return _wrong("user.ip_address is not an address")
    return None


def _data_problem(event: dict[str, Any], _: int) -> Problem:
    data, shape = event.get("data"), SHAPES[event["type"]]
    if not isinstance(data, dict) or data.get("type") != shape:
        return _wrong(f"data.type must be {shape}")
    unknown = sorted(data.keys() - DATA.get(shape, data.keys()))
    if unknown:
        return _wrong(f"data.{unknown[0]} does not go with {shape}")
    amount, code = data.get("amount"), data.get("currency")
    if amount is not None and (type(amount) is not int or not _CURRENCY.fullmatch(str(code))):
        return _wrong("data.amount must be a whole number, with a currency")
    contents = data.get("contents", [])
    if not isinstance(contents, list) or not all(map(_good_item, contents)):
        return _wrong("data.contents must be a list of items with known fields")
    return None


def _good_item(item: object) -> bool:
    if not isinstance(item, dict) or item.keys() - ITEM:
        return False
    numbers = [item[key] for key in ("quantity", "amount") if key in item]
    return all(type(number) is int for number in numbers)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _all_match(pattern: re.Pattern[str], value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, str) and pattern.fullmatch(one) for one in value)
    )


def _is_ip(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True


_LIMITED = refusal(429, "rate_limit_exceeded", "too many requests")

ROLE = Role(
    key="openai",
    title="OpenAI",
    account=PIXEL,
    token=TOKEN,
    category="C0004",
    doors=(
        Door((CDN,), re.compile(r"/sdk/oaiq\.min\.js"), Way.SCRIPT, _pixel_script),
        Door((CDN,), re.compile(r"/pixel-config/v1/\w+\.json"), Way.OTHER, _config),
        Door((API,), re.compile(r"/v1/sdk/events"), Way.BEACON, _sdk_events),
        Door((API,), re.compile(r"/v1/events"), Way.PROBE, _events_api, when=_only_checks),
        Door((API,), re.compile(r"/v1/events"), Way.CALL, _events_api),
    ),
    rate_limit=Answer(_LIMITED.status, _LIMITED.body, {**_LIMITED.headers, "retry-after": "1"}),
)
