"""Google Ads' part: the tag with an Ads id, its doors, Google's token door, the Data Manager API.

Sources, as of 2026-11: developers.google.com, Data Manager API "events.ingest",
"requestStatus.retrieve", "Limits", "Error reasons"; Google's pages on OAuth 2.0 for server
applications. The API's own form of a field path is not published: this one is a guess. A service
account's signature is not checked, only what it signs.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from firsthand.sandbox.role import GIF, Answer, Ask, Door, Event, Role, Way, cross_origin, script

TAG = "AW-16500000001"
LABEL = "DemoPurchase-1"
ACCOUNT = f"{TAG}/{LABEL}"
CUSTOMER = "1112223333"
ACTION = "700000001"
KEY = (
    '{"type":"authorized_user","client_id":"sandbox-client","client_secret":"sandbox-client-secret",'
    '"refresh_token":"sandbox-google-refresh"}'
)
ACCESS = "sandbox-google-access"
SERVICE = "sandbox@demo.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/datamanager"

TAG_HOST = ("www.googletagmanager.com",)
SERVICES = ("www.googleadservices.com",)
SEARCH = ("www.google.com",)
API = ("datamanager.googleapis.com",)
TOKEN = ("oauth2.googleapis.com",)

MAX_EVENTS = 2000
MAX_DESTINATIONS = 10
MAX_IDENTIFIERS = 10
MAX_ID = 512
DAY_MS = 86_400_000
OLDEST_MS = 90 * DAY_MS
AHEAD_MS = 300_000

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_REGION = re.compile(r"[A-Z]{2}")
_TAG_ID = re.compile(r"AW-[0-9]{6,12}")
_ID = re.compile(r"[0-9]+")
_PATH_TAG = re.compile(r"/([0-9]{6,12})(?:/|\Z)")
_SOURCES = {"WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"}
_CONSENT = {"CONSENT_GRANTED", "CONSENT_DENIED"}
_EVENT = {
    *("destinationReferences", "transactionId", "eventTimestamp", "lastUpdatedTimestamp"),
    *("userData", "consent", "adIdentifiers", "currency", "conversionValue", "eventSource"),
    *("eventDeviceInfo", "cartData", "customVariables", "experimentalFields", "userProperties"),
}
_CLICKS = ("gclid", "gbraid", "wbraid")
_ADDRESS = ("givenName", "familyName", "regionCode", "postalCode")

Violation = tuple[str, str]
"""Path of the field and reason."""


# -- browser side ----------------------------------------------------------------------------------


def _is_ads(ask: Ask) -> bool:
    return _TAG_ID.fullmatch(ask.params.get("id", "")) is not None


def _tag_script(ask: Ask) -> Answer:
    return script(ask, "gtag_ads.js", id=ask.params["id"])


def _conversion(ask: Ask) -> Answer:
    """The door that counts: an image, or an empty answer to a script that reads it."""
    headers = {"content-type": "image/gif", **_NO_STORE, **cross_origin(ask)}
    return Answer(200, GIF, headers, (_event(ask),))


_NO_STORE = {"cache-control": "no-cache, no-store, must-revalidate"}


def _as_script(ask: Ask) -> Answer:
    headers = {"content-type": "text/javascript", **_NO_STORE, **cross_origin(ask)}
    return Answer(200, b"", headers, (_event(ask),))


def _ping(ask: Ask) -> Answer:
    return Answer(204, b"", cross_origin(ask), (_event(ask),))


def _event(ask: Ask) -> Event:
    params = ask.params
    found = _PATH_TAG.search(ask.path)
    tag = f"AW-{found[1]}" if found else params.get("tid", "")
    account = f"{tag}/{params['label']}" if params.get("label") else tag
    return Event(account, params.get("en", ""), params.get("oid", ""), params)


def _nothing(ask: Ask) -> Answer:
    return Answer(204, b"", cross_origin(ask))


def _worker_frame(_: Ask) -> Answer:
    page = b"<!doctype html><title>worker</title><script>parent.postMessage('ready', '*')</script>"
    return Answer(200, page, {"content-type": "text/html; charset=utf-8"})


# -- tokens ----------------------------------------------------------------------------------------


def _token(ask: Ask) -> Answer:
    form = ask.form
    if ask.method != "POST" or not (_by_user(form) or _by_service(form, ask.at // 1000)):
        return _json(400, {"error": "invalid_grant", "error_description": "Bad Request"})
    return _json(200, {"access_token": ACCESS, "expires_in": 3599, "token_type": "Bearer"})


def _by_user(form: Mapping[str, str]) -> bool:
    known = orjson.loads(KEY)
    named = ("client_id", "client_secret", "refresh_token")
    mine = all(form.get(name) == known[name] for name in named)
    return mine and form.get("grant_type") == "refresh_token"


def _by_service(form: Mapping[str, str], now_s: int) -> bool:
    if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
        return False
    try:
        claims = orjson.loads(urlsafe_b64decode(form.get("assertion", "").split(".")[1] + "=="))
        lives = claims["iat"] - 300 <= now_s < claims["exp"] <= claims["iat"] + 3600
        told = (claims["iss"], claims["scope"], claims["aud"])
    except (ValueError, KeyError, IndexError, TypeError):
        return False
    return bool(lives) and told == (SERVICE, SCOPE, f"https://{TOKEN[0]}/token")


# -- Data Manager API ------------------------------------------------------------------------------


def _ingest(ask: Ask) -> Answer:
    body = _object(ask.body)
    refused = _request_refused(ask, body)
    if refused is not None:
        return refused
    violations = list(_violations(body, ask.at))
    if violations:
        return refusal(*violations)
    if body.get("validateOnly"):
        return _json(200, {})
    around = {key: value for key, value in body.items() if key != "events"}
    taken = tuple(
        Event(ACCOUNT, "conversion", event["transactionId"], event, around)
        for event in body["events"]
    )
    return _json(200, {"requestId": f"sandbox-{ask.at}"}, taken)


def _status(ask: Ask) -> Answer:
    if not _has_token(ask):
        return failure(401, "UNAUTHENTICATED")
    if not ask.params.get("requestId", "").startswith("sandbox-"):
        return failure(404, "NOT_FOUND")
    return status("SUCCESS")


def status(state: str, **counts: int) -> Answer:
    """Return the answer to the question what became of a call; ``counts`` by reason of error."""
    told = [
        {"reason": f"PROCESSING_ERROR_REASON_{reason}", "recordCount": str(n)}
        for reason, n in counts.items()
    ]
    destination = {"requestStatus": state, "errorInfo": {"errorCounts": told}}
    return _json(200, {"requestStatusPerDestination": [destination]})


def _has_token(ask: Ask) -> bool:
    return ask.headers.get("authorization") == f"Bearer {ACCESS}"


def _request_refused(ask: Ask, body: Mapping[str, Any]) -> Answer | None:
    if ask.method != "POST":
        return failure(404, "NOT_FOUND")
    if not _has_token(ask):
        return failure(401, "UNAUTHENTICATED")
    destinations = body.get("destinations")
    for each in destinations if isinstance(destinations, list) else ():
        if _account_of(each) not in {"", CUSTOMER}:
            return failure(403, "PERMISSION_DENIED")
    return None


def _account_of(destination: object) -> str:
    account = destination.get("operatingAccount") if isinstance(destination, dict) else None
    return str(account.get("accountId", "")) if isinstance(account, dict) else ""


def failure(code: int, word: str, **detail: Any) -> Answer:  # noqa: ANN401 - members of JSON
    """Return an error answer that names no field."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", **detail}] if detail else []
    error = {"code": code, "status": word, "message": word.lower(), "details": details}
    return _json(code, {"error": error})


