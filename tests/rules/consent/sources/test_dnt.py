import pytest

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.dnt import SOURCE
from firsthand.rules.consent.statement import Say, Statement

HONOURING = Policy(honour_dnt=True)


# W3C Tracking Preference Expression (2019-01-17): "1", perhaps with extensions behind it.
@pytest.mark.parametrize("sent", ["1", "1x"])
def test_a_refusal_where_it_is_honoured(sent: str) -> None:
    said = SOURCE.read({"dnt": (sent,)}, HONOURING)
    assert said == Statement("dnt", marketing=Say.DENIED, explicit=True)
    assert SOURCE.read({"dnt": (sent,)}, Policy()) is None


@pytest.mark.parametrize("sent", [(), ("0",), ("",), ("null",)])
def test_all_else_says_nothing(sent: tuple[str, ...]) -> None:
    assert SOURCE.read({"dnt": sent}, HONOURING) is None
