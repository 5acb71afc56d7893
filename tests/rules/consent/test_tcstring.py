"""The decoder by itself; ``test_official.py`` holds it against the IAB's own."""

from typing import Any

import pytest

from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.statement import Fault
from firsthand.rules.consent.tcstring import Publisher, Restriction, Vendors, decode
from tests.rules.consent.writer import (
    NOV_2,
    core,
    disclosed,
    letters,
    number,
    pack,
    publisher,
    ranged,
    tc,
    vendors,
)

# Made with an encoder of our own from the format's field table; created 2026-11-02, policy 5.
ALL = "CQtDjkAQtDjkAEsABBENCyFgAP_gAAAAAAYgIzQBAF5gMkAe0BGYAAAAAA.IIzQBAF5gMkAe0BGYA"


def faults(text: str) -> Fault:
    with pytest.raises(Unreadable) as found:
        decode(text)
    return found.value.fault


def test_every_field_has_its_place() -> None:
    found = decode(ALL)
    assert (found.created, found.last_updated) == (NOV_2, NOV_2)
    assert (found.cmp_id, found.policy_version, found.country) == (300, 5, "DE")
    assert found.service_specific
    assert found.purposes == set(range(1, 12))
    assert found.interests == found.special_features == frozenset()
    assert [each for each in range(1, 1200) if each in found.vendors] == [755, 804, 986, 1126]
    assert found.disclosed == found.vendors
    assert found.restrictions == ()
    assert found.publisher is None


def test_the_rest_of_the_core() -> None:
    found = decode(
        tc(
            cmp_version=7, screen=3, language="FR", list=99, texts=1, features=[2], interests=[7],
            treatment=1, vendor_interests=vendors([2]), restrictions=[(3, 0, [(1, 9), (20, 20)])],
        )
    )  # fmt: skip
    assert (found.cmp_version, found.screen, found.language, found.list_version) == (7, 3, "FR", 99)
    assert found.non_standard_texts
    assert found.purpose_one_treatment
    assert found.special_features == {2}
    assert found.interests == {7}
    assert 2 in found.vendor_interests
    assert found.restrictions == (Restriction(3, 0, Vendors(ranges=((1, 9), (20, 20)))),)


@pytest.mark.parametrize(
    "section", [vendors([1, 3]), ranged((1, 1), (3, 3)), ranged((1, 1), (3, 3), highest=9)]
)
def test_ids_in_a_field_and_in_ranges(section: str) -> None:
    found = decode(tc(vendors=section)).vendors
    assert [each for each in range(-1, 12) if each in found] == [1, 3]


def test_segments_in_any_order() -> None:
    allowed = number(2, 3) + vendors([4])
    own = publisher([1, 8], [7], own="101")
    for segments in ([own, allowed, disclosed(755)], [disclosed(755), allowed, own]):
        found = decode(tc(*segments))
        assert found.publisher == Publisher(
            frozenset({1, 8}), frozenset({7}), frozenset({1, 3}), frozenset(), 3
        )
        assert found.allowed is not None
        assert 4 in found.allowed
        assert found.disclosed is not None


def test_only_the_core() -> None:
    found = decode(pack(core()))
    assert found.disclosed is found.allowed is found.publisher is None


@pytest.mark.parametrize("to", [6, 8, 24, 48])
def test_padding_is_free(to: int) -> None:
    assert decode(pack(core(), to=to)) == decode(pack(core()))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MALFORMED),
        (".", Fault.MALFORMED),
        ("C", Fault.MALFORMED),
        ("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", Fault.VERSION),  # version 1 of the format
        (tc(version=3), Fault.VERSION),
        (tc(cmp=1), Fault.MALFORMED),
        ("A" * 4097, Fault.OVERSIZED),
        (ALL + ".", Fault.MALFORMED),
        (ALL + "." + ALL.partition(".")[2], Fault.MALFORMED),  # a segment twice
        (ALL + "." + pack(number(0, 3)), Fault.MALFORMED),  # a second core
        (ALL + "." + pack(number(4, 3) + vendors()), Fault.MALFORMED),
        (ALL.replace("_", "/"), Fault.MALFORMED),
        (ALL + "=", Fault.MALFORMED),
        (f" {ALL}", Fault.MALFORMED),
        (pack(core() + "1"), Fault.MALFORMED),  # bits where padding belongs
        (tc(vendors=ranged((5, 4), highest=9)), Fault.MALFORMED),
        (tc(vendors=ranged((0, 4))), Fault.MALFORMED),
        (tc(vendors=ranged((4, 9), highest=8)), Fault.MALFORMED),
        (tc(vendors=ranged(*[(1, 40_000)] * 2)), Fault.MALFORMED),
        (tc(restrictions=[(0, 1, [(1, 1)])]), Fault.MALFORMED),
        (tc(restrictions=[(25, 1, [(1, 1)])]), Fault.MALFORMED),
        (tc(restrictions=[(1, 3, [(1, 1)])]), Fault.MALFORMED),
    ],
)
def test_what_is_odd_cannot_be_read(text: str, fault: Fault) -> None:
    assert faults(text) is fault


@pytest.mark.parametrize("name", ["language", "country"])
def test_letters_are_letters(name: str) -> None:
    given: dict[str, Any] = {name: "A["}  # the 27th letter
    assert letters("A[") == "000000011010"
    assert faults(tc(**given)) is Fault.MALFORMED


def test_no_cut_string_is_whole() -> None:
    whole = tc(disclosed(755), vendors=ranged((700, 800)), restrictions=[(7, 1, [(755, 755)])])
    padded = {whole, whole.partition(".")[0]}
    for cut in range(len(whole)):
        if whole[:cut] not in padded:
            faults(whole[:cut])
