"""The table of the X Pixel's parameters and the fields of Web Conversions they go to.

Source: X's pages on web conversions (guide and reference of Ads API version 12), read 2026-11-24.
        The pixel's parameters are documented nowhere: uwt.js 2.3.34 and 2.3.35, run in Chromium.
Units:  money in major units, as text with two decimals.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address

from firsthand.convert import (
    amount,
    currency,
    email,
    hashed,
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
from firsthand.vendors.x.answers import CLICK_PATH, matchable

ACCOUNT = r"[a-z0-9]{3,12}"  # a number in base 36
CLICK = r"[A-Za-z0-9_-]{1,128}"


def _money(value: str) -> str | None:
    """Return an amount as X spells it; nothing for zero, which stands for "not known"."""
    parsed = amount(value)
    return f"{parsed:.2f}" if parsed else None


def _count(value: str) -> int | None:
    parsed = integer(value)
    return parsed if parsed and parsed > 0 else None


def _ipv4(value: str) -> str | None:
    """Return an address in dotted decimals, the only form that X documents."""
    found = public_ip(value)
    return found if found and isinstance(ip_address(found), IPv4Address) else None


def plain(value: Value | None) -> str | None:
    """Return a text or a number of a JSON object as text."""
    usable = isinstance(value, str | int | float) and not isinstance(value, bool)
    return text(str(value)) if usable else None


_ITEM: Mapping[str, Converter] = {
    "content_id": text,
    "content_name": text,
    "content_type": text,
    "content_price": amount,
    "num_items": _count,
    "content_group_id": text,
}


def _contents(value: str) -> Value | None:
    """Return the items with the members that X documents; an item without any is none."""
    parsed = json_value(value)
    listed = parsed if isinstance(parsed, list) else [parsed or {}]
    items = [_item(each) for each in listed if isinstance(each, dict)]
    return [item for item in items if item] or None


def _item(given: Mapping[str, Value]) -> dict[str, Value]:
    item: dict[str, Value] = {}
    for name, convert in _ITEM.items():
        told = plain(given.get(name))
        value = convert(told) if told else None
        if value is not None:
            item[name] = value
    return item


_email = hashed(email)
_phone = hashed(phone_plus)
as_click = matching(CLICK)

# ``event.*`` are members of the JSON in the parameter ``event``.
# fmt: off
FIELDS = (
    #     pixel                    API path                          privacy            converter
    Field("txn_id",                "",                               Kind.TECHNICAL,    text),
    Field("event",                 "",                               Kind.TECHNICAL,    text),
    Field("events",                "",                               Kind.TECHNICAL,    text),
    Field("event_id",              "",                               Kind.ORDER_ID,     text),
    Field("event.conversion_id",   "",                               Kind.ORDER_ID,     text),
    Field("event.value",           "value",                          Kind.COMMERCE,     _money),
    Field("tw_sale_amount",        "value",                          Kind.COMMERCE,     _money),
    Field("event.currency",        "price_currency",                 Kind.COMMERCE,     currency),
    Field("event.num_items",       "number_items",                   Kind.COMMERCE,     _count),
    Field("tw_order_quantity",     "number_items",                   Kind.COMMERCE,     _count),
    Field("event.contents",        "contents",                       Kind.COMMERCE,     _contents),
    Field("event.search_string",   "search_string",                  Kind.CUSTOM,       text),
    Field("event.description",     "description",                    Kind.CUSTOM,       text),
    Field("twclid",                CLICK_PATH,                       Kind.AD_ID,        as_click,
          MatchKey.CLICK_ID),
    Field("event.twclid",          CLICK_PATH,                       Kind.AD_ID,        as_click,
          MatchKey.CLICK_ID),
    *(Field(f"{prefix}email_address", "identifiers.hashed_email",    Kind.CONTACT,      _email,
            MatchKey.EMAIL) for prefix in ("", "event.")),
    *(Field(f"{prefix}phone_number", "identifiers.hashed_phone_number", Kind.CONTACT,   _phone,
            MatchKey.PHONE) for prefix in ("", "event.")),
    Field("@ip",                   "identifiers.ip_address",         Kind.NETWORK,      _ipv4,
          MatchKey.IP),
    Field("@user_agent",           "identifiers.user_agent",         Kind.NETWORK,      short(500),
          MatchKey.USER_AGENT),
    # Known, without a counterpart in the API.
    *(Field(wire, "", kind, text) for kind, wires in (
        (Kind.TECHNICAL, "bci eci p_id p_user_id type version integration tw_iframe_status"),
        (Kind.TECHNICAL, "clid_src tw_clid_src tw_pid_src tw_acc_response tpx_cb event.status"),
        (Kind.CONSENT, "restricted_data_use us_privacy"),
        (Kind.PAGE, "tw_document_href tw_document_referrer pt @referer"),
        (Kind.BROWSER_ID, "pl_id twpid"),
        (Kind.NETWORK, "dv"),
    ) for wire in wires.split()),
)
# fmt: on
TABLE = Table(FIELDS)


def doubts(fields: Fields, own: str | None) -> tuple[str, ...]:
    """Say in advance what X will refuse or count twice; ``own`` is the shop's conversion id."""
    found = []
    if not matchable(fields):
        found.append("no identifier yet: X takes this event only with a cookie's click id")
    if not own:
        found.append("no conversion_id: X cannot tell this event from the pixel's own")
    return tuple(found)
