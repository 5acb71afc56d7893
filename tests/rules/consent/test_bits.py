import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.bits import LONGEST, Reader, Unreadable, members, unpack
from firsthand.rules.consent.statement import Fault
from tests.rules.consent.writer import ALPHABET, fibonacci, pack


# The alphabet of RFC 4648 section 5, without padding.
@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("A", "000000"),
        ("_", "111111"),
        ("-", "111110"),
        ("DBABM", "000011000001000000000001001100"),
    ],
)
def test_six_bits_a_character(text: str, bits: str) -> None:
    assert unpack(text) == bits


@pytest.mark.parametrize(
    "text", ["", "=", "AA==", "A+", "A/", "A.A", "A A", "Ä", "A\0", "A\n", "😀"]
)
def test_other_characters_are_none(text: str) -> None:
    with pytest.raises(Unreadable) as found:
        unpack(text)
    assert found.value.fault is Fault.MALFORMED


def test_what_is_too_long_is_not_looked_at() -> None:
    assert len(unpack("A" * LONGEST)) == 6 * LONGEST
    with pytest.raises(Unreadable) as found:
        unpack("A" * (LONGEST + 1))
    assert found.value.fault is Fault.OVERSIZED


@given(st.text(ALPHABET, min_size=1, max_size=40))
def test_nothing_is_lost(text: str) -> None:
    assert pack(unpack(text)) == text


def test_fields_in_a_row() -> None:
    bits = Reader("101" + "1" + "0" + "0011" + "00")
    assert (bits.number(3), bits.flag(), bits.flag(), bits.fibonacci()) == (5, True, False, 3)
    bits.close()
    assert bits.take(0) == ""
    with pytest.raises(Unreadable):
        bits.take(3)


# "Global Privacy Platform String" v1.0, table of Fibonacci codes.
@pytest.mark.parametrize(
    ("code", "number"),
    [("11", 1), ("011", 2), ("0011", 3), ("1011", 4), ("00011", 5), ("10011", 6), ("01011", 7)],
)
def test_fibonacci_codes(code: str, number: int) -> None:
    assert Reader(code).fibonacci() == number
    assert fibonacci(number) == code


@given(st.lists(st.integers(1, 80), max_size=9))
def test_fibonacci_codes_end_by_themselves(numbers: list[int]) -> None:
    bits = Reader("".join(map(fibonacci, numbers)))
    assert [bits.fibonacci() for _ in numbers] == numbers
    bits.close()


@pytest.mark.parametrize("bits", ["", "0", "101010", "0" * 40, "0" * 24 + "11"])
def test_a_fibonacci_code_that_never_ends(bits: str) -> None:
    with pytest.raises(Unreadable):
        Reader(bits).fibonacci()


def test_only_zeros_are_padding() -> None:
    Reader("1000", 1).close()
    with pytest.raises(Unreadable):
        Reader("1001", 1).close()


def test_members_count_from_one() -> None:
    assert members("0110") == {2, 3}
