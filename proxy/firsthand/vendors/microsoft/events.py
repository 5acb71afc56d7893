"""Events of the shop's own -> what the UET tag would have told of them.

Source: Microsoft's pages "Conversions API guide" and "Full list of parameters" (UET), read
        2026-11-24; ECAPI 1.0, read 2026-11-20.
Units:  money in major units on both sides.
Losses: names and addresses, coupons, tax and shipping. There is no word for "not for the
        optimisation of ads": such an event counts as one with limited data use. A hashed e-mail
        address with dots or a ``+`` before the @ goes on, and matches nobody: Microsoft hashes it
        without them, and a hash does not show it.
"""

from dataclasses import replace
from typing import Any

import orjson

from firsthand.convert import hashed_as_given
from firsthand.ecapi import rows
from firsthand.ecapi.event import Event
from firsthand.mapping import query_pairs
from firsthand.model import Reading, Reason
from firsthand.vendors.microsoft.fields import (
    CUSTOMER_PATH,
    EVENT_NAMES,
    NAMELESS,
    PAGE_LOAD,
    TABLE,
    name_of,
)

NAMES = {
    **{name: name for name, canonical in EVENT_NAMES.items() if name == canonical != "refund"},
    "page_view": PAGE_LOAD,
    "viewed_item": "view_item",
    "schedule": "book_appointment",
    # The tag's standard has no word for these: as actions of their own, goals can name them.
    "viewed_cart": "view_cart",
    "qualify_lead": "qualify_lead",
    "close_convert_lead": "close_convert_lead",
}
"""Our canonical words -> Microsoft's actions; Microsoft gets nothing else."""

_PAGE_TYPES = {
    "search": "searchresults",
    "view_search_results": "searchresults",
    "view_item_list": "category",
    "viewed_item": "product",
    "add_to_cart": "cart",
    "viewed_cart": "cart",
    "begin_checkout": "cart",
    "purchase": "purchase",
}
"""Kinds of pages by which remarketing knows what a visitor did with the items."""

_TOLD = {
    "value": "gv",
    "currency_code": "gc",
    "transaction_id": "transaction_id",
    "search_term": "search_term",
    "page_url": "p",
    "referrer": "r",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}
_CONTACTS = (("email", "pid.em", True), ("phone", "pid.ph", True))
_ITEM = {"id": "id", "name": "name", "price": "price", "quantity": "quantity"}


def compose(event: Event, account: str, _settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one tag, ``None`` where Microsoft has no such event."""
    name = name_of(rows.name_at(event, "microsoft", NAMES))
    if not name:
        return None
    known, notes = rows.contacts(event, _CONTACTS)
    taken = TABLE.take([*rows.told(event, _TOLD), *known, *_click(event), *_items(event)])
    fields = taken.fields
    for digest in rows.hashes(event, "external_id", _customer, portable=True)[:1]:
        fields[CUSTOMER_PATH] = digest
    found = rows.reading(event, account, name, fields, notes=taken.notes + notes)
    # A page load without a page is refused.
    lost = name == NAMELESS or (name == PAGE_LOAD and "eventSourceUrl" not in fields)
    skip = Reason.UNMAPPABLE if lost else Reason.NONE
    return replace(found, limited=event.attribution_only, skip=skip)


def _customer(given: str) -> str | None:
    """Microsoft wants an id that says nothing by itself; ECAPI hashes it in lower case."""
    return hashed_as_given(given.lower())


def _click(event: Event) -> list[rows.Pair]:
    """Return the click id of the page's address: newer than any cookie's."""
    query = event.told.get("page_url", "").partition("#")[0].partition("?")[2]
    return [pair for pair in query_pairs(query) if pair[0] == "msclkid"]


def _items(event: Event) -> list[rows.Pair]:
    items = [item for item in rows.items(event, _ITEM) if "id" in item]
    if not items:
        return []
    return [
        ("items", orjson.dumps(items).decode()),
        ("@item_ids", orjson.dumps([item["id"] for item in items]).decode()),
        ("pagetype", _PAGE_TYPES.get(event.type, "")),
    ]
