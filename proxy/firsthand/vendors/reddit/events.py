"""Events of the shop's own -> what the Reddit Pixel would have told of them.

Source: Reddit's help page "About the Conversions API" and its API reference for conversion events,
        as connectors in production use them, read 2026-11; ECAPI 1.0, read 2026-11-20.
Units:  money in whole currency units on both sides.
Keys:   the pixel hashes a conversion id, so a shop's id is hashed, too: both paths say the same.
Losses: Reddit takes dots and what follows a plus out of an e-mail address before hashing: ECAPI's
        hash of such an address matches nobody. It keeps the case of a customer's id, ECAPI does
        not, so that a hash of one is not sent.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from firsthand.convert import hashed_as_given, integer, short
from firsthand.ecapi import rows
from firsthand.ecapi.event import Event
from firsthand.mapping import Pair
from firsthand.model import Reading
from firsthand.vendors.reddit.fields import EVENT_NAMES, TABLE, TYPES, refused, takes

# A custom event takes one of twenty places that an account has for them.
_OWN = ("begin_checkout", "add_payment_info", "view_item_list", "subscribe", "start_trial")
NAMES = {
    **{canonical: name for name, canonical in EVENT_NAMES.items() if canonical != "custom"},
    **{name: name for name in (*_OWN, "schedule", "contact", "donate")},
}
"""Our canonical words -> the pixel's names; Reddit gets nothing else."""

_SPELT = {kind: name for name, kind in TYPES.items()}

_TOLD = {
    "value": "m.valueDecimal",
    "currency_code": "m.currency",
    "page_url": "esurl",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}

_CONTACTS = (
    ("email", "em", True),
    ("phone", "pn", True),
    ("external_id", "external_id", False),
)

_ITEM = {"id": "id", "category": "category", "name": "name"}


def compose(event: Event, account: str, _settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one pixel, ``None`` where Reddit has no such event.

    Reddit has no word for "not for the optimisation of ads": an event with that wish is one of
    limited data, which only goes where the site forwards those.
    """
    given = short(100)(rows.name_at(event, "reddit", NAMES)) or ""
    name = _SPELT.get(given, given)
    if not name:
        return None
    known, lost = rows.contacts(event, _CONTACTS)
    pairs = [*_type(name), *rows.told(event, _TOLD), *known, *_items(event)]
    pairs.append(("@source", event.source))
    if event.attribution_only:
        pairs.append(("@options", "LDU||"))
    taken = TABLE.take(pairs)
    kind = str(taken.fields["type.tracking_type"])
    fields = {path: value for path, value in taken.fields.items() if takes(kind, path)}
    notes = (*taken.notes, *refused(kind, taken.fields), *lost)
    read = rows.reading(event, account, name, fields, key=_key(event), notes=notes)
    return replace(read, limited=event.attribution_only)


def _type(name: str) -> Iterator[Pair]:
    standard = name in TYPES and name != "Custom"
    yield "event", name if standard else "Custom"
    if not standard:
        yield "m.customEventName", name


def _key(event: Event) -> str:
    """Return the conversion id as the pixel sends it; the order's where the event has none."""
    return hashed_as_given(event.id or event.told.get("transaction_id", "")) or ""


def _items(event: Event) -> Iterator[Pair]:
    """Yield what the pixel says of a cart: products, and how many things there are."""
    if items := rows.items(event, _ITEM):
        yield "m.products", orjson.dumps(items).decode()
    counts = [integer(item.get("quantity", "1")) for item in event.items]
    if counts and None not in counts:
        yield "m.itemCount", str(sum(filter(None, counts)))
