"""ECAPI events at GA4. Sources: Measurement Protocol; user-provided data, read 2026-11."""

from hashlib import sha256
from typing import Any

import pytest

from firsthand.model import Reading, Reason
from firsthand.vendors.ga4.events import NAMES, compose
from tests.events import ADA, HASHED, PLAIN, event

STREAM = "G-SHOP000001"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), STREAM, None)
    assert found is not None
    return found


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("purchase", "purchase"),
        ("viewed_item", "view_item"),
        ("viewed_cart", "view_cart"),
        ("refund", "refund"),
        ("login", "login"),
        ("subscribe", "subscribe"),
        ("donate", "donate"),
    ],
)
def test_names(kind: str, name: str) -> None:
    assert read(kind).name == name


@pytest.mark.parametrize("kind", ["install", "ad_impression"])
def test_what_ga4_reserves_is_not_sent(kind: str) -> None:
    assert kind not in NAMES
    assert compose(event(kind), STREAM, None) is None


@pytest.mark.parametrize(
    ("name", "skip"),
    [
        ("quiz_done", Reason.NONE),
        ("Quiz done", Reason.UNMAPPABLE),
        ("ga_thing", Reason.UNMAPPABLE),
        ("session_start", Reason.UNMAPPABLE),
        ("x" * 41, Reason.UNMAPPABLE),
    ],
)
def test_a_custom_event_needs_a_name_that_google_takes(name: str, skip: Reason) -> None:
    assert read("custom", custom_event=name).skip is skip


def test_a_purchase_is_known_by_its_order() -> None:
    found = read(ext={"firsthand": {"browser_ids": {"ga_client_id": "111.178"}}})
    assert found.event_key == "7731"
    assert found.fields == {
        "params.value": 47.97,
        "params.currency": "EUR",
        "params.transaction_id": "7731",
        "params.page_location": "https://shop.example.com/thanks",
        "params.items": [
            {"price": 19.99, "quantity": 2, "item_id": "SKU1", "item_name": "Blue mug"},
            {"price": 3.99, "quantity": 1, "item_id": "SKU9", "item_name": "Spoon"},
        ],
        "client_id": "111.178",
        "ip_override": "203.0.113.7",
        "user_agent": "UA/1.0",
    }
    assert read("begin_checkout").event_key == "purchase-7731"
    assert read(properties=None).event_key == "purchase-7731"


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("login", {"method": "mail"}, {"method": "mail"}),
        ("level_up", {"character_level": 3, "character": "elf"}, {"level": 3, "character": "elf"}),
        ("post_score", {"post_score": 9}, {"score": 9}),
        ("disqualify_lead", {"lead_reason": "no"}, {"disqualified_lead_reason": "no"}),
        ("close_unconvert_lead", {"lead_reason": "no"}, {"unconvert_lead_reason": "no"}),
        ("generate_lead", {"lead_reason": "no", "lead_source": "ad"}, {"lead_source": "ad"}),
        ("view_promotion", {"promotion_id": "P", "creative_name": "c"}, {"promotion_id": "P"}),
        ("purchase", {"coupon": ["A", "B"], "tax": "7.66"}, {"coupon": "A", "tax": 7.66}),
    ],
)
def test_parameters(kind: str, properties: dict[str, Any], expected: dict[str, Any]) -> None:
    fields = read(kind, value=None, properties=properties).fields
    assert (
        expected.items() <= {path.removeprefix("params."): v for path, v in fields.items()}.items()
    )


def test_plain_contact_data_is_hashed_by_googles_rules() -> None:
    plain = {
        **PLAIN,
        "email": ["Ada.Lovelace@gmail.com"],
        "first_name": " Mary-Ann ",
        "street": "10 Main St.",
        "state": "Berlin",
    }
    fields = read(ext={"firsthand": {"plain": plain}}).fields
    assert fields["user_data.sha256_email_address"] == [hashed("adalovelace@gmail.com")]
    assert fields["user_data.sha256_phone_number"] == [ADA["phone"]]
    assert fields["user_data.address"] == [
        {
            "sha256_first_name": hashed("maryann"),
            "sha256_last_name": ADA["last"],
            "sha256_street": hashed("10 main st"),
            "city": "berlin",
            "region": "berlin",
            "postal_code": "10115",
            "country": "de",
        }
    ]


def test_hashes_go_on_unchanged() -> None:
    found = read(user_data=HASHED)
    assert found.fields["user_data.sha256_phone_number"] == [ADA["phone"]]
    assert found.fields["user_data.address"] == [
        {
            "sha256_first_name": ADA["first"],
            "sha256_last_name": ADA["last"],
            "city": "berlin",
            "country": "de",
        }
    ]
    assert found.notes == ("postal_code: hash_not_portable",)
    assert "user_id" not in found.fields


def test_measurement_only_is_a_word_of_consent() -> None:
    assert read(user_data={"mmt_only": 1}).fields["consent.ad_personalization"] == "DENIED"
