from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand import convert
from firsthand.model import Value
from firsthand.vendor import Converter

JANE = "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d"  # jane.doe@example.com
MD5 = "0123456789abcdef0123456789abcdef"
NESTED = "[" * 8 + "1" + "]" * 8

CONVERTERS: list[Converter] = [
    convert.text,
    convert.short(36),
    convert.matching(r"[a-z]{1,5}"),
    convert.number,
    convert.amount,
    convert.integer,
    convert.currency,
    convert.address,
    convert.sha256_hex,
    convert.sha256_of,
    convert.base64url_sha256,
    convert.json_value,
    convert.public_ip,
    convert.hashed(convert.email),
    convert.hashed(convert.phone_digits),
    convert.hashed(convert.letters),
    convert.hashed(convert.solid),
    convert.hashed(convert.postcode),
    convert.hashed(convert.birth_date),
    convert.hashed(convert.gender_initial),
    convert.hashed_as_given,
    convert.hashed(convert.phone_plus),
]
ANY = st.text() | st.text(st.characters(categories=["Cs", "Cc", "Nd"])) | st.from_regex(r"[\[{].*")


@pytest.mark.parametrize(
    ("convert_one", "wire", "expected"),
    [
        (convert.text, " Red\x00 mug \u202e", "Red mug"),
        (convert.text, "\x1b\x07", None),
        (convert.text, "a" * 2000, "a" * 1000),
        (convert.text, "a\ud800b", "ab"),
        (convert.short(3), "abcdef", "abc"),
        (convert.short(3), "   ", None),
        (convert.matching("[a-z]+"), "abc", "abc"),
        (convert.matching("[a-z]+"), "abc\n", None),
        (convert.number, "49.90", 49.9),
        (convert.number, "-3", -3),
        (convert.number, "0.30000000000000004", 0.30000000000000004),
        (convert.number, "1e5", None),
        (convert.number, "NaN", None),
        (convert.number, "Infinity", None),
        (convert.number, "٣", None),
        (convert.number, "9" * 16, None),
        (convert.number, "1,5", None),
        (convert.number, "", None),
        (convert.amount, "10", 10),
        (convert.amount, "-10", None),
        (convert.integer, "7", 7),
        (convert.integer, "7.0", None),
        (convert.currency, "eur", "EUR"),
        (convert.currency, "EURO", None),
        (convert.currency, "E1R", None),
        (convert.address, "https://shop.example.com/a?b=c", "https://shop.example.com/a?b=c"),
        (convert.address, "https://user:pass@shop.example.com/", None),
        (convert.address, "http://good.example\\@evil.example/", None),
        (convert.address, "https://shop.example.com/\r\nSet-Cookie:a=b", None),
        (convert.address, "https://shop.example.com/a b", None),
        (convert.address, "javascript:alert(1)", None),
        (convert.address, "//shop.example.com/", None),
        (
            convert.address,
            "https://shop.example.com/" + "a" * 3000,
            "https://shop.example.com/" + "a" * 2023,
        ),
        (convert.sha256_hex, JANE.upper(), JANE),
        (convert.sha256_hex, JANE[:-1], None),
        (convert.base64url_sha256, urlsafe_b64encode(bytes.fromhex(JANE)).decode()[:43], JANE),
        (convert.base64url_sha256, urlsafe_b64encode(bytes.fromhex(JANE)).decode(), JANE),
        (
            convert.base64url_sha256,
            "!" + urlsafe_b64encode(bytes.fromhex(JANE)).decode()[:43],
            None,
        ),
        (convert.base64url_sha256, JANE, None),
        (convert.json_value, '{"id":"SKU1","quantity":null}', {"id": "SKU1"}),
        (convert.json_value, "[1,null,2]", [1, 2]),
        (convert.json_value, '"text"', None),
        (convert.json_value, "[1,", None),
        (convert.json_value, "[NaN]", None),
        (convert.json_value, NESTED, orjson.loads(NESTED)),
        (convert.json_value, f"[{NESTED}]", None),
        (convert.json_value, "[" * 100_000, None),
        (convert.public_ip, " 203.0.113.9 ", "203.0.113.9"),
        (convert.public_ip, "2001:0db8:0::7", "2001:db8::7"),
        (convert.public_ip, "::ffff:203.0.113.9", "203.0.113.9"),
        (convert.public_ip, "::ffff:10.0.0.1", None),
        (convert.public_ip, "fe80::1%eth0", None),
        (convert.public_ip, "2001:db8::7%eth0", None),
        (convert.public_ip, "127.0.0.1", None),
        (convert.public_ip, "192.168.1.1", None),
        (convert.public_ip, "100.64.0.1", None),
        (convert.public_ip, "fd00::1", None),
        (convert.public_ip, "0.0.0.0", None),
        (convert.public_ip, "localhost", None),
    ],
)
def test_what_a_converter_makes_of_a_text(
    convert_one: Converter, wire: str, expected: Value | None
) -> None:
    made = convert_one(wire)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    ("normal", "wire", "plain"),
    [
        # Source: Meta, "Customer information parameters", read 2026-02.
        (convert.email, " Jane.Doe@Example.com ", "jane.doe@example.com"),
        (convert.email, "jane.doe", None),
        (convert.google_email, "jane.doe@gmail.com", "janedoe@gmail.com"),
        (convert.google_email, "jane.doe+x@googlemail.com", "janedoe+x@googlemail.com"),
        (convert.google_email, "jane.doe@example.com", "jane.doe@example.com"),
        (convert.google_email, "...@gmail.com", None),
        (convert.google_email, "jane.doe", None),
        (convert.phone_digits, "+49 (0)30 1234567", "490301234567"),
        (convert.phone_digits, "0049 30 1234567", "49301234567"),
        (convert.phone_digits, "12", None),
        (convert.letters, "Müller-Lüdenscheidt", "müllerlüdenscheidt"),
        (convert.letters, " - ", None),
        (convert.solid, "New York", "newyork"),
        (convert.postcode, "94107-1234", "94107"),
        (convert.postcode, "SW1A 1AA", "sw1a1aa"),
        (convert.postcode, "-", None),
        (convert.birth_date, "1997-02-16", "19970216"),
        (convert.birth_date, "16.02.1997", None),
        (convert.gender_initial, "Female", "f"),
        (convert.gender_initial, "x", None),
    ],
)
def test_contact_data_is_normalised_and_hashed(
    normal: Callable[[str], str | None], wire: str, plain: str | None
) -> None:
    expected = sha256(plain.encode()).hexdigest() if plain else None
    assert convert.hashed(normal)(wire) == expected


