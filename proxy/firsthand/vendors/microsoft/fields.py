"""The table of the UET tag's parameters and the fields of the Conversions API they go to; the names
of events.

Source: Microsoft's pages "Conversions API guide" and "Full list of parameters" (UET), read
        2026-11-24; its rules for hashed contact data as public connectors of 2026 apply them. Much
        of the beacon stands on neither: bat.js of 2024-10 to 2026-03, run in Chromium.
Units:  money in major units on both sides; a click id is 32 hex digits on the wire, and a UUID with
        dashes in the API.
"""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from firsthand.convert import (
    address,
    amount,
    currency,
    email,
    hashed,
    json_value,
    matching,
    number,
    phone_plus,
    public_ip,
    short,
    text,
)
from firsthand.mapping import Pair, Table, query_pairs
from firsthand.model import Kind, MatchKey, Value
from firsthand.vendor import Converter, Field

CLICK = r"[0-9a-fA-F]{32}"
CLICK_PATH = "userData.msclkid"
BROWSER_PATH = "userData.anonymousId"
CUSTOMER_PATH = "userData.externalId"
PAGE_LOAD = "pageLoad"
NAMELESS = "(remarketing)"  # stands for an event that has parameters and no name
_words = str.split
_SAME = _words(
    "page_view login sign_up subscribe start_trial generate_lead contact search view_search_results"
    " select_content share find_location view_item_list view_promotion add_to_cart remove_from_cart"
    " add_to_wishlist add_payment_info begin_checkout purchase refund"
)
EVENT_NAMES: Mapping[str, str] = {
    **dict(zip(_SAME, _SAME, strict=True)),
    PAGE_LOAD: "page_view",
    "lead": "generate_lead",
    "submit_lead_form": "generate_lead",
    "book_appointment": "schedule",
    "view_item": "viewed_item",
    "ADD_TO_CART": "add_to_cart",
    "PRODUCT_PURCHASE": "purchase",
}

