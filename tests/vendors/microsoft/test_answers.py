"""What Microsoft answers, and what becomes of each event of the call."""

from typing import Any

import orjson
import pytest

from firsthand.model import (
    Accepted,
    Amend,
    Expired,
    Outcome,
    Reason,
    Refused,
    Reply,
    Split,
    TryLater,
    Warned,
)
from firsthand.vendors.microsoft.answers import judge
from tests.factories import make_beacon, make_reading, make_reply

FIELDS = {
    "userData.msclkid": "7c1e90b4-d2a8-4f6e-8b33-50f1c9a7d642",
    "userData.anonymousId": "1f0c3b80c90011f0b2c3d4e5f6071829",
    "customData.value": 5,
}
ONE = [make_beacon(make_reading(fields=FIELDS), vendor="microsoft")]
THREE = ONE * 3
ONLY_CLICK = [
    make_beacon(make_reading(fields={"userData.msclkid": "x"}), vendor="microsoft"),
]


def detail(index: int, about: str = "eventName", words: str = "is wrong", **given: Any) -> Any:
    return {"index": index, "propertyName": about, "errorMessage": words, **given}


def answer(status: int, body: Any, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return make_reply(
        status, raw, **{name.replace("_", "-"): text for name, text in headers.items()}
    )


def complained(*details: Any, received: int = 2, status: int = 200) -> Reply:
    error = {"code": "ValidationError", "message": "Invalid events", "details": list(details)}
    return answer(status, {"eventsReceived": received, "error": error})


def single(reply: Reply) -> Outcome:
    [outcome] = judge(reply, ONE)
    return outcome


def test_all_taken() -> None:
    assert judge(answer(200, {"eventsReceived": 3, "traceId": "t"}), THREE) == [Accepted()] * 3


def test_one_of_three_is_refused_and_the_others_are_taken() -> None:
    outcomes = judge(complained(detail(1)), THREE)
    assert outcomes == [Accepted(), Refused(Reason.BAD_EVENT, "eventName: is wrong"), Accepted()]


def test_a_warning_does_not_refuse() -> None:
    outcomes = judge(complained(detail(0, isWarning=True), received=3), THREE)
    assert outcomes == [Warned("eventName: is wrong"), Accepted(), Accepted()]


def test_a_warning_beside_an_error_refuses() -> None:
    outcomes = judge(complained(detail(0, isWarning=True), detail(0, "eventId")), THREE)
    assert isinstance(outcomes[0], Refused)


@pytest.mark.parametrize("about", ["userData.msclkid", "Data[0].UserData.Msclkid", "msclkid"])
def test_a_bad_identifier_is_taken_out_while_another_is_left(about: str) -> None:
    [outcome] = judge(complained(detail(0, about)), ONE)
    assert isinstance(outcome, Amend)
    assert outcome.without == ("userData.msclkid",)
    [alone] = judge(complained(detail(0, about)), ONLY_CLICK)
    assert isinstance(alone, Refused)


def test_an_identifier_that_the_event_lacks_is_no_remedy() -> None:
    assert isinstance(single(complained(detail(0, "userData.em"))), Refused)


def test_a_bad_identifier_beside_another_fault_is_no_remedy() -> None:
    reply = complained(detail(0, "userData.msclkid"), detail(0, "eventName"))
    assert isinstance(single(reply), Refused)


def test_an_old_event_has_expired() -> None:
    outcomes = judge(complained(detail(2, "eventTime", "is older than 7 days")), THREE)
    assert [type(each) for each in outcomes] == [Accepted, Accepted, Expired]
    assert isinstance(single(complained(detail(0, "eventTime", "is no number"))), Refused)


def test_a_call_that_was_refused_goes_again_without_those_it_names() -> None:
    outcomes = judge(complained(detail(1), received=0, status=400), THREE)
    assert [type(each) for each in outcomes] == [Split, Refused, Split]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error":"x"}', b'{"error":{"details":7}}'])
def test_a_bad_request_that_names_nobody_is_halved(body: bytes) -> None:
    assert [type(each) for each in judge(answer(400, body), THREE)] == [Split] * 3
    assert isinstance(single(answer(400, body)), Refused)


def test_places_that_the_call_does_not_have_name_nobody() -> None:
    outcomes = judge(complained(detail(9), detail(-1), status=400), THREE)
    assert [type(each) for each in outcomes] == [Split] * 3


def test_fewer_counted_than_sent_is_a_warning() -> None:
    outcomes = judge(answer(200, {"eventsReceived": 2}), THREE)
    assert outcomes == [Warned("Microsoft counted 2 of 3 events")] * 3


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"eventsReceived":"3"}'])
def test_a_success_without_a_count_is_asked_again(body: bytes) -> None:
    outcome = single(answer(200, body))
    assert isinstance(outcome, TryLater)
    assert outcome.reason is Reason.BROKEN_REPLY


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, b"", Reason.AUTH),
        (403, b"", Reason.AUTH),
        (400, b'{"error":{"code":"Unauthorized"}}', Reason.AUTH),
        (404, b"", Reason.SETUP),
        (429, b"", Reason.RATE_LIMIT),
        (500, b"<html>", Reason.VENDOR_DOWN),
        (503, b"", Reason.VENDOR_DOWN),
        (302, b"", Reason.BROKEN_REPLY),
        (400, b"<html>blocked", Reason.BROKEN_REPLY),
    ],
)
def test_what_is_about_no_event_is_tried_again(status: int, body: bytes, reason: Reason) -> None:
    for outcome in judge(answer(status, body), THREE):
        assert isinstance(outcome, TryLater)
        assert outcome.reason is reason


def test_the_wait_is_microsofts_own() -> None:
    outcome = single(answer(429, b"", retry_after="30"))
    assert isinstance(outcome, TryLater)
    assert outcome.after_s == 30.0


def test_a_message_never_tells_an_identifier() -> None:
    outcome = single(complained(detail(0, words=f"{'ab12' * 16} of nora@example.net")))
    assert isinstance(outcome, Refused)
    assert "ab12" not in outcome.message
    assert "nora" not in outcome.message
