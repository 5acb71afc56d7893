"""Meta's part: pixel script, per-pixel configuration, beacon door, Conversions API.

Sources, as of 2026-11: developers.facebook.com, Conversions API "Server event parameters",
"Customer information parameters", "Using the API"; Graph API change log. Subcodes are
those that public SDKs and issue trackers name; which of 2804007, 2804017, 2804019 and 2804048
stands for which bad parameter is not published, the choice here is ours.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import orjson

from firsthand.sandbox.role import GIF, Answer, Ask, Door, Event, Role, Way, cross_origin, script

PIXEL = "1234567890123456"
TOKEN = "sandbox-meta-token"  # noqa: S105 - opens nothing but this stand-in
VERSION = "2.9.248"

CDN = "connect.facebook.net"
WWW = "www.facebook.com"
GRAPH = "graph.facebook.com"

DAY_S = 86_400
MAX_AGE_S = 7 * DAY_S
AHEAD_S = 300  # Meta tolerates some clock skew and does not say how much
MAX_EVENTS = 1000
OLDEST_VERSION = 21  # v20.0 ended on 2026-09-24

SOURCES = frozenset(
    {
        "website",
        "email",
        "app",
        "phone_call",
        "chat",
        "physical_store",
        "system_generated",
        "business_messaging",
        "other",
    }
)
HASHED = ("em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country")
PERSONAL = ("em", "ph", "external_id", "fbp", "fbc", "lead_id", "subscription_id", "fb_login_id")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CLICK_COOKIE = re.compile(r"fb\.\d\.\d{10,16}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]{2}|\.[\w-]{8})?")
_BROWSER_COOKIE = re.compile(r"fb\.\d\.\d{10,16}\.\d{1,20}(\.[\w-]{2}|\.[\w-]{8})?")
_EVENTS_PATH = re.compile(r"/v(?P<version>\d+)\.\d+/(?P<pixel>\d+)/events/?")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the Graph API refuses: ``code`` and ``subcode`` as it numbers them."""

    code: int
    subcode: int
    message: str
    status: int = 400


def _invalid(subcode: int, message: str) -> Fault:
    return Fault(100, subcode, message)


# -- beacons and scripts ---------------------------------------------------------------------------


def _beacon(ask: Ask) -> Answer:
    params = {**ask.params, **(ask.form if ask.method == "POST" else {})}
    event = Event(params.get("id", ""), params.get("ev", ""), params.get("eid", ""), params)
    if ask.method == "POST":
        return Answer(200, b"", {"content-type": "text/html", **cross_origin(ask)}, (event,))
    return Answer(200, GIF, {"content-type": "image/gif", **_NO_STORE}, (event,))


_NO_STORE = {"cache-control": "no-cache, no-store, must-revalidate"}


def _pixel_script(ask: Ask) -> Answer:
    return script(ask, "fbevents.js", version=VERSION)


def _pixel_config(ask: Ask) -> Answer:
    return script(ask, "signals_config.js", pixel=ask.path.rpartition("/")[2])


def _telemetry(_: Ask) -> Answer:
    return Answer(204)


# -- Conversions API -------------------------------------------------------------------------------


