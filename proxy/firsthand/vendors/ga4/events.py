"""Events of the shop's own -> what gtag would have told of them.

Source: Measurement Protocol reference (events, user-provided data, consent), read 2026-11-20;
        Google's page on normalising user-provided data, read 2026-11; ECAPI 1.0, read 2026-11-20.
Units:  money in major units on both sides.
Losses: Google takes no event without a client, so a shop's server has to tell ``ga_client_id``.
        The user id is plain at Google, and hashed in ECAPI: it is not sent.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from firsthand.convert import google_email, hashed, phone_plus
from firsthand.ecapi import rows
from firsthand.ecapi.event import Event, Given
from firsthand.model import Fields, Reading, Reason, Value
from firsthand.vendor import Converter
from firsthand.vendors import google_tag
from firsthand.vendors.ga4.fields import EVENT_NAMES, TABLE, mappable

_OWN = ("subscribe", "start_trial", "schedule", "contact", "find_location", "customize_product")
NAMES = {
    **{canonical: name for name, canonical in EVENT_NAMES.items() if canonical != "custom"},
    # GA4 recommends no event for these: they are its custom ones, under our own words.
    **{name: name for name in (*_OWN, "donate")},
}
"""Our canonical words -> GA4's names; GA4 gets nothing else."""

_TOLD = {
    "value": "epn.value",
    "currency_code": "cu",
    "transaction_id": "ep.transaction_id",
    "page_url": "dl",
    "referrer": "dr",
    "search_term": "ep.search_term",
    "coupon": "ep.coupon",
    "shipping": "epn.shipping",
    "tax": "epn.tax",
    "payment_type": "ep.payment_type",
    "shipping_tier": "ep.shipping_tier",
    "lead_source": "ep.lead_source",
    "lead_status": "ep.lead_status",
    "promotion_id": "pi",
    "promotion_name": "pn",
    "creative_name": "ep.creative_name",
    "creative_slot": "ep.creative_slot",
    "login_method": "ep.method",
    "group_id": "ep.group_id",
    "character": "ep.character",
    "character_level": "epn.level",
    "post_score": "epn.score",
    "achievement_id": "ep.achievement_id",
    "virtual_currency_name": "ep.virtual_currency_name",
    "virtual_item_name": "ep.item_name",
    "event_ip_address": "@ip",
    "event_user_agent": "@user_agent",
}
_REASONS = {
    "disqualify_lead": "ep.disqualified_lead_reason",
    "close_unconvert_lead": "ep.unconvert_lead_reason",
}

_ITEM = {
    "id": "item_id",
    "name": "item_name",
    "price": "price",
    "quantity": "quantity",
    "discount": "discount",
    "brand": "item_brand",
    "category": "item_category",
    "affiliation": "affiliation",
    "item_coupon": "coupon",
    "item_list_id": "item_list_id",
    "item_list_name": "item_list_name",
    "item_item_variant": "item_variant",
    "item_location_id": "location_id",
}
_MEMBERS: dict[str, Converter] = dict(google_tag.ITEM.values())

_MARKS = re.compile(r"[0-9!-/:-@\[-`{-~]+")
_SYMBOLS = re.compile(r"[!-/:-@\[-`{-~]+")


def _letters(plain: str) -> str:
    """Return a name without digits and symbols; blanks within stay."""
    return _MARKS.sub("", plain).strip()


def _street(plain: str) -> str:
    return _SYMBOLS.sub("", plain).strip()


_NOTHING = Given()
_HASHED: dict[str, tuple[str, Converter]] = {
    "first_name": ("sha256_first_name", hashed(_letters)),
    "last_name": ("sha256_last_name", hashed(_letters)),
    "street": ("sha256_street", hashed(_street)),
}
_PLAIN: dict[str, tuple[str, Callable[[str], str]]] = {
    "city": ("city", _letters),
    "state": ("region", _letters),
    "postal_code": ("postal_code", lambda plain: plain.replace(".", "").replace("~", "")),
    "country": ("country", str),
}


def compose(event: Event, account: str, _settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one data stream, ``None`` where GA4 has no such event."""
    name = rows.name_at(event, "ga4", NAMES)
    if not name:
        return None
    pairs = [*rows.told(event, _TOLD), *_ids(event)]
    if event.type in _REASONS:
        pairs += rows.told(event, {"lead_reason": _REASONS[event.type]})
    if event.attribution_only:
        pairs.append(("@ad_personalization", "denied"))
    address = _address(event)
    if address:
        pairs.append(("@address", orjson.dumps([address]).decode()))
    taken = TABLE.take(pairs)
    fields = taken.fields | _contacts(event) | _items(event)
    order = str(fields.get("params.transaction_id", "")) if name == "purchase" else ""
    read = rows.reading(event, account, name, fields, key=order, notes=taken.notes + _lost(event))
    return read if mappable(name) else replace(read, skip=Reason.UNMAPPABLE)


def _ids(event: Event) -> list[rows.Pair]:
    """Return client and session where the shop's server tells them; a browser has cookies."""
    client, session = event.ids.get("ga_client_id", ""), event.ids.get("ga_session_id", "")
    return [("cid", google_tag.client_of(client)), ("sid", session)]


def _contacts(event: Event) -> Fields:
    """Return e-mail addresses and phone numbers, hashed: ECAPI's hashes are of Google's form."""
    emails = rows.hashes(event, "email", hashed(google_email), portable=True)
    phones = rows.hashes(event, "phone", hashed(phone_plus), portable=True)
    found: Fields = {
        "user_data.sha256_email_address": emails,
        "user_data.sha256_phone_number": phones,
    }
    return {path: values for path, values in found.items() if values}


def _address(event: Event) -> dict[str, str]:
    """Return an address as Google wants it: names and street hashed, the rest plain."""
    found = {}
    for kind, (name, convert) in _HASHED.items():
        for value in event.person.get(kind, _NOTHING).values(portable=True)[:1]:
            found[name] = str(convert(value) or "")
    for kind, (name, normal) in _PLAIN.items():
        for value in event.person.get(kind, _NOTHING).plain[:1]:
            found[name] = normal(value.lower())
    return {name: value for name, value in found.items() if value}


def _lost(event: Event) -> tuple[str, ...]:
    """Say what Google wants plain and the shop has hashed."""
    code = event.person.get("postal_code", _NOTHING)
    return ("postal_code: hash_not_portable",) if code.hashed and not code.plain else ()


def _items(event: Event) -> Fields:
    found: list[Value] = []
    for item in rows.items(event, _ITEM)[: google_tag.MAX_ITEMS]:
        members = {name: _MEMBERS[name](value) for name, value in item.items()}
        kept: dict[str, Value] = {
            name: value for name, value in members.items() if value is not None
        }
        if kept:
            found.append(kept)
    return {"params.items": found} if found else {}
