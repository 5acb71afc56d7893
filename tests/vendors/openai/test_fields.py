"""The table of OpenAI's pixel, row by row. Sources: see ``vendors/openai/fields.py``."""

from hashlib import sha256
from typing import Any

import pytest

from firsthand.vendors.openai.fields import AUTO, FIELDS, whole

ROWS = {row.wire: row for row in FIELDS}


# The rules and their examples: OpenAI, Conversions API, user, autumn 2026.
@pytest.mark.parametrize(
    ("key", "text", "plain"),
    [
        ("em", " Max@Shop.Example ", "max@shop.example"),
        ("ph", "+1 (415) 555-0132", "14155550132"),
        ("ph", "0041 44 555 01 47", "41445550147"),
        ("fn", "O'Connor", "oconnor"),
        ("fn", "José", "josé"),
        ("ln", "van der Berg", "vanderberg"),
        ("eid", " Cust-7 ", "Cust-7"),
    ],
)
def test_plain_contact_data_is_normalised_and_hashed(key: str, text: str, plain: str) -> None:
    for group in ("in", "fm", "js", "ht"):
        row = ROWS[f"user.{group}.{key}"]
        assert row.convert(text) == sha256(plain.encode()).hexdigest()
        assert row.convert("AB" * 32) == "ab" * 32


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("co", "de", "DE"),
        ("co", "Germany", None),
        ("rg", " Bayern ", "bayern"),
        ("ct", "São Paulo", "são paulo"),
        ("pc", "SW1A 1AA", "SW1A 1AA"),
        ("pc", "1" * 33, None),
        ("pc", "10115;", None),
        ("ph", "1234567", None),
        ("ph", "call me", None),
        ("em", "max", None),
    ],
)
def test_what_goes_plain_or_not_at_all(key: str, text: str, value: str | None) -> None:
    assert ROWS[f"user.in.{key}"].convert(text) == value


@pytest.mark.parametrize(
    ("wire", "text", "value"),
    [
        ("source_url", "https://a.example/x?y#z", "https://a.example/x"),
        ("source_url", "file:///x", None),
        ("oppref", "gAAAAABqX-_=", "gAAAAABqX-_="),
        ("oppref", "a b c d e f", None),
        ("obref", "6f1f4f0e-31c6-4a7e-8a55-3c0b9f1d2e77", "6f1f4f0e-31c6-4a7e-8a55-3c0b9f1d2e77"),
        ("obref", "6f1f4f0e", None),
        ("data.currency", "usd", "USD"),
        (
            "data.contents",
            '[{"id":7,"name":"Mug","quantity":"2","amount":19.99,"color":"blue"},{},5]',
            [{"id": "7", "name": "Mug", "quantity": 2}],
        ),
        ("data.contents", "{}", None),
        ("data.contents", "[", None),
        ("opt_out", "true", True),
        ("opt_out", "false", None),
    ],
)
def test_values(wire: str, text: str, value: Any) -> None:
    assert ROWS[wire].convert(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("12497", 12497), ("12.0", 12), ("12.5", None), ("-1", None), ("1e3", None)],
)
def test_money_is_whole(text: str, value: int | None) -> None:
    assert whole(text) == value


def test_what_the_script_found_has_paths_of_its_own() -> None:
    for row in FIELDS:
        if row.wire[:8] in {"user.fm.", "user.js.", "user.ht."}:
            assert row.path.startswith(AUTO)
            assert row.match is None
