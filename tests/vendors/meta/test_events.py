"""ECAPI events at Meta. Sources: Meta's standard events and customer information, read 2026-02."""

from hashlib import sha256
from typing import Any

import pytest

from firsthand.model import Reading
from firsthand.vendors.meta.events import NAMES, compose
from firsthand.vendors.meta.fields import EVENT_NAMES
from tests.events import ADA, DIGITS, HASHED, PLAIN, event

PIXEL = "1234567890123456"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), PIXEL, None)
    assert found is not None
    return found


def hashed(text: str) -> list[str]:
    return [sha256(text.encode()).hexdigest()]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("page_view", "PageView"),
        ("viewed_item", "ViewContent"),
        ("begin_checkout", "InitiateCheckout"),
        ("generate_lead", "Lead"),
        ("sign_up", "CompleteRegistration"),
        ("view_item_list", "ViewCategory"),
        ("qualify_lead", "qualify_lead"),
    ],
)
def test_names(kind: str, name: str) -> None:
    assert read(kind).name == name
    assert read(kind).canonical == kind


@pytest.mark.parametrize("kind", ["refund", "login", "viewed_cart", "install", "ad_impression"])
def test_what_meta_has_no_event_for_is_not_sent(kind: str) -> None:
    assert compose(event(kind), PIXEL, None) is None


def test_every_standard_event_has_its_word() -> None:
    assert {name for name, word in EVENT_NAMES.items() if word != "custom"} <= set(NAMES.values())


def test_a_custom_event_keeps_its_name() -> None:
    assert read("custom", custom_event="Quiz done").name == "Quiz done"


def test_a_purchase() -> None:
    found = read(properties={**event_properties(), "search_term": "mug", "coupon": ["NOV10"]})
    assert (found.account, found.event_key) == (PIXEL, "purchase-7731")
    assert found.fields == {
        "custom_data.value": 47.97,
        "custom_data.currency": "EUR",
        "custom_data.order_id": "7731",
        "custom_data.search_string": "mug",
        "custom_data.coupon": "NOV10",
        "custom_data.contents": [
            {"id": "SKU1", "quantity": 2, "item_price": 19.99, "title": "Blue mug"},
            {"id": "SKU9", "quantity": 1, "item_price": 3.99, "title": "Spoon"},
        ],
        "custom_data.content_ids": ["SKU1", "SKU9"],
        "custom_data.content_type": "product",
        "custom_data.num_items": 3,
        "event_source_url": "https://shop.example.com/thanks",
        "user_data.client_ip_address": "203.0.113.7",
        "user_data.client_user_agent": "UA/1.0",
    }
    assert not found.notes


def event_properties() -> dict[str, Any]:
    return {
        "transaction_id": "7731",
        "page_url": "https://shop.example.com/thanks",
        "items": [
            {"id": "SKU1", "name": "Blue mug", "price": 19.99, "quantity": 2},
            {"id": "SKU9", "name": "Spoon", "price": 3.99, "quantity": 1},
        ],
    }


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([{"id": "A", "name": "Mug"}], {"num_items": 1, "content_name": "Mug"}),
        ([{"id": "A", "quantity": 1.5}], {"content_ids": ["A"]}),
        ([{"name": "without id"}], {}),
    ],
)
def test_items(items: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    fields = read(properties={"items": items}).fields
    for name in ("num_items", "content_name"):
        assert fields.get(f"custom_data.{name}") == expected.get(name)
    assert ("custom_data.contents" in fields) is bool(expected)


def test_plain_contact_data_is_hashed_by_metas_rules() -> None:
    plain = {**PLAIN, "gender": "Female", "birth_date": "1985-12-10", "state": "New York"}
    fields = read(ext={"firsthand": {"plain": plain}}).fields
    assert fields["user_data.em"] == [ADA["email"]]
    assert fields["user_data.ph"] == [DIGITS]
    assert fields["user_data.fn"] == [ADA["first"]]
    assert fields["user_data.ln"] == [ADA["last"]]
    assert fields["user_data.external_id"] == [ADA["id"]]
    assert fields["user_data.zp"] == [ADA["post"]]
    assert fields["user_data.ct"] == hashed("berlin")
    assert fields["user_data.st"] == hashed("newyork")
    assert fields["user_data.country"] == hashed("de")
    assert fields["user_data.ge"] == hashed("f")
    assert fields["user_data.db"] == hashed("19851210")


def test_hashes_go_on_unchanged_and_the_phones_not_at_all() -> None:
    found = read(user_data={**HASHED, "gender": hashed("female")[0]})
    assert found.fields["user_data.em"] == [ADA["email"]]
    assert found.fields["user_data.fn"] == [ADA["first"]]
    assert "user_data.ph" not in found.fields
    assert "user_data.ge" not in found.fields
    assert found.notes == ("phone: hash_not_portable", "gender: hash_not_portable")


def test_source_and_opt_out() -> None:
    fields = read(source="physical_store", user_data={"mmt_only": True}).fields
    assert fields["action_source"] == "physical_store"
    assert fields["opt_out"] is True
    assert "opt_out" not in read().fields
