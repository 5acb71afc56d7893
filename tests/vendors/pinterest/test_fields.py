"""The converters of Pinterest's table. Source: its page on user data, read 2026-11."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.mapping import Table
from firsthand.model import Value
from firsthand.vendors.pinterest.fields import FIELDS, spelled

ROWS = {row.wire: row for row in FIELDS}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def convert(wire: str, value: str) -> Value | None:
    return ROWS[wire].convert(value)


@pytest.mark.parametrize(
    ("key", "given", "plain"),
    [
        ("em", " Nora.Blum@Example.net ", "nora.blum@example.net"),
        ("em", "nobody", None),
        ("ph", "+49 30 555-010", "4930555010"),
        ("ph", "0049 30 555010", "4930555010"),
        ("ph", "12", None),
        ("fn", " Zoë Anne ", "zoë anne"),
        ("ln", "O'Neil", "o'neil"),
        ("ge", "Female", "f"),
        ("ge", "n", "n"),
        ("ge", "?", None),
        ("db", "1990-04-30", "19900430"),
        ("db", "30.04.1990", None),
        ("ct", "Bad Dürkheim", "baddürkheim"),
        ("st", "CA", "ca"),
        ("st", "California", None),
        ("zp", "94025-1234", "940251234"),
        ("zp", "SW1A 1AA", "11"),
        ("country", "DE", "de"),
        ("country", "Germany", None),
        ("external_id", " K-77 ", "k-77"),
    ],
)
def test_plain_contact_data_is_normalised_and_hashed(
    key: str, given: str, plain: str | None
) -> None:
    expected = digest(plain) if plain else None
    assert convert(f"pd[{key}]", given) == expected


@pytest.mark.parametrize(
    "wire", ["pd[em]", "pd[aem]", "pd[external_id]", "pd[aem_ph]", "ed[external_id]"]
)
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("AB" * 32, "ab" * 32),
        ("ab" * 32, "ab" * 32),
        ("ab" * 20, None),  # SHA-1
        (" " + "AB" * 20, None),
        ("ab" * 16, None),  # MD5
    ],
)
def test_a_hash_is_never_hashed_again(wire: str, given: str, kept: str | None) -> None:
    assert convert(wire, given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("59.9", "59.9"),
        ("10.00", "10.00"),
        (" 7 ", "7"),
        ("0", "0"),
        ("-1", None),
        ("1,5", None),
        ("1e3", None),
        ("", None),
    ],
)
def test_money_is_a_text(given: str, kept: str | None) -> None:
    assert convert("ed[value]", given) == kept


def test_items_have_the_members_that_the_api_knows() -> None:
    wire = (
        '[{"product_id":7,"product_name":" Mug ","product_price":12.7,"product_quantity":2.5,'
        '"product_variant":"L","product_brand":""},{"product_category":"x@y.example"},"A",null]'
    )
    assert convert("ed[line_items]", wire) == [
        {"id": "7", "item_name": "Mug", "item_price": "12.7"}
    ]


@pytest.mark.parametrize("given", ["[]", "{}", "[{}]", "A", "[1,2]", "{", "[" * 3000])
def test_no_items(given: str) -> None:
    assert convert("ed[line_items]", given) is None


def test_at_most_500_items() -> None:
    items = convert("ed[line_items]", "[" + ",".join(['{"product_id":"A"}'] * 900) + "]")
    assert isinstance(items, list)
    assert len(items) == 500


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (1, "1"), (142.52, "142.52"), (True, "true"), ([1, "a"], '[1,"a"]'), ({}, "{}")],
)
def test_spelling(value: Value, text: str) -> None:
    assert spelled(value) == text


@settings(max_examples=100, deadline=None)
@given(row=st.sampled_from(FIELDS), value=st.text(max_size=60))
def test_no_converter_raises(row: object, value: str) -> None:
    for each in FIELDS:
        if each is row:
            each.convert(value)


def test_api_and_tag_agree_on_match_keys() -> None:
    table = Table(FIELDS)
    keys = table.keys({"user_data.em": ["e"], "user_data.click_id": "c", "user_data.ge": ["f"]})
    assert keys.name == "EMAIL|CLICK_ID"
