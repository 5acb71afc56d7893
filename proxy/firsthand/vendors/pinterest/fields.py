"""The table of the Pinterest tag's parameters and the fields of the API that they go to.

Source: Pinterest's OpenAPI description 5.23 (ConversionEvents, ConversionEventsUserData) and its
pages on the tag's parameters, read 2026-11; what the tag adds was seen in its builds of 2024-10 and
2025-11.
Units:  money is in whole currency units on both sides, numbers on the wire, texts in the API.
"""

import re
from collections.abc import Iterable, Mapping

import orjson

from firsthand.convert import (
    address,
    amount,
    birth_date,
    currency,
    email,
    hashed,
    integer,
    json_value,
    letters,
    matching,
    number,
    phone_digits,
    public_ip,
    short,
    text,
)
from firsthand.mapping import Pair, Table
from firsthand.model import Fields, Kind, MatchKey, Value
from firsthand.vendor import OWN_KEY, Converter, Field

CLICK = r"[A-Za-z0-9_=-]{1,512}"
CLICK_PATH = "user_data.click_id"
CONTENTS = "custom_data.contents"
LIMITED = "LDP"
MAX_ITEMS = 500

API_NAMES: Mapping[str, str] = {
    "addtocart": "add_to_cart",
    "pagevisit": "page_visit",
    "viewcategory": "view_category",
    "watchvideo": "watch_video",
}
"""What the API calls the tag's events; all others are called the same."""

EVENT_NAMES: Mapping[str, str] = {
    "init": "page_view",
    "pagevisit": "page_view",
    "viewcategory": "view_item_list",
    "addtocart": "add_to_cart",
    "watchvideo": "custom",  # the shared vocabulary has no word for it
    "externalmeasurement": "custom",
    "page_visit": "page_view",
    "view_category": "view_item_list",
    "watch_video": "custom",
    "add_payment_info": "add_payment_info",
    "add_to_cart": "add_to_cart",
    "add_to_wishlist": "add_to_wishlist",
    "app_install": "install",
    "app_open": "custom",
    "checkout": "purchase",
    "contact": "contact",
    "custom": "custom",
    "customize_product": "customize_product",
    "find_location": "find_location",
    "initiate_checkout": "begin_checkout",
    "lead": "generate_lead",
    "schedule": "schedule",
    "search": "search",
    "signup": "sign_up",
    "start_trial": "start_trial",
    "submit_application": "custom",
    "subscribe": "subscribe",
    "view_content": "viewed_item",
}

NOT_IN_API = frozenset({"init", "externalmeasurement"})
"""``init`` says that the base code ran: the API has none. A page visit is ``pagevisit``."""


def event_name(told: str) -> str:
    """Return an event's name; the tag compares its own without regard to case."""
    name = short(100)(told) or ""
    return name.lower() if name.lower() in EVENT_NAMES else name


_HEX40 = re.compile(r"[0-9a-fA-F]{40}")
_NO_DIGIT = re.compile(r"[^0-9]+")
_GENDER = {"female": "f", "male": "m", "f": "f", "m": "m", "n": "n", "non-binary": "n"}


def _person(normal: Converter) -> Converter:
    """Hash what is plain; SHA-1 and MD5, which the tag lets pass, are of no use to the API."""
    convert = hashed(lambda plain: str(normal(plain) or ""))
    return lambda value: None if _HEX40.fullmatch(value.strip()) else convert(value)


def _postcode(plain: str) -> str:
    return _NO_DIGIT.sub("", plain)


def _money(value: str) -> str | None:
    """Return an amount as the API wants it: a text, as it was written."""
    return None if amount(value) is None else value.strip()


def _label(value: str) -> str | None:
    """Return a product's text; the tag hashes addresses in the outer texts of an event only."""
    return None if "@" in value and any(map(email, value.split())) else text(value)


_ITEM: Mapping[str, tuple[str, Converter]] = {
    "product_id": ("id", text),
    "product_name": ("item_name", _label),
    "product_category": ("item_category", _label),
    "product_brand": ("item_brand", _label),
    "product_price": ("item_price", _money),
    "product_quantity": ("quantity", integer),
}


def _contents(value: str) -> Value | None:
    """Return the items with the members that the API knows: it refuses any other."""
    listed = json_value(value)
    given = listed if isinstance(listed, list) else [listed]
    items = [_item(each) for each in given[:MAX_ITEMS] if isinstance(each, dict)]
    return [item for item in items if item] or None


def _item(given: Mapping[str, Value]) -> dict[str, Value]:
    item: dict[str, Value] = {}
    for wire, (name, convert) in _ITEM.items():
        value = convert(spelled(given[wire])) if wire in given else None
        if value is not None:
            item[name] = value
    return item


def _ids(value: str) -> Value | None:
    listed = json_value(value) if value[:1] == "[" else [value]
    found = [text(spelled(each)) for each in listed] if isinstance(listed, list) else []
    return list(dict.fromkeys(each for each in found if each)) or None


