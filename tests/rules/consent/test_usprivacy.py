from itertools import product

import pytest

from firsthand.rules.consent.statement import Fault, Say, Statement
from firsthand.rules.consent.usprivacy import statement

GRANTED, UNKNOWN, DENIED = Say.GRANTED, Say.UNKNOWN, Say.DENIED


# IAB Tech Lab, "U.S. Privacy String" v1.0 (read 2026-11-24): version, notice, opt-out, LSPA.
@pytest.mark.parametrize(
    ("text", "marketing"),
    [
        ("1YNN", GRANTED),
        ("1YNY", GRANTED),
        ("1YN-", GRANTED),
        ("1YYN", DENIED),
        ("1-YN", DENIED),
        ("1NNN", DENIED),
        ("1N--", DENIED),
        ("1Y--", UNKNOWN),
        ("1-N-", UNKNOWN),
        ("1--Y", UNKNOWN),
    ],
)
def test_what_each_says(text: str, marketing: Say) -> None:
    assert statement("us_privacy", text) == Statement("us_privacy", marketing=marketing)


def test_a_law_that_does_not_apply_says_nothing() -> None:
    assert statement("us_privacy", "1---") is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2YNN", Fault.VERSION),
        ("1ynn", Fault.MALFORMED),
        ("1YN", Fault.MALFORMED),
        ("1YNNN", Fault.MALFORMED),
        ("1Y N", Fault.MALFORMED),
        ("", Fault.MALFORMED),
        ("１YNN", Fault.MALFORMED),  # noqa: RUF001 - a digit of another script
    ],
)
def test_other_texts_are_errors(text: str, fault: Fault) -> None:
    assert statement("us_privacy", text) == Statement("us_privacy", error=fault)


def test_only_notice_without_opt_out_is_a_yes() -> None:
    texts = ("1" + "".join(each) for each in product("YN-", repeat=3))
    said = {text: statement("us_privacy", text) for text in texts}
    assert {text[1:3] for text, found in said.items() if found and found.marketing is GRANTED} == {
        "YN"
    }
    assert not any(found and found.explicit for found in said.values())
