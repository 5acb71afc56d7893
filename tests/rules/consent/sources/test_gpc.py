import pytest

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.gpc import SOURCE
from firsthand.rules.consent.statement import Say, Statement


# W3C Global Privacy Control, working draft of 2025-12-17: "1" is the only value.
@pytest.mark.parametrize(
    ("sent", "marketing"),
    [
        (("1",), Say.DENIED),
        ((" 1 ",), Say.DENIED),
        (("0, 1",), Say.DENIED),
        (("0", "1"), Say.DENIED),
        (("0",), Say.UNKNOWN),
        (("",), Say.UNKNOWN),
        (("11",), Say.UNKNOWN),
        (("true",), Say.UNKNOWN),
    ],
)
def test_the_header(sent: tuple[str, ...], marketing: Say) -> None:
    said = SOURCE.read({"sec-gpc": sent}, Policy())
    assert said is not None
    assert (said.marketing, said.analytics, said.error) == (marketing, Say.UNKNOWN, None)
    assert not said.yields
    assert said.notes == (() if marketing is Say.DENIED else ("other_value",))


def test_no_header_says_nothing() -> None:
    assert SOURCE.read({}, Policy()) is None
    assert SOURCE.read({"sec-gpc": ("1",)}, Policy()) == Statement(
        "gpc", marketing=Say.DENIED, explicit=True
    )