def refusal(*violations: Violation) -> Answer:
    """Return the answer that names the fields for which a call is refused as a whole."""
    told = [
        {"field": field, "reason": reason, "description": reason.replace("_", " ").capitalize()}
        for field, reason in violations
    ]
    kind = "type.googleapis.com/google.rpc.BadRequest"
    error = {"code": 400, "status": "INVALID_ARGUMENT", "message": "There was a problem."}
    return _json(400, {"error": error | {"details": [{"@type": kind, "fieldViolations": told}]}})


def _json(code: int, body: Mapping[str, object], events: tuple[Event, ...] = ()) -> Answer:
    headers = {"content-type": "application/json; charset=UTF-8"}
    return Answer(code, orjson.dumps(body), headers, events)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _violations(body: Mapping[str, Any], now: int) -> Iterator[Violation]:
    """Yield what is wrong with a call, destination by destination and event by event."""
    destinations, events = body.get("destinations"), body.get("events")
    if not isinstance(destinations, list) or not destinations:
        yield "destinations", "REQUIRED_FIELD_MISSING"
        return
    if not isinstance(events, list) or not events:
        yield "events", "REQUIRED_FIELD_MISSING"
        return
    if len(destinations) > MAX_DESTINATIONS:
        yield "destinations", "TOO_MANY_DESTINATIONS"
    if len(events) > MAX_EVENTS:
        yield "events", "TOO_MANY_EVENTS"
    known = {each.get("reference") for each in destinations if isinstance(each, dict)}
    for index, each in enumerate(destinations):
        yield from _destination_faults(each, f"destinations[{index}]")
    for index, event in enumerate(events):
        path = f"events.events[{index}]"
        if not isinstance(event, dict):
            yield path, "INVALID_EVENT"
            continue
        yield from _event_faults(event, path, now)
        if not known.issuperset(event.get("destinationReferences", ())):
            yield f"{path}.destination_references", "INVALID_DESTINATION"
    hashed = any(isinstance(each, dict) and "userData" in each for each in events)
    if hashed and body.get("encoding") not in {"HEX", "BASE64"}:
        yield "encoding", "REQUIRED_FIELD_MISSING"


