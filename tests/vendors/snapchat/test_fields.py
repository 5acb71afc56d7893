"""The Snap Pixel's table. Source: Snap's pages on the parameters of the API, read 2026-11."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.mapping import Table
from firsthand.model import Value
from firsthand.vendors.snapchat.fields import FIELDS, page

TABLE = Table(FIELDS)
ROWS = {row.wire: row for row in FIELDS}


def hash_of(plain: str) -> str:
    return sha256(plain.encode()).hexdigest()


def converted(wire: str, value: str) -> Value | None:
    return ROWS[wire].convert(value)


@pytest.mark.parametrize(
    ("wire", "value", "plain"),
    [
        ("u_hem", " Nora.Blum@Example.net ", "nora.blum@example.net"),
        ("em", "nora.blum+x@example.net", "nora.blum+x@example.net"),
        ("u_hpn", "+43 (1) 234-5678", "4312345678"),
        ("ph", "0043 1 2345678", "4312345678"),
        ("u_fn", " Zoë ", "zoë"),
        ("fn", "Anna Maria", "anna maria"),
        ("l_city", "San José", "sanjosé"),
        ("l_gpc", "SW1A 1AA", "sw1a1aa"),
        ("country", "AT", "at"),
        ("u_gd", "Female", "f"),
        ("ge", "M", "m"),
    ],
)
def test_plain_contact_data_is_normalised_and_hashed(wire: str, value: str, plain: str) -> None:
    assert converted(wire, value) == hash_of(plain)


def test_a_hash_is_never_hashed_again() -> None:
    known = hash_of("nora.blum@example.net")
    assert converted("u_hem", known.upper()) == known


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("u_hem", "FFF" + hash_of("no address")),  # the pixel found it wrong
        ("u_hpn", "FFF" + hash_of("no phone")),
        ("fn", "FFF" + hash_of("x")),
        ("u_hem", "0123456789abcdef0123456789abcdef"),  # an MD5
        ("u_hem", "nobody"),
        ("u_hpn", "12"),
        ("country", "Austria"),
        ("u_gd", "none"),
        ("s_r_id", "not-a-uuid"),
        ("u_c1", "9It8HwpSO45nb3YhDF3n9BuQOKkT00wY"),
        ("e_cur", "EURO"),
        ("e_pr", "12,50"),
        ("e_pr", "-1"),
        ("e_ni", "2.5"),
        ("contents", "SKU"),
        ("contents", '[{"quantity": 1}]'),
        ("e_iids", "[[]]"),
    ],
)
def test_what_breaks_a_rule_is_dropped(wire: str, value: str) -> None:
    taken = TABLE.take([(wire, value)])
    assert taken.fields == {}
    assert taken.notes == (f"{wire}: not usable",)
    assert value not in taken.notes[0]


@pytest.mark.parametrize(
    ("wire", "value", "expected"),
    [
        ("e_pr", "0", 0),
        ("value", "19.90", 19.9),
        ("e_cur", "eur", "EUR"),
        ("e_iids", '["A1",2]', ["A1", "2"]),
        ("e_iids", "A1, B2,", ["A1", "B2"]),
        ("content_ids", "A1", ["A1"]),
        (
            "contents",
            '[{"id":7,"quantity":2,"item_price":5.5,"brand":"Fold","colour":"red"},{"id":"B"},3]',
            [{"id": "7", "quantity": "2", "item_price": "5.5", "brand": "Fold"}, {"id": "B"}],
        ),
        ("contents", '{"id":"A"}', [{"id": "A"}]),
        ("e_bds", '["Fold","Harbour"]', "Fold,Harbour"),
        ("e_bds", "Fold", "Fold"),
        ("e_ic", '["a","b"]', "a,b"),
        ("num_items", "3", 3),
        ("e_desc", f"call $[P{'0' * 64}]$ now", "call  now"),
    ],
)
def test_values(wire: str, value: str, expected: Value) -> None:
    assert converted(wire, value) == expected


MARK = f"$[E{'ab' * 32}]$"
QUOTED = MARK.replace("$", "%24").replace("[", "%5B").replace("]", "%5D")


@pytest.mark.parametrize(
    ("given_address", "kept"),
    [
        ("https://shop.example.com/a?b=1#c", "https://shop.example.com/a?b=1#c"),
        (f"https://shop.example.com/a?mail={MARK}&b=1", "https://shop.example.com/a?b=1"),
        (f"https://shop.example.com/a?mail={QUOTED}", "https://shop.example.com/a"),
        (f"https://shop.example.com/u/{MARK}/x?b=1", "https://shop.example.com/u//x?b=1"),
        (f"https://shop.example.com/a?b=1#{MARK}", "https://shop.example.com/a?b=1"),
        ("javascript:alert(1)", None),
    ],
)
def test_addresses_lose_what_the_scrubber_marked(given_address: str, kept: str | None) -> None:
    assert page(given_address) == kept


@settings(max_examples=200)
@given(st.sampled_from(FIELDS), st.text(max_size=60))
def test_no_converter_raises(row: object, value: str) -> None:
    for each in FIELDS:
        if each is row:
            each.convert(value)
