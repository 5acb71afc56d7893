"""The Reddit Pixel's table. Source: Reddit's API reference for conversion events, read 2026-11."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.mapping import Table
from firsthand.model import Value
from firsthand.vendors.reddit.fields import FIELDS

TABLE = Table(FIELDS)
ROWS = {row.wire: row for row in FIELDS}


def hash_of(plain: str) -> str:
    return sha256(plain.encode()).hexdigest()


@pytest.mark.parametrize(
    ("wire", "value", "plain"),
    [
        ("em", " Nora.Blum+news@Example.net ", "norablum@example.net"),
        ("em", "n.o.r.a@sub.example.net", "nora@sub.example.net"),
        ("pn", "+43 (1) 234-5678", "+4312345678"),
        ("pn", "+43 1 2345678 ext. 12", "+4312345678"),
        ("pn", "0043 1 2345678 x9", "+4312345678"),
        ("external_id", " Customer-7 ", "Customer-7"),
    ],
)
def test_plain_contact_data_is_normalised_and_hashed(wire: str, value: str, plain: str) -> None:
    assert ROWS[wire].convert(value) == hash_of(plain)


@pytest.mark.parametrize("wire", ["em", "pn", "external_id"])
def test_a_hash_is_never_hashed_again(wire: str) -> None:
    known = hash_of("norablum@example.net")
    assert ROWS[wire].convert(known.upper()) == known


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("em", "0" * 64),  # the pixel found no address
        ("em", hash_of("")),
        ("pn", "0" * 64),
        ("em", "nobody"),
        ("pn", "12"),
        ("uuid", "1795514400000"),
        ("click_id", "a b"),
        ("m.currency", "EURO"),
        ("m.valueDecimal", "1,234"),  # a decimal mark or not
        ("m.valueDecimal", "1.234,56"),
        ("m.valueDecimal", "-5"),
        ("m.itemCount", "1.5"),
        ("m.products", "SKU"),
        ("m.products", "[{}]"),
        ("event", "purchase"),
        ("esurl", "about:blank"),
    ],
)
def test_what_breaks_a_rule_is_dropped(wire: str, value: str) -> None:
    taken = TABLE.take([(wire, value)])
    assert taken.fields == {}
    assert taken.notes == (f"{wire}: not usable",)


@pytest.mark.parametrize(
    ("wire", "value", "expected"),
    [
        ("m.valueDecimal", "20,02", 20.02),
        ("m.valueDecimal", "1234.5", 1234.5),
        ("m.valueDecimal", "0", 0),
        ("m.currency", "eur", "EUR"),
        ("event", "AddToWishlist", "ADD_TO_WISHLIST"),
        ("m.products", '[{"id":7,"name":"Mug","price":3},{"x":1}]', [{"id": "7", "name": "Mug"}]),
        ("m.products", '{"id":"A","category":"Kitchen"}', [{"id": "A", "category": "Kitchen"}]),
        ("@screen", "1280x720", {"width": 1280, "height": 720}),
        ("@screen", "0x720", None),
        ("@screen", "widexhigh", None),
        ("@options", "LDU|us|ca", {"modes": ["LDU"], "country": "US", "region": "CA"}),
        ("@options", "LDU|USA|", {"modes": ["LDU"]}),
    ],
)
def test_values(wire: str, value: str, expected: Value | None) -> None:
    assert ROWS[wire].convert(value) == expected


@settings(max_examples=200)
@given(st.sampled_from([row for row in FIELDS if row.wire != "@options"]), st.text(max_size=60))
def test_no_converter_raises(row: object, value: str) -> None:
    for each in FIELDS:
        if each is row:
            each.convert(value)
