"""The table of OpenAI's pixel and the fields of its Conversions API they go to.

Source: OpenAI's page on the Conversions API, texts of summer and autumn 2026; the pixel's JSON by
published captures of SDK 0.1.32 and 0.1.41.
Units:  money is a whole number in the currency's smallest unit on both sides.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from firsthand.convert import (
    address,
    currency,
    email,
    hashed,
    hashed_as_given,
    json_value,
    letters,
    matching,
    number,
    public_ip,
    short,
    text,
)
from firsthand.mapping import Pair, Table
from firsthand.model import Fields, Kind, MatchKey, Value
from firsthand.vendor import Converter, Field

CLICK = r"[A-Za-z0-9_=-]{8,1024}"
UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
OPPREF = "oppref"
OBREF = "user.obref"
AUTO = "auto."
MAX_LISTED = 3
MAX_VARIANTS = 20

EVENT_NAMES: Mapping[str, str] = {
    "page_viewed": "page_view",
    "contents_viewed": "viewed_item",
    "items_added": "add_to_cart",
    "checkout_started": "begin_checkout",
    "order_created": "purchase",
    "lead_created": "generate_lead",
    "registration_completed": "sign_up",
    "appointment_scheduled": "schedule",
    "subscription_created": "subscribe",
    "trial_started": "start_trial",
}
IN_APPS = frozenset({"app_installed", "app_opened"})
STANDARD = frozenset({*EVENT_NAMES, *IN_APPS})
CUSTOM = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")

Shape = Literal["contents", "customer_action", "plan_enrollment", "custom"]
_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("lead_created", "registration_completed"), "customer_action"),
    **dict.fromkeys(("appointment_scheduled", *IN_APPS), "customer_action"),
    **dict.fromkeys(("subscription_created", "trial_started"), "plan_enrollment"),
}
_TAKES: Mapping[Shape, frozenset[str]] = {
    "contents": frozenset({"data.amount", "data.currency", "data.contents"}),
    "customer_action": frozenset({"data.amount", "data.currency"}),
    "plan_enrollment": frozenset({"data.amount", "data.currency", "data.contents", "data.plan_id"}),
    "custom": frozenset({"data.amount", "data.currency", "data.contents", "data.plan_id"}),
}
"""What the data of an event may hold; anything else refuses the call."""


def shape(name: str) -> Shape:
    """Return the form that OpenAI wants of an event's data."""
    return _SHAPES.get(name, "contents" if name in EVENT_NAMES else "custom")


def fitting(name: str, given: Fields) -> tuple[Fields, tuple[str, ...]]:
    """Return the fields that an event of this name may have, and notes on the others."""
    fields, notes = dict(given), []
    if "data.amount" in fields and "data.currency" not in fields:
        del fields["data.amount"]
        notes.append("data.amount: not usable without a currency")
    takes = _TAKES[shape(name)]
    for path in [path for path in fields if path[:5] == "data." and path not in takes]:
        del fields[path]
        notes.append(f"{path}: OpenAI refuses it with {name}")
    return fields, tuple(notes)


_PHONE_MARKS = re.compile(r"[\s().-]+")
_PHONE = re.compile(r"[0-9]{8,15}")


def _phone(plain: str) -> str | None:
    """Return a phone number's digits, country code first; other characters make it unusable."""
    bare = _PHONE_MARKS.sub("", plain).removeprefix("+").lstrip("0")
    return bare if _PHONE.fullmatch(bare) else None


def _country(value: str) -> str | None:
    return matching("[A-Z]{2}")(value.strip().upper())


def _place(value: str) -> str | None:
    return short(128)(value.lower())


def _postcode(value: str) -> str | None:
    return matching("[A-Za-z0-9 -]{1,32}")(value.strip())


def whole(value: str) -> int | None:
    """Return a whole number that is not negative; money comes in the smallest unit."""
    parsed = number(value)
    return int(parsed) if parsed is not None and parsed >= 0 and parsed == int(parsed) else None


def _bare(value: str) -> str | None:
    """Return an address up to its path, as OpenAI's guide wants it."""
    found = address(value)
    return found and re.split("[?#]", found, maxsplit=1)[0]


def _yes(value: str) -> bool | None:
    return True if value in {"true", "1"} else None


_ITEM: Mapping[str, Converter] = {
    "id": text,
    "name": text,
    "content_type": text,
    "quantity": whole,
    "amount": whole,
    "currency": currency,
}


def _contents(value: str) -> Value | None:
    """Return the items with the members that OpenAI documents; another one refuses the call."""
    parsed = json_value(value)
    items = [_item(each) for each in (parsed if isinstance(parsed, list) else ())]
    return [item for item in items if item] or None


def _item(given: Value) -> dict[str, Value]:
    item: dict[str, Value] = {}
    for name, convert in _ITEM.items():
        told = given.get(name) if isinstance(given, dict) else None
        usable = isinstance(told, str | int | float) and not isinstance(told, bool)
        value = convert(str(told)) if usable else None
        if value is not None:
            item[name] = value
    variants = _variants(given.get("variant_dict")) if isinstance(given, dict) else {}
    return item | ({"variant_dict": variants} if variants else {})


