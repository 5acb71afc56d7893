"""X's part: pixel script, the two beacon hosts, the web conversions API.

Sources, as of 2026-11: X's pages on web conversions and on error codes of the Ads API; RFC 5849 for
OAuth 1.0a. X publishes no list of complaints: the words are those that users of the API met.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

import orjson

from firsthand.sandbox.role import GIF, Answer, Ask, Door, Event, Role, Way, cross_origin, script

PIXEL = "odemo"
EVENTS = frozenset({"oview1", "ocart1", "obegin", "obuy01"})
"""Event codes as they are set up in the Events Manager of the demo shop."""

TOKEN = "sandbox-x-token"  # noqa: S105 - opens nothing but this stand-in
OAUTH1 = "sandbox-key sandbox-secret sandbox-user sandbox-user-secret"
VERSION = "2.3.35"

CDN = "static.ads-twitter.com"
API = "ads-api.x.com"
BEACONS = ("t.co", "analytics.twitter.com", "analytics.x.com")

MAX_EVENTS = 500
MAX_AGE_MS = 7 * 86_400_000
CLOCK_MS = 300_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_IPV4 = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_PATH = re.compile(r"/12/measurement/conversions/(?P<pixel>[a-z0-9]+)")
_OAUTH = re.compile(r'(oauth_[a-z_]+)="([^"]*)"')
_STRONG = ("twclid", "hashed_email", "hashed_phone_number")

# -- beacons and script ----------------------------------------------------------------------------


def _beacon(ask: Ask) -> Answer:
    params = {**ask.params, **(ask.form if ask.method == "POST" else {})}
    txn = params.get("txn_id", "")
    told = _object(params.get("event", "").encode())
    pixel = txn.split("-")[1] if txn.count("-") == 2 else txn  # noqa: PLR2004 - tw-pixel-event
    name = txn if txn.startswith("tw-") else "PageView"
    event = Event(pixel, name, str(told.get("conversion_id", "")), params)
    headers = {"content-type": "image/gif", "cache-control": "no-cache, no-store", **_cookie(ask)}
    return Answer(200, GIF, {**headers, **cross_origin(ask)}, (event,))


def _cookie(ask: Ask) -> dict[str, str]:
    name = "muc_ads" if ask.host == "t.co" else "guest_id"
    return {"set-cookie": f"{name}=demo; Max-Age=34560000; Path=/; Secure; SameSite=None"}


def _pixel_script(ask: Ask) -> Answer:
    return script(ask, "uwt.js", version=VERSION)


# -- web conversions -------------------------------------------------------------------------------


def refusal(status: int, *complaints: tuple[str, str]) -> Answer:
    """Return the API's error answer; each complaint is a code and its words."""
    errors = [{"code": code, "message": words} for code, words in complaints]
    return _json(status, {"errors": errors, "request": {"params": {}}})


