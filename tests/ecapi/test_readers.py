from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.ecapi.readers import (
    Code,
    Reader,
    address,
    currency,
    date,
    flag,
    moment,
    number,
    one_of,
    public_ip,
    text,
    whole,
)


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (text(), "a\u202eb\x00", "ab"),
        (text(), 7731, "7731"),
        (text(), True, Code.TYPE),
        (text(), ["a"], Code.TYPE),
        (text(3), "abcd", Code.TOO_LONG),
        (text(), "\ud800", ""),
        (number, 47, "47"),
        (number, Decimal("47.97"), "47.97"),
        (number, Decimal("1e3"), "1000"),
        (number, Decimal("0.1") + Decimal("0.2"), "0.3"),
        (number, Decimal("1e-400"), Code.VALUE),
        (number, Decimal("1e999999"), Code.VALUE),
        (number, Decimal("0e999999"), "0"),
        (number, "29.99", "29.99"),  # the sample payload writes prices as texts
        (number, "29,99", Code.VALUE),
        (number, "1e3", Code.VALUE),
        (number, "NaN", Code.VALUE),
        (number, True, Code.TYPE),
        (number, {}, Code.TYPE),
        (whole, 3, "3"),
        (whole, Decimal("3.5"), Code.VALUE),
        (currency, "eur", "EUR"),
        (currency, "EURO", Code.VALUE),
        (currency, 978, Code.TYPE),
        (address, "https://shop.example.com/a?b=1", "https://shop.example.com/a?b=1"),
        (address, "javascript:alert(1)", Code.VALUE),
        (address, "https://a@evil.example/", Code.VALUE),
        (address, "https://x.example/" + "a" * 3000, Code.TOO_LONG),
        (public_ip, "203.0.113.7", "203.0.113.7"),
        (public_ip, "10.0.0.1", Code.VALUE),
        (public_ip, "e3b0c44298fc1c149afbf4c8996fb924", Code.VALUE),
        (date, "2026-11-24", "2026-11-24"),
        (date, 20261124, "20261124"),
        (date, "24.11.2026", Code.VALUE),
        (flag, True, "1"),
        (flag, False, ""),
        (flag, 0, ""),
        (flag, 2, Code.VALUE),
        (flag, "yes", Code.VALUE),
        (flag, [], Code.TYPE),
        (one_of(["new", "used"]), "Used", "used"),
        (one_of(["new", "used"]), 2, "used"),
        (one_of(["new", "used"]), 3, Code.ENUM),
        (one_of(["new", "used"]), 0, Code.ENUM),
        (one_of(["new", "used"]), None, Code.TYPE),
    ],
)
def test_a_value_becomes_text_or_a_code(reader: Reader, value: Any, expected: str | Code) -> None:
    assert reader(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_795_500_000, 1_795_500_000_000),
        (1_795_500_000_123, 1_795_500_000_123),
        (Decimal("1795500000.5"), 1_795_500_000_500),
        ("1795500000", 1_795_500_000_000),
        (-1, 0),
        (2**63, 0),
        ("now", 0),
        ([], 0),
        (0, 0),
    ],
)
def test_a_time_is_in_seconds_or_milliseconds(value: Any, expected: int) -> None:
    assert moment(value) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(JSON)
def test_no_value_raises(value: Any) -> None:
    readers = (text(), number, whole, currency, address, public_ip, date, flag, one_of(["a"]))
    for reader in readers:
        assert isinstance(reader(value), str | Code)
    assert moment(value) >= 0
