"""Consentmanager's compressed form, written here bit by bit by its help page (read 2026-11-24)."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.customids import Choice, decode
from firsthand.rules.consent.statement import Fault
from tests.rules.consent.writer import ALPHABET, NOV_2, number, pack

Ranges = Sequence[tuple[int, int]]


def fibonacci(value: int) -> str:
    terms = [1, 2]
    while terms[-1] <= value:
        terms.append(terms[-1] + terms[-2])
    code = ""
    for term in reversed(terms):
        used = term <= value
        value -= term if used else 0
        code = ("1" if used else "0") + code
    return code.rstrip("0") + "1"


def listed(ranges: Ranges, version: int) -> str:
    bits, last = number(len(ranges), 12), 0
    for first, end in ranges:
        ids = [first] if first == end else [first, end]
        bits += "0" if first == end else "1"
        for each in ids:
            bits += number(each, 16) if version == 1 else fibonacci(each - last)
            last = each
    return bits


def compressed(
    purposes: Ranges = (),
    system: Ranges = (),
    custom: Ranges = (),
    *,
    version: int = 2,
    chosen: bool = True,
    created: int = NOV_2,
    more: str = "",
) -> str:
    lists = "".join(listed(each, version) for each in (purposes, system, custom))
    head = number(ALPHABET.index("a"), 6) + number(version, 6) + number(created // 100, 36)
    return pack(f"{head}{int(chosen)}{lists}{more}")


def of(*ranges: tuple[int, int]) -> set[str]:
    return {str(each) for first, last in ranges for each in range(first, last + 1)}


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions(version: int) -> None:
    text = compressed([(51, 52), (54, 54)], [(1, 1), (23, 23)], [(37910, 37910)], version=version)
    assert text[:2] == f"a{ALPHABET[version]}"
    purposes, vendors = frozenset({"51", "52", "54"}), frozenset({"s1", "s23", "c37910"})
    assert decode(text) == Choice(NOV_2, chosen=True, purposes=purposes, vendors=vendors)


def test_without_a_choice_and_while_nobody_is_to_be_asked() -> None:
    paused = compressed([(51, 51)], chosen=False, more="1" + number(NOV_2 // 100, 36))
    assert decode(paused) == Choice(
        NOV_2, chosen=False, purposes=frozenset({"51"}), vendors=frozenset()
    )
    assert decode(compressed()).purposes == frozenset()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MALFORMED),
        ("a", Fault.MALFORMED),
        ("b" + compressed()[1:], Fault.MALFORMED),
        (compressed([(51, 52)])[:-3], Fault.MALFORMED),
        (compressed([(51, 51)], more="01"), Fault.MALFORMED),
        (compressed([(51, 51)], more="1" + number(NOV_2 // 100, 36) + "1"), Fault.MALFORMED),
        (compressed([(60, 51)], version=1), Fault.MALFORMED),
        (compressed([(1, 60_000)], version=1), Fault.MALFORMED),
        (compressed().replace("aC", "aD", 1), Fault.VERSION),
        (compressed() + "=", Fault.MALFORMED),
        ("a" * 5000, Fault.OVERSIZED),
    ],
)
def test_what_cannot_be_read(text: str, fault: Fault) -> None:
    with pytest.raises(Unreadable) as found:
        decode(text)
    assert found.value.fault is fault


IDS = st.lists(st.integers(1, 60_000), max_size=6, unique=True).map(
    lambda ids: [(each, each) for each in sorted(ids)]
)


@given(IDS, IDS, IDS, st.sampled_from([1, 2]), st.booleans())
def test_what_is_written_is_read(
    purposes: Ranges,
    system: Ranges,
    custom: Ranges,
    version: int,
    chosen: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    found = decode(compressed(purposes, system, custom, version=version, chosen=chosen))
    assert found.purposes == of(*purposes)
    vendors = {f"s{each}" for each in of(*system)} | {f"c{each}" for each in of(*custom)}
    assert (found.chosen, found.vendors) == (chosen, vendors)


@given(st.text(ALPHABET, max_size=60))
def test_anything_else_is_read_or_refused(text: str) -> None:
    try:
        decode(f"aC{text}")
    except Unreadable as refused:
        assert refused.fault in Fault
