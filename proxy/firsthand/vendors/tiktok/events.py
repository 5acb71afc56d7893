"""Events of the shop's own -> what the TikTok Pixel would have told of them.

Source: TikTok's help page on standard events (2025-09); the Events API's parameters as TikTok's own
        server tag (2024-05) and its SDK (2026-02) use them; ECAPI 1.0, read 2026-11-20.
Units:  money in whole currency units on both sides.
Losses: a pixel takes events of websites only: those of apps, shops and phones belong to other event
        sources, with ids of their own. ECAPI hashes a customer's id in lower case, TikTok as given.
"""

from dataclasses import replace
from typing import Any

import orjson

from firsthand.convert import short
from firsthand.ecapi import rows
from firsthand.ecapi.event import WEBSITE, Event
from firsthand.mapping import Pair
from firsthand.model import Reading, Reason
from firsthand.vendors.tiktok.fields import (
    EVENT_NAMES,
    PERSON_ROWS,
    TABLE,
    drop_unpaired,
    person,
)

_FORMER = frozenset({"CompletePayment", "SubmitForm"})
NAMES = {
    **{
        word: name for name, word in EVENT_NAMES.items() if word != "custom" and name not in _FORMER
    },
    # No standard event says this.
    "view_item_list": "ViewCategory",
    "donate": "Donate",
}
"""Our canonical words -> TikTok's names since May 2025; TikTok gets nothing else."""

_TOLD = {
    "value": "properties.value",
    "currency_code": "properties.currency",
    "transaction_id": "properties.order_id",
    "search_term": "properties.search_string",
    "page_url": "context.page.url",
    "referrer": "context.page.referrer",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}
_ALSO = {"search_term": "properties.query"}  # the older name of the same

_CONTACTS = (
    ("email", "context.user.email", True),
    ("phone", "context.user.phone_number", True),
    ("external_id", "context.user.external_id", False),
    ("first_name", "context.user.first_name", True),
    ("last_name", "context.user.last_name", True),
    ("postal_code", "context.user.zip_code", True),
    ("city", "context.user.city", False),
    ("state", "context.user.state", False),
    ("country", "context.user.country", False),
)

_ITEM = {
    "id": "content_id",
    "name": "content_name",
    "category": "content_category",
    "brand": "brand",
    "price": "price",
    "quantity": "quantity",
}


def compose(event: Event, account: str, _settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one pixel, ``None`` where TikTok has no such event.

    What may only be attributed goes as limited data, which the operator has to allow: TikTok has no
    other word for it.
    """
    name = short(100)(rows.name_at(event, "tiktok", NAMES))
    if not name:
        return None
    known, lost = rows.contacts(event, _CONTACTS)
    pairs = [*rows.told(event, _TOLD), *rows.told(event, _ALSO), *_items(event)]
    if event.attribution_only:
        pairs.append(("limited_data_use", "1"))
    taken = TABLE.take([*pairs, *(pair for pair in known if pair[0] not in PERSON_ROWS)])
    fields = taken.fields | person(known)
    notes = taken.notes + lost + drop_unpaired(fields)
    web = event.source in {"", WEBSITE}
    if not web:
        notes += ("source: a pixel takes events of websites only",)
    elif "page.url" not in fields:
        notes += ("page_url: TikTok wants it of a website's event",)
    read = rows.reading(event, account, name, fields, notes=notes)
    skip = Reason.NONE if web else Reason.UNMAPPABLE
    return replace(read, limited=event.attribution_only, skip=skip)


def _items(event: Event) -> list[Pair]:
    items = rows.items(event, _ITEM)
    if not items:
        return []
    return [
        ("properties.contents", orjson.dumps(items).decode()),
        ("properties.content_type", "product"),
    ]
