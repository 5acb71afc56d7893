"""Snapchat's part: pixel script, per-pixel configuration, beacon doors, Conversions API v3.

Sources, as of 2026-11: developers.snap.com, Conversions API "Parameters", "Using the API", and the
OpenAPI file of Snap's Business SDK. The error codes are not published, those here are ours; nor is
what becomes of good events beside a bad one: here a call is refused as a whole.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

import orjson

from firsthand.sandbox.role import (
    Answer,
    Ask,
    Door,
    Event,
    Role,
    Way,
    cross_origin,
    first_of,
    script,
)

PIXEL = "5a9d1c3e-7b24-4f60-8e15-c2d3a4b5f607"
TOKEN = "sandbox-snapchat-token"  # noqa: S105 - opens nothing but this stand-in

CDN = "sc-static.net"
TR = "tr.snapchat.com"
TR6 = "tr6.snapchat.com"

DAY_S = 86_400
MAX_AGE_S = 37 * DAY_S
AHEAD_S = 300  # some clock skew is tolerated, how much is not published
MAX_EVENTS = 2000
MAX_BYTES = 2_000_000

SOURCES = frozenset({"WEB", "MOBILE_APP", "OFFLINE"})
HASHED = ("em", "ph", "fn", "ln", "ge", "ct", "st", "zp", "country", "external_id")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EVENTS_PATH = re.compile(r"/v3/(?P<pixel>[^/]+)/events")
_VALIDATE_PATH = re.compile(r"/v3/(?P<pixel>[^/]+)/events/validate")
_CONFIG_PATH = re.compile(r"/config/[a-z]+/(?P<pixel>[0-9a-f-]{36})\.(?P<kind>js|json)")


# -- beacons and scripts ---------------------------------------------------------------------------


def _beacon(ask: Ask) -> Answer:
    return Answer(200, b"", cross_origin(ask), tuple(_beacon_events(ask)))


def _beacon_events(ask: Ask) -> Iterator[Event]:
    """Yield the events of a batch, else the one of a query or a form."""
    batch = _object(ask.body)
    if not batch:
        form = first_of(parse_qsl(ask.text)) if ask.method == "POST" else {}
        params = {**ask.params, **form}
        if "ev" in params:
            yield Event(params.get("pid", ""), params["ev"], params.get("cdid", ""), params)
        return
    for item in batch.get("req", []):
        for kind in ("t", "i", "md", "pc", "log"):
            if kind in item:
                yield _beacon_event(kind, item[kind], batch.get("ctx", {}), item.get("del"))


def _beacon_event(kind: str, told: Mapping[str, Any], ctx: Mapping[str, Any], late: Any) -> Event:  # noqa: ANN401 - JSON
    name = told.get("ev", "") if kind == "t" else f"({kind})"
    pixel = told.get("pid") or next(iter(told.get("pids", [])), "")
    return Event(pixel, name, told.get("cdid", ""), told, {"ctx": ctx, "del": late})


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _pixel_script(ask: Ask) -> Answer:
    return script(ask, "scevent.js")


def _pixel_config(ask: Ask) -> Answer:
    found = _CONFIG_PATH.fullmatch(ask.path)
    pixel = found["pixel"] if found else ""
    if found and found["kind"] == "json":
        config = {"asc": [], "gw": None, "a": ["PII"], "b": ["ERR"], "v": "3.53.5-2512082216"}
        return Answer(200, orjson.dumps(config), {"content-type": "application/json"})
    return script(ask, "sc_config.js", pixel=pixel)


def _cookie_match(_: Ask) -> Answer:
    return Answer(200, b"<html></html>", {"content-type": "text/html"})


# -- Conversions API -------------------------------------------------------------------------------


def _events_api(ask: Ask) -> Answer:
    refused = _request_fault(ask, _EVENTS_PATH)
    if refused is not None:
        return refused
    body = _object(ask.body)
    for index, event in enumerate(body["data"]):
        fault = event_fault(event, ask.at // 1000)
        if fault:
            return _invalid(400, fault, index)
    around = {key: value for key, value in body.items() if key != "data"}
    taken = tuple(
        Event(PIXEL, each["event_name"], each.get("event_id", ""), each, around)
        for each in body["data"]
    )
    return _json(200, {"status": "VALID", "reason": f"{len(taken)} events taken"}, taken)


def _validate_api(ask: Ask) -> Answer:
    refused = _request_fault(ask, _VALIDATE_PATH)
    if refused is not None:
        return refused
    data = _object(ask.body)["data"]
    logs = [_log(index, event_fault(event, ask.at // 1000)) for index, event in enumerate(data)]
    bad = any(log["status"] == "INVALID" for log in logs)
    status = "INVALID" if bad else "VALID"
    return _json(200, {"status": status, "reason": "validated", "event_logs": logs})


def _log(index: int, fault: str) -> dict[str, object]:
    if not fault:
        return {"event": index, "status": "VALID", "warnings": []}
    return {"event": index, "status": "INVALID", "errors": _errors(fault), "warnings": []}


def _errors(fault: str) -> dict[str, list[str]]:
    return {"codes": ["E_" + fault.partition(" ")[0].upper()], "error_msgs": [fault]}


def _invalid(status: int, fault: str, index: int | None = None) -> Answer:
    body: dict[str, object] = {"status": "INVALID", "reason": fault, "errors": _errors(fault)}
    return _json(status, body if index is None else {**body, "event": index})


def _json(status: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    return Answer(status, orjson.dumps(body), {"content-type": "application/json"}, events)


def _request_fault(ask: Ask, path: re.Pattern[str]) -> Answer | None:
    found = path.fullmatch(ask.path)
    if ask.method != "POST":
        return _invalid(405, "method not allowed")
    if ask.params.get("access_token") != TOKEN:
        return _invalid(401, "token is not valid")
    if found is None or found["pixel"] != PIXEL:
        return _invalid(404, "pixel does not exist")
    if len(ask.body) > MAX_BYTES:
        return _invalid(413, "body is too large")
    data = _object(ask.body).get("data")
    if not isinstance(data, list) or not 1 <= len(data) <= MAX_EVENTS:
        return _invalid(400, f"data must be a list of 1 to {MAX_EVENTS} events")
    return None


def event_fault(event: object, now_s: int) -> str:
    """Return why Snapchat would refuse this event, "" if it would not. Begins with the field."""
    if not isinstance(event, dict):
        return "event must be an object"
    checks: tuple[Callable[[dict[str, Any], int], str], ...] = (
        _head_fault,
        _time_fault,
        _user_fault,
        _id_fault,
        _money_fault,
        _goods_fault,
    )
    return next((fault for check in checks if (fault := check(event, now_s))), "")


def _head_fault(event: dict[str, Any], _: int) -> str:
    if not _text(event.get("event_name")):
        return "event_name is required"
    if "event_id" in event and not _text(event["event_id"]):
        return "event_id must be a string"
    if event.get("action_source") not in SOURCES:
        return "action_source is not one of the known ones"
    address = str(event.get("event_source_url", ""))
    if event["action_source"] == "WEB" and not re.match(r"https?://[^/]", address):
        return "event_source_url is required for web events"
    if event.get("data_processing_options", []) not in ([], ["LDU"]):
        return "data_processing_options must be [] or [LDU]"
    return ""


def _time_fault(event: dict[str, Any], now_s: int) -> str:
    at = event.get("event_time")
    if not isinstance(at, int) or isinstance(at, bool):
        return "event_time must be Unix seconds"
    if not now_s - MAX_AGE_S <= at <= now_s + AHEAD_S:
        return "event_time is too old or in the future"
    return ""


def _user_fault(event: dict[str, Any], _: int) -> str:
    user = event.get("user_data")
    if not isinstance(user, dict) or not _recognisable(user):
        return "user_data needs em, ph, madid, or client_ip_address and client_user_agent"
    bare = [key for key in HASHED if key in user and not _all_match(_SHA256, user[key])]
    return f"{bare[0]} must be a list of SHA-256 in lower-case hex" if bare else ""


def _id_fault(event: dict[str, Any], _: int) -> str:
    user = event["user_data"]
    for key in ("sc_click_id", "sc_cookie1"):
        if key in user and not _UUID.fullmatch(str(user[key])):
            return f"{key} must be a UUID"
    if "client_ip_address" in user and not _is_ip(user["client_ip_address"]):
        return "client_ip_address is not an address"
    return ""


def _recognisable(user: Mapping[str, Any]) -> bool:
    if any(user.get(key) for key in ("em", "ph", "madid", "mobile_ad_id")):
        return True
    return bool(user.get("client_ip_address")) and bool(user.get("client_user_agent"))


def _money_fault(event: dict[str, Any], _: int) -> str:
    custom = event.get("custom_data", {})
    if not isinstance(custom, dict):
        return "custom_data must be an object"
    value, currency = custom.get("value"), custom.get("currency")
    if event["event_name"] == "PURCHASE" and (value is None or currency is None):
        return "custom_data of PURCHASE needs value and currency"
    if value is not None and not _amount(value):
        return "value must be a number that is not negative"
    if currency is not None and not re.fullmatch(r"[A-Z]{3}", str(currency)):
        return "currency must be three capitals"
    return ""


def _goods_fault(event: dict[str, Any], _: int) -> str:
    custom = event.get("custom_data", {})
    ids, contents = custom.get("content_ids", []), custom.get("contents", [])
    if not isinstance(ids, list) or not all(_text(each) for each in ids):
        return "content_ids must be a list of strings"
    if not isinstance(contents, list) or not all(_item(each) for each in contents):
        return "contents must be a list of objects with an id, their members strings"
    if not isinstance(custom.get("num_items", 0), int):
        return "num_items must be a whole number"
    free = custom.get("custom_fields", {})
    if not isinstance(free, dict) or not all(isinstance(each, str) for each in free.values()):
        return "custom_fields must hold strings"
    return ""


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _item(item: object) -> bool:
    return isinstance(item, dict) and "id" in item and all(_text(each) for each in item.values())


def _all_match(pattern: re.Pattern[str], values: object) -> bool:
    if not isinstance(values, list) or not values:
        return False
    return all(isinstance(each, str) and pattern.fullmatch(each) for each in values)


def _is_ip(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True


_LIMITED = _invalid(429, "rate limit reached")

ROLE = Role(
    key="snapchat",
    title="Snapchat",
    account=PIXEL,
    token=TOKEN,
    category="C0004",
    doors=(
        Door((CDN,), re.compile(r"/scevent\.min\.js"), Way.SCRIPT, _pixel_script),
        Door((TR,), _CONFIG_PATH, Way.SCRIPT, _pixel_config),
        Door((TR, TR6), re.compile(r"/p"), Way.BEACON, _beacon),
        Door((TR,), re.compile(r"/cm/(i|s|si)"), Way.OTHER, _cookie_match),
        Door((TR,), _EVENTS_PATH, Way.CALL, _events_api),
        Door((TR,), _VALIDATE_PATH, Way.PROBE, _validate_api),
    ),
    rate_limit=Answer(429, _LIMITED.body, {**_LIMITED.headers, "retry-after": "30"}),
)