def _variants(given: Value | None) -> dict[str, Value]:
    """Return what tells one variant of an item from others, as texts."""
    told = list(given.items())[:MAX_VARIANTS] if isinstance(given, dict) else []
    texts = {name: text(value) for name, value in told if isinstance(value, str)}
    return {name: value for name, value in texts.items() if value}


_SOURCES = {
    "website": "web",
    "app": "mobile_app",
    **{word: word for word in ("email", "phone_call", "physical_store")},
}


def _source(value: str) -> str:
    """Return where an event happened, by ECAPI's word for it."""
    return _SOURCES.get(value, "other")


# A device id of Android's; Apple's are in capitals, and OpenAI takes none.
_device = matching(r"(?!0{8}-)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


_PERSON = (
    ("em", "emails_sha256", hashed(email), MatchKey.EMAIL),
    ("ph", "phone_numbers_sha256", hashed(_phone), MatchKey.PHONE),
    ("fn", "first_names_sha256", hashed(letters), MatchKey.NAME),
    ("ln", "last_names_sha256", hashed(letters), MatchKey.NAME),
    ("eid", "external_ids_sha256", hashed_as_given, MatchKey.EXTERNAL_ID),
    ("co", "countries", _country, MatchKey.ADDRESS),
    ("rg", "regions", _place, MatchKey.ADDRESS),
    ("ct", "cities", _place, MatchKey.ADDRESS),
    ("pc", "postal_codes", _postcode, MatchKey.ADDRESS),
)
LISTS = frozenset(f"{section}{key}" for _, key, *_ in _PERSON for section in ("user.", AUTO))

# The order of the rows is the order of the keys in the call. ``in`` is what the site gave; the
# script found ``fm`` in forms, ``js`` in variables and ``ht`` in the page's text by itself.
# fmt: off
FIELDS = (
    #     pixel               Conversions API       privacy          converter
    Field("type",             "",                   Kind.TECHNICAL,  text),
    Field("timestamp_ms",     "",                   Kind.TECHNICAL,  number),
    Field("custom_event_name", "",                  Kind.TECHNICAL,  text),
    Field("id",               "",                   Kind.ORDER_ID,   text),
    Field("@source",          "action_source",      Kind.TECHNICAL,  _source),
    Field("source_url",       "source_url",         Kind.PAGE,       _bare),
    Field("@referer",         "source_url",         Kind.PAGE,       _bare),
    Field("referrer_url",     "",                   Kind.PAGE,       address),
    Field("oppref",           OPPREF,               Kind.AD_ID,      matching(CLICK),
          MatchKey.CLICK_ID),
    Field("opt_out",          "opt_out",            Kind.CONSENT,    _yes),
    Field("obref",            OBREF,                Kind.BROWSER_ID, matching(UUID),
          MatchKey.BROWSER_ID),
    *(Field(f"user.in.{wire}", f"user.{key}",       Kind.CONTACT,    convert, match)
      for wire, key, convert, match in _PERSON),
    *(Field(f"user.{group}.{wire}", f"{AUTO}{key}", Kind.CONTACT,    convert)
      for group in ("fm", "js", "ht") for wire, key, convert, _ in _PERSON),
    Field("@ip",              "user.ip_address",    Kind.NETWORK,    public_ip, MatchKey.IP),
    Field("@user_agent",      "user.user_agent",    Kind.NETWORK,    text, MatchKey.USER_AGENT),
    Field("@ifa",  "user.android_advertising_id", Kind.BROWSER_ID, _device, MatchKey.BROWSER_ID),
    Field("data.type",        "",                   Kind.TECHNICAL,  text),
    Field("data.amount",      "data.amount",        Kind.COMMERCE,   whole),
    Field("data.currency",    "data.currency",      Kind.COMMERCE,   currency),
    Field("data.contents",    "data.contents",      Kind.COMMERCE,   _contents),
    Field("data.plan_id",     "data.plan_id",       Kind.COMMERCE,   text),
    # Of the request as a whole.
    *(Field(wire, "", Kind.TECHNICAL, text) for wire in ("pid", "st", "sv", "t", "ec")),
)
# fmt: on

TABLE = Table(FIELDS)
LISTED = {row.wire: row for row in FIELDS if row.path in LISTS}


def person(pairs: Iterable[Pair]) -> Fields:
    """Return contact data as lists, each value once. What the script found by itself stays apart.

    A parameter may come several times, and hold a JSON list.
    """
    told: dict[str, list[str]] = {}
    for wire, value in pairs:
        if wire in LISTED:
            told.setdefault(wire, []).extend(_several(value))
    lists: dict[str, list[Value]] = {}
    for wire, row in LISTED.items():
        for each in told.get(wire, ()):
            found = row.convert(each)
            if found is not None and found not in lists.setdefault(row.path, []):
                lists[row.path].append(found)
    return {path: values[:MAX_LISTED] for path, values in lists.items() if values}


def _several(value: str) -> list[str]:
    listed = json_value(value) if value[:1] == "[" else [value] if value else []
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
