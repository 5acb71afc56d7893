from typing import Any

import pytest

from firsthand.convert import email, hashed
from firsthand.ecapi import rows
from tests.events import ADA, HASHED, PLAIN, event

NAMES = {"purchase": "Buy"}


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("purchase", {}, "Buy"),
        ("login", {}, ""),
        ("custom", {"custom_event": "Quiz done"}, "Quiz done"),
        ("purchase", {"ext": {"firsthand": {"event_names": {"acme": "Paid"}}}}, "Paid"),
        ("login", {"ext": {"firsthand": {"event_names": {"other": "Paid"}}}}, ""),
    ],
)
def test_names(kind: str, changes: dict[str, Any], expected: str) -> None:
    assert rows.name_at(event(kind, **changes), "acme", NAMES) == expected


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("purchase", {}, "101"),
        ("login", {}, ""),
        ("custom", {"custom_event": "quiz_done"}, "102"),
        ("custom", {"custom_event": "other"}, ""),
        ("login", {"ext": {"firsthand": {"event_names": {"acme": "103"}}}}, "103"),
    ],
)
def test_configured_ids(kind: str, changes: dict[str, Any], expected: str) -> None:
    ids = {"purchase": "101", "quiz_done": "102"}
    assert rows.configured(event(kind, **changes), "acme", ids) == expected


def test_fields_get_the_vendors_names() -> None:
    found = event(properties={"coupon": ["A", "B"], "tax": 7})
    assert rows.told(found, {"tax": "t", "coupon": "c", "shipping": "s"}) == [
        ("t", "7"),
        ("c", "A"),
    ]


def test_items_keep_what_the_vendor_knows() -> None:
    assert rows.items(event(), {"id": "sku"}) == [{"sku": "SKU1"}, {"sku": "SKU9"}]
    assert rows.items(event(), {"brand": "brand"}) == []


def test_a_hash_that_cannot_be_used_is_left_out_and_noted() -> None:
    table = (("email", "em", True), ("phone", "ph", False), ("street", "str", True))
    by_hash = rows.contacts(event(user_data=HASHED), table)
    assert by_hash == ([("em", ADA["email"])], ("phone: hash_not_portable",))
    by_text = rows.contacts(event(ext={"firsthand": {"plain": PLAIN}}), table)
    assert by_text == ([("em", "Ada@example.com"), ("ph", "+4915112345678")], ())


def test_hashes_are_made_once() -> None:
    convert = hashed(email)
    both = event(user_data=HASHED, ext={"firsthand": {"plain": {"email": ["ADA@example.com"] * 2}}})
    for found in (both, event(user_data=HASHED)):
        assert rows.hashes(found, "email", convert, portable=True) == [ADA["email"]]
    assert rows.hashes(event(user_data=HASHED), "email", convert, portable=False) == []


def test_a_reading_says_what_the_event_says() -> None:
    found = event(user_data={"gpp_string": "DBAA"})
    reading = rows.reading(found, "A-1", "Buy", {"v": 1}, notes=("n",))
    assert (reading.event_key, reading.canonical, reading.at) == (
        "purchase-7731",
        "purchase",
        found.at,
    )
    assert reading.page == "https://shop.example.com/thanks"
    assert reading.signals == {"gpp": "DBAA"}
    assert rows.reading(found, "A-1", "Buy", {}, key="7731").event_key == "7731"
