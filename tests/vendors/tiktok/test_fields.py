"""The table of TikTok's pixel, row by row. Sources: see ``vendors/tiktok/fields.py``."""

from hashlib import sha256
from typing import Any

import pytest

from firsthand.mapping import Table
from firsthand.vendors.tiktok.fields import FIELDS, item

ROWS = {row.wire: row for row in FIELDS}


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("wire", "text", "plain"),
    [
        ("context.user.email", " Max@Shop.Example ", "max@shop.example"),
        ("context.user.phone_number", "+41 (44) 555-01-47", "+41445550147"),
        ("context.user.phone_number", "0041 44 555 01 47", "+41445550147"),
        ("context.user.external_id", " Cust-7 ", "Cust-7"),
        ("context.user.first_name", "Anna Maria", "annamaria"),
        ("context.user.zip_code", "94025-1234", "94025"),
        ("context.user.zip_code", "00-950", "00950"),
        ("context.user.zip_code", "SW1A 1AA", "sw1a1aa"),
    ],
)
def test_plain_contact_data_is_normalised_and_hashed(wire: str, text: str, plain: str) -> None:
    assert ROWS[wire].convert(text) == hash_of(plain)


@pytest.mark.parametrize("wire", ["email", "phone_number", "external_id", "last_name", "zip_code"])
def test_a_hash_is_never_hashed_again(wire: str) -> None:
    assert ROWS[f"context.user.{wire}"].convert("AB" * 32) == "ab" * 32


@pytest.mark.parametrize("wire", ["email", "phone_number", "external_id", "first_name", "city"])
@pytest.mark.parametrize("text", ["null", " Undefined ", "none", "NA", "(null)", "not set"])
def test_nothing_in_place_of_data(wire: str, text: str) -> None:
    row = ROWS[f"context.user.{wire}"]
    assert row.convert(text) is None
    if wire != "city":
        assert row.convert(hash_of(text.strip().lower())) is None


@pytest.mark.parametrize(
    ("wire", "text", "value"),
    [
        ("context.user.city", "São Paulo", "sãopaulo"),
        ("context.user.state", "CA", "ca"),
        ("context.user.country", " DE", "de"),
        ("context.user.country", "Germany", None),
        ("context.ad.callback", "E.C.P.abc_-1", "E.C.P.abc_-1"),
        ("context.ad.callback", "E.C.P abc", None),
        ("properties.value", "29.9", 29.9),
        ("properties.value", "1e3", None),
        ("properties.quantity", "2", 2),
        ("properties.quantity", "2.5", None),
        ("properties.currency", "eur", "EUR"),
        ("properties.currency", "EURO", None),
        ("properties.content_ids", '["a", 7, true, null, {}]', ["a", "7"]),
        ("properties.content_ids", "a", ["a"]),
        ("properties.content_ids", "{}", None),
        ("properties.contents", "x", None),
        ("properties.contents", '[{"content_id": 7}, 5, {}]', [{"content_id": "7"}]),
        ("properties.contents", '{"content_id": "a"}', [{"content_id": "a"}]),
        ("properties.*", '{"a": [1]}', {"a": [1]}),
        ("properties.*", "text", "text"),
    ],
)
def test_values(wire: str, text: str, value: Any) -> None:
    assert ROWS[wire].convert(text) == value


def test_an_item_has_documented_members_of_the_right_kind() -> None:
    given = {"content_id": 7, "price": "1.50", "quantity": "2", "brand": None, "color": "red"}
    assert item({key: value for key, value in given.items() if value is not None}) == {
        "content_id": "7",
        "price": 1.5,
        "quantity": 2,
    }
    assert item({"price": "1,50", "quantity": 1.5}) == {}
    assert item("text") == {}


def test_every_path_of_a_list_is_contact_data() -> None:
    table = Table(FIELDS)
    for path in ("user.email", "user.phone", "user.external_id"):
        assert table.kind(path).value == "contact"
