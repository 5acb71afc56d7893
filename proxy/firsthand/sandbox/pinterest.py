"""Pinterest's part: loader, tag, beacon door, API for conversions.

Sources, as of 2026-11: Pinterest's OpenAPI description 5.23 (events/create) for the API; how the
tag behaves was seen by running its builds of 2024-10 and 2025-11. Which faults refuse the whole
request and which one event is not published for each field: here the schema decides about the
request.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from firsthand.sandbox.role import GIF, Answer, Ask, Door, Event, Role, Way, cross_origin, script

TAG = "2612345678901"
AD_ACCOUNT = "549755880001"
TOKEN = "sandbox-pinterest-token"  # noqa: S105 - opens nothing but this stand-in
BUILD = "5c0ffee1"

CDN = "s.pinimg.com"
CT = "ct.pinterest.com"
API = "api.pinterest.com"

MAX_EVENTS = 1000
MAX_AGE_S = 7 * 86_400
AHEAD_S = 300

NAMES = frozenset(
    [
        "add_payment_info",
        "add_to_cart",
        "add_to_wishlist",
        "app_install",
        "checkout",
        "custom",
        "initiate_checkout",
        "lead",
        "page_visit",
        "search",
        "signup",
        "subscribe",
        "view_category",
        "view_content",
        "watch_video",
    ]
)
HASHED = ("em", "ph", "ge", "db", "fn", "ln", "ct", "st", "zp", "country", "external_id")
_PLAIN = ("client_ip_address", "client_user_agent", "click_id", "partner_id")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,20})?")
_EVENTS_PATH = re.compile(r"/v5/ad_accounts/(?P<account>\d+)/events")

# -- beacons and scripts ---------------------------------------------------------------------------


def _core(ask: Ask) -> Answer:
    return script(ask, "pinterest_core.js", build=BUILD)


def _main(ask: Ask) -> Answer:
    return script(ask, "pinterest_main.js", build=BUILD)


def _user(ask: Ask) -> Answer:
    """Say who this is and how the tag is set up; the event that comes along does not count."""
    headers = {
        "content-type": "application/json",
        "pin-unauth": "dWlkPVNhbmRib3hWaXNpdG9y",
        "epik": "dj0yJnU9U2FuZGJveERlcml2ZWQ",
        **cross_origin(ask),
        "access-control-expose-headers": "Pin-Unauth, Epik, Content-Type",
    }
    return Answer(200, orjson.dumps({"isEu": True, "frame": True}), headers)


def _beacon(ask: Ask) -> Answer:
    params = {**ask.params, **(ask.form if ask.method == "POST" else {})}
    data = {name: _decoded(value) for name, value in params.items()}
    ed = data.get("ed") if isinstance(data.get("ed"), dict) else {}
    key = str((ed or {}).get("event_id") or params.get("ed[event_id]", ""))
    event = Event(params.get("tid", ""), params.get("event", ""), key, data)
    return Answer(200, GIF, {"content-type": "image/gif", **cross_origin(ask)}, (event,))


def _decoded(value: str) -> Any:  # noqa: ANN401 - any JSON
    if value[:1] != "{":
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _silent(ask: Ask) -> Answer:
    return Answer(204, b"", cross_origin(ask))


def _frame(_: Ask) -> Answer:
    page = b"<!doctype html><script>parent.postMessage('ready', '*')</script>"
    return Answer(200, page, {"content-type": "text/html"})


# -- API for conversions ---------------------------------------------------------------------------


def _events_api(ask: Ask) -> Answer:
    return _judged(ask, counted=True)


def _checked(ask: Ask) -> Answer:
    return _judged(ask, counted=False)


def _judged(ask: Ask, *, counted: bool) -> Answer:
    refused = _refusal(ask)
    if refused is not None:
        return refused
    data = _data(ask.body)
    schema = "data: 1 to 1000 events" if data is None else _first_fault(data)
    if data is None or schema:
        return _error(400, 4196, f"Invalid request: {schema}")
    faults = [event_fault(event, ask.at // 1000) for event in data]
    taken = tuple(_taken(event) for event, fault in zip(data, faults, strict=True) if not fault)
    told = {
        "num_events_received": len(data),
        "num_events_processed": len(taken),
        "events": [_told(event, fault) for event, fault in zip(data, faults, strict=True)],
    }
    if any(faults):
        told |= {"code": 422, "message": "Some events could not be processed"}
    return _json(422 if any(faults) else 200, told, taken if counted else ())


def _refusal(ask: Ask) -> Answer | None:
    if ask.method != "POST":
        return _error(405, 12, "Method not allowed")
    if ask.headers.get("authorization", "") != f"Bearer {TOKEN}":
        return _error(401, 2, "Authentication failed.")
    found = _EVENTS_PATH.fullmatch(ask.path)
    if found is None or found["account"] != AD_ACCOUNT:
        return _error(403, 29, "You are not permitted to access that resource.")
    return None


def _error(status: int, code: int, message: str) -> Answer:
    return _json(status, {"code": code, "message": message})


def _json(status: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    return Answer(status, orjson.dumps(body), {"content-type": "application/json"}, events)


def _data(body: bytes) -> list[Any] | None:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    data = parsed.get("data") if isinstance(parsed, dict) and set(parsed) == {"data"} else None
    return data if isinstance(data, list) and 1 <= len(data) <= MAX_EVENTS else None


def _told(event: Mapping[str, Any], fault: str) -> dict[str, str]:
    odd = "" if event["event_name"] in NAMES else "event_name is not a standard one"
    status = "failed" if fault else "processed"
    return {"status": status, "error_message": fault, "warning_message": "" if fault else odd}


def _taken(event: Mapping[str, Any]) -> Event:
    return Event(AD_ACCOUNT, event["event_name"], event["event_id"], event)


# -- the schema: a fault refuses the whole request -------------------------------------------------

Check = Callable[[Any], bool]


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_text, value))


def _object(value: object) -> bool:
    return isinstance(value, dict)


def _contents(value: object) -> bool:
    return isinstance(value, list) and not any(_misfit(item, _ITEM) for item in value)


_ITEM: Mapping[str, Check] = {
    **dict.fromkeys(("id", "item_name", "item_category", "item_brand", "item_price"), _text),
    "quantity": _integer,
}
_CUSTOM: Mapping[str, Check] = {
    **dict.fromkeys(("value", "currency", "order_id", "search_string", "opt_out_type"), _text),
    **dict.fromkeys(("content_name", "content_category", "content_brand", "np"), _text),
    "predicted_ltv": _text,
    "content_ids": _texts,
    "contents": _contents,
    "num_items": _integer,
}
_USER: Mapping[str, Check] = {
    **dict.fromkeys((*HASHED, "hashed_maids"), _texts),
    **dict.fromkeys(_PLAIN, _text),
}
_EVENT: Mapping[str, Check] = {
    **dict.fromkeys(("event_name", "event_id", "event_source_url", "partner_name"), _text),
    "action_source": lambda value: value in {"web", "offline", "app_ios", "app_android"},
    "event_time": _integer,
    "opt_out": lambda value: isinstance(value, bool),
    "language": _text,
    "user_data": _object,
    "custom_data": _object,
}
_REQUIRED = ("event_name", "action_source", "event_time", "event_id", "user_data")


def _first_fault(data: list[Any]) -> str:
    found = ((index, schema_fault(event)) for index, event in enumerate(data))
    return next((f"data[{index}].{fault}" for index, fault in found if fault), "")


def schema_fault(event: object) -> str:
    """Return which member of an event does not fit the published schema; empty if all do."""
    misfit = _misfit(event, _EVENT)
    if misfit or not isinstance(event, dict):
        return misfit
    missing = next((name for name in _REQUIRED if name not in event), "")
    return (
        missing
        or _misfit(event["user_data"], _USER)
        or _misfit(event.get("custom_data", {}), _CUSTOM)
    )


def _misfit(value: object, known: Mapping[str, Check]) -> str:
    if not isinstance(value, dict):
        return "not an object"
    return next((name for name in value if name not in known or not known[name](value[name])), "")


# -- what refuses one event ------------------------------------------------------------------------


def event_fault(event: Mapping[str, Any], now_s: int) -> str:
    """Return why Pinterest would not process this event; empty if it would."""
    user, custom = event["user_data"], event.get("custom_data", {})
    if not now_s - MAX_AGE_S <= event["event_time"] <= now_s + AHEAD_S:
        return "event_time is too old or in the future"
    together = user.keys() >= {"client_ip_address", "client_user_agent"}
    if not (user.get("em") or user.get("hashed_maids") or together):
        return "user_data needs em, hashed_maids, or both client_ip_address and client_user_agent"
    bare = [key for key in HASHED if not all(map(_SHA256.fullmatch, user.get(key, [])))]
    if bare:
        return f"{bare[0]} is not a SHA-256 in lower-case hex"
    prices = [custom.get("value"), *(each.get("item_price") for each in custom.get("contents", []))]
    if not all(_MONEY.fullmatch(price) for price in prices if price is not None):
        return "value or item_price is not an amount"
    if not re.fullmatch(r"[A-Z]{3}", custom.get("currency", "EUR")):
        return "currency is not a code of ISO 4217"
    return ""


def _tests(ask: Ask) -> bool:
    return ask.params.get("test") == "true"


ROLE = Role(
    key="pinterest",
    title="Pinterest",
    account=TAG,
    token=TOKEN,
    settings={"ad_account": AD_ACCOUNT},
    category="C0004",
    doors=(
        Door((CDN,), re.compile(r"/ct/core\.js"), Way.SCRIPT, _core),
        Door((CDN,), re.compile(rf"/ct/lib/main\.{BUILD}\.js"), Way.SCRIPT, _main),
        Door((CT,), re.compile(r"/user/?"), Way.OTHER, _user),
        Door((CT,), re.compile(r"/v3/?"), Way.BEACON, _beacon),
        Door((CT,), re.compile(r"/(md|stats)/?"), Way.OTHER, _silent),
        Door((CT,), re.compile(r"/ct\.html"), Way.OTHER, _frame),
        Door((API,), _EVENTS_PATH, Way.PROBE, _checked, when=_tests),
        Door((API,), re.compile(r"/v5/ad_accounts/\w+/events"), Way.CALL, _events_api),
    ),
    rate_limit=_error(429, 8, "You have exceeded your rate limit. Try again later."),
)