_CLICK = re.compile(rf"({CLICK})(?:-[01])?")
_listed = matching("home|category|searchresults|product|cart|purchase|other")
uuid = matching(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NEXT_ITEM = re.compile(r",(?=[A-Za-z_]{1,30}=)")


def name_of(told: str) -> str:
    """Return an event's action, at most 100 characters."""
    return short(100)(told) or ""


def click(value: str) -> str | None:
    """Return a click id as a UUID with dashes; the mark behind it says whether it is new."""
    found = _CLICK.fullmatch(value)
    return str(UUID(found[1])) if found else None


def _mailbox(plain: str) -> str | None:
    """Return an address as Microsoft hashes it: without ``+tag``, and without dots before the @."""
    local, _, domain = plain.rpartition("@")
    return email(f"{local.partition('+')[0].replace('.', '')}@{domain}")


def _page_type(value: str) -> str | None:
    return _listed(value.lower())


def _ids(value: str) -> Value | None:
    """Return the product ids of a list with commas; an id has none."""
    return list(filter(None, map(text, value.split(",")))) or None


_ITEM: Mapping[str, tuple[str, Converter]] = {
    "id": ("id", text),
    "item_id": ("id", text),
    "name": ("name", text),
    "item_name": ("name", text),
    "price": ("price", amount),
    "quantity": ("quantity", amount),
}


def _items(value: str) -> Value | None:
    """Return items from ``id=A&price=5,id=B``, as bat.js joins them, or from JSON."""
    parsed = json_value(value)
    if isinstance(parsed, list):
        told = [[(k, str(v)) for k, v in each.items()] for each in parsed if isinstance(each, dict)]
    else:
        told = [query_pairs(each) for each in _NEXT_ITEM.split(value)]
    items = [_item(pairs) for pairs in told]
    return [item for item in items if item] or None


def _item(pairs: Sequence[Pair]) -> dict[str, Value]:
    item: dict[str, Value] = {}
    for wire, told in pairs:
        name, convert = _ITEM.get(wire, ("", text))
        value = convert(told) if name else None
        if value is not None:
            item.setdefault(name, value)
    return item


_vid = matching(r"[0-9a-f]{32}")
_user = matching(r"[A-Za-z0-9._:=+/-]{1,128}")  # no address of a person

# fmt: off
FIELDS = (
    #     beacon              CAPI                           privacy           converter
    Field("asc",              "adStorageConsent",            Kind.CONSENT,     matching("[GD]")),
    Field("mid",              "pageLoadId",                  Kind.BROWSER_ID,  uuid),
    Field("p",                "eventSourceUrl",              Kind.PAGE,        address),
    Field("@referer",         "eventSourceUrl",              Kind.PAGE,        address),
    Field("r",                "referrerUrl",                 Kind.PAGE,        address),
    Field("tl",               "pageTitle",                   Kind.PAGE,        short(300)),
    Field("kw",               "keywords",                    Kind.PAGE,        short(300)),
    Field("vid",              BROWSER_PATH,                  Kind.BROWSER_ID,  _vid,
          MatchKey.BROWSER_ID),
    Field("uid",              CUSTOMER_PATH,                 Kind.CONTACT,     _user,
          MatchKey.EXTERNAL_ID),
    Field("pid.em",           "userData.em",                 Kind.CONTACT,     hashed(_mailbox),
          MatchKey.EMAIL),
    Field("pid.ph",           "userData.ph",                 Kind.CONTACT,     hashed(phone_plus),
          MatchKey.PHONE),
    Field("msclkid",          CLICK_PATH,                    Kind.AD_ID,       click,
          MatchKey.CLICK_ID),
    Field("@ip",              "userData.clientIpAddress",    Kind.NETWORK,     public_ip,
          MatchKey.IP),
    Field("@user_agent",      "userData.clientUserAgent",    Kind.NETWORK,     text,
          MatchKey.USER_AGENT),
    Field("ec",               "customData.eventCategory",    Kind.CUSTOM,      text),
    Field("el",               "customData.eventLabel",       Kind.CUSTOM,      text),
    Field("ev",               "customData.eventValue",       Kind.COMMERCE,    number),
    Field("gv",               "customData.value",            Kind.COMMERCE,    amount),
    Field("gc",               "customData.currency",         Kind.COMMERCE,    currency),
    Field("transaction_id",   "customData.transactionId",    Kind.ORDER_ID,    text),
    Field("prodid",           "customData.itemIds",          Kind.COMMERCE,    _ids),
    Field("items",            "customData.items",            Kind.COMMERCE,    _items),
    Field("pagetype",         "customData.pageType",         Kind.COMMERCE,    _page_type),
    Field("ecomm_totalvalue", "customData.ecommTotalValue",  Kind.COMMERCE,    amount),
    Field("ecomm_category",   "customData.ecommCategory",    Kind.COMMERCE,    text),
    Field("search_term",      "customData.searchTerm",       Kind.CUSTOM,      text),
    Field("ecomm_query",      "customData.searchTerm",       Kind.CUSTOM,      text),
    # Told by the shop alone, whose ids may hold commas.
    Field("@item_ids",        "customData.itemIds",          Kind.COMMERCE,    json_value),
    # Known, without a counterpart in the API.
    *(Field(wire, "", kind, text) for kind, wires in (
        (Kind.TECHNICAL, "ti evt ea Ver tm bo vids pi lg sw sh sc nwd lt sv cdb rn en el2 tpp spa"),
        (Kind.TECHNICAL, "page_path hct_*"),
        (Kind.ORDER_ID, "event_id"),
        (Kind.BROWSER_ID, "sid"),
        (Kind.CONTACT, "pid"),
        (Kind.NETWORK, "uach"),
    ) for wire in wires.split()),
)
# fmt: on
TABLE = Table(FIELDS)
