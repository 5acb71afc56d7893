"""LinkedIn's part: loader, Insight Tag, beacon doors, Conversions API.

Sources, as of 2026-11: LinkedIn's pages on the Conversions API, its schema, API versions and
migrations; how the tag behaves was seen by running its scripts of 2025. The text of a refused batch
is the one that users of the API met.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address
from typing import Any
from zlib import decompressobj, error

import orjson

from firsthand.sandbox.role import GIF, Answer, Ask, Door, Event, Role, Way, cross_origin, script

PARTNER = "7475281"
TOKEN = "sandbox-linkedin-token"  # noqa: S105 - opens nothing but this stand-in
RULES = frozenset({"60417730", "60417731", "60417732", "60417733", "70000001"})

CDN = "snap.licdn.com"
PX = "px.ads.linkedin.com"
PX4 = "px4.ads.linkedin.com"
API = "api.linkedin.com"

OLDEST_VERSION = 202512  # of November 2026: 202511 ended on the 16th
NEWEST_VERSION = 202611
MAX_EVENTS = 5000
MAX_AGE_MS = 90 * 86_400_000
AHEAD_MS = 300_000
MAX_UNPACKED = 1 << 20

_RULE_URN = re.compile(r"urn:lla:llaPartnerConversion:(?P<rule>[0-9]{1,15})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,20})?")

# -- beacons and scripts ---------------------------------------------------------------------------


def _loader(ask: Ask) -> Answer:
    return script(ask, "linkedin_insight.js")


def _tag(ask: Ask) -> Answer:
    packed = "no" if ask.path.endswith("insight.old.min.js") else "yes"
    return script(ask, "linkedin_tag.js", packed=packed)


def _collect(ask: Ask) -> Answer:
    """Take the beacon, and send the browser on to the host that has IPv4 only: the same again."""
    params = {**ask.params, **(ask.form if ask.method == "POST" else {})}
    name = params.get("conversionId") or "page_view"
    event = Event(params.get("pid", ""), name, params.get("eventId", ""), params)
    to = f"{ask.scheme}://{PX4}{ask.suffix}/collect?{ask.query}&e_ipv6=AQSandboxOpaque"
    return Answer(302, b"", {"location": to, **cross_origin(ask)}, (event,))


def _mirror(ask: Ask) -> Answer:
    return Answer(200, GIF, {"content-type": "image/gif", **cross_origin(ask)})


def _actions(ask: Ask) -> Answer:
    """Take website actions: telemetry, told apart from the events by their names."""
    told = unpacked(ask.body)
    pids = ",".join(str(pid) for pid in told.get("pids", []))
    event = Event(pids, str(told.get("signalType", "")), "", told)
    return Answer(204, b"", cross_origin(ask), (event,))


def unpacked(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body: plain, or base64 of gzip."""
    try:
        text = (
            body
            if body[:1] == b"{"
            else decompressobj(31).decompress(b64decode(body), MAX_UNPACKED)
        )
        parsed = orjson.loads(text)
    except (ValueError, error):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _silent(ask: Ask) -> Answer:
    return Answer(204, b"", cross_origin(ask))


# -- Conversions API -------------------------------------------------------------------------------


def _conversions_api(ask: Ask) -> Answer:
    refused = _refusal(ask)
    if refused is not None:
        return refused
    elements = _elements(ask.body)
    if elements is None:
        return _error(400, "ILLEGAL_ARGUMENT", f"elements must be a list of 1 to {MAX_EVENTS}")
    faults = [event_fault(event, ask.at) for event in elements]
    if any(faults):
        lines = (f"Index: {n}, ERROR :: {fault}" for n, fault in enumerate(faults) if fault)
        return _error(422, "INPUT_VALIDATION_FAILED", "\n".join(lines))
    known = [_rule(event) in RULES for event in elements]
    taken = tuple(_taken(event) for event, ours in zip(elements, known, strict=True) if ours)
    return _json(200, {"elements": [_told(ours) for ours in known]}, taken)


def _refusal(ask: Ask) -> Answer | None:
    if ask.method != "POST":
        return _error(405, "METHOD_NOT_ALLOWED", "use POST")
    if ask.headers.get("authorization", "") != f"Bearer {TOKEN}":
        return _error(401, "INVALID_ACCESS_TOKEN", "Invalid access token")
    return _header_refusal(ask.headers)


