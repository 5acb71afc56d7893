from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.proof import Told, answer, asked, question, read
from tests.samples import shop

SITE = shop()
OTHER = replace(SITE, secret=b"a secret of somebody else's, as long")
NONCE = "0123456789abcdef" * 2
NOW_S = 1_795_500_001
TOLD = Told("10.0.0.5", "203.0.113.9", trusted=True)


def test_a_question_of_ours_is_answered_and_the_answer_believed() -> None:
    query = question(SITE, NONCE, NOW_S)
    assert asked(SITE, query, NOW_S) == NONCE
    assert read(SITE, NONCE, answer(SITE, NONCE, TOLD)) == TOLD


@pytest.mark.parametrize(
    ("query", "now_s"),
    [
        (question(OTHER, NONCE, NOW_S), NOW_S),
        (question(SITE, NONCE, NOW_S), NOW_S + 301),
        (question(SITE, NONCE, NOW_S), NOW_S - 301),
        (question(SITE, NONCE, NOW_S).replace(NONCE, NONCE[::-1]), NOW_S),
        (question(SITE, NONCE, NOW_S).replace(str(NOW_S), str(NOW_S + 1)), NOW_S),
        (question(SITE, "short", NOW_S), NOW_S),
        (f"c={NONCE}&t=x&p=y", NOW_S),
        (f"c={NONCE}&t={'9' * 5000}&p=y", NOW_S),
        (f"c={NONCE}&t=1795500001&p=\u00e4", NOW_S),
        ("", NOW_S),
    ],
)
def test_nobody_else_gets_an_answer(query: str, now_s: int) -> None:
    assert asked(SITE, query, now_s) == ""


@pytest.mark.parametrize(
    "body",
    [
        answer(OTHER, NONCE, TOLD),
        answer(SITE, NONCE[::-1], TOLD),
        answer(SITE, NONCE, TOLD).replace(b"10.0.0.5", b"10.0.0.6"),
        answer(SITE, NONCE, TOLD).replace(b"true", b"false"),
        orjson.dumps([]),
        b"<html>",
        b"",
    ],
)
def test_no_other_answer_is_believed(body: bytes) -> None:
    assert read(SITE, NONCE, body) is None


@given(st.text(), st.binary())
def test_anything_may_come(query: str, body: bytes) -> None:
    assert asked(SITE, query, NOW_S) == ""
    assert read(SITE, NONCE, body) is None
