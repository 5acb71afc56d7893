"""The X Pixel's table, row by row. Source: X's reference of web conversions, read 2026-11-24."""

from hashlib import sha256
from typing import Any

import pytest

from firsthand.model import Fields
from firsthand.vendors.x.fields import FIELDS, doubts, plain

ROWS = {row.wire: row for row in FIELDS}


@pytest.mark.parametrize(
    ("wire", "text", "value"),
    [
        ("event.value", "20", "20.00"),
        ("event.value", "20.026", "20.03"),
        ("event.value", "0", None),
        ("event.value", "20,02", None),
        ("event.currency", "eur", "EUR"),
        ("event.num_items", "2", 2),
        ("event.num_items", "0", None),
        ("event.num_items", "1.5", None),
        ("@ip", "203.0.113.7", "203.0.113.7"),
        ("@ip", "2001:db8::7", None),
        ("@ip", "10.0.0.7", None),
        ("twclid", "2-abc_DEF", "2-abc_DEF"),
        ("twclid", "a b", None),
        (
            "event.contents",
            '[{"content_id":7,"num_items":0,"color":"blue"},{},5]',
            [{"content_id": "7"}],
        ),
        ("event.contents", "{}", None),
    ],
)
def test_values(wire: str, text: str, value: Any) -> None:
    assert ROWS[wire].convert(text) == value


# The phone number and its hash: X's guide.
@pytest.mark.parametrize(
    ("wire", "text", "normal"),
    [
        ("email_address", " Max.M+x@Shop.Example ", "max.m+x@shop.example"),
        ("phone_number", "+1 (123) 456-7890", "+11234567890"),
    ],
)
def test_plain_contact_data_is_normalised_and_hashed(wire: str, text: str, normal: str) -> None:
    for prefix in ("", "event."):
        row = ROWS[prefix + wire]
        assert row.convert(text) == sha256(normal.encode()).hexdigest()
        assert row.convert("AB" * 32) == "ab" * 32


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (7, "7"), (1.5, "1.5"), (True, None), ([], None), (None, None)]
)
def test_texts_of_json(value: Any, text: str | None) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    ("fields", "own", "count"),
    [
        ({"identifiers.twclid": "c"}, "k", 0),
        ({"identifiers.ip_address": "203.0.113.7"}, "k", 1),
        ({"identifiers.ip_address": "203.0.113.7"}, None, 2),
        ({"identifiers.twclid": "c"}, "", 1),
    ],
)
def test_doubts(fields: Fields, own: str | None, count: int) -> None:
    assert len(doubts(fields, own)) == count
