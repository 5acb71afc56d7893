"""What X answers, and what becomes of the events of the call."""

from typing import Any

import orjson
import pytest

from firsthand.model import (
    Accepted,
    Amend,
    Outcome,
    Reason,
    Refused,
    Reply,
    Split,
    TryLater,
    Warned,
)
from firsthand.vendors.x.answers import judge, matchable
from tests.factories import make_beacon, make_reading, make_reply

EMAIL = "ab12" * 16
FIELDS = {"identifiers.twclid": "2-abc", "identifiers.hashed_email": EMAIL}
ONE = [make_beacon(make_reading(fields=FIELDS), vendor="x")]
TWO = ONE * 2
NOBODY = [make_beacon(make_reading(fields={"identifiers.user_agent": "UA"}), vendor="x")] * 3


def answer(status: int, body: Any, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return make_reply(
        status, raw, **{name.replace("_", "-"): text for name, text in headers.items()}
    )


def complaint(words: str, code: str = "INVALID_PARAMETER") -> Reply:
    return answer(400, {"errors": [{"code": code, "message": words}], "request": {}})


def processed(count: object) -> Reply:
    return answer(200, {"request": {}, "data": {"conversions_processed": count, "debug_id": "d"}})


def single(reply: Reply) -> Outcome:
    [outcome] = judge(reply, ONE)
    return outcome


def test_what_x_counted_is_accepted() -> None:
    assert judge(processed(2), TWO) == [Accepted(), Accepted()]


def test_some_that_x_did_not_count_are_a_warning() -> None:
    assert judge(processed(1), TWO) == [Warned("X processed 1 of 2 events")] * 2


def test_a_success_that_counted_nothing_is_none() -> None:
    assert [type(each) for each in judge(processed(0), TWO)] == [Split, Split]
    assert single(processed(0)) == Refused(Reason.BAD_EVENT, "X processed 0 of 1 events")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data":[]}', b'{"data":{}}'])
def test_a_success_without_a_count_is_asked_again(body: bytes) -> None:
    outcome = single(answer(200, body))
    assert isinstance(outcome, TryLater)
    assert outcome.reason is Reason.BROKEN_REPLY


@pytest.mark.parametrize(
    "words",
    [
        "At least one user identifier must be provided",
        "Hashed_email is not a valid SHA-256 hash",
        "Event_id (tw-o8abc-o9def) is not a single event tag (SET)",
        "Conversion count limit is 500",
    ],
)
def test_a_complaint_halves_the_call(words: str) -> None:
    assert [type(each) for each in judge(complaint(words), TWO)] == [Split, Split]


def test_a_bad_event_alone_is_refused_with_xs_words() -> None:
    outcome = single(complaint("Conversion_time is not within the allowed range"))
    assert outcome == Refused(
        Reason.BAD_EVENT, "INVALID_PARAMETER Conversion_time is not within the allowed range"
    )


def test_an_event_that_is_not_set_up_says_so_and_holds_nobody_else() -> None:
    outcome = single(complaint("Event_id (o9def) is not a single event tag (SET)"))
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.SETUP


def test_a_bad_identifier_is_taken_out_where_the_event_has_it() -> None:
    outcome = single(complaint("Hashed_email is not a valid SHA-256 hash"))
    assert isinstance(outcome, Amend)
    assert outcome.without == ("identifiers.hashed_email",)
    assert isinstance(single(complaint("Hashed_phone_number is not valid")), Refused)


def test_events_that_x_cannot_match_are_refused_together() -> None:
    outcomes = judge(complaint("At least one user identifier must be provided"), NOBODY)
    assert [type(each) for each in outcomes] == [Refused] * 3


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Reason.AUTH),
        (403, Reason.AUTH),
        (404, Reason.SETUP),
        (410, Reason.SETUP),
        (408, Reason.TIMEOUT),
        (429, Reason.RATE_LIMIT),
        (500, Reason.VENDOR_DOWN),
        (503, Reason.VENDOR_DOWN),
        (302, Reason.BROKEN_REPLY),
        (405, Reason.BROKEN_REPLY),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"errors":[{"code":"ANY"}]}', b'{"errors":7}'])
def test_what_is_about_no_event_is_tried_again(status: int, reason: Reason, body: bytes) -> None:
    for outcome in judge(answer(status, body), TWO):
        assert isinstance(outcome, TryLater)
        assert outcome.reason is reason


def test_a_page_instead_of_a_complaint_condemns_no_event() -> None:
    outcome = single(answer(400, b" <html>blocked"))
    assert isinstance(outcome, TryLater)
    assert outcome.reason is Reason.BROKEN_REPLY


def test_a_call_that_is_too_large_is_halved() -> None:
    assert [type(each) for each in judge(answer(413, b""), TWO)] == [Split, Split]


DATE = "Tue, 24 Nov 2026 10:00:00 GMT"
AT = 1_795_514_400


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry_after": "17"}, 17.0),
        ({"x_account_rate_limit_reset": str(AT + 240), "date": DATE}, 240.0),
        ({"x_account_rate_limit_reset": str(AT - 5), "date": DATE}, 1.0),
        ({"x_account_rate_limit_reset": str(AT + 240)}, None),
        ({"x_account_rate_limit_reset": str(AT + 240), "date": "yesterday"}, None),
        ({"x_account_rate_limit_reset": "9" * 30, "date": DATE}, None),
        ({"retry_after": "soon"}, None),
        ({}, None),
    ],
)
def test_xs_own_wish_sets_the_wait(headers: dict[str, str], after: float | None) -> None:
    outcome = single(answer(429, b"", **headers))
    assert isinstance(outcome, TryLater)
    assert outcome.after_s == after


@pytest.mark.parametrize(
    ("names", "enough"),
    [
        ({"twclid"}, True),
        ({"hashed_email"}, True),
        ({"hashed_phone_number"}, True),
        ({"ip_address", "user_agent"}, True),
        ({"ip_address"}, False),
        ({"user_agent"}, False),
        (set(), False),
    ],
)
def test_who_can_be_matched(names: set[str], enough: bool) -> None:  # noqa: FBT001 - a case
    assert matchable({f"identifiers.{name}": "v" for name in names}) is enough
