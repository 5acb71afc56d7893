"""Reddit's answers. Source: its API reference and connectors in production, read 2026-11."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Accepted, Outcome, Reason, Refused, Split, TryLater
from firsthand.vendors.reddit.answers import judge
from tests.factories import make_beacon, make_reply


def judged(status: int, body: object, sent: int = 3, **headers: str) -> list[Outcome]:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return judge(make_reply(status, raw, **headers), [make_beacon()] * sent)


def error(**members: object) -> dict[str, object]:
    return {"error": members}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"data": {"message": "taken"}}, Accepted()),
        (201, {"data": {}}, Accepted()),
        (204, b"", Accepted()),
        (
            401,
            error(code=401, reason="UNAUTHORIZED", explanation="no such key"),
            TryLater(Reason.AUTH, "HTTP 401 401 UNAUTHORIZED no such key"),
        ),
        (403, error(reason="FORBIDDEN"), TryLater(Reason.AUTH, "HTTP 403 FORBIDDEN")),
        (404, error(message="no pixel"), TryLater(Reason.SETUP, "HTTP 404 no pixel")),
        (500, b"", TryLater(Reason.VENDOR_DOWN, "HTTP 500")),
        (502, b"<html>", TryLater(Reason.VENDOR_DOWN, "HTTP 502")),
        (403, b"<html>", TryLater(Reason.AUTH, "HTTP 403")),
        (400, b"<html>", TryLater(Reason.BROKEN_REPLY, "HTTP 400")),
        (400, error(code=400, message="bad"), Split(Reason.BAD_EVENT, "400 bad")),
        (413, b"", Split(Reason.BAD_EVENT, "HTTP 413")),
        (200, error(reason="PARTLY"), Split(Reason.BAD_EVENT, "PARTLY")),
        (
            200,
            {"invalid_events": [{"error_message": "no value"}]},
            Split(Reason.BAD_EVENT, "HTTP 200; no value"),
        ),
        (
            200,
            {"data": {"invalid_events": [{"error_message": "no value"}]}},
            Split(Reason.BAD_EVENT, "HTTP 200; no value"),
        ),
    ],
)
def test_an_answer_about_the_whole_call(status: int, body: object, outcome: Outcome) -> None:
    assert judged(status, body) == [outcome] * 3


@pytest.mark.parametrize("header", ["retry-after", "x-ratelimit-reset"])
def test_too_many_calls_name_the_wait(header: str) -> None:
    assert judged(429, {}, 1, **{header: "8"}) == [TryLater(Reason.RATE_LIMIT, "HTTP 429", 8.0)]


@pytest.mark.parametrize("place", ["data.events[1].event_at", "events.1.event_at"])
def test_the_named_event_is_refused_and_the_others_go_again(place: str) -> None:
    first, second, third = judged(
        400, error(code=400, message="bad", fields=[{"field": place, "message": "too old"}])
    )
    assert second == Refused(Reason.BAD_EVENT, f"{place}: too old")
    assert isinstance(first, Split)
    assert first == third


def test_a_single_event_is_refused() -> None:
    fields = [{"field": "data.events[0].type", "message": "unknown"}]
    assert judged(400, error(message="bad", fields=fields), 1) == [
        Refused(Reason.BAD_EVENT, "data.events[0].type: unknown")
    ]
    assert judged(400, error(message="bad"), 1) == [Refused(Reason.BAD_EVENT, "bad")]


def test_an_answer_that_is_none_is_asked_for_again() -> None:
    assert all(isinstance(each, TryLater) for each in judged(200, b""))


def test_what_looks_personal_is_not_repeated() -> None:
    [found] = judged(400, error(message=f"email jane@example.com {'0a' * 32}"), 1)
    assert found == Refused(Reason.BAD_EVENT, "email *** ***")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.text(max_size=5) | st.just("events[1]"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "error", "fields", "field", "message", "invalid_events"]),
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
