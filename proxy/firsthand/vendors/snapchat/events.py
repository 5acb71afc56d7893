"""Events of the shop's own -> what the Snap Pixel would have told of them.

Source: Snap's pages on the Conversions API (using the API, parameters, deduplication), read
        2026-11; ECAPI 1.0, read 2026-11-20.
Units:  money in whole currency units on both sides.
Losses: a pixel takes events of websites and offline ones: those of apps need the id of an app and
        data of the device. How Snap wants a date of birth hashed is not published: none is sent.
"""

from dataclasses import replace
from typing import Any

import orjson

from firsthand.convert import integer, short
from firsthand.ecapi import rows
from firsthand.ecapi.event import Event
from firsthand.mapping import Pair
from firsthand.model import Reading, Reason
from firsthand.vendors.snapchat.fields import EVENT_NAMES, TABLE, doubts, person

_LEFT_OUT = frozenset({"custom", "install", "remove_from_cart", "viewed_cart"})
NAMES = {word: name for name, word in EVENT_NAMES.items() if word not in _LEFT_OUT}
"""Our canonical words -> Snapchat's names. An installation is an app's. Views and changes of a cart
go only under a name that the shop gives; that of a lead is a setting."""

_TOLD = {
    "value": "e_pr",
    "currency_code": "e_cur",
    "transaction_id": "e_tid",
    "search_term": "e_ss",
    "login_method": "e_sm",
    "character_level": "e_lv",
    "page_url": "pl",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}

# ECAPI hashes a phone number with its "+" and a gender as a word: Snap does neither. City, state
# and country are never hashed there.
_CONTACTS = (
    ("email", "em", True),
    ("phone", "ph", False),
    ("first_name", "fn", True),
    ("last_name", "ln", True),
    ("gender", "ge", False),
    ("city", "ct", False),
    ("state", "st", False),
    ("postal_code", "zp", True),
    ("country", "country", False),
    ("external_id", "@external_id", True),
)

_ITEM = {"id": "id", "quantity": "quantity", "price": "item_price", "brand": "brand"}


_APP = ("source: a pixel takes no events of apps",)


def compose(event: Event, account: str, settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one pixel, ``None`` where Snapchat has no such event."""
    names = {**NAMES, "generate_lead": settings.lead_event}
    name = short(100)(rows.name_at(event, "snapchat", names))
    if not name:
        return None
    known, lost = rows.contacts(event, _CONTACTS)
    pairs = [*rows.told(event, _TOLD), *_items(event)]
    if event.attribution_only:
        pairs.append(("@opt_out", "1"))
    app = event.source == "app"
    if not app:
        pairs.append(("@source", event.source))
    taken = TABLE.take(pairs)
    fields = taken.fields | person(known)
    order = str(fields.get("custom_data.order_id", "")) if name == "PURCHASE" else ""
    notes = taken.notes + lost + (_APP if app else doubts(name, fields))
    read = rows.reading(event, account, name, fields, key=event.id or order, notes=notes)
    return replace(read, skip=Reason.UNMAPPABLE) if app else read


def _items(event: Event) -> list[Pair]:
    """Return what the pixel says of a cart: contents, ids, categories, how many."""
    items = [item for item in event.items if "id" in item]
    if not items:
        return []
    pairs = [
        ("contents", _json([item for item in rows.items(event, _ITEM) if "id" in item])),
        ("content_ids", _json([item["id"] for item in items])),
    ]
    categories = list(dict.fromkeys(item["category"] for item in items if "category" in item))
    if categories:
        pairs.append(("content_category", _json(categories)))
    counts = [integer(item.get("quantity", "1")) for item in items]
    if None not in counts:
        pairs.append(("num_items", str(sum(filter(None, counts)))))
    return pairs


def _json(value: Any) -> str:  # noqa: ANN401 - anything that JSON can say
    return orjson.dumps(value).decode()
