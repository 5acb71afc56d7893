"""Google Analytics 4's part: gtag, collection doors, Measurement Protocol and its validation door.

Sources, as of 2026-11: developers.google.com, Measurement Protocol for GA4, "Reference", "Send
events", "Validate events". The production door answers 204 to everything and does not say what
becomes of a bad event; here it is lost silently. Which limits the validation door checks is not
published; here it checks all that the reference lists.
"""

import re
from collections.abc import Iterator, Mapping
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

MEASUREMENT = "G-DEMO000001"
SECOND = "G-DEMO000002"
SECRET = "sandbox-ga4-secret"  # noqa: S105 - opens nothing but this stand-in

TAG = "www.googletagmanager.com"
COLLECT = (
    "www.google-analytics.com",
    "region1.google-analytics.com",
    "analytics.google.com",
    "region1.analytics.google.com",
)
API = ("www.google-analytics.com", "region1.google-analytics.com")

MAX_EVENTS = 25
MAX_PARAMS = 25
MAX_ITEMS = 200
MAX_BODY = 130_000
LONG_VALUES = {"page_title": 300, "page_referrer": 420, "page_location": 1000}
VALUE_LIMIT = 100

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ID = re.compile(r"G-[A-Z0-9]{4,16}")
_CURRENCY = re.compile(r"[A-Z]{3}")
RESERVED_PREFIXES = ("_", "firebase_", "ga_", "google_", "gtag.")
RESERVED = frozenset(
    {
        "ad_activeview",
        "ad_click",
        "ad_exposure",
        "ad_query",
        "ad_reward",
        "adunit_exposure",
        "app_clear_data",
        "app_exception",
        "app_install",
        "app_remove",
        "app_store_refund",
        "app_update",
        "app_upgrade",
        "dynamic_link_app_open",
        "dynamic_link_app_update",
        "dynamic_link_first_open",
        "error",
        "firebase_campaign",
        "firebase_in_app_message_action",
        "firebase_in_app_message_dismiss",
        "firebase_in_app_message_impression",
        "first_open",
        "first_visit",
        "notification_dismiss",
        "notification_foreground",
        "notification_open",
        "notification_receive",
        "notification_send",
        "os_update",
        "session_start",
        "user_engagement",
        "ad_impression",
        "in_app_purchase",
        "screen_view",
    }
)

Problem = tuple[str, str, str]
"""Path of the field, what is wrong with it, validation code."""


# -- browser side ----------------------------------------------------------------------------------


def _tag_script(ask: Ask) -> Answer:
    found = ask.params.get("id", "")
    if not _ID.fullmatch(found):
        return Answer(404)
    return script(ask, "gtag.js", id=found)


def _is_own(ask: Ask) -> bool:
    """The tag of Google Ads has the same address, and another id."""
    return not ask.params.get("id", "").startswith("AW-")


def _collect(ask: Ask) -> Answer:
    return Answer(204, b"", cross_origin(ask), tuple(_lines(ask)))


def _lines(ask: Ask) -> Iterator[Event]:
    """Yield the events of a beacon: one a line of the body, else one in the query."""
    shared = ask.params
    for line in ask.text.splitlines() or [""]:
        own = first_of(parse_qsl(line.replace("+", "%2B"), keep_blank_values=True))
        params = {**shared, **own}
        if "en" in params:
            key = params.get("ep.transaction_id", "")
            yield Event(params.get("tid", ""), params["en"], key, params)


def _diagnostics(_: Ask) -> Answer:
    return Answer(204)


# -- Measurement Protocol --------------------------------------------------------------------------


def _production(ask: Ask) -> Answer:
    body = _body(ask)
    account = ask.params.get("measurement_id", "")
    known = account in {MEASUREMENT, SECOND} and ask.params.get("api_secret") == SECRET
    if not known or not _text(body.get("client_id")) or _body_problems(body, len(ask.body)):
        return Answer(204)
    around = {key: value for key, value in body.items() if key != "events"}
    events = (event for event in body["events"] if not any(_event_problems(event, "")))
    return Answer(204, events=tuple(_taken(account, event, around) for event in events))


def _validation(ask: Ask) -> Answer:
    body = _body(ask)
    problems = [*_body_problems(body, len(ask.body))]
    if not problems:
        problems = [
            problem
            for index, event in enumerate(body["events"])
            for problem in _all_problems(event, f"events[{index}]")
        ]
    messages = [
        {"fieldPath": path, "description": description, "validationCode": code}
        for path, description, code in problems
    ]
    headers = {"content-type": "application/json; charset=utf-8"}
    return Answer(200, orjson.dumps({"validationMessages": messages}), headers)


def _all_problems(event: object, path: str) -> Iterator[Problem]:
    yield from _event_problems(event, path)
    if isinstance(event, dict) and isinstance(event.get("params", {}), dict):
        yield from _size_problems(event.get("params", {}), f"{path}.params")


