"""Pinterest's answers, class by class. Source: its OpenAPI description 5.23, read 2026-11."""

from typing import Any

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
    Reply,
    Split,
    TryLater,
    Warned,
)
from firsthand.vendors.pinterest.answers import judge, judge_probe
from tests.factories import make_beacon

ONE = [make_beacon()]
TWO = [make_beacon(), make_beacon(id="1" * 32)]
GOOD = {"status": "processed", "error_message": "", "warning_message": ""}
ODD = {**GOOD, "warning_message": "currency is not standard"}
BAD = {"status": "failed", "error_message": "event_time is too old", "warning_message": ""}


def answer(status: int, body: object, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, 9)


def events(*each: dict[str, Any]) -> dict[str, Any]:
    taken = [one for one in each if one["status"] == "processed"]
    return {
        "num_events_received": len(each),
        "num_events_processed": len(taken),
        "events": list(each),
    }


def single(reply: Reply) -> Outcome:
    [outcome] = judge(reply, ONE)
    return outcome


def test_each_event_has_its_own_answer() -> None:
    assert judge(answer(200, events(GOOD, ODD)), TWO) == [
        Accepted(),
        Warned("currency is not standard"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"code": 422, "message": "some failed", **events(GOOD, BAD)},
        {"code": 422, "message": "some failed", "details": events(GOOD, BAD)},
        {"code": 422, "message": "some failed", "details": [GOOD, BAD]},
    ],
    ids=["beside", "in details", "as details"],
)
def test_a_422_condemns_the_events_that_it_names(body: dict[str, Any]) -> None:
    first, second = judge(answer(422, body), TWO)
    assert first == Accepted()
    assert second == Refused(Reason.BAD_EVENT, "event_time is too old")


def test_a_422_without_a_list_is_halved_until_the_culprit_is_alone() -> None:
    body = {"code": 422, "message": "Unprocessable", "details": {}}
    assert [type(each) for each in judge(answer(422, body), TWO)] == [Split, Split]
    assert isinstance(single(answer(422, body)), Refused)
    assert [type(each) for each in judge(answer(422, {**body, **events(GOOD)}), TWO)] == [Split] * 2


def test_a_request_that_is_invalid_as_a_whole() -> None:
    body = {"code": 4196, "message": "'data[0]' is not valid"}
    assert isinstance(judge(answer(400, body), TWO)[0], Split)
    alone = single(answer(400, body))
    assert isinstance(alone, Refused)
    assert "4196" in alone.message


def test_counts_stand_in_for_a_missing_list() -> None:
    body = {"num_events_received": 2, "num_events_processed": 2}
    assert judge(answer(200, body), TWO) == [Accepted()] * 2
    assert isinstance(judge(answer(200, {**body, "num_events_processed": 1}), TWO)[0], Warned)


@pytest.mark.parametrize(
    ("reply", "reason", "after_s"),
    [
        (answer(401, {"code": 2, "message": "Authentication failed."}), Reason.AUTH, None),
        (answer(403, {"code": 29, "message": "Not permitted"}), Reason.AUTH, None),
        (answer(404, {"code": 3, "message": "Ad account not found"}), Reason.SETUP, None),
        (answer(404, b"<html>"), Reason.BROKEN_REPLY, None),
        (answer(429, {"code": 8, "message": "Slow down"}), Reason.RATE_LIMIT, None),
        (answer(429, {"code": 8}, retry_after="30"), Reason.RATE_LIMIT, 30.0),
        (answer(429, {"code": 8}, x_ratelimit_reset="7"), Reason.RATE_LIMIT, 7.0),
        (answer(429, b"", retry_after="Tue, 24 Nov"), Reason.RATE_LIMIT, None),
        (answer(503, {"code": 4197, "message": "Switched off"}), Reason.VENDOR_DOWN, 300.0),
        (answer(503, b"<html>"), Reason.VENDOR_DOWN, None),
        (answer(500, b""), Reason.VENDOR_DOWN, None),
        (answer(400, b"<html>"), Reason.BROKEN_REPLY, None),
        (answer(422, b"<html>"), Reason.BROKEN_REPLY, None),
        (answer(200, b"<html>"), Reason.BROKEN_REPLY, None),
        (answer(200, b'{"num_events'), Reason.BROKEN_REPLY, None),
        (answer(200, []), Reason.BROKEN_REPLY, None),
        (answer(302, b""), Reason.BROKEN_REPLY, None),
    ],
)
def test_what_may_succeed_later(reply: Reply, reason: Reason, after_s: float | None) -> None:
    for beacons in (ONE, TWO):
        for outcome in judge(reply, beacons):
            assert isinstance(outcome, TryLater)
            assert (outcome.reason, outcome.after_s) == (reason, after_s)


def test_a_call_that_is_too_large_is_halved() -> None:
    assert isinstance(judge(answer(413, b""), TWO)[0], Split)
    assert isinstance(single(answer(413, b"")), Refused)


def test_the_checking_door_records() -> None:
    outcomes = judge_probe(answer(200, events(ODD, BAD)), TWO)
    assert outcomes == [
        Recorded(validated=True, message="currency is not standard"),
        Refused(Reason.BAD_EVENT, "event_time is too old"),
    ]
    [unchecked] = judge_probe(answer(503, b""), ONE)
    assert isinstance(unchecked, Recorded)
    assert not unchecked.validated
    assert judge_probe(answer(200, events(GOOD)), ONE) == [Recorded(validated=True)]


@settings(max_examples=100, deadline=None)
@given(
    status=st.sampled_from([200, 422, 400, 404]),
    body=st.recursive(
        st.none() | st.integers(-9, 5000) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["events", "details", "code", "status"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    ),
)
def test_no_answer_raises(status: int, body: object) -> None:
    assert len(judge(answer(status, body), TWO)) == 2