def _destination_faults(destination: object, path: str) -> Iterator[Violation]:
    account = destination.get("operatingAccount") if isinstance(destination, dict) else None
    if not isinstance(destination, dict) or not isinstance(account, dict):
        yield f"{path}.operating_account", "REQUIRED_FIELD_MISSING"
        return
    if account.get("accountType") != "GOOGLE_ADS" or account.get("accountId") != CUSTOMER:
        yield f"{path}.operating_account", "INVALID_DESTINATION"
    if destination.get("productDestinationId") != ACTION:
        yield f"{path}.product_destination_id", "INVALID_CONVERSION_ACTION_ID"


def _event_faults(event: Mapping[str, Any], path: str, now: int) -> Iterator[Violation]:
    for name in sorted(event.keys() - _EVENT):
        yield f"{path}.{name}", "INVALID_FORMAT"
    order = event.get("transactionId")
    if not isinstance(order, str) or not order:
        yield f"{path}.transaction_id", "REQUIRED_FIELD_MISSING"
    elif len(order) > MAX_ID:
        yield f"{path}.transaction_id", "FIELD_VALUE_TOO_LONG"
    yield from _time_faults(event.get("eventTimestamp"), f"{path}.event_timestamp", now)
    if event.get("eventSource", "WEB") not in _SOURCES:
        yield f"{path}.event_source", "INVALID_FORMAT"
    if "currency" in event and not _CURRENCY.fullmatch(str(event["currency"])):
        yield f"{path}.currency", "INVALID_CURRENCY_CODE"
    if "conversionValue" in event and not _number(event["conversionValue"]):
        yield f"{path}.conversion_value", "INVALID_FORMAT"
    if not set(event.get("consent", {}).values()) <= _CONSENT:
        yield f"{path}.consent", "INVALID_FORMAT"
    yield from _person_faults(event, path)
    yield from _cart_faults(event.get("cartData", {}), f"{path}.cart_data")


def _time_faults(told: object, path: str, now: int) -> Iterator[Violation]:
    try:
        at = int(datetime.fromisoformat(str(told)).timestamp() * 1000)
    except (ValueError, OverflowError):
        yield path, "INVALID_FORMAT" if told else "REQUIRED_FIELD_MISSING"
        return
    if not now - OLDEST_MS <= at <= now + AHEAD_MS:
        yield path, "EVENT_TIME_INVALID"