def _body(ask: Ask) -> dict[str, Any]:
    try:
        parsed = orjson.loads(ask.body)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _body_problems(body: Mapping[str, Any], size: int) -> list[Problem]:
    """Return what is wrong with the request as a whole."""
    events = body.get("events")
    if not isinstance(events, list) or not events:
        return [("events", "A list of events is required.", "VALUE_REQUIRED")]
    if len(events) > MAX_EVENTS:
        return [("events", f"At most {MAX_EVENTS} events.", "EXCEEDED_MAX_ENTITIES")]
    if size > MAX_BODY:
        return [("", f"The body must be smaller than {MAX_BODY} bytes.", "VALUE_OUT_OF_BOUNDS")]
    consent = body.get("consent", {})
    if not isinstance(consent, dict):
        return [("consent", "An object.", "VALUE_INVALID")]
    wrong = [key for key, value in consent.items() if value not in ("GRANTED", "DENIED")]
    return [(f"consent.{key}", "GRANTED or DENIED.", "VALUE_INVALID") for key in wrong]


def _event_problems(event: object, path: str) -> Iterator[Problem]:
    """Yield what makes the event useless."""
    if not isinstance(event, dict) or not isinstance(event.get("params", {}), dict):
        yield path, "An event is an object with a name and params.", "VALUE_INVALID"
        return
    yield from _name_problems(event.get("name"), path)
    params = event.get("params", {})
    for name in params:
        if not _NAME.fullmatch(name) or name.startswith(RESERVED_PREFIXES):
            yield f"{path}.params", f"Parameter name [{name}] cannot be used.", "NAME_INVALID"
    yield from _value_problems(params, f"{path}.params")


def _name_problems(name: object, path: str) -> Iterator[Problem]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"{path}.name", "A letter, then letters, digits and underscores.", "NAME_INVALID"
    elif name in RESERVED or name.startswith(RESERVED_PREFIXES):
        yield f"{path}.name", f"The name [{name}] is reserved.", "NAME_RESERVED"


def _value_problems(params: Mapping[str, Any], path: str) -> Iterator[Problem]:
    session = params.get("session_id")
    if session is not None and not re.fullmatch(r"\d+", str(session)):
        yield f"{path}.session_id", "Digits only.", "VALUE_INVALID"
    value, currency = params.get("value"), params.get("currency")
    if value is not None and not _number(value):
        yield f"{path}.value", "A number is required.", "VALUE_INVALID"
    if value is not None and currency is None:
        yield f"{path}.currency", "Required together with value.", "VALUE_REQUIRED"
    if currency is not None and not _CURRENCY.fullmatch(str(currency)):
        yield f"{path}.currency", "Three capital letters.", "VALUE_INVALID"
    if params.get("transaction_id") == "":
        yield f"{path}.transaction_id", "Must not be empty.", "VALUE_REQUIRED"
    yield from _item_problems(params.get("items", []), f"{path}.items")


def _item_problems(items: object, path: str) -> Iterator[Problem]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        yield path, "A list of objects.", "VALUE_INVALID"
        return
    if len(items) > MAX_ITEMS:
        yield path, f"At most {MAX_ITEMS} items.", "EXCEEDED_MAX_ENTITIES"
    for index, item in enumerate(items):
        if not item.get("item_id") and not item.get("item_name"):
            yield f"{path}[{index}]", "item_id or item_name is required.", "VALUE_REQUIRED"


def _size_problems(params: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Yield what the property would cut off or leave out."""
    if len(params) > MAX_PARAMS:
        yield path, f"At most {MAX_PARAMS} parameters.", "EXCEEDED_MAX_ENTITIES"
    for name, value in params.items():
        limit = LONG_VALUES.get(name, VALUE_LIMIT)
        if isinstance(value, str) and len(value) > limit:
            yield f"{path}.{name}", f"At most {limit} characters.", "VALUE_OUT_OF_BOUNDS"


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _taken(account: str, event: Mapping[str, Any], around: Mapping[str, Any]) -> Event:
    key = event.get("params", {}).get("transaction_id", "")
    return Event(account, event["name"], str(key), event, around)


ROLE = Role(
    key="ga4",
    title="Google Analytics 4",
    account=MEASUREMENT,
    token=SECRET,
    second=SECOND,
    category="C0002",
    doors=(
        Door((TAG,), re.compile(r"/gtag/(js|destination)"), Way.SCRIPT, _tag_script, _is_own),
        Door((TAG,), re.compile(r"/(td|a)"), Way.OTHER, _diagnostics),
        Door(COLLECT, re.compile(r"/g/collect"), Way.BEACON, _collect),
        Door(API, re.compile(r"/mp/collect"), Way.CALL, _production),
        Door(API, re.compile(r"/debug/mp/collect"), Way.PROBE, _validation),
    ),
    # Google documents none; a load balancer in front of it would say this.
    rate_limit=Answer(429, b"", {"retry-after": "1"}),
)
