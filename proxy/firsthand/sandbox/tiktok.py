"""TikTok's part: pixel script in three files, beacon doors, Events API.

Sources, as of 2026-11: the Events API's parameters and codes as TikTok's server tag and public
connectors use them. Which faults refuse a whole call and which only their event is not published:
here a wrong form refuses the call, a time out of range its event.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

import orjson

from firsthand.sandbox.role import GIF, Answer, Ask, Door, Event, Role, Way, cross_origin, script

PIXEL = "CDEMO0SHOP0PIXEL0001"
TOKEN = "sandbox-tiktok-token"  # noqa: S105 - opens nothing but this stand-in
VERSION = "2.2.0"

WWW = "analytics.tiktok.com"
IPV6 = "analytics-ipv6.tiktokw.us"
API = "business-api.tiktok.com"

MAX_EVENTS = 1000
MAX_AGE_S = 28 * 86_400  # the longer of the two ages that are quoted
AHEAD_S = 600

HASHED = ("email", "phone", "external_id", "first_name", "last_name", "zip_code")
PERSONAL = ("email", "phone", "external_id", "ttclid", "ttp")
SOURCES = frozenset({"web", "app", "offline", "crm"})

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[A-Z0-9]{8,32}")

Problem = tuple[str, str] | None
"""Path within the event, and what is wrong there."""


# -- beacons and scripts ---------------------------------------------------------------------------


def _events_script(ask: Ask) -> Answer:
    pixel = ask.params.get("sdkid", "")
    if not _CODE.fullmatch(pixel):
        return Answer(404)
    return script(ask, "tiktok_events.js", pixel=pixel, load=f"{ask.at:x}-sandbox")


def _main_script(ask: Ask) -> Answer:
    return script(ask, "tiktok_main.js", version=VERSION)


def _identify_script(ask: Ask) -> Answer:
    return script(ask, "tiktok_identify.js")


def _beacon(ask: Ask) -> Answer:
    """Take the JSON of the body, or base64url of it in the query."""
    told = ask.params.get("analytics_message", "")
    try:
        raw = ask.body or urlsafe_b64decode(told + "=" * (-len(told) % 4))
        body = orjson.loads(raw)
        code, name = body["context"]["pixel"]["code"], body["event"]
    except (ValueError, KeyError, TypeError):
        return Answer(200, b"", cross_origin(ask))
    event = Event(code, name, body.get("event_id", ""), body)
    if ask.method == "POST":
        return Answer(200, b"", cross_origin(ask), (event,))
    return Answer(200, GIF, {"content-type": "image/gif", **cross_origin(ask)}, (event,))


def _telemetry(ask: Ask) -> Answer:
    return Answer(200, b"", cross_origin(ask))


# -- Events API ------------------------------------------------------------------------------------


def _track(ask: Ask) -> Answer:
    body = _body(ask)
    refused = _request_problem(ask, body)
    if refused is not None:
        return said(*refused)
    data = body["data"]
    for index, event in enumerate(data):
        problem = event_problem(event)
        if problem is not None:
            return said(40002, f"Batch.{index}.{problem[0]}: {problem[1]}")
    late = [index for index, event in enumerate(data) if not _in_time(event, ask.at // 1000)]
    around = {key: value for key, value in body.items() if key != "data"}
    source = body["event_source_id"]
    taken = tuple(
        Event(source, event["event"], event.get("event_id", ""), event, around)
        for index, event in enumerate(data)
        if index not in late
    )
    return _partly(late, taken) if late else said(0, "OK", events=taken)


def _partly(late: list[int], taken: tuple[Event, ...]) -> Answer:
    failed = [{"order_in_batch": place, "message": "event_time: out of range"} for place in late]
    return said(20001, "Partial success", {"failed_events": failed}, events=taken)


def said(
    code: int,
    message: str,
    data: Mapping[str, object] | None = None,
    *,
    events: tuple[Event, ...] = (),
) -> Answer:
    """Return an answer of the API: HTTP says 200 whatever the code."""
    body = {"code": code, "message": message, "request_id": "sandbox", "data": data or {}}
    return Answer(200, orjson.dumps(body), {"content-type": "application/json"}, events)


def _body(ask: Ask) -> dict[str, Any]:
    try:
        parsed = orjson.loads(ask.body)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _request_problem(ask: Ask, body: Mapping[str, Any]) -> tuple[int, str] | None:
    token = ask.headers.get("access-token", "")
    if token != TOKEN:
        return (40105, "Access token is incorrect") if token else (40104, "Access-Token is empty")
    if ask.method != "POST" or not ask.headers.get("content-type", "").startswith(
        "application/json"
    ):
        return 40000, "Only JSON by POST"
    source = body.get("event_source")
    if not isinstance(source, str) or source not in SOURCES:
        return 40002, "event_source: Not a valid choice"
    if body.get("event_source_id") != PIXEL:
        return 40001, "No permission to operate this pixel"
    data = body.get("data")
    if not isinstance(data, list) or not 1 <= len(data) <= MAX_EVENTS:
        return 40002, f"data: Length must be between 1 and {MAX_EVENTS}"
    return None


def event_problem(event: object) -> Problem:
    """Return why TikTok would refuse the call for this event, or ``None``."""
    if not isinstance(event, dict):
        return "", "Not a valid object"
    checks: tuple[Callable[[dict[str, Any]], Problem], ...] = (
        _head_problem,
        _user_problem,
        _page_problem,
        _properties_problem,
    )
    return next((problem for check in checks if (problem := check(event))), None)


def _head_problem(event: dict[str, Any]) -> Problem:
    if not _text(event.get("event")):
        return "event", "Missing data for required field"
    if type(event.get("event_time")) is not int:
        return "event_time", "Not a valid integer"
    if "event_id" in event and not isinstance(event["event_id"], str):
        return "event_id", "Not a valid string"
    if not isinstance(event.get("limited_data_use", False), bool):
        return "limited_data_use", "Not a valid boolean"
    return None


def _user_problem(event: dict[str, Any]) -> Problem:
    user = event.get("user")
    if not isinstance(user, dict):
        return "user", "Missing data for required field"
    if not any(user.get(key) for key in PERSONAL) and not (
        user.get("ip") and user.get("user_agent")
    ):
        return "user", "At least one match key is required"
    for key in HASHED:
        if key in user and not _all_hashed(user[key]):
            return f"user.{key}", "Not a SHA-256"
    if "ip" in user and not _is_ip(user["ip"]):
        return "user.ip", "Not an address"
    country = user.get("country", "us")
    return None if re.fullmatch("[a-z]{2}", str(country)) else ("user.country", "Two letters")


def _page_problem(event: dict[str, Any]) -> Problem:
    page = event.get("page")
    url = page.get("url") if isinstance(page, dict) else None
    return None if re.match(r"https?://[^/]", str(url)) else ("page.url", "Not a valid address")


def _properties_problem(event: dict[str, Any]) -> Problem:
    properties = event.get("properties", {})
    if not isinstance(properties, dict):
        return "properties", "Not a valid object"
    value, code = properties.get("value"), properties.get("currency")
    if (value is None) != (code is None):
        return "properties.currency", "value and currency go together"
    if value is not None and not _amount(value):
        return "properties.value", "Not a valid number"
    if code is not None and not re.fullmatch("[A-Z]{3}", str(code)):
        return "properties.currency", "Not a currency"
    contents = properties.get("contents", [])
    if not isinstance(contents, list):
        return "properties.contents", "Not a valid list"
    problems = (_item_problem(item, place) for place, item in enumerate(contents))
    return next((problem for problem in problems if problem), None)


def _item_problem(item: object, place: int) -> Problem:
    path = f"properties.contents.{place}"
    if not isinstance(item, dict):
        return path, "Not a valid object"
    if "content_id" in item and not isinstance(item["content_id"], str):
        return f"{path}.content_id", "Not a valid string"
    if "price" in item and not _amount(item["price"]):
        return f"{path}.price", "Not a valid number"
    if "quantity" in item and type(item["quantity"]) is not int:
        return f"{path}.quantity", "Not a valid integer"
    return None


def _in_time(event: Mapping[str, Any], now_s: int) -> bool:
    return now_s - MAX_AGE_S <= int(event["event_time"]) <= now_s + AHEAD_S


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _all_hashed(value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(one, str) and _SHA256.fullmatch(one) for one in values)


def _is_ip(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True


_STATIC = "/i18n/pixel/static"

ROLE = Role(
    key="tiktok",
    title="TikTok",
    account=PIXEL,
    token=TOKEN,
    category="C0004",
    doors=(
        Door((WWW,), re.compile(r"/i18n/pixel/events\.js"), Way.SCRIPT, _events_script),
        Door((WWW,), re.compile(rf"{_STATIC}/main\.\w+\.js"), Way.SCRIPT, _main_script),
        Door((WWW,), re.compile(rf"{_STATIC}/identify_\w{{8}}\.js"), Way.SCRIPT, _identify_script),
        Door((WWW,), re.compile(r"/api/v2/pixel"), Way.BEACON, _beacon),
        Door(
            (WWW,),
            re.compile(r"/api/v2/(pixel/act|\w*(performance|interaction))"),
            Way.OTHER,
            _telemetry,
        ),
        Door((IPV6,), re.compile(r"/ipv6/enrich_ipv6"), Way.OTHER, _telemetry),
        Door((API,), re.compile(r"/open_api/v1\.3/event/track/"), Way.CALL, _track),
    ),
    rate_limit=said(40100, "Too many requests"),
)
