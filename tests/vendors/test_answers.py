import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Accepted, Reason, Refused, Split, TryLater
from firsthand.vendors import answers
from tests.factories import make_reply


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b'{"a":1}', {"a": 1}), (b"[1]", {}), (b"", {}), (b"\xff", {}), (b"{", {}), (b"null", {})],
)
def test_members_of_an_answer(body: bytes, expected: dict[str, int]) -> None:
    assert answers.members(body) == expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"x-ratelimit-reset": "5"}, 5.0),
        ({"retry-after": "7", "x-ratelimit-reset": "5"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "9999999"}, None),
        ({}, None),
    ],
)
def test_waits(headers: dict[str, str], seconds: float | None) -> None:
    assert answers.wait_s(headers) == seconds


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"{}", None),
        (400, b"{}", None),
        (413, b"", None),
        (422, b"{}", None),
        (302, b"", Reason.BROKEN_REPLY),
        (200, b"<html>", Reason.BROKEN_REPLY),
        (400, b" <html>", Reason.BROKEN_REPLY),
        (401, b"", Reason.AUTH),
        (403, b"{}", Reason.AUTH),
        (404, b"{}", Reason.SETUP),
        (408, b"", Reason.VENDOR_DOWN),
        (429, b"", Reason.RATE_LIMIT),
        (500, b"", Reason.VENDOR_DOWN),
        (503, b"<html>", Reason.VENDOR_DOWN),
    ],
)
def test_trouble_is_told_by_the_status(status: int, body: bytes, reason: Reason | None) -> None:
    found = answers.trouble(make_reply(status, body, **{"retry-after": "9"}), "words")
    assert (found and found.reason) == reason
    if found is not None and found.reason is not Reason.BROKEN_REPLY:
        assert found == TryLater(found.reason, f"HTTP {status} words", 9.0)


def test_nothing_personal_is_shown() -> None:
    personal = f"bad jane@example.com and {'ab' * 32} and EAAJfE51Q6XkBO9f2gZCwZD1 in currency"
    assert answers.shown(personal) == "bad *** and *** and *** in currency"
    assert len(answers.shown("word " * 400)) <= 300


# RFC 9110, section 10.2.3: seconds, or a date.
@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Tue, 24 Nov 2026 10:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("99999999999999999999", None),
    ],
)
def test_retry_after(told: str, seconds: float | None) -> None:
    headers = {"retry-after": told, "date": "Tue, 24 Nov 2026 10:00:00 GMT"}
    assert answers.retry_after_s(headers) == seconds


def test_a_bad_event_is_alone_in_the_end() -> None:
    assert answers.bad("why", 2) == Split(Reason.BAD_EVENT, "why")
    assert answers.bad("why", 1) == Refused(Reason.BAD_EVENT, "why")


def test_named_events_are_refused() -> None:
    found = answers.named({1: "why", 9: "beyond"}, 3, Accepted())
    assert found == [Accepted(), Refused(Reason.BAD_EVENT, "why"), Accepted()]


@settings(max_examples=100)
@given(st.binary(max_size=100), st.integers(100, 599), st.text(max_size=20))
def test_no_answer_raises(body: bytes, status: int, told: str) -> None:
    reply = make_reply(status, body, **{"retry-after": told})
    answers.members(body)
    answers.trouble(reply, answers.shown(told))
    answers.retry_after_s({"retry-after": told, "date": told})
