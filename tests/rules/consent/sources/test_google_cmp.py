from urllib.parse import quote

import orjson
import pytest

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.google_cmp import SOURCE
from firsthand.rules.consent.statement import Fault, Say, Statement
from tests.rules.consent.writer import NOV_2, tc, vendors

YES, NO = tc(), tc(purposes=(), vendors=vendors())
ID = "0190AAAA-BBBB-4CCC-8DDD-EEEEFFFF0000"


def held(*strings: object) -> str:
    return orjson.dumps([None, None, None, list(strings), None]).decode()


def read(*copies: str) -> Statement | None:
    return SOURCE.read({"FCCDCF": copies}, Policy())


# The form is that of cookies seen in public code (read 2026-11-24); the strings are made here.
@pytest.mark.parametrize(
    ("text", "marketing", "meta"),
    [
        (held(YES, "2~89.7~dv.8", ID), Say.GRANTED, False),
        (held(YES, "2~7~dv.89", ID), Say.GRANTED, True),
        (held(YES, "1~89", ID), Say.GRANTED, False),
        (held(YES, None, ID), Say.GRANTED, False),
        (held(YES), Say.GRANTED, False),
        (held(NO, "1~", ID), Say.DENIED, True),
        (quote(held(YES, "1~", ID)), Say.GRANTED, True),
        (quote(quote(held(YES, "1~", ID))), Say.GRANTED, True),
    ],
)
def test_strings_in_the_container(text: str, marketing: Say, *, meta: bool) -> None:
    said = read(text)
    assert said is not None
    assert (said.marketing, said.error, said.decided_at) == (marketing, None, NOV_2)
    assert ("meta" in said.without) is meta
    assert said.yields


@pytest.mark.parametrize(
    "text",
    [
        '[null,null,null,null,null,null,[[32,"[\\"id\\",[1768980468,0]]"]]]',
        "[]",
        "[null,null,null]",
        held(None, None),
    ],
)
def test_before_an_answer_it_says_nothing(text: str) -> None:
    assert read(text) is None


def test_no_cookie_says_nothing() -> None:
    assert SOURCE.read({}, Policy()) is None


def test_of_several_copies_the_refusal_holds() -> None:
    said = read(held(YES), held(NO))
    assert said is not None
    assert said.marketing is Say.DENIED


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MALFORMED),
        ("{}", Fault.MALFORMED),
        ("[null,null,null,7]", Fault.MALFORMED),
        ('[null,null,null,"C"]', Fault.MALFORMED),
        (held(7), Fault.MALFORMED),
        (held(YES, 7), Fault.MALFORMED),
        (held(YES[:-4], "1~89"), Fault.MALFORMED),
        (held(YES, "89"), Fault.MALFORMED),
        (held(tc(version=1)), Fault.VERSION),
        ("[" * 4000, Fault.MALFORMED),
        ("[" * 9000, Fault.OVERSIZED),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, fault: Fault) -> None:
    said = read(text)
    assert said is not None
    assert said.error is fault