def _json(status: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    headers = {"content-type": "application/json;charset=utf-8", "x-rate-limit-limit": "100000"}
    return Answer(status, orjson.dumps(body), headers, events)


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _conversions(ask: Ask) -> Answer:
    fault = _access_fault(ask)
    if fault is not None:
        return fault
    data = _object(ask.body).get("conversions")
    if not isinstance(data, list) or not data:
        return refusal(400, ("MISSING_PARAMETER", "At least one conversion must be provided"))
    if len(data) > MAX_EVENTS:
        return refusal(400, ("INVALID_PARAMETER", f"Conversion count limit is {MAX_EVENTS}"))
    wrong = next((words for each in data if (words := event_fault(each, ask.at))), None)
    if wrong is not None:
        return refusal(400, wrong)
    taken = tuple(_taken(each) for each in data)
    told = {"conversions_processed": len(taken), "debug_id": "5d0c0f6e-0000-4000-8000-000000000000"}
    return _json(200, {"request": {"params": {"account_id": "18ce5demo"}}, "data": told}, taken)


def _access_fault(ask: Ask) -> Answer | None:
    if ask.method != "POST":
        return refusal(405, ("METHOD_NOT_ALLOWED", "The method is not allowed for this endpoint"))
    if ask.headers.get("x-pixel-token") != TOKEN and not signed(ask):
        return refusal(401, ("UNAUTHORIZED_ACCESS", "This request is not properly authenticated"))
    if not ask.headers.get("content-type", "").startswith("application/json"):
        return refusal(415, ("UNSUPPORTED_MEDIA_TYPE", "Content type must be application/json"))
    if not ask.path.endswith(f"/{PIXEL}"):
        return refusal(404, ("NOT_FOUND", "The pixel was not found"))
    return None


def signed(ask: Ask) -> bool:
    """Say whether a request bears a fresh and correct OAuth 1.0a signature of the demo's user."""
    told = {
        key: unquote(value) for key, value in _OAUTH.findall(ask.headers.get("authorization", ""))
    }
    key, secret, user, user_secret = OAUTH1.split()
    given = told.pop("oauth_signature", "")
    expected = {
        "oauth_consumer_key": key,
        "oauth_token": user,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_version": "1.0",
    }
    stamp = told.get("oauth_timestamp", "")
    fresh = stamp.isdecimal() and abs(int(stamp) * 1000 - ask.at) <= CLOCK_MS
    if not fresh or not told.get("oauth_nonce") or not expected.items() <= told.items():
        return False
    params = "&".join(f"{name}={quote(told[name], safe='')}" for name in sorted(told))
    parts = (ask.method, f"https://{ask.host}{ask.path}", params)
    base = "&".join(quote(part, safe="") for part in parts)
    digest = hmac.digest(f"{secret}&{user_secret}".encode(), base.encode(), "sha1")
    return hmac.compare_digest(b64encode(digest).decode(), given)


def event_fault(event: object, now: int) -> tuple[str, str] | None:
    """Return code and words of X's complaint about an event, or ``None``. ``now`` is in ms."""
    if not isinstance(event, dict):
        return _invalid("a conversion must be an object")
    checks: tuple[Callable[[dict[str, Any], int], tuple[str, str] | None], ...] = (
        _code_fault,
        _time_fault,
        _identifier_fault,
        _commerce_fault,
    )
    return next((fault for check in checks if (fault := check(event, now))), None)


def _invalid(words: str) -> tuple[str, str]:
    return "INVALID_PARAMETER", words


def _code_fault(event: dict[str, Any], _: int) -> tuple[str, str] | None:
    code = event.get("event_id")
    if not isinstance(code, str) or not code:
        return "MISSING_PARAMETER", "Event_id is required"
    if code.removeprefix(f"tw-{PIXEL}-") not in EVENTS:
        return _invalid(f"Event_id ({code}) is not a single event tag (SET)")
    return None


def _time_fault(event: dict[str, Any], now: int) -> tuple[str, str] | None:
    told = event.get("conversion_time")
    if told is None:
        return "MISSING_PARAMETER", "Conversion_time is required"
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return _invalid("Conversion_time is not in ISO 8601")
    age = now - at.timestamp() * 1000 if at.tzinfo else None
    if age is None or not -CLOCK_MS <= age <= MAX_AGE_MS:
        return _invalid("Conversion_time is not within the allowed range")
    return None


def _identifier_fault(event: dict[str, Any], _: int) -> tuple[str, str] | None:
    given = event.get("identifiers")
    listed = given if isinstance(given, list) else []
    told = {name: value for one in listed if isinstance(one, dict) for name, value in one.items()}
    enough = any(told.get(name) for name in _STRONG)
    if not enough and not (told.get("ip_address") and told.get("user_agent")):
        return _invalid("At least one user identifier must be provided")
    for name in ("hashed_email", "hashed_phone_number"):
        if name in told and not _SHA256.fullmatch(str(told[name])):
            return _invalid(f"{name.capitalize()} is not a valid SHA-256 hash")
    if "ip_address" in told and not _IPV4.fullmatch(str(told["ip_address"])):
        return _invalid("Ip_address is not valid")
    return None


def _commerce_fault(event: dict[str, Any], _: int) -> tuple[str, str] | None:
    if not _money(event.get("value", "1")):
        return _invalid("Value is not a valid amount")
    if not re.fullmatch("[A-Z]{3}", str(event.get("price_currency", "USD"))):
        return _invalid("Price_currency is not a valid currency")
    items = event.get("number_items", 1)
    if not isinstance(items, int) or items <= 0:
        return _invalid("Number_items must be a positive number")
    contents = event.get("contents", [])
    if not isinstance(contents, list) or not all(isinstance(one, dict) for one in contents):
        return _invalid("Contents must be a list of objects")
    return None


def _money(value: object) -> bool:
    return re.fullmatch(r"[0-9]+(\.[0-9]+)?", str(value)) is not None


def _taken(event: Mapping[str, Any]) -> Event:
    code = event["event_id"]
    name = code if code.startswith("tw-") else f"tw-{PIXEL}-{code}"
    return Event(PIXEL, name, str(event.get("conversion_id", "")), event)


_LIMITED = refusal(429, ("TOO_MANY_REQUESTS", "Too many requests, try again later"))

ROLE = Role(
    key="x",
    title="X",
    account=PIXEL,
    token=TOKEN,
    category="C0004",
    doors=(
        Door((CDN,), re.compile(r"/uwt\.js"), Way.SCRIPT, _pixel_script),
        Door(BEACONS, re.compile(r"/(1/)?i/adsctp?"), Way.BEACON, _beacon),
        Door((API,), _PATH, Way.CALL, _conversions),
    ),
    rate_limit=Answer(429, _LIMITED.body, {**_LIMITED.headers, "retry-after": "2"}),
)
