"""Events of the shop's own -> what the Pinterest tag would have told of them.

Source: Pinterest's OpenAPI description 5.23 (ConversionEvents, ConversionEventsUserData), read
        2026-11; ECAPI 1.0, read 2026-11-20.
Units:  money in whole currency units on both sides, texts in the API.
"""

import re
from dataclasses import replace
from typing import Any

import orjson

from firsthand.ecapi import rows
from firsthand.ecapi.event import WEBSITE, Event
from firsthand.mapping import Pair
from firsthand.model import Reading, Reason
from firsthand.vendors.pinterest.fields import (
    API_NAMES,
    EVENT_NAMES,
    NOT_IN_API,
    TABLE,
    complete,
    doubts,
    event_name,
    person,
)

_OURS = frozenset({*API_NAMES.values(), *NOT_IN_API})
NAMES = {word: name for name, word in EVENT_NAMES.items() if word != "custom" and name not in _OURS}
"""Our canonical words -> the tag's names, which the writer turns into the API's; Pinterest gets
nothing else."""

_TOLD = {
    "value": "ed[value]",
    "currency_code": "ed[currency]",
    "transaction_id": "ed[order_id]",
    "search_term": "ed[search_query]",
    "page_url": "ad[loc]",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}

# ECAPI hashes a phone number with its "+" and a gender as a word: Pinterest does neither. City,
# state and country are never hashed there.
_CONTACTS = (
    ("email", "pd[em]", True),
    ("phone", "pd[ph]", False),
    ("first_name", "pd[fn]", True),
    ("last_name", "pd[ln]", True),
    ("gender", "pd[ge]", False),
    ("birth_date", "pd[db]", False),
    ("city", "pd[ct]", False),
    ("state", "pd[st]", False),
    ("postal_code", "pd[zp]", True),
    ("country", "pd[country]", False),
    ("external_id", "pd[external_id]", True),
)

_ITEM = {
    "id": "product_id",
    "name": "product_name",
    "category": "product_category",
    "brand": "product_brand",
    "price": "product_price",
    "quantity": "product_quantity",
}

_ANDROID = re.compile("android|okhttp|dalvik", re.IGNORECASE)
_NO_SYSTEM = ("source: Pinterest wants to know an app's system, and no user agent names it",)
_IOS = re.compile("iphone|ipad|ipod|ios/|cfnetwork", re.IGNORECASE)


def compose(event: Event, account: str, _settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one tag, ``None`` where Pinterest has no such event."""
    name = event_name(rows.name_at(event, "pinterest", NAMES))
    if not name:
        return None
    known, lost = rows.contacts(event, _CONTACTS)
    where = _where(event)
    pairs = [*rows.told(event, _TOLD), *_items(event), ("@source", where)]
    if event.attribution_only:
        pairs.append(("@opt_out", "1"))
    taken = TABLE.take(pairs)
    fields = taken.fields | person(known)
    complete(fields)
    order = str(fields.get("custom_data.order_id", "")) if name == "checkout" else ""
    notes = taken.notes + lost + (doubts(fields) if where else _NO_SYSTEM)
    read = rows.reading(event, account, name, fields, key=event.id or order, notes=notes)
    usable = where and name not in NOT_IN_API
    return read if usable else replace(read, skip=Reason.UNMAPPABLE)


def _where(event: Event) -> str:
    """Return where an event happened, "" of an app whose system its user agent does not name."""
    if event.source != "app":
        return "web" if event.source in {"", WEBSITE} else "offline"
    agent = event.told.get("event_user_agent", "")
    if _ANDROID.search(agent):
        return "app_android"
    return "app_ios" if _IOS.search(agent) else ""


def _items(event: Event) -> list[Pair]:
    items = rows.items(event, _ITEM)
    return [("ed[line_items]", orjson.dumps(items).decode())] if items else []