def _events_api(ask: Ask) -> Answer:
    body = _body(ask)
    fault = _request_fault(ask, body) or _batch_fault(body, ask.at // 1000)
    if fault is not None:
        return refusal(fault)
    pixel = _path_part(ask, "pixel")
    around = {key: value for key, value in body.items() if key not in {"data", "access_token"}}
    taken = tuple(_taken(pixel, event, around) for event in body["data"])
    return _json(
        200, {"events_received": len(taken), "messages": [], "fbtrace_id": "ASandbox"}, taken
    )


def refusal(fault: Fault) -> Answer:
    """Return the Graph API's error answer."""
    error = {
        "message": fault.message,
        "type": "OAuthException",
        "code": fault.code,
        "error_subcode": fault.subcode,
        "is_transient": fault.code in {1, 2},
        "error_user_title": fault.message,
        "error_user_msg": fault.message,
        "fbtrace_id": "ASandbox",
    }
    return _json(fault.status, {"error": error})


def _json(status: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    headers = {"content-type": "application/json; charset=UTF-8", "facebook-api-version": "v26.0"}
    return Answer(status, orjson.dumps(body), headers, events)


def _body(ask: Ask) -> dict[str, Any]:
    """Return the request's fields; of a form, with ``data`` decoded. Empty where unreadable."""
    as_json = ask.headers.get("content-type", "").startswith("application/json")
    try:
        parsed = orjson.loads(ask.body) if as_json else dict(ask.form)
        if not as_json and "data" in parsed:
            parsed["data"] = orjson.loads(parsed["data"])
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _path_part(ask: Ask, name: str) -> str:
    found = _EVENTS_PATH.fullmatch(ask.path)
    return found[name] if found else ""


def _request_fault(ask: Ask, body: Mapping[str, Any]) -> Fault | None:
    if ask.method != "POST":
        return _invalid(0, "Unsupported get request")
    if int(_path_part(ask, "version")) < OLDEST_VERSION:
        return Fault(2635, 0, "You are calling a deprecated version of the Ads API")
    bearer = ask.headers.get("authorization", "").removeprefix("Bearer ")
    if TOKEN not in (bearer, ask.params.get("access_token"), body.get("access_token")):
        return Fault(190, 467, "Invalid OAuth access token")
    if _path_part(ask, "pixel") != PIXEL:
        return _invalid(33, "Object does not exist or cannot be loaded due to missing permissions")
    return None


def _batch_fault(body: Mapping[str, Any], now_s: int) -> Fault | None:
    """Return the first event's fault: one bad event fails the whole batch."""
    data = body.get("data")
    if not isinstance(data, list) or not 1 <= len(data) <= MAX_EVENTS:
        return _invalid(2804019, f"data must be a list of 1 to {MAX_EVENTS} events")
    for index, event in enumerate(data):
        fault = event_fault(event, now_s)
        if fault is not None:
            return Fault(fault.code, fault.subcode, f"data[{index}]: {fault.message}")
    return None


def event_fault(event: object, now_s: int) -> Fault | None:
    """Return why Meta would refuse this event, or ``None``."""
    if not isinstance(event, dict):
        return _invalid(2804019, "an event must be an object")
    checks: tuple[Callable[[dict[str, Any], int], Fault | None], ...] = (
        _name_fault,
        _time_fault,
        _source_fault,
        _user_fault,
        _commerce_fault,
        _limits_fault,
    )
    return next((fault for check in checks if (fault := check(event, now_s))), None)


def _name_fault(event: dict[str, Any], _: int) -> Fault | None:
    if not _text(event.get("event_name")):
        return _invalid(2804019, "event_name is required")
    if "event_id" in event and not _text(event["event_id"]):
        return _invalid(2804019, "event_id must be a string")
    if "test_event_code" in event:
        return _invalid(2804048, "test_event_code belongs beside data, not into an event")
    return None


def _time_fault(event: dict[str, Any], now_s: int) -> Fault | None:
    at = event.get("event_time")
    if not isinstance(at, int) or isinstance(at, bool):
        return _invalid(2804019, "event_time must be Unix seconds")
    if at < now_s - MAX_AGE_S:
        return _invalid(2804003, "Event Timestamp Too Old")
    if at > now_s + AHEAD_S:
        return _invalid(2804007, "event_time lies in the future")
    return None


def _source_fault(event: dict[str, Any], _: int) -> Fault | None:
    source = event.get("action_source")
    if not isinstance(source, str) or source not in SOURCES:
        return _invalid(2804019, "action_source is not one of the known ones")
    address = event.get("event_source_url")
    if source == "website" and not re.match(r"https?://[^/]", str(address)):
        return _invalid(2804019, "event_source_url is required for website events")
    return None


def _user_fault(event: dict[str, Any], _: int) -> Fault | None:
    user = event.get("user_data")
    if not isinstance(user, dict) or not _recognisable(user):
        return _invalid(2804050, "user_data is missing or too broad")
    if event["action_source"] == "website" and not _text(user.get("client_user_agent")):
        return _invalid(2804017, "client_user_agent is required for website events")
    bare = [key for key in HASHED if key in user and not _all_match(_SHA256, user[key])]
    if bare:
        return _invalid(2804016, f"{bare[0]} is not a SHA-256 in lower-case hex")
    return _identifier_fault(user)


def _identifier_fault(user: Mapping[str, Any]) -> Fault | None:
    if "fbc" in user and not _all_match(_CLICK_COOKIE, user["fbc"]):
        return _invalid(2804001, "Click ID incorrectly formatted")
    if "fbp" in user and not _all_match(_BROWSER_COOKIE, user["fbp"]):
        return _invalid(2804017, "fbp incorrectly formatted")
    if "client_ip_address" in user and not _is_ip(user["client_ip_address"]):
        return _invalid(2804017, "client_ip_address is not an address")
    return None


def _recognisable(user: Mapping[str, Any]) -> bool:
    if any(user.get(key) for key in PERSONAL):
        return True
    return bool(user.get("client_ip_address")) and bool(user.get("client_user_agent"))


def _commerce_fault(event: dict[str, Any], _: int) -> Fault | None:
    custom = event.get("custom_data", {})
    if not isinstance(custom, dict):
        return _invalid(2804019, "custom_data must be an object")
    value, currency = custom.get("value"), custom.get("currency")
    if event["event_name"] == "Purchase" and (value is None or currency is None):
        return _invalid(2804009, "Purchase needs value and currency")
    if value is not None and not _amount(value):
        return _invalid(2804009, "value must be a number that is not negative")
    if currency is not None and not re.fullmatch(r"[A-Za-z]{3}", str(currency)):
        return _invalid(2804019, "currency must be three letters")
    contents = custom.get("contents", [])
    if not isinstance(contents, list) or not all(_has_id(item) for item in contents):
        return _invalid(2804019, "contents must be a list of objects with an id")
    return None


def _limits_fault(event: dict[str, Any], _: int) -> Fault | None:
    if event.get("data_processing_options", []) not in ([], ["LDU"]):
        return _invalid(2804048, "data_processing_options must be [] or [LDU]")
    country = event.get("data_processing_options_country", 0)
    state = event.get("data_processing_options_state", 0)
    if country not in (0, 1) or (country == 0 and state != 0):
        return _invalid(2804048, "data_processing_options country and state do not go together")
    return None


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _has_id(item: object) -> bool:
    return isinstance(item, dict) and _text(item.get("id"))


def _all_match(pattern: re.Pattern[str], value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(one, str) and pattern.fullmatch(one) for one in values)


def _is_ip(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True


def _taken(pixel: str, event: Mapping[str, Any], around: Mapping[str, Any]) -> Event:
    return Event(pixel, event["event_name"], event.get("event_id", ""), event, around)


_USAGE = orjson.dumps(
    {
        "1234": [
            {
                "type": "ads_management",
                "call_count": 100,
                "total_cputime": 25,
                "total_time": 30,
                "estimated_time_to_regain_access": 1,
            }
        ]
    }
).decode()
_LIMITED = refusal(Fault(80004, 2446079, "There have been too many calls to this ad-account"))

ROLE = Role(
    key="meta",
    title="Meta",
    account=PIXEL,
    token=TOKEN,
    category="C0004",
    doors=(
        Door((CDN,), re.compile(r"/[a-z]{2}_[A-Z]{2}/fbevents\.js"), Way.SCRIPT, _pixel_script),
        Door((CDN,), re.compile(r"/signals/config/\d+"), Way.SCRIPT, _pixel_config),
        Door((CDN,), re.compile(r"/log/.*"), Way.OTHER, _telemetry),
        Door((WWW,), re.compile(r"/tr/?"), Way.BEACON, _beacon),
        Door((GRAPH,), _EVENTS_PATH, Way.CALL, _events_api),
    ),
    rate_limit=Answer(
        _LIMITED.status,
        _LIMITED.body,
        {**_LIMITED.headers, "x-business-use-case-usage": _USAGE},
    ),
)
