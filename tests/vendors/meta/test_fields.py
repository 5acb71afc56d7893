"""The converters of Meta's table, row by row."""

from hashlib import sha256
from typing import Any

import pytest

from firsthand.mapping import Table
from firsthand.model import Kind, MatchKey
from firsthand.vendors.meta.fields import FIELDS

ROWS = {row.wire: row for row in FIELDS}
TABLE = Table(FIELDS)


def hashed(plain: str) -> str:
    return sha256(plain.encode()).hexdigest()


def convert(wire: str, value: str) -> Any:
    return ROWS[wire].convert(value)


# Source: Conversions API, parameters, custom data, read 2026-02.
@pytest.mark.parametrize(
    ("wire", "value", "expected"),
    [
        ("cd[value]", "49.90", 49.9),
        ("cd[value]", "0", 0),
        ("cd[value]", "0.30000000000000004", 0.30000000000000004),
        ("cd[value]", "49,90", None),
        ("cd[value]", "1,049.90", None),
        ("cd[value]", "-1", None),
        ("cd[value]", "NaN", None),
        ("cd[value]", "1e3", None),
        ("cd[currency]", "eur", "EUR"),
        ("cd[currency]", "euro", None),
        ("cd[num_items]", "3", 3),
        ("cd[num_items]", "three", None),
        ("cd[predicted_ltv]", "-2.5", -2.5),
        ("cd[delivery_category]", "curbside", "curbside"),
        ("cd[delivery_category]", "drone", None),
        ("cd[status]", "true", "true"),
        ("cd[content_ids]", '["A",7,7.5]', ["A", "7", "7.5"]),
        ("cd[content_ids]", '["A",null,"",true,{"id":1},["B"]]', ["A"]),
        ("cd[content_ids]", "SKU 1,SKU 2", ["SKU 1,SKU 2"]),
        ("cd[content_ids]", '["A"', None),
        ("cd[content_ids]", "[]", None),
        ("cd[content_ids]", '{"id":"A"}', None),
        ("cd[contents]", '[{"id":"A"}]', [{"id": "A"}]),
        ("cd[contents]", '{"id":7,"quantity":"2"}', [{"id": "7", "quantity": 2}]),
        ("cd[contents]", '[{"quantity":2},{"id":""},{"id":null}]', None),
        ("cd[contents]", '[{"id":"A","quantity":null,"item_price":-5}]', [{"id": "A"}]),
        ("cd[contents]", '[{"id":"A","brand":"B","size":"XL"}]', [{"id": "A", "brand": "B"}]),
        ("cd[contents]", '[{"id":"A","title":{"x":[1]}}]', [{"id": "A", "title": "{'x': [1]}"}]),
        ("cd[contents]", '["A","B"]', [{"id": "A"}, {"id": "B"}]),
        ("cd[contents]", "A", [{"id": "A"}]),
        ("cd[contents]", '[{"id":"A"}', None),
        ("cd[*", "7", "7"),
        ("cd[*", '{"a":[1,null]}', {"a": [1]}),
        ("cd[*", "[sale] mug", "[sale] mug"),
        ("cd[*", "[" * 400 + "]" * 400, "[" * 400 + "]" * 400),
        ("cd[*", "\x00", None),
    ],
)
def test_custom_data(wire: str, value: str, expected: object) -> None:
    found = convert(wire, value)
    assert found == expected
    assert type(found) is type(expected)


# Source: Conversions API, parameters, customer information, read 2026-01.
@pytest.mark.parametrize(
    ("key", "value", "plain"),
    [
        ("em", " Nora.Blum@Example.net ", "nora.blum@example.net"),
        ("em", "nora at example.net", None),
        ("ph", "+41 (44) 555-01 99", "41445550199"),
        ("ph", "0041445550199", "41445550199"),
        ("ph", "12345", None),
        ("fn", "  Mary-Jane O'Neil ", "maryjaneoneil"),
        ("fn", "Zoë", "zoë"),
        ("ln", "王", "王"),
        ("ln", "---", None),
        ("ct", "St. Gallen", "stgallen"),
        ("st", "CA", "ca"),
        ("zp", "94025-1234", "94025"),
        ("zp", "SW1A 1AA", "sw1a1aa"),
        ("zp", "9", None),
        ("country", "CH", "ch"),
        ("country", "Switzerland", None),
        ("db", "1990-02-28", "19900228"),
        ("db", "28.02.1990", None),
        ("ge", "Female", "f"),
        ("ge", "x", None),
        ("external_id", " Shopper 88 ", "shopper88"),
    ],
)
def test_plain_contact_data_is_normalised_and_hashed(
    key: str, value: str, plain: str | None
) -> None:
    expected = None if plain is None else hashed(plain)
    assert convert(f"ud[{key}]", value) == expected
    assert convert(f"udff[{key}]", value) == expected


@pytest.mark.parametrize(
    ("value", "passed"),
    [("A" * 64, "a" * 64), ("a" * 64, "a" * 64), ("a" * 32, None), ("F" * 32, None)],
)
def test_only_a_sha256_passes_as_a_hash(value: str, passed: str | None) -> None:
    keys = [wire for wire in ROWS if wire.startswith(("ud[", "udff["))]
    assert len(keys) == 22
    for wire in keys:
        assert convert(wire, value) == passed


def test_contact_data_is_contact_data_everywhere() -> None:
    for row in FIELDS:
        if row.wire.startswith(("ud[", "udff[", "aud[", "audff[", "cud[", "ncud[")):
            assert row.kind is Kind.CONTACT


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:DB8::0:7", "2001:db8::7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", None),
        ("100.64.0.1", None),
        ("127.0.0.1", None),
        ("::1", None),
        ("fe80::1%eth0", None),
        ("2001:db8::7%x", None),
        ("not an address", None),
    ],
)
def test_only_a_public_address_is_the_visitors(value: str, expected: str | None) -> None:
    assert convert("@ip", value) == expected


def test_kinds_of_what_is_sent() -> None:
    assert TABLE.kind("custom_data.anything") is Kind.CUSTOM
    assert TABLE.kind("custom_data.search_string") is Kind.CUSTOM
    assert TABLE.kind("custom_data.order_id") is Kind.ORDER_ID
    assert TABLE.kind("user_data.fbc") is Kind.AD_ID
    assert TABLE.kind("user_data.fbp") is Kind.BROWSER_ID
    assert TABLE.kind("user_data.client_ip_address") is Kind.NETWORK
    assert TABLE.kind("data_processing_options") is Kind.CONSENT


def test_match_keys_are_told_from_the_fields() -> None:
    found = TABLE.keys({"user_data.em": ["x"], "user_data.fbc": "x", "user_data.ge": ["x"]})
    assert found == MatchKey.EMAIL | MatchKey.CLICK_ID
