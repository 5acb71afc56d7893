"""Snapchat's answers. Source: the OpenAPI file of Snap's Business SDK, read 2026-11."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import (
    Accepted,
    Outcome,
    Reason,
    Recorded,
    Refused,
    Split,
    TryLater,
    Warned,
)
from firsthand.vendors.snapchat.answers import judge, judge_probe
from tests.factories import make_beacon, make_reply

WRONG = {"codes": ["E102"], "error_msgs": ["currency is not known"]}
TOLD = "E102; currency is not known"
BAD = Refused(Reason.BAD_EVENT, TOLD)


def judged(status: int, body: object, sent: int = 3, **headers: str) -> list[Outcome]:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return judge(make_reply(status, raw, **headers), [make_beacon()] * sent)


def probed(status: int, body: object, sent: int = 3) -> list[Outcome]:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return judge_probe(make_reply(status, raw), [make_beacon()] * sent)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"status": "VALID"}, Accepted()),
        (200, {"status": "valid", "reason": "ok"}, Accepted()),
        (200, {"status": "SUCCESS"}, Accepted()),
        (202, {"status": "OK"}, Accepted()),
        (200, {"status": "PARTLY", "reason": "half of it"}, Warned("half of it")),
        (200, {"status": "INVALID", "reason": "no"}, Split(Reason.BAD_EVENT, "no")),
        (400, {"status": "INVALID", "errors": WRONG}, Split(Reason.BAD_EVENT, TOLD)),
        (400, b"not JSON", Split(Reason.BAD_EVENT, "HTTP 400 without an answer of the API")),
        (413, b"", Split(Reason.BAD_EVENT, "HTTP 413 without an answer of the API")),
        (401, {"reason": "token"}, TryLater(Reason.AUTH, "HTTP 401 token")),
        (403, {}, TryLater(Reason.AUTH, "HTTP 403")),
        (404, {"reason": "no pixel"}, TryLater(Reason.SETUP, "HTTP 404 no pixel")),
        (500, b"", TryLater(Reason.VENDOR_DOWN, "HTTP 500")),
        (400, b"<html>", TryLater(Reason.BROKEN_REPLY, "HTTP 400")),
    ],
)
def test_an_answer_about_the_whole_call(status: int, body: object, outcome: Outcome) -> None:
    assert judged(status, body) == [outcome] * 3


def test_an_answer_without_a_status_is_asked_for_again() -> None:
    assert all(isinstance(each, TryLater) for each in judged(200, b""))


def test_too_many_calls_name_the_wait() -> None:
    [outcome] = judged(429, {}, 1, **{"retry-after": "12"})
    assert outcome == TryLater(Reason.RATE_LIMIT, "HTTP 429", 12.0)


@pytest.mark.parametrize("status", [200, 400])
def test_the_named_event_is_refused_and_the_others_go_again(status: int) -> None:
    found = judged(status, {"status": "INVALID", "event": 1, "errors": WRONG})
    assert found == [Split(Reason.BAD_EVENT, TOLD), BAD, Split(Reason.BAD_EVENT, TOLD)]


@pytest.mark.parametrize("place", [3, -1, "1", None, True])
def test_a_place_that_is_none_is_of_no_help(place: object) -> None:
    body = {"status": "INVALID", "event": place, "errors": WRONG}
    assert judged(400, body) == [Split(Reason.BAD_EVENT, TOLD)] * 3


def test_a_single_event_is_refused() -> None:
    assert judged(400, {"status": "INVALID", "errors": WRONG}, 1) == [BAD]


def test_what_looks_personal_is_not_repeated() -> None:
    [found] = judged(400, {"status": "INVALID", "reason": f"em {'0a' * 32} is odd"}, 1)
    assert found == Refused(Reason.BAD_EVENT, "em *** is odd")


@pytest.mark.parametrize(
    ("status", "body", "outcomes"),
    [
        (200, {"status": "VALID"}, [Recorded(validated=True)] * 3),
        (
            200,
            {
                "status": "VALID",
                "event_logs": [{"event": 2, "status": "VALID", "warnings": ["no phone"]}],
            },
            [Recorded(validated=True)] * 2 + [Recorded(validated=True, message="['no phone']")],
        ),
        (
            200,
            {
                "status": "INVALID",
                "event_logs": [
                    {"event": 0, "status": "VALID"},
                    {"event": 1, "status": "INVALID", "errors": WRONG},
                ],
            },
            [Recorded(validated=True), BAD, Recorded(validated=True)],
        ),
        (400, {"status": "INVALID", "errors": WRONG}, [BAD] * 3),
        (401, {}, [Recorded(validated=False, message="HTTP 401")] * 3),
        (503, b"", [Recorded(validated=False, message="HTTP 503")] * 3),
        (200, b"", [Recorded(validated=False, message="HTTP 200")] * 3),
    ],
)
def test_the_validating_door(status: int, body: object, outcomes: list[Outcome]) -> None:
    assert probed(status, body) == outcomes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.text(max_size=5) | st.just("INVALID"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "event", "errors", "codes", "error_msgs", "event_logs"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(st.sampled_from([200, 400, 403, 422]), JSON)
def test_any_answer_gives_an_outcome_for_each(status: int, body: object) -> None:
    assert len(judged(status, body)) == 3
    assert len(probed(status, body)) == 3
