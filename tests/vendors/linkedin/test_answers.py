"""LinkedIn's answers, class by class.

Source: LinkedIn's pages on the Conversions API and on error handling, read 2026-11.
"""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Accepted, Outcome, Reason, Refused, Reply, Split, TryLater
from firsthand.vendors.linkedin.answers import judge
from tests.factories import make_beacon

ONE = [make_beacon()]
TWO = [make_beacon(), make_beacon(id="1" * 32)]
THREE = [*TWO, make_beacon(id="2" * 32)]


def answer(status: int, body: object, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, 9)


def error(status: int, code: str = "", message: str = "", **headers: str) -> Reply:
    body = {"status": status, "code": code, "message": message, "serviceErrorCode": 65601}
    return answer(status, body, **headers)


def single(reply: Reply) -> Outcome:
    [outcome] = judge(reply, ONE)
    return outcome


def test_accepted() -> None:
    assert (
        judge(answer(200, {"elements": [{"status": 201}, {"status": 201}]}), TWO)
        == [Accepted()] * 2
    )
    assert judge(answer(201, b""), ONE) == [Accepted()]


def test_each_event_has_its_own_answer() -> None:
    told = [
        {"status": 201},
        {"status": 400, "error": {"status": 400, "message": "/conversion :: not a urn"}},
        {"status": 503},
    ]
    first, second, third = judge(answer(200, {"elements": told}), THREE)
    assert first == Accepted()
    assert second == Refused(Reason.BAD_EVENT, "HTTP 400 /conversion :: not a urn")
    assert isinstance(third, TryLater)
    assert third.reason is Reason.VENDOR_DOWN


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"status": 429}, Reason.RATE_LIMIT),
        ({"status": 500}, Reason.VENDOR_DOWN),
        ({"status": "201"}, Reason.BROKEN_REPLY),
        ({}, Reason.BROKEN_REPLY),
        (None, Reason.BROKEN_REPLY),
    ],
)
def test_an_event_that_may_succeed_later(told: object, reason: Reason) -> None:
    outcome = single(answer(200, {"elements": [told]}))
    assert isinstance(outcome, TryLater)
    assert outcome.reason is reason


def test_a_right_to_one_rule_does_not_hold_the_lane() -> None:
    for status in (401, 403, 404, 422):
        assert isinstance(single(answer(200, {"elements": [{"status": status}]})), Refused)


LINES = "Index: 1, ERROR :: /user/userIds :: at least one is required\nIndex: 7, ERROR :: x"


def test_a_refused_batch_names_its_bad_events_and_the_others_go_again() -> None:
    first, second, third = judge(error(422, message=LINES), THREE)
    assert isinstance(first, Split)
    assert second == Refused(Reason.BAD_EVENT, "/user/userIds :: at least one is required")
    assert isinstance(third, Split)


def test_a_refused_batch_that_names_none_is_halved() -> None:
    for message in ("Input fields validation failure", "Index: 9, ERROR :: beyond"):
        assert [type(each) for each in judge(error(422, message=message), TWO)] == [Split, Split]
        assert isinstance(single(error(422, message=message)), Refused)
    alone = single(error(422, message="Index: 0, ERROR :: too old"))
    assert alone == Refused(Reason.BAD_EVENT, "too old")


@pytest.mark.parametrize("status", [400, 404, 413])
def test_a_bad_request_is_halved_until_the_culprit_is_alone(status: int) -> None:
    reply = error(status, "ILLEGAL_ARGUMENT", "amount is not a string")
    assert isinstance(judge(reply, TWO)[0], Split)
    alone = single(reply)
    assert isinstance(alone, Refused)
    assert "amount is not a string" in alone.message


@pytest.mark.parametrize(
    ("reply", "reason", "after_s"),
    [
        (error(401, "EXPIRED_ACCESS_TOKEN"), Reason.AUTH, None),
        (error(401, "INVALID_ACCESS_TOKEN"), Reason.AUTH, None),
        (error(401, "REVOKED_ACCESS_TOKEN"), Reason.AUTH, None),
        (answer(401, b""), Reason.AUTH, None),
        (error(403, "ACCESS_DENIED"), Reason.AUTH, None),
        (error(426, "NONEXISTENT_VERSION"), Reason.SETUP, None),
        (error(429, "TOO_MANY_REQUESTS"), Reason.RATE_LIMIT, None),
        (error(429, retry_after="60"), Reason.RATE_LIMIT, 60.0),
        (error(429, retry_after="soon"), Reason.RATE_LIMIT, None),
        (error(500), Reason.VENDOR_DOWN, None),
        (answer(503, b"<html>", retry_after="5"), Reason.VENDOR_DOWN, 5.0),
        (answer(400, b"<html>"), Reason.BROKEN_REPLY, None),
        (answer(404, b"<html>"), Reason.BROKEN_REPLY, None),
        (answer(422, b""), Reason.BROKEN_REPLY, None),
        (answer(200, b"<html>"), Reason.BROKEN_REPLY, None),
        (answer(200, {"elements": []}), Reason.BROKEN_REPLY, None),
        (answer(200, b'{"elem'), Reason.BROKEN_REPLY, None),
        (answer(302, b""), Reason.BROKEN_REPLY, None),
    ],
)
def test_what_may_succeed_later(reply: Reply, reason: Reason, after_s: float | None) -> None:
    for beacons in (ONE, TWO):
        for outcome in judge(reply, beacons):
            assert isinstance(outcome, TryLater)
            assert (outcome.reason, outcome.after_s) == (reason, after_s)


@settings(max_examples=100, deadline=None)
@given(
    status=st.sampled_from([200, 201, 400, 422, 426]),
    body=st.recursive(
        st.none() | st.integers(-9, 600) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["elements", "message", "status", "error"]), inner)
        ),
        max_leaves=8,
    ),
)
def test_no_answer_raises(status: int, body: object) -> None:
    assert len(judge(answer(status, body), TWO)) == 2
