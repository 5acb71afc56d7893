import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.us_privacy import SOURCE
from firsthand.rules.consent.statement import Fault, Say

JSON = '{"uspString":"%s","firstAcknowledgeDate":"2026-11-02T10:00:00.000Z","optOutDate":null}'
ESCAPED = "%7B%22uspString%22%3A%221YYN%22%7D"


# IAB Tech Lab, US Privacy User Signal; the objects are iubenda's (read 2026-11).
@pytest.mark.parametrize("name", ["usprivacy", "us_privacy"])
@pytest.mark.parametrize(
    ("text", "marketing"),
    [
        ("1YNN", Say.GRANTED),
        ("1YYN", Say.DENIED),
        ("1Y--", Say.UNKNOWN),
        (JSON % "1YN-", Say.GRANTED),
        (JSON % "1YY-", Say.DENIED),
        (ESCAPED, Say.DENIED),
    ],
)
def test_what_it_says(name: str, text: str, marketing: Say) -> None:
    said = SOURCE.read({name: (text,)}, Policy())
    assert said is not None
    assert (said.analytics, said.marketing, said.error) == (Say.UNKNOWN, marketing, None)
    assert not said.explicit
    assert not said.yields


@pytest.mark.parametrize(
    "values", [{}, {"usprivacy": ("",)}, {"usprivacy": ("1---",)}, {"us_privacy": (JSON % "1---",)}]
)
def test_where_the_law_does_not_apply(values: dict[str, tuple[str, ...]]) -> None:
    assert SOURCE.read(values, Policy()) is None


def test_any_copy_can_refuse() -> None:
    said = SOURCE.read({"usprivacy": ("1YNN", "1---"), "us_privacy": ("1YYN",)}, Policy())
    assert said is not None
    assert (said.marketing, said.notes) == (Say.DENIED, ("duplicate",))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("yes", Fault.MALFORMED),
        ("3YNN", Fault.VERSION),
        ("{", Fault.MALFORMED),
        ('{"usp":"1YNN"}', Fault.MALFORMED),
        ('{"uspString":["1YNN"]}', Fault.MALFORMED),
        ("1" * 9000, Fault.OVERSIZED),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, fault: Fault) -> None:
    said = SOURCE.read({"usprivacy": (text,)}, Policy())
    assert said is not None
    assert (said.error, said.marketing) == (fault, Say.UNKNOWN)


@given(st.text(max_size=12))
def test_hardly_any_text_grants(text: str) -> None:
    said = SOURCE.read({"usprivacy": (text,)}, Policy())
    assert said is None or said.marketing is not Say.GRANTED or "1YN" in text