def spelled(value: Value) -> str:
    """Return a JSON value as the wire of the old image form spells it."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


_yes: Converter = {"1": True}.get


def _limited(value: str) -> str | None:
    return LIMITED if LIMITED in re.split(r"[,\s]+", value.upper()) else None


_PERSON = (
    ("em", email, MatchKey.EMAIL),
    ("ph", phone_digits, MatchKey.PHONE),
    ("fn", str, MatchKey.NAME),
    ("ln", str, MatchKey.NAME),
    ("ge", _GENDER.get, None),
    ("db", birth_date, None),
    ("ct", letters, MatchKey.ADDRESS),
    ("st", matching(r"[a-z]{2}"), MatchKey.ADDRESS),
    ("zp", _postcode, MatchKey.ADDRESS),
    ("country", matching(r"[a-z]{2}"), MatchKey.ADDRESS),
    ("external_id", str, MatchKey.EXTERNAL_ID),
)

# ``ed``, ``pd``, ``ad`` and ``ov`` are JSON objects, in the image form families of parameters: rows
# name the members as the image form does. The order of the rows is the order of the keys in a call.
# fmt: off
FIELDS = (
    #     tag                    API path                     privacy          converter
    Field("tid",                 "",                          Kind.TECHNICAL,  text),
    Field("event",               "",                          Kind.TECHNICAL,  text),
    Field("cb",                  "",                          Kind.TECHNICAL,  number),
    *(Field(wire,                "",                          Kind.ORDER_ID,   text) for wire in (
        "ed[event_id]", "ed[eventID]", "ed[eid]", "ov[event_id]", "ov[eventID]", "ov[eid]",
        OWN_KEY)),
    Field("ad[loc]",             "event_source_url",          Kind.PAGE,       address),
    Field("@referer",            "event_source_url",          Kind.PAGE,       address),
    Field("@source",             "action_source",             Kind.TECHNICAL,
          matching("web|offline|app_ios|app_android")),
    Field("@opt_out",            "opt_out",                   Kind.CONSENT,    _yes),
    *(Field(f"pd[{prefix}{key}]", f"user_data.{key}",         Kind.CONTACT,    _person(normal),
            match) for prefix in ("", "aem_") for key, normal, match in _PERSON),
    Field("pd[aem]",             "user_data.em",              Kind.CONTACT,    _person(email),
          MatchKey.EMAIL),
    Field("ed[external_id]",     "user_data.external_id",     Kind.CONTACT,    _person(str),
          MatchKey.EXTERNAL_ID),
    Field("pd[epik]",            CLICK_PATH,                  Kind.AD_ID,      matching(CLICK),
          MatchKey.CLICK_ID),
    Field("@ip",                 "user_data.client_ip_address", Kind.NETWORK,  public_ip,
          MatchKey.IP),
    Field("@user_agent",         "user_data.client_user_agent", Kind.NETWORK,  text,
          MatchKey.USER_AGENT),
    Field("ed[value]",           "custom_data.value",         Kind.COMMERCE,   _money),
    Field("ed[currency]",        "custom_data.currency",      Kind.COMMERCE,   currency),
    Field("ed[product_ids]",     "custom_data.content_ids",   Kind.COMMERCE,   _ids),
    Field("ed[product_id]",      "custom_data.content_ids",   Kind.COMMERCE,   _ids),
    Field("ed[line_items]",      CONTENTS,                    Kind.COMMERCE,   _contents),
    Field("ed[order_quantity]",  "custom_data.num_items",     Kind.COMMERCE,   integer),
    Field("ed[order_id]",        "custom_data.order_id",      Kind.ORDER_ID,   text),
    Field("ed[search_query]",    "custom_data.search_string", Kind.CUSTOM,     text),
    Field("pd[opt_out_type]",    "custom_data.opt_out_type",  Kind.CONSENT,    _limited),
    # Known, of no use to the API: it refuses what it does not know. It has no field for
    # ``pin_unauth``, and Pinterest does not say that a derived click id counts as one.
    *(Field(wire, "", kind, text) for kind, wires in (
        (Kind.TECHNICAL, "ed pd ad ov dep stc noscript piaa ad[*"),
        (Kind.TECHNICAL, "pd[np] pd[tm] pd[aem_eligible_list] pd[fp_cookie] pd[fp_localStorage]"),
        (Kind.TECHNICAL, "pd[epik_localstore]"),
        (Kind.AD_ID, "pd[derived_epik]"),
        (Kind.BROWSER_ID, "pd[pin_unauth]"),
        (Kind.CUSTOM, "ed[* ov[*"),
    ) for wire in wires.split()),
)
# fmt: on

TABLE = Table(FIELDS)
PERSON_ROWS = {row.wire: row for row in FIELDS if row.kind is Kind.CONTACT and row.path}


def person(pairs: Iterable[Pair]) -> Fields:
    """Return contact data as lists: what the site gave, then what the tag read from forms."""
    lists: dict[str, list[Value]] = {}
    known = [(PERSON_ROWS[name], value) for name, value in pairs if name in PERSON_ROWS]
    for row, value in sorted(known, key=lambda each: "aem" in each[0].wire):
        listed = json_value(value) if value[:1] == "[" else None
        for each in listed if isinstance(listed, list) else [value]:
            digest = row.convert(each) if isinstance(each, str) and each else None
            if digest is not None and digest not in lists.setdefault(row.path, []):
                lists[row.path].append(digest)
    return {path: values for path, values in lists.items() if values}


def complete(fields: Fields) -> None:
    """Add what follows from the items: their ids, and how many there are."""
    contents = fields.get(CONTENTS)
    items = (
        [each for each in contents if isinstance(each, dict)] if isinstance(contents, list) else []
    )
    ids = list(dict.fromkeys(item["id"] for item in items if "id" in item))
    counts = [count for item in items if isinstance(count := item.get("quantity"), int)]
    if ids:
        fields.setdefault("custom_data.content_ids", list(ids))
    if counts:
        fields.setdefault("custom_data.num_items", sum(counts))


_TOGETHER = frozenset({"user_data.client_ip_address", "user_data.client_user_agent"})


def doubts(fields: Mapping[str, Value]) -> tuple[str, ...]:
    """Say in advance what Pinterest will refuse: a phone number or a click id is not enough."""
    if "user_data.em" in fields or fields.keys() >= _TOGETHER:
        return ()
    return ("no address, and not both IP and user agent: Pinterest refuses the event",)
