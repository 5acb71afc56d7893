"""What every vendor keeps that takes events of the shop's own."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.convert import sha256_of
from firsthand.ecapi.parse import parse
from firsthand.ecapi.vocabulary import TYPES
from firsthand.mapping import Table
from firsthand.model import Kind, Reading
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.events import ADA, HASHED, JSON, PLAIN, event, raw
from tests.factories import make_beacon

COMPOSING = {key: vendor for key, vendor in VENDORS.items() if vendor.compose is not None}
vendors = pytest.mark.parametrize("vendor", COMPOSING.values(), ids=list(COMPOSING))

# Vendors that know events by ids of the customer's own.
SETTINGS: dict[str, dict[str, Any]] = {
    "google_ads": {"events": (*sorted(TYPES), "quiz_done")},
    "linkedin": {"events": dict.fromkeys((*TYPES, "quiz_done"), "20529377")},
    "x": {"events": dict.fromkeys((*TYPES, "quiz_done"), "o8z6j")},
}

# Reddit's pixel hashes an event's key; OpenAI counts money in the smallest unit.
KEYS = {"reddit": {sha256_of("purchase-7731")}}
VALUES = {"openai": "4797"}


def settings_of(vendor: Vendor) -> Any:
    return vendor.settings(**SETTINGS.get(vendor.key, {}))


def read(vendor: Vendor, kind: str = "purchase", **changes: Any) -> Reading | None:
    assert vendor.compose is not None
    return vendor.compose(event(kind, **changes), vendor.account_example, settings_of(vendor))


def every(vendor: Vendor, **changes: Any) -> list[Reading]:
    kinds = sorted(TYPES - {"custom"})
    found = [read(vendor, kind, **changes) for kind in kinds]
    own = read(vendor, "custom", custom_event="quiz_done", **changes)
    return [each for each in (*found, own) if each is not None]


@vendors
def test_a_reading_is_the_accounts_and_the_events(vendor: Vendor) -> None:
    for reading in every(vendor):
        assert reading.account == vendor.account_example
        assert reading.name
        assert reading.at == event().at
        assert reading.event_key in KEYS.get(vendor.key, {"purchase-7731", "7731"})
        assert reading.canonical in TYPES


@vendors
def test_names_are_the_ones_that_the_pixel_would_say(vendor: Vendor) -> None:
    """The twin of a pixel's event is found by its name at the vendor."""
    for reading in every(vendor):
        known = vendor.event_names.get(reading.name, reading.canonical)
        assert known in {reading.canonical, "custom"}


@vendors
def test_every_field_is_in_the_vendors_table(vendor: Vendor) -> None:
    table = Table(vendor.fields)
    full = {"user_data": {**HASHED, "mmt_only": True}, "ext": {"firsthand": {"plain": PLAIN}}}
    for reading in every(vendor, **full):
        assert not [path for path in reading.fields if table.row(path) is None]
        assert all(path.count(".") <= 1 for path in reading.fields)
        free = [path for path in reading.fields if table.kind(path) is Kind.CUSTOM]
        assert not [path for path in free if ADA["email"] in str(reading.fields[path])]


@vendors
def test_a_purchase_has_its_value(vendor: Vendor) -> None:
    reading = read(vendor)
    assert reading is not None
    assert VALUES.get(vendor.key, "47.97") in str(reading.fields)
    assert "EUR" in str(reading.fields)


@vendors
def test_what_is_plain_is_hashed_and_what_is_hashed_stays(vendor: Vendor) -> None:
    plain = {"email": PLAIN["email"], "phone": PLAIN["phone"], "external_id": "CUST-4711"}
    by_text = read(vendor, ext={"firsthand": {"plain": plain}})
    by_hash = read(vendor, user_data={"email_address": [ADA["email"]]})
    assert by_text is not None
    assert by_hash is not None
    shown = str(by_text.fields)
    assert not [word for word in ("Ada", "ada@", "151123", "CUST", "cust-4711") if word in shown]
    twice = read(vendor, user_data={"email_address": [ADA["email"]] * 2})
    assert twice is not None
    assert by_hash.fields == twice.fields
    if ADA["email"] in str(by_text.fields):
        assert ADA["email"] in str(by_hash.fields)


@vendors
def test_extensions_never_leave(vendor: Vendor) -> None:
    marked = {"firsthand": {"context_key": "CANARY", "plain": {"nick": "CANARY"}, "x": "CANARY"}}
    for reading in every(vendor, ext=marked | {"partner": {"a": "CANARY"}}):
        assert "CANARY" not in str(reading)
        assert "CANARY" not in str(reading.fields)


@vendors
def test_the_api_call_can_be_written(vendor: Vendor) -> None:
    for reading in every(vendor):
        if reading.skip:
            continue
        beacon = make_beacon(reading, vendor=vendor.key)
        call = vendor.write([replace(beacon)], settings_of(vendor), now=reading.at)
        assert call.body


@vendors
@settings(max_examples=60, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(sorted(raw())), JSON, max_size=5))
def test_no_event_raises(vendor: Vendor, changes: dict[str, Any]) -> None:
    found = parse(raw(**changes)).event
    if found is None or vendor.compose is None:
        return
    reading = vendor.compose(found, vendor.account_example, settings_of(vendor))
    if reading is not None:
        orjson.dumps(reading.fields)
