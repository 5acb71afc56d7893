"""What is inside the Snap Pixel's cookies."""

import re
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Kind
from firsthand.vendor import Mint
from firsthand.vendors.snapchat.cookies import COOKIES, click_of, cookie1_of, records
from tests.factories import NOW

KEY = [int(digit, 16) for digit in b"Snapchat".hex()]
HIDDEN = ((0, 4, 32), (16, 2, 18), (20, 2, 22), (36, 12, 4), (48, 8, 24))
ROWS = {row.name: row for row in COOKIES}
PERSON = "4f0e9c3a-8d1b-4c57-9e62-70b1c2d3e4f5"
CLICK = "b7a6d5c4-1f2e-4a3b-8c9d-0e1f2a3b4c5d"


def record(kind: int, uuid: str, at: int = NOW, index: int | None = None) -> str:
    """Return the hexadecimal digits of a record, hidden as the pixel hides them."""
    flag = 2 * 16 + kind + (0x80 if index is not None else 0)
    rest = f"{flag:02x}{uuid.replace('-', '')}{at:012x}"
    rest += "" if index is None else f"{index:08x}"
    digits = [int(digit, 16) for digit in f"{sum(int(d, 16) for d in rest) % 256:02x}{rest}"]
    for start, length, salt in HIDDEN:
        for n in range(length if start < len(digits) else 0):
            digits[start + n] = (digits[start + n] + KEY[n % 16] + digits[salt + n] + n + 7) % 16
    return "".join(f"{digit:x}" for digit in digits)


def cookie(*parts: str) -> str:
    return urlsafe_b64encode(bytes.fromhex("".join(parts))).decode().rstrip("=")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (cookie(record(3, PERSON)), [(3, PERSON)]),
        (cookie(record(3, PERSON, index=1)), [(3, PERSON)]),
        (cookie(record(1, CLICK, index=7), record(3, PERSON)), [(1, CLICK), (3, PERSON)]),
        (cookie(record(3, PERSON)) + "A", []),
        (cookie(record(3, "4f0e9c3a-8d1b-9c57-9e62-70b1c2d3e4f5")), []),  # there is no version 9
        (cookie(record(3, "4f0e9c3a-8d1b-4c57-0e62-70b1c2d3e4f5")), []),  # nor that variant
        (cookie(record(3, PERSON)).swapcase(), []),
        (PERSON, []),
        ("A" * 31, []),
        ("", []),
    ],
)
def test_records(value: str, found: list[tuple[int, str]]) -> None:
    assert list(records(value)) == found


@pytest.mark.parametrize(
    ("value", "person", "click"),
    [
        (PERSON, PERSON, PERSON),
        (cookie(record(3, PERSON)), PERSON, ""),
        (cookie(record(1, CLICK), record(3, PERSON)), PERSON, CLICK),
        ("no-cookie-of-the-pixel", "", ""),
    ],
)
def test_the_id_is_taken_out_of_the_cookie(value: str, person: str, click: str) -> None:
    assert cookie1_of(value) == person
    assert click_of(value) == click


def test_a_click_is_kept_bare() -> None:
    row = ROWS["_scclid"]
    assert row.mint is not None
    assert row.mint(Mint(click=CLICK, at=NOW, labels=2, draw=1)) == CLICK
    assert re.fullmatch(row.pattern, CLICK)
    assert (row.click, row.kind, row.days) == ("ScCid", Kind.AD_ID, 365)


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("_scid", PERSON, True),
        ("_scid", cookie(record(3, PERSON)), True),
        ("_scid", cookie(record(3, PERSON, index=1)), True),
        ("_scid", "short", False),
        ("_scid", PERSON + ";", False),
        ("_scsrid", cookie(record(1, CLICK), record(3, PERSON)), True),
        ("_sctr", "1|1795478400000", True),
        ("_sctr", "1%7C1795478400000", True),
        ("_sctr", "yesterday", False),
        ("_ScCbts", "%5B%22240%3Bchrome.2%22%5D", True),
    ],
)
def test_forms(name: str, value: str, good: bool) -> None:  # noqa: FBT001 - a case
    assert bool(re.fullmatch(ROWS[name].pattern, value)) is good


def test_only_the_browsers_id_and_the_click_are_given_back() -> None:
    assert {row.name for row in COOKIES if row.restore} == {"_scid", "_scclid"}


@settings(max_examples=150)
@given(st.text(max_size=200) | st.binary(max_size=90).map(lambda raw: cookie(raw.hex())))
def test_no_cookie_raises(value: str) -> None:
    list(records(value))
    assert cookie1_of(value) == value or re.fullmatch("|[0-9a-f-]{36}", cookie1_of(value))


@settings(max_examples=100)
@given(st.uuids(version=4), st.integers(0, 2**40), st.none() | st.integers(0, 2**32 - 1))
def test_what_was_hidden_is_found(uuid: object, at: int, index: int | None) -> None:
    assert list(records(cookie(record(3, str(uuid), at, index)))) == [(3, str(uuid))]
