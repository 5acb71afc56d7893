from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.tcf import SOURCE
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.writer import NOV_2, disclosed, tc, vendors

YES = tc(disclosed(755, 804), vendors=vendors([755, 804]))
GOOGLE = tc()
NO = tc(purposes=(), vendors=vendors())


# The platforms' cookie lists (read 2026-11).
@pytest.mark.parametrize(
    "name", ["euconsent-v2", "eupubconsent-v2", "__cmpconsentx12345", "gdpr_consent"]
)
def test_where_a_string_may_be(name: str) -> None:
    said = SOURCE.read({name: (YES,)}, Policy())
    assert said is not None
    assert (said.analytics, said.marketing, said.decided_at) == (Say.GRANTED, Say.GRANTED, NOV_2)


def test_the_names() -> None:
    assert SOURCE.cookies == ("euconsent-v2", "eupubconsent-v2", "__cmpconsent*")
    assert SOURCE.signals == ("gdpr_consent",)


@pytest.mark.parametrize("values", [{}, {"gdpr_consent": ("",)}])
def test_no_string_says_nothing(values: dict[str, tuple[str, ...]]) -> None:
    assert SOURCE.read(values, Policy()) is None


@pytest.mark.parametrize(
    "text", [quote(YES, safe=""), YES.replace(".", "%2E"), YES.replace(".", "%252E")]
)
def test_encoded_once_or_twice(text: str) -> None:
    assert SOURCE.read({"euconsent-v2": (text,)}, Policy()) == SOURCE.read(
        {"euconsent-v2": (YES,)}, Policy()
    )


@pytest.mark.parametrize("copies", [(YES, NO), (NO, YES)])
def test_of_several_strings_the_refusal_holds(copies: tuple[str, ...]) -> None:
    said = SOURCE.read({"euconsent-v2": copies[:1], "eupubconsent-v2": copies[1:]}, Policy())
    assert said is not None
    assert (said.analytics, said.marketing) == (Say.DENIED, Say.DENIED)
    assert said.notes == ("duplicate",)


def test_of_several_strings_every_refused_vendor_stays_refused() -> None:
    said = SOURCE.read({"euconsent-v2": (YES, GOOGLE)}, Policy())
    assert said is not None
    assert said.marketing is Say.GRANTED
    assert "linkedin" in said.without


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("garbage", Fault.VERSION),
        (YES.lower(), Fault.VERSION),
        (YES + "\0", Fault.MALFORMED),
        (YES + "😀", Fault.MALFORMED),
        (quote(quote(YES.replace(".", "%2E"))), Fault.MALFORMED),
        ("C" * 1_000_000, Fault.OVERSIZED),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, fault: Fault) -> None:
    said = SOURCE.read({"euconsent-v2": (text,)}, Policy())
    assert said is not None
    assert (said.error, said.analytics, said.marketing) == (fault, Say.UNKNOWN, Say.UNKNOWN)


@given(st.integers(0, len(NO)), st.text(max_size=3), st.integers(0, 2))
def test_no_mutation_beside_a_refusal_grants(where: int, junk: str, cut: int) -> None:
    mutated = NO[:where] + junk + NO[where + cut :]
    said = SOURCE.read({"euconsent-v2": (mutated, NO)}, Policy())
    assert said is not None
    assert Say.GRANTED not in {said.analytics, said.marketing}
