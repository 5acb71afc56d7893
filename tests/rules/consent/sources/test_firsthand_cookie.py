import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.firsthand_cookie import SOURCE
from firsthand.rules.consent.statement import Fault, Say, Statement
from tests.factories import NOW
from tests.rules.consent.sources.examples import Examples

AT = NOW // 1000
YES, NO = f"1.a1m1.{AT}.fh", f"1.a0m0.{AT}.fh"
EXAMPLES = Examples(
    granted=f"fh_consent={YES}", denied=f"fh_consent={NO}", analytics=f"fh_consent=1.a1m0.{AT}.fh"
)


def read(*copies: str) -> Statement:
    said = SOURCE.read({"fh_consent": copies}, Policy())
    assert said is not None
    return said


# The cookie is ours: its form stands in the module.
@pytest.mark.parametrize(
    ("answer", "analytics", "marketing"),
    [
        ("a1m1", Say.GRANTED, Say.GRANTED),
        ("a1m0", Say.GRANTED, Say.DENIED),
        ("a0m1", Say.DENIED, Say.GRANTED),
        ("a0m0", Say.DENIED, Say.DENIED),
        ("a-m-", Say.UNKNOWN, Say.UNKNOWN),
        ("a1m-", Say.GRANTED, Say.UNKNOWN),
    ],
)
def test_the_answers(answer: str, analytics: Say, marketing: Say) -> None:
    said = read(f"1.{answer}.{AT}.fh")
    assert said == Statement(
        "firsthand_cookie", analytics, marketing, explicit=True, decided_at=NOW, yields=True
    )


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", Fault.MALFORMED),
        ("true", Fault.MALFORMED),
        (f"1.a1m1.{AT}", Fault.MALFORMED),
        (f"1.a1m1.{AT}.", Fault.MALFORMED),
        (f"1.a1m1.{AT}.fh.x", Fault.MALFORMED),
        (f"1.A1M1.{AT}.fh", Fault.MALFORMED),
        (f"1.a1m1.{AT}.f h", Fault.MALFORMED),
        (f"1.a2m1.{AT}.fh", Fault.MALFORMED),
        (f"1.a1m1.{AT}000.fh", Fault.MALFORMED),
        (f"1.a1m1.-{AT}.fh", Fault.MALFORMED),
        (f"1.a1m1.{AT}.fh\n", Fault.MALFORMED),
        (f"1%2Ea1m1.{AT}.fh", Fault.MALFORMED),
        (f"2.a1m1.{AT}.fh", Fault.VERSION),
        (f"11.a1m1.{AT}.fh", Fault.VERSION),
        ("1.a1m1.１795514400.fh", Fault.MALFORMED),  # noqa: RUF001 - a digit of another script
        ("x" * 9000, Fault.OVERSIZED),
    ],
)
def test_what_is_not_ours_is_an_error(value: str, fault: Fault) -> None:
    said = read(value)
    assert said.error is fault
    assert (said.analytics, said.marketing) == (Say.UNKNOWN, Say.UNKNOWN)


@pytest.mark.parametrize("copies", [(YES, NO), (NO, YES), (YES, YES, NO)])
def test_of_several_copies_the_refusal_holds(copies: tuple[str, ...]) -> None:
    said = read(*copies)
    assert (said.analytics, said.marketing) == (Say.DENIED, Say.DENIED)
    assert said.notes == ("duplicate",)


def test_no_cookie_says_nothing() -> None:
    assert SOURCE.read({}, Policy()) is None


@given(st.integers(0, len(NO)), st.text(max_size=4), st.integers(0, 3))
def test_no_mutation_of_a_no_is_a_yes(where: int, junk: str, cut: int) -> None:
    text = f"1.a0m-.{AT}.fh"
    for mutated in (text[:where], text[:where] + junk, text[:where] + text[where + cut :]):
        said = SOURCE.read({"fh_consent": (mutated, text)}, Policy())
        assert said is not None
        assert Say.GRANTED not in {said.analytics, said.marketing}
        alone = SOURCE.read({"fh_consent": (mutated,)}, Policy())
        assert alone is not None
        assert alone.error or mutated == text or Say.GRANTED not in {
            alone.analytics, alone.marketing,
        }  # fmt: skip
