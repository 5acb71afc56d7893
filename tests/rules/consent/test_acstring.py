import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.acstring import decode, statement
from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Fault, Say


# Google's Additional Consent specification v2 (read 2026-11); Meta is provider 89.
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1~", set()),
        ("1~1.35.41.101", {1, 35, 41, 101}),
        ("2~~dv.", set()),
        ("2~89.1097~dv.311.2072", {89, 1097}),
        ("2~89~dv.", {89}),
        ("2~~dv.89", set()),
    ],
)
def test_who_is_consented_to(text: str, ids: set[int]) -> None:
    assert decode(text) == ids
    assert ("meta" in statement("ac", text, Policy()).without) is (89 not in ids)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MALFORMED),
        ("1", Fault.MALFORMED),
        ("1~89.", Fault.MALFORMED),
        ("1~.89", Fault.MALFORMED),
        ("1~089", Fault.MALFORMED),
        ("1~89~dv.7", Fault.MALFORMED),
        ("2~89", Fault.MALFORMED),
        ("2~89~7", Fault.MALFORMED),
        ("2~89~dv", Fault.MALFORMED),
        ("2~89~dv.7~8", Fault.MALFORMED),
        ("2~89~DV.7", Fault.MALFORMED),
        ("2~8 9~dv.", Fault.MALFORMED),
        ("2~1234567~dv.", Fault.MALFORMED),
        ("2~٨٩~dv.", Fault.MALFORMED),
        ("3~89~dv.7", Fault.VERSION),
        ("0~89", Fault.VERSION),
        ("12~89", Fault.VERSION),
    ],
)
def test_other_texts_are_errors(text: str, fault: Fault) -> None:
    with pytest.raises(Unreadable) as found:
        decode(text)
    assert found.value.fault is fault
    said = statement("ac", text, Policy())
    assert (said.error, said.without) == (fault, ())


def test_it_grants_no_purpose() -> None:
    said = statement("ac", "2~89~dv.", Policy())
    assert (said.analytics, said.marketing, said.explicit) == (Say.UNKNOWN, Say.UNKNOWN, False)


def test_ids_of_the_sites_own() -> None:
    policy = Policy(ac_ids={"x": 7, "meta": 0})
    assert statement("ac", "2~89~dv.", policy).without == ("x",)
    assert statement("ac", "2~7~dv.", policy).without == ()


@given(st.sets(st.integers(1, 999_999), max_size=30), st.sets(st.integers(1, 999), max_size=9))
def test_disclosed_is_not_consented(consented: set[int], disclosed: set[int]) -> None:
    text = f"2~{'.'.join(map(str, consented))}~dv.{'.'.join(map(str, disclosed))}"
    assert decode(text) == consented
