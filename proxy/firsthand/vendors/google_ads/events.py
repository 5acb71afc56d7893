"""Events of the shop's own -> what the Google Ads tag would have told of them.

Source: Google's pages on the Data Manager API (events, its mapping of ECAPI, formatting of user
        data), read 2026-11; ECAPI 1.0, read 2026-11-20.
Units:  money in major units on both sides; ECAPI's discount is per unit, Google's of the order.
Losses: a refund, which Google takes as an adjustment; the customer id; the impression id, which
        does not say whose it is; a hashed postcode, and with it the whole address.

A conversion action stands for what happened: an event without one in the settings does not go out.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson

from firsthand.convert import google_email, hashed, phone_plus
from firsthand.ecapi import rows
from firsthand.ecapi.event import Event
from firsthand.model import Fields, Reading
from firsthand.vendors.google_ads.fields import (
    CLICKS,
    CONVERSION,
    MAX_ITEMS,
    TABLE,
    doubts,
    order_of,
    page_clicks,
)

ORDERS = frozenset({"purchase", "subscribe"})
"""Events that the tag knows by their order; a refund has the order of its purchase."""

_TOLD = {
    "value": "value",
    "currency_code": "currency_code",
    "ifa": "@device",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}
_LANDING = {"landing_ip_address": "ipAddress", "landing_user_agent": "userAgent"}

_CONTACTS = (
    ("first_name", "@em.fn0", True),
    ("last_name", "@em.ln0", True),
    ("country", "@em.co0", False),
    ("postal_code", "@em.pc0", False),  # Google wants it readable
)


def compose(event: Event, account: str, settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one conversion action, ``None`` where it is not its own."""
    if not _is_meant(event, account, settings.events):
        return None
    known, notes = rows.contacts(event, _CONTACTS)
    clicks = page_clicks(event.told.get("page_url", ""))
    pairs = [*rows.told(event, _TOLD), *known, *clicks, *_cart(event), *_around(event)]
    taken = TABLE.take(pairs)
    fields = taken.fields | _people(event)
    order = order_of(event.told.get("transaction_id", "")) if event.type in ORDERS else ""
    clicked = event.clicks.keys() & set(CLICKS)  # the rules fill it in
    notes = taken.notes + notes + (() if clicked else doubts(fields))
    return rows.reading(event, account, CONVERSION, fields, key=order, notes=notes)


def _is_meant(event: Event, account: str, words: tuple[str, ...]) -> bool:
    """Say whether an event is this conversion. The shop's own choice is a label, or an account."""
    label = account.partition("/")[2]
    if not label or "refund" in {event.type, event.custom}:
        return False
    return rows.configured(event, "google_ads", dict.fromkeys(words, label)) in {label, account}


def _people(event: Event) -> Fields:
    """Return e-mail addresses and phone numbers: ECAPI's hashes are of Google's form, but for a
    Gmail address with dots."""
    found: Fields = {}
    for path, kind, normal in (
        ("userData.emailAddress", "email", google_email),
        ("userData.phoneNumber", "phone", phone_plus),
    ):
        values = rows.hashes(event, kind, hashed(normal), portable=True)
        if values:
            found[path] = values if len(values) > 1 else values[0]
    return found


def _around(event: Event) -> list[rows.Pair]:
    """Return source, landing and consent, for which the tag has no parameters."""
    landing = {name: event.told[told] for told, name in _LANDING.items() if told in event.told}
    pairs = [("@source", event.source)]
    if landing:
        pairs.append(("@landing", orjson.dumps(landing).decode()))
    if event.attribution_only:
        pairs.append(("@ad_personalization", "denied"))
    return pairs


def _cart(event: Event) -> list[rows.Pair]:
    """Return the items as the tag writes them, the discount and the coupons."""
    items = "".join(_item(item) for item in event.items[:MAX_ITEMS] if "id" in item)
    if not items:
        return []
    pairs = [("item", items), ("dscnt", _discount(event))]
    if coupons := event.lists.get("coupon"):
        pairs.append(("@coupons", orjson.dumps(coupons).decode()))
    return pairs


def _item(item: Mapping[str, str]) -> str:
    """Return ``(price*quantity*id)``; Google takes whole quantities only."""
    count = Decimal(item.get("quantity", "1"))
    quantity = f"{count:.0f}" if count == count.to_integral_value() else ""
    return f"({item.get('price', '')}*{quantity}*{quote(item['id'], safe='', errors='replace')})"


def _discount(event: Event) -> str:
    """Return the sum of the items' discounts, "" where there are none."""
    total = sum(
        Decimal(item["discount"]) * Decimal(item.get("quantity", "1"))
        for item in event.items
        if "discount" in item
    )
    return f"{total:f}" if total > 0 else ""
