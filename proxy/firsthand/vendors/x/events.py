"""Events of the shop's own -> what the X Pixel would have told of them.

Source: X's pages on web conversions (guide and reference of Ads API version 12), read 2026-11-24;
        ECAPI 1.0, read 2026-11-20.
Units:  money in major units on both sides.
Losses: X knows no event by its name: those that Events Manager has no id for are not sent. It has
        no word for "not for the optimisation of ads", and no place for what happened off the web.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from firsthand.convert import integer, short
from firsthand.ecapi import rows
from firsthand.ecapi.event import CUSTOM, Event
from firsthand.mapping import Pair
from firsthand.model import Reading, Reason
from firsthand.vendors.x.fields import ACCOUNT, TABLE, doubts

_TOLD = {
    "value": "event.value",
    "currency_code": "event.currency",
    "search_term": "event.search_string",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}

_CONTACTS = (
    ("email", "event.email_address", True),
    ("phone", "event.phone_number", True),
)

_ITEM = {
    "id": "content_id",
    "name": "content_name",
    "price": "content_price",
    "quantity": "num_items",
}

_ELSEWHERE = frozenset({"app", "physical_store", "phone_call"})
_ID = re.compile(rf"tw-({ACCOUNT})-{ACCOUNT}")


def compose(event: Event, account: str, settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one pixel, ``None`` where no event id is set up for it."""
    name = _event_id(event, account, settings.events)
    if not name:
        return None
    known, lost = rows.contacts(event, _CONTACTS)
    taken = TABLE.take([*rows.told(event, _TOLD), *known, *_items(event)])
    notes = (*taken.notes, *lost, *doubts(taken.fields, event.id))
    read = rows.reading(event, account, name, taken.fields, notes=notes)
    return replace(read, limited=event.attribution_only, skip=_skip(event, account, name))


def _event_id(event: Event, account: str, configured: Mapping[str, str]) -> str:
    """Return the whole id of an event; the shop's own choice wins over what is configured."""
    told = event.custom if event.type == CUSTOM else event.type
    code = short(100)(event.names.get("x") or configured.get(told, "")) or ""
    return f"tw-{account}-{code}" if re.fullmatch(ACCOUNT, code) else code


def _skip(event: Event, account: str, name: str) -> Reason:
    """Say why an event is not for the API: it refuses ids of other pixels with the whole call."""
    found = _ID.fullmatch(name)
    if found is None or found[1] != account or event.source in _ELSEWHERE:
        return Reason.UNMAPPABLE
    return Reason.LIMITED_DATA if event.attribution_only else Reason.NONE


def _items(event: Event) -> Iterator[Pair]:
    """Yield what the pixel says of a cart: contents, and how many things there are."""
    if items := rows.items(event, _ITEM):
        yield "event.contents", orjson.dumps(items).decode()
    counts = [integer(item.get("quantity", "1")) for item in event.items]
    if counts and None not in counts:
        yield "event.num_items", str(sum(filter(None, counts)))