def _person_faults(event: Mapping[str, Any], path: str) -> Iterator[Violation]:
    clicks = event.get("adIdentifiers", {})
    found = event.get("userData", {}).get("userIdentifiers", [])
    if not found and not any(clicks.get(name) for name in _CLICKS):
        yield path, "NO_IDENTIFIERS_PROVIDED"
    if len(found) > MAX_IDENTIFIERS:
        yield f"{path}.user_data", "TOO_MANY_USER_IDENTIFIERS"
    for index, one in enumerate(found):
        inside = f"{path}.user_data.user_identifiers[{index}]"
        for name in ("emailAddress", "phoneNumber"):
            if name in one and not _SHA256.fullmatch(str(one[name])):
                yield f"{inside}.{name}", "INVALID_SHA256_FORMAT"
        if "address" in one:
            yield from _address_faults(one["address"], f"{inside}.address")


def _address_faults(address: Mapping[str, Any], path: str) -> Iterator[Violation]:
    if not all(address.get(name) for name in _ADDRESS):
        yield path, "REQUIRED_FIELD_MISSING"
        return
    if not all(_SHA256.fullmatch(str(address[name])) for name in _ADDRESS[:2]):
        yield path, "INVALID_SHA256_FORMAT"
    if not _REGION.fullmatch(str(address["regionCode"])):
        yield f"{path}.region_code", "INVALID_REGION_CODE"


def _cart_faults(cart: Mapping[str, Any], path: str) -> Iterator[Violation]:
    if "merchantId" in cart and not _ID.fullmatch(str(cart["merchantId"])):
        yield f"{path}.merchant_id", "INVALID_FORMAT"
    for index, item in enumerate(cart.get("items", ())):
        whole = _ID.fullmatch(str(item.get("quantity", "1")))
        if not whole or not _number(item.get("unitPrice", 0)):
            yield f"{path}.items[{index}]", "INVALID_FORMAT"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CCM_COLLECT = re.compile(r"/ccm/collect")
_WORKER = re.compile(r"/static/service_worker/[0-9a-z]+/sw_iframe\.html")
ROLE = Role(
    key="google_ads",
    title="Google Ads",
    account=ACCOUNT,
    token=KEY,
    settings={"customer": CUSTOMER, "action": ACTION},
    category="C0004",
    doors=(
        Door(TAG_HOST, re.compile(r"/gtag/(?:js|destination)"), Way.SCRIPT, _tag_script, _is_ads),
        Door(SERVICES, re.compile(r"/(?:pagead|ccm)/conversion/[0-9]+/"), Way.BEACON, _conversion),
        Door(
            ("googleads.g.doubleclick.net",),
            re.compile(r"/pagead/viewthroughconversion/[0-9]+/"),
            Way.BEACON,
            _as_script,
        ),
        Door(SEARCH, _CCM_COLLECT, Way.BEACON, _ping),
        Door(("pagead2.googlesyndication.com",), _CCM_COLLECT, Way.BEACON, _ping),
        Door(SERVICES, re.compile(r"/pagead/set_partitioned_cookie"), Way.OTHER, _nothing),
        Door(TAG_HOST, _WORKER, Way.OTHER, _worker_frame),
        Door(TOKEN, re.compile(r"/token"), Way.OTHER, _token),
        Door(
            API,
            re.compile(r"/v1/events:ingest"),
            Way.PROBE,
            _ingest,
            lambda ask: _object(ask.body).get("validateOnly") is True,
        ),
        Door(API, re.compile(r"/v1/events:ingest"), Way.CALL, _ingest),
        Door(API, re.compile(r"/v1/requestStatus:retrieve"), Way.OTHER, _status),
    ),
    rate_limit=failure(
        429,
        "RESOURCE_EXHAUSTED",
        metadata={"quota_limit": "IngestionMutateRequestsPerMinutePerProject"},
    ),
)
