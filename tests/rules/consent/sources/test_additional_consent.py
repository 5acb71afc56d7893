import pytest

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.additional_consent import SOURCE
from firsthand.rules.consent.statement import Fault, Say

META, NOBODY = "2~89.1097~dv.311", "2~~dv.89"


# Google's specification and the platforms' cookie lists (read 2026-11).
@pytest.mark.parametrize("name", ["addtl_consent", "OTAdditionalConsentString", "ac_euconsent-v2"])
@pytest.mark.parametrize(
    ("text", "without"),
    [(META, ()), (NOBODY, ("meta",)), ("1~", ("meta",)), ("2%7E89%7Edv.", ()), ("1~7", ("meta",))],
)
def test_whom_it_refuses(name: str, text: str, without: tuple[str, ...]) -> None:
    said = SOURCE.read({name: (text,)}, Policy())
    assert said is not None
    assert said.without == without
    assert (said.analytics, said.marketing, said.yields) == (Say.UNKNOWN, Say.UNKNOWN, True)


def test_any_copy_can_refuse() -> None:
    said = SOURCE.read({"addtl_consent": (META,), "ac_euconsent-v2": (NOBODY,)}, Policy())
    assert said is not None
    assert said.without == ("meta",)


@pytest.mark.parametrize("values", [{}, {"addtl_consent": ("",)}])
def test_no_string_says_nothing(values: dict[str, tuple[str, ...]]) -> None:
    assert SOURCE.read(values, Policy()) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [("89", Fault.MALFORMED), ("3~89", Fault.VERSION), ("1~" + "9." * 5000, Fault.OVERSIZED)],
)
def test_what_cannot_be_read_is_an_error(text: str, fault: Fault) -> None:
    said = SOURCE.read({"addtl_consent": (text,)}, Policy())
    assert said is not None
    assert said.error is fault
