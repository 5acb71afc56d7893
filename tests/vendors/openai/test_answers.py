"""OpenAI's answers, class by class. Sources: see ``vendors/openai/answers.py``."""

from typing import Any

import orjson
import pytest

from firsthand.model import (
    Accepted,
    Expired,
    Outcome,
    Reason,
    Recorded,
    Refused,
    Reply,
    Split,
    TryLater,
    Warned,
)
from firsthand.vendors.openai.answers import judge, judge_probe
from tests.factories import make_beacon, make_reply

ONE = [make_beacon()]
THREE = [make_beacon(id=f"{n:032d}") for n in range(3)]


def answer(status: int, body: object, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_reply(status, body if isinstance(body, bytes) else orjson.dumps(body), **named)


def error(status: int, code: str = "invalid_event", **more: str) -> Reply:
    return answer(status, {"error": {"code": code, "message": "not usable"} | more})


def single(reply: Reply) -> Outcome:
    [outcome] = judge(reply, ONE)
    return outcome


def test_taken() -> None:
    assert judge(answer(200, {"accepted_events": 3}), THREE) == [Accepted()] * 3


def test_fewer_than_sent_is_a_warning() -> None:
    outcomes = judge(answer(200, {"accepted_events": 2}), THREE)
    assert all(isinstance(each, Warned) and "2 of 3" in each.message for each in outcomes)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_bad_event_is_found_by_halving(status: int) -> None:
    assert all(isinstance(each, Split) for each in judge(error(status), THREE))
    outcome = single(error(status))
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.BAD_EVENT
    assert "not usable" in outcome.message


def test_an_event_that_got_too_old_is_expired() -> None:
    reply = error(422, "event_timestamp_too_old")
    assert isinstance(single(reply), Expired)
    assert all(isinstance(each, Split) for each in judge(reply, THREE))


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (error(401), Reason.AUTH),
        (error(403), Reason.AUTH),
        (error(404), Reason.SETUP),
        (error(429), Reason.RATE_LIMIT),
        (error(500), Reason.VENDOR_DOWN),
        (answer(503, b"<html>"), Reason.VENDOR_DOWN),
        (answer(400, b"<html>"), Reason.BROKEN_REPLY),
        (answer(200, b""), Reason.BROKEN_REPLY),
        (answer(200, {"accepted_events": "3"}), Reason.BROKEN_REPLY),
    ],
)
def test_what_may_succeed_later(reply: Reply, reason: Reason) -> None:
    outcome = single(reply)
    assert isinstance(outcome, TryLater)
    assert outcome.reason is reason


def test_a_wait_is_obeyed() -> None:
    outcome = single(answer(429, {}, retry_after="17"))
    assert isinstance(outcome, TryLater)
    assert outcome.after_s == 17


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Missing scopes: ads.events"}},
        {"error": "Missing scopes: ads.events"},
        {"message": "Missing scopes: ads.events"},
    ],
)
def test_the_words_are_found(body: Any) -> None:
    outcome = single(answer(401, body))
    assert isinstance(outcome, TryLater)
    assert "Missing scopes: ads.events" in outcome.message


def test_no_identifier_is_shown() -> None:
    outcome = single(error(422, param=f"events[0] {'ab' * 32} max@shop.example"))
    assert isinstance(outcome, Refused)
    assert "ab" * 10 not in outcome.message
    assert "max@" not in outcome.message


# The check.


def test_checked() -> None:
    assert judge_probe(answer(200, {"accepted_events": 3}), THREE) == [Recorded(validated=True)] * 3


@pytest.mark.parametrize("param", ["events[1]", "events.1.data.amount"])
def test_a_refusal_that_names_its_event(param: str) -> None:
    first, second, third = judge_probe(error(422, param=param), THREE)
    assert isinstance(second, Refused)
    assert all(isinstance(each, Recorded) and not each.validated for each in (first, third))


@pytest.mark.parametrize("param", ["", "events", "events[7]"])
def test_a_refusal_of_nobody_in_particular(param: str) -> None:
    outcomes = judge_probe(error(422, param=param), THREE)
    assert all(isinstance(each, Recorded) and not each.validated for each in outcomes)


def test_a_refusal_of_one() -> None:
    assert isinstance(judge_probe(error(422), ONE)[0], Refused)


@pytest.mark.parametrize(
    "reply", [error(401), error(429), error(500), answer(200, b""), answer(200, {})]
)
def test_a_door_that_is_shut_says_nothing_of_the_event(reply: Reply) -> None:
    assert isinstance(judge_probe(reply, ONE)[0], Recorded)
