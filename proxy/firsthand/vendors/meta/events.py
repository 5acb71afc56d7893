"""Events of the shop's own -> what the Meta Pixel would have told of them.

Source: Meta's pages on standard events, the parameters of the Conversions API and customer
information, read 2026-02; ECAPI 1.0, read 2026-11-20.
Units:  money in whole currency units on both sides.
"""

from typing import Any

import orjson

from firsthand.convert import integer, text
from firsthand.ecapi import rows
from firsthand.ecapi.event import Event
from firsthand.mapping import Pair
from firsthand.model import Reading
from firsthand.vendors.meta.fields import EVENT_NAMES, TABLE, person

NAMES = {
    **{canonical: name for name, canonical in EVENT_NAMES.items() if canonical != "custom"},
    # No standard event says this; as custom events they can be used by rules and audiences.
    "view_item_list": "ViewCategory",
    "working_lead": "working_lead",
    "qualify_lead": "qualify_lead",
    "close_convert_lead": "close_convert_lead",
    "share": "share",
    "unlock_achievement": "unlock_achievement",
}
"""Our canonical words -> Meta's names; Meta gets nothing else."""

_TOLD = {
    "value": "cd[value]",
    "currency_code": "cd[currency]",
    "transaction_id": "cd[order_id]",
    "search_term": "cd[search_string]",
    "coupon": "cd[coupon]",
    "lead_source": "cd[lead_source]",
    "lead_status": "cd[lead_status]",
    "lead_reason": "cd[lead_reason]",
    "page_url": "dl",
    "referrer": "rl",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}

# ECAPI hashes a phone number with its "+" and a gender as a word: Meta does neither. City, state
# and country are never hashed there.
_CONTACTS = (
    ("email", "ud[em]", True),
    ("phone", "ud[ph]", False),
    ("first_name", "ud[fn]", True),
    ("last_name", "ud[ln]", True),
    ("gender", "ud[ge]", False),
    ("birth_date", "ud[db]", False),
    ("city", "ud[ct]", False),
    ("state", "ud[st]", False),
    ("postal_code", "ud[zp]", True),
    ("country", "ud[country]", False),
    ("external_id", "ud[external_id]", True),
)

_ITEM = {
    "id": "id",
    "quantity": "quantity",
    "price": "item_price",
    "name": "title",
    "brand": "brand",
    "category": "category",
}


def compose(event: Event, account: str, _settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one pixel, ``None`` where Meta has no such event."""
    name = text(rows.name_at(event, "meta", NAMES))
    if not name:
        return None
    known, notes = rows.contacts(event, _CONTACTS)
    pairs = [*rows.told(event, _TOLD), *_items(event), ("@source", event.source)]
    if event.attribution_only:
        pairs.append(("@opt_out", "1"))
    taken = TABLE.take(pairs)
    fields = taken.fields | person(known)
    return rows.reading(event, account, name, fields, notes=taken.notes + notes)


def _items(event: Event) -> list[Pair]:
    """Return what the pixel says of a cart: contents, ids, how many, of one item its name."""
    items = [item for item in rows.items(event, _ITEM) if "id" in item]
    if not items:
        return []
    pairs = [
        ("cd[contents]", _json(items)),
        ("cd[content_ids]", _json([item["id"] for item in items])),
        ("cd[content_type]", "product"),
    ]
    counts = [integer(item.get("quantity", "1")) for item in items]
    if None not in counts:
        pairs.append(("cd[num_items]", str(sum(filter(None, counts)))))
    if len(items) == 1 and "title" in items[0]:
        pairs.append(("cd[content_name]", items[0]["title"]))
    return pairs


def _json(value: Any) -> str:  # noqa: ANN401 - anything that JSON can say
    return orjson.dumps(value).decode()
