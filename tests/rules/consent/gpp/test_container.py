import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.gpp.container import split
from firsthand.rules.consent.statement import Fault
from tests.rules.consent.writer import fibonacci, header, number, pack


# "Global Privacy Platform String" v1.0, header examples; the last three are padded to whole octets.
@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("DBABM~C", {2: "C"}),
        ("DBACNY~C~1YNN", {2: "C", 6: "1YNN"}),
        ("DBABjw~a~1YNN", {5: "a", 6: "1YNN"}),
        ("DBABT~1---", {6: "1---"}),
        ("DBABL~x", {7: "x"}),
        ("DBABBg~x", {8: "x"}),
        ("DBACLY~x~y", {7: "x", 8: "y"}),
        ("DBAA", {}),
        ("DBABLA~x.y", {7: "x.y"}),
        ("DBABMA~x", {2: "x"}),
        (header(7, 8, to=8) + "~x~y", {7: "x", 8: "y"}),
    ],
)
def test_sections_by_id(text: str, sections: dict[int, str]) -> None:
    assert split(text) == sections


def ranged(first: int, last: int) -> str:
    return pack(
        number(3, 6) + number(1, 6) + number(1, 12) + f"1{fibonacci(first)}{fibonacci(last)}"
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MALFORMED),
        ("D", Fault.MALFORMED),
        ("DBABL", Fault.MALFORMED),  # the section is missing
        ("DBABL~", Fault.MALFORMED),
        ("DBABL~x~y", Fault.MALFORMED),
        ("DBABL~~", Fault.MALFORMED),
        ("DCABL~x", Fault.VERSION),
        ("CBABL~x", Fault.MALFORMED),
        ("DBACL~x~y", Fault.MALFORMED),  # two announced, one listed
        ("DBABLB~x", Fault.MALFORMED),  # bits behind the last id
        ("DBABL ~x", Fault.MALFORMED),
        ("dbabl~x", Fault.MALFORMED),
        (header(70) + "~x", Fault.MALFORMED),
        (ranged(60, 30) + "~x", Fault.MALFORMED),
        ("DB" + "_" * 4000, Fault.MALFORMED),
        ("DBABL~" + "x" * 4096, Fault.OVERSIZED),
    ],
)
def test_what_is_odd_cannot_be_read(text: str, fault: Fault) -> None:
    with pytest.raises(Unreadable) as found:
        split(text)
    assert found.value.fault is fault


@given(st.sets(st.integers(1, 63), max_size=30))
def test_every_list_of_sections(ids: set[int]) -> None:
    told = {each: f"s{each}" for each in sorted(ids)}
    assert split("~".join([header(*told), *told.values()])) == told
