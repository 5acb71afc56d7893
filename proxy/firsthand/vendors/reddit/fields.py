"""The table of the Reddit Pixel's parameters and the fields of the Conversions API they go to.

Source: Reddit's API reference for conversion events, as connectors in production use it, read
2026-11. The pixel's parameters are documented nowhere: seen in builds of 2024-10 to 2025-10.
Units:  money is in whole currency units in the API, in minor units in the pixel's ``m.value``.
"""

import re
from collections.abc import Mapping

from firsthand.convert import (
    address,
    amount,
    currency,
    email,
    hashed,
    hashed_as_given,
    integer,
    json_value,
    matching,
    phone_plus,
    public_ip,
    short,
    text,
)
from firsthand.mapping import Table
from firsthand.model import Fields, Kind, MatchKey, Value
from firsthand.vendor import Converter, Field

ACCOUNT = r"(?:a2|t2)_[a-z0-9]{1,40}"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CLICK = r"[A-Za-z0-9_.-]{1,256}"
MAX_ITEMS = 200

TYPES: Mapping[str, str] = {
    "PageVisit": "PAGE_VISIT",
    "ViewContent": "VIEW_CONTENT",
    "Search": "SEARCH",
    "AddToCart": "ADD_TO_CART",
    "AddToWishlist": "ADD_TO_WISHLIST",
    "Purchase": "PURCHASE",
    "Lead": "LEAD",
    "SignUp": "SIGN_UP",
    "Custom": "CUSTOM",
}

EVENT_NAMES: Mapping[str, str] = {
    "PageVisit": "page_view",
    "ViewContent": "viewed_item",
    "Search": "search",
    "AddToCart": "add_to_cart",
    "AddToWishlist": "add_to_wishlist",
    "Purchase": "purchase",
    "Lead": "generate_lead",
    "SignUp": "sign_up",
    "Custom": "custom",
}

_WITH_ITEMS = frozenset({"PURCHASE", "ADD_TO_CART", "ADD_TO_WISHLIST", "CUSTOM"})
_WITH_VALUE = _WITH_ITEMS | {"LEAD", "SIGN_UP"}
_ALLOWED: Mapping[str, frozenset[str]] = {
    "metadata.value": _WITH_VALUE,
    "metadata.currency": _WITH_VALUE,
    "metadata.item_count": _WITH_ITEMS,
    "metadata.products": _WITH_ITEMS,
}
"""Event types that may carry a field; those that are not listed go with all."""


def takes(kind: str, path: str) -> bool:
    """Say whether an event of a type may carry a field."""
    return kind in _ALLOWED.get(path, {kind})


def refused(kind: str, fields: Fields) -> tuple[str, ...]:
    """Say which fields an event of this type may not carry."""
    return tuple(f"{path}: none with {kind}" for path in fields if not takes(kind, path))