def _header_refusal(headers: Mapping[str, str]) -> Answer | None:
    version = headers.get("linkedin-version", "")
    if not re.fullmatch(r"20[0-9]{4}", version):
        return _error(400, "VERSION_MISSING", "A version must be present")
    if not OLDEST_VERSION <= int(version) <= NEWEST_VERSION:
        return _error(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
    if headers.get("x-restli-protocol-version") != "2.0.0":
        return _error(400, "ILLEGAL_ARGUMENT", "X-Restli-Protocol-Version must be 2.0.0")
    if headers.get("x-restli-method") != "BATCH_CREATE":
        return _error(400, "ILLEGAL_ARGUMENT", "a batch needs X-RestLi-Method: BATCH_CREATE")
    return None


def _error(status: int, code: str, message: str) -> Answer:
    return _json(
        status, {"status": status, "code": code, "message": message, "serviceErrorCode": 65600}
    )


def _json(status: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    return Answer(status, orjson.dumps(body), {"content-type": "application/json"}, events)


def _elements(body: bytes) -> list[Any] | None:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    elements = parsed.get("elements") if isinstance(parsed, dict) else None
    return elements if isinstance(elements, list) and 1 <= len(elements) <= MAX_EVENTS else None


def _rule(event: Mapping[str, Any]) -> str:
    found = _RULE_URN.fullmatch(event["conversion"])
    return found["rule"] if found else ""


def _told(ours: bool) -> dict[str, Any]:  # noqa: FBT001 - one answer of two
    if ours:
        return {"status": 201}
    return {"status": 404, "error": {"status": 404, "message": "the conversion rule was not found"}}


def _taken(event: Mapping[str, Any]) -> Event:
    return Event(PARTNER, _rule(event), event.get("eventId", ""), event)


def event_fault(event: object, now: int) -> str:
    """Return why LinkedIn would refuse this event; empty if it would not."""
    if not isinstance(event, dict):
        return "an event must be an object"
    unknown = set(event) - {
        "conversion",
        "conversionHappenedAt",
        "conversionValue",
        "eventId",
        "user",
    }
    if unknown:
        return f"/{min(unknown)} :: unrecognized field"
    checks: tuple[Callable[[dict[str, Any], int], str], ...] = (
        _head_fault,
        _value_fault,
        _user_fault,
    )
    return next((fault for check in checks if (fault := check(event, now))), "")


def _head_fault(event: dict[str, Any], now: int) -> str:
    if not _RULE_URN.fullmatch(str(event.get("conversion"))):
        return "/conversion :: is not the URN of a conversion rule"
    at = event.get("conversionHappenedAt")
    if not isinstance(at, int) or isinstance(at, bool):
        return "/conversionHappenedAt :: must be milliseconds"
    if not now - MAX_AGE_MS <= at <= now + AHEAD_MS:
        return "/conversionHappenedAt :: must lie within the last 90 days"
    key = event.get("eventId", "x")
    if not isinstance(key, str) or not 1 <= len(key) <= 64:  # noqa: PLR2004 - characters
        return "/eventId :: must be a text of at most 64 characters"
    return ""


def _value_fault(event: dict[str, Any], _: int) -> str:
    value = event.get("conversionValue", {"currencyCode": "EUR", "amount": "1"})
    if not isinstance(value, dict) or set(value) != {"currencyCode", "amount"}:
        return "/conversionValue :: needs currencyCode and amount"
    if not isinstance(value["amount"], str) or not _MONEY.fullmatch(value["amount"]):
        return "/conversionValue/amount :: must be a decimal in a text"
    if not re.fullmatch(r"[A-Z]{3}", str(value["currencyCode"])):
        return "/conversionValue/currencyCode :: is not a currency"
    return ""


def _user_fault(event: dict[str, Any], _: int) -> str:
    user = event.get("user")
    ids = user.get("userIds") if isinstance(user, dict) else None
    if not isinstance(ids, list) or not ids:
        return "/user/userIds :: at least one is required"
    return "" if all(map(_good_id, ids)) else "/user/userIds :: a value does not fit its type"


def _good_id(given: object) -> bool:
    if not isinstance(given, dict) or set(given) != {"idType", "idValue"}:
        return False
    check = _ID_TYPES.get(str(given["idType"]))
    return check is not None and bool(check(str(given["idValue"])))


def _is_ipv4(value: str) -> bool:
    try:
        IPv4Address(value)
    except AddressValueError:
        return False
    return True


_ID_TYPES: Mapping[str, Callable[[str], object]] = {
    "SHA256_EMAIL": _SHA256.fullmatch,
    "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID": _UUID.fullmatch,
    "PLAINTEXT_IP_ADDRESS": _is_ipv4,
    "ACXIOM_ID": bool,
    "ORACLE_MOAT_ID": bool,
    "GOOGLE_AID": bool,
}

ROLE = Role(
    key="linkedin",
    title="LinkedIn",
    account=PARTNER,
    token=TOKEN,
    settings={"currency": "EUR"},
    category="C0004",
    doors=(
        Door((CDN,), re.compile(r"/li\.lms-analytics/insight\.min\.js"), Way.SCRIPT, _loader),
        Door(
            (CDN,), re.compile(r"/li\.lms-analytics/insight\.(beta|old)\.min\.js"), Way.SCRIPT, _tag
        ),
        Door((PX,), re.compile(r"/collect/?"), Way.BEACON, _collect),
        Door((PX4,), re.compile(r"/collect/?"), Way.OTHER, _mirror),
        Door((PX,), re.compile(r"/wa/?"), Way.BEACON, _actions),
        Door((PX,), re.compile(r"/attribution_trigger/?"), Way.OTHER, _silent),
        Door((API,), re.compile(r"/rest/conversionEvents"), Way.CALL, _conversions_api),
    ),
    rate_limit=_error(429, "TOO_MANY_REQUESTS", "Resource level throttle limit reached"),
)
