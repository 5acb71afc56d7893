"""TikTok's answers, class by class. Source: the codes that published connectors handle, 2026-11."""

from typing import Any

import orjson
import pytest

from firsthand.model import Accepted, Outcome, Reason, Refused, Split, TryLater
from firsthand.vendors.tiktok.answers import judge
from tests.factories import make_beacon, make_reply

ONE = [make_beacon()]
THREE = [make_beacon(id=f"{n:032d}") for n in range(3)]


def told(code: int, message: str = "m", data: Any = None, status: int = 200) -> Any:
    return make_reply(status, orjson.dumps({"code": code, "message": message, "data": data or {}}))


def single(reply: Any) -> Outcome:
    [outcome] = judge(reply, ONE)
    return outcome


def test_taken() -> None:
    assert judge(told(0, "OK"), THREE) == [Accepted()] * 3


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (40001, Reason.AUTH),
        (40101, Reason.AUTH),
        (40105, Reason.AUTH),
        (40100, Reason.RATE_LIMIT),
        (40016, Reason.RATE_LIMIT),
        (40133, Reason.RATE_LIMIT),
        (50000, Reason.VENDOR_DOWN),
        (51010, Reason.VENDOR_DOWN),
        (49999, Reason.VENDOR_DOWN),  # nobody knows it: it condemns no event
    ],
)
def test_what_may_succeed_later(code: int, reason: Reason) -> None:
    outcomes = judge(told(code), THREE)
    assert all(isinstance(each, TryLater) and each.reason is reason for each in outcomes)


@pytest.mark.parametrize("code", [40000, 40002])
def test_a_bad_event_is_found_by_halving(code: int) -> None:
    reply = told(code, "Batch.0.event_id: Not a valid string")
    assert all(isinstance(each, Split) for each in judge(reply, THREE))
    outcome = single(reply)
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.BAD_EVENT
    assert "event_id: Not a valid string" in outcome.message


@pytest.mark.parametrize("place", ["order_in_batch", "index"])
def test_a_partly_taken_call_names_what_is_left_out(place: str) -> None:
    failed = {"failed_events": [{place: 1, "message": "event_time: out of range"}]}
    first, second, third = judge(told(20001, data=failed), THREE)
    assert (first, third) == (Accepted(), Accepted())
    assert isinstance(second, Refused)
    assert "out of range" in second.message


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"failed_events": []},
        {"failed_events": [7]},
        {"failed_events": {"index": 1}},
        {"failed_events": [{"message": "x"}]},
        {"failed_events": [{"index": 3}]},
        {"failed_events": [{"index": -1}]},
        {"failed_events": [{"index": True}]},
        {"failed_events": [{"index": 0}, {"index": "1"}]},
    ],
)
def test_a_partly_taken_call_that_names_nobody_is_halved(data: Any) -> None:
    assert all(isinstance(each, Split) for each in judge(told(20001, data=data), THREE))
    assert isinstance(single(told(20001, data=data)), Refused)


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (200, b"", TryLater, Reason.BROKEN_REPLY),
        (200, b"<html>", TryLater, Reason.BROKEN_REPLY),
        (200, b'{"code":"0"}', TryLater, Reason.BROKEN_REPLY),
        (400, b"", Refused, Reason.BAD_EVENT),
        (400, b"<html>", TryLater, Reason.BROKEN_REPLY),
        (413, b"", Refused, Reason.BAD_EVENT),
        (401, b"", TryLater, Reason.AUTH),
        (404, b"", TryLater, Reason.SETUP),
        (429, b"", TryLater, Reason.RATE_LIMIT),
        (502, b"<html>", TryLater, Reason.VENDOR_DOWN),
        (503, b'{"code":0}', TryLater, Reason.VENDOR_DOWN),
    ],
)
def test_answers_without_a_code(status: int, body: bytes, kind: type, reason: Reason) -> None:
    outcome = single(make_reply(status, body))
    assert isinstance(outcome, kind)
    assert getattr(outcome, "reason", None) is reason


def test_a_wait_is_obeyed() -> None:
    reply = make_reply(200, b'{"code":40100}', **{"retry-after": "30"})
    outcome = single(reply)
    assert isinstance(outcome, TryLater)
    assert outcome.after_s == 30


def test_no_identifier_is_shown() -> None:
    reply = told(40002, f"user.email: {'ab' * 32} or max@shop.example is wrong")
    outcome = single(reply)
    assert isinstance(outcome, Refused)
    assert "ab" * 10 not in outcome.message
    assert "max@" not in outcome.message