def test_a_hash_is_passed_on_but_an_md5_is_nothing() -> None:
    convert_email = convert.hashed(convert.email)
    assert convert_email("jane.doe@example.com") == JANE
    assert convert_email(f" {JANE.upper()} ") == JANE
    assert convert_email(MD5) is None


@pytest.mark.parametrize("convert_one", CONVERTERS)
@given(wire=ANY)
def test_no_converter_raises_and_json_can_carry_what_it_makes(
    convert_one: Converter, wire: str
) -> None:
    made = convert_one(wire)
    if made is not None:
        orjson.dumps(made)


@pytest.mark.parametrize("convert_one", CONVERTERS)
@pytest.mark.parametrize(
    "wire", ["a" * 100_000, " " * 100_000, "1" * 100_000, "a@" * 50_000, "https://" + "a." * 50_000]
)
def test_long_texts_end(convert_one: Converter, wire: str) -> None:
    made = convert_one(wire)
    assert made is None or len(orjson.dumps(made)) < 100_001


@given(ANY)
def test_plain_contact_data_never_survives(wire: str) -> None:
    for normal in (convert.email, convert.phone_digits, convert.letters, convert.solid):
        made = convert.hashed(normal)(wire)
        assert made is None or convert.sha256_hex(made) == made


@pytest.mark.parametrize(
    ("value", "plain"), [("Cust-7", "Cust-7"), (" Cust-7 ", "Cust-7"), ("ÄB", "ÄB")]
)
def test_an_id_is_hashed_with_its_case_kept(value: str, plain: str) -> None:
    assert convert.hashed_as_given(value) == sha256(plain.encode()).hexdigest()


def test_an_id_that_is_hashed_or_empty_is_left_alone() -> None:
    assert convert.hashed_as_given("AB" * 32) == "ab" * 32
    assert convert.hashed_as_given("  ") is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("+49 30 1234567", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("49301234567", "+49301234567"),
        ("12345", None),
        ("", None),
    ],
)
def test_a_phone_number_in_international_form(value: str, found: str | None) -> None:
    assert convert.phone_plus(value) == found
