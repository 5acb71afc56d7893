from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.ecapi.strict import loads


def test_decimals_stay_decimals() -> None:
    assert loads(b'{"value": 0.30000000000000001, "n": 3}') == {
        "value": Decimal("0.30000000000000001"),
        "n": 3,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": 1e99999999999999999999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"{} {}",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not JSON$"):
        loads(body)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_json_or_a_value_error(body: bytes) -> None:
    try:
        loads(body)
    except Exception as error:  # noqa: BLE001 - this is what is tested
        assert type(error) is ValueError
