"""Events of the shop's own -> what OpenAI's pixel would have told of them.

Source: OpenAI's pages on the Conversions API and supported events, texts of summer and autumn 2026;
        ECAPI 1.0, read 2026-11-20.
Units:  money in major units here, a whole number of the currency's smallest unit at OpenAI.
Losses: there is no field for an order: its number can only be the event's id. OpenAI hashes phone
        numbers without "+" and keeps the case of a customer's id, ECAPI does neither: hashes of
        these are not sent, nor hashed postal codes, which OpenAI wants plain.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson

from firsthand.convert import minor_digits, short
from firsthand.ecapi import rows
from firsthand.ecapi.event import Event
from firsthand.mapping import Pair
from firsthand.model import Reading, Reason
from firsthand.vendors.openai.fields import (
    CUSTOM,
    EVENT_NAMES,
    IN_APPS,
    STANDARD,
    TABLE,
    fitting,
    person,
)

_OWN = ("search", "add_to_wishlist", "add_payment_info", "qualify_lead", "close_convert_lead")
NAMES = {
    **{canonical: name for name, canonical in EVENT_NAMES.items()},
    "install": "app_installed",
    # Custom events, which cannot be a goal of bidding.
    **{name: name for name in (*_OWN, "contact", "donate")},
}
"""Our canonical words -> OpenAI's names; OpenAI gets nothing else."""

_TOLD = {
    "currency_code": "data.currency",
    "page_url": "source_url",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}

_CONTACTS = (
    ("email", "user.in.em", True),
    ("phone", "user.in.ph", False),
    ("first_name", "user.in.fn", True),
    ("last_name", "user.in.ln", True),
    ("external_id", "user.in.eid", False),
    ("country", "user.in.co", False),
    ("state", "user.in.rg", False),
    ("city", "user.in.ct", False),
    ("postal_code", "user.in.pc", False),
)

_ITEM = {
    "id": "id",
    "name": "name",
    "quantity": "quantity",
    "price": "amount",
    "item_item_variant": "variant_dict",
}

_words = str.split
_ODD = re.compile(r"[^a-z0-9_-]+")


def compose(event: Event, account: str, _settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one pixel, ``None`` where OpenAI has no such event."""
    told = short(100)(rows.name_at(event, "openai", NAMES))
    if not told:
        return None
    name = slug(told)
    known, lost = rows.contacts(event, _CONTACTS)
    pairs = [*rows.told(event, _TOLD), *_place(event, name), *_money(event), *_items(event)]
    if event.attribution_only:
        pairs.append(("opt_out", "1"))
    taken = TABLE.take(pairs)
    fields, refused = fitting(name, taken.fields | person(known))
    notes = (*taken.notes, *refused, *lost, *_doubts(event))
    read = rows.reading(event, account, name or told, fields, notes=notes)
    usable = name in STANDARD or (CUSTOM.fullmatch(name) and name != "custom")
    return read if usable else replace(read, skip=Reason.UNMAPPABLE)


def slug(name: str) -> str:
    """Return a name in the letters that OpenAI allows; it may be empty."""
    return _ODD.sub("_", name.lower()).strip("_-")[:64].strip("_-")


def _place(event: Event, name: str) -> Iterator[Pair]:
    """Yield where the event happened: OpenAI takes two names from apps only."""
    source = "app" if name in IN_APPS else event.source
    yield "@source", source
    if source == "app":
        yield "@ifa", event.told.get("ifa", "")


def minor_units(value: str, currency: str) -> str:
    """Return an amount of money as a whole number of the smallest unit, half a unit rounded up."""
    exact = Decimal(value).scaleb(minor_digits(currency))
    return f"{exact.to_integral_value(ROUND_HALF_UP):f}"


def _money(event: Event) -> Iterator[Pair]:
    if "value" in event.told and "currency_code" in event.told:
        yield "data.amount", minor_units(event.told["value"], event.told["currency_code"])


def _items(event: Event) -> Iterator[Pair]:
    """Yield the items as the pixel lists them; a price without a currency is none."""
    currency = event.told.get("currency_code", "")
    items: list[dict[str, Any]] = []
    for told in rows.items(event, _ITEM):
        item: dict[str, Any] = {**told, "content_type": "product"}
        price, variant = item.pop("amount", ""), item.pop("variant_dict", "")
        if price and currency:
            item |= {"amount": minor_units(price, currency), "currency": currency}
        if variant:
            item["variant_dict"] = {"variant": variant}
        items.append(item)
    if items:
        yield "data.contents", orjson.dumps(items).decode()


def _doubts(event: Event) -> Iterator[str]:
    """Say what OpenAI will refuse, or count otherwise than the shop told it."""
    value, currency = event.told.get("value"), event.told.get("currency_code", "")
    if value and Decimal(value).scaleb(minor_digits(currency)) % 1:
        yield "data.amount: rounded to the smallest unit"
    if event.source == "website" and "page_url" not in event.told:
        yield "source_url: OpenAI refuses a website's event without it"