_NO_HASH = frozenset({"0" * 64, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"})
"""What stands for an address that the pixel found wrong; the hash of nothing."""

_split = str.split
NO_MINOR_UNITS = frozenset(_split("BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"))
_COMMA = re.compile(r"([0-9]+),([0-9]{1,2})")


def _decimal(value: str) -> int | float | None:
    """Return an amount; one comma before one or two digits is a decimal mark."""
    return amount(_COMMA.sub(r"\1.\2", value) if _COMMA.fullmatch(value) else value)


def _person(digest: Converter) -> Converter:
    def convert(value: str) -> Value | None:
        made = digest(value)
        return None if made in _NO_HASH else made

    return convert


def _mailbox(plain: str) -> str | None:
    """Return an address as Reddit hashes it: no dots, nothing after a plus in the local part."""
    local, _, domain = plain.partition("@")
    return email(f"{local.partition('+')[0].replace('.', '')}@{domain}")


def _phone(plain: str) -> str | None:
    return phone_plus(re.split(r"x|ext|#", plain, maxsplit=1)[0])


_PRODUCT: Mapping[str, Converter] = {"id": text, "category": text, "name": text}


def _products(value: str) -> Value | None:
    """Return the products, with the three members that the API knows."""
    parsed = json_value(value)
    given = parsed if isinstance(parsed, list) else [parsed]
    made = [_product(each) for each in given[:MAX_ITEMS] if isinstance(each, dict)]
    return [each for each in made if each] or None


def _product(given: Mapping[str, Value]) -> dict[str, Value]:
    told = {name: convert(str(given[name])) for name, convert in _PRODUCT.items() if name in given}
    return {name: value for name, value in told.items() if value}


def _screen(value: str) -> Value | None:
    width, _, height = value.partition("x")
    sides = integer(width), integer(height)
    return {"width": sides[0], "height": sides[1]} if sides[0] and sides[1] else None


def _options(value: str) -> Value | None:
    """Return the options of limited data use from ``LDU|country|region``."""
    mode, country, region = value.split("|")
    made: dict[str, Value] = {"modes": ["LDU"]}
    if re.fullmatch(r"[A-Za-z]{2}", country):
        made["country"] = country.upper()
    if re.fullmatch(r"[A-Za-z0-9-]{1,6}", region):
        made["region"] = region.upper()
    return made if mode else None


_SOURCES = {"website": "WEBSITE", "app": "APP", "physical_store": "PHYSICAL_STORE"}


def _source(value: str) -> str | None:
    """Return where an event happened, by ECAPI's word for it; most words are one at Reddit."""
    return _SOURCES.get(value, "OTHER")


CLICK_PATH = "click_id"
OPTIONS = "user.data_processing_options"
_uuid = matching(UUID)

# The order of the rows is the order of the keys in the call.
# fmt: off
FIELDS = (
    #     pixel                 API path                       privacy           converter
    Field("esurl",              "event_source_url",            Kind.PAGE,        address),
    Field("@referer",           "event_source_url",            Kind.PAGE,        address),
    Field("@source",            "action_source",               Kind.TECHNICAL,   _source),
    Field("event",              "type.tracking_type",          Kind.TECHNICAL,   TYPES.get),
    Field("m.customEventName",  "type.custom_event_name",      Kind.CUSTOM,      short(100)),
    Field("click_id",           CLICK_PATH, Kind.AD_ID, matching(CLICK), MatchKey.CLICK_ID),
    Field("m.valueDecimal",     "metadata.value",              Kind.COMMERCE,    _decimal),
    Field("@minor",             "metadata.value",              Kind.COMMERCE,    amount),
    Field("m.currency",         "metadata.currency",           Kind.COMMERCE,    currency),
    Field("m.itemCount",        "metadata.item_count",         Kind.COMMERCE,    integer),
    Field("m.products",         "metadata.products",           Kind.COMMERCE,    _products),
    Field("em", "user.email", Kind.CONTACT, _person(hashed(_mailbox)), MatchKey.EMAIL),
    Field("pn", "user.phone_number", Kind.CONTACT, _person(hashed(_phone)), MatchKey.PHONE),
    Field("external_id", "user.external_id", Kind.CONTACT, _person(hashed_as_given),
          MatchKey.EXTERNAL_ID),
    Field("uuid",               "user.uuid", Kind.BROWSER_ID, _uuid, MatchKey.BROWSER_ID),
    Field("@ip",                "user.ip_address", Kind.NETWORK, public_ip, MatchKey.IP),
    Field("@user_agent",        "user.user_agent", Kind.NETWORK, text, MatchKey.USER_AGENT),
    Field("@screen",            "user.screen_dimensions",      Kind.NETWORK,     _screen),
    Field("@options",           OPTIONS,                      Kind.CONSENT,     _options),
    # Known, of no use to the API. ``auto_*`` is what the pixel found on the page by itself.
    *(Field(wire, "", kind, text) for kind, wires in (
        (Kind.TECHNICAL, "ts id v db integration partner partner_version"),
        (Kind.COMMERCE, "m.value"),
        (Kind.ORDER_ID, "m.conversionId m.transactionId"),
        (Kind.CONSENT, "opt_out dpm dpcc dprc"),
        (Kind.NETWORK, "sh sw"),
        (Kind.CONTACT, "auto_em auto_pn aaid idfa"),
    ) for wire in wires.split()),
)
# fmt: on

TABLE = Table(FIELDS)
