"""Meta's answers, class by class."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from firsthand.vendors.meta.answers import judge
from tests.factories import make_beacon, make_reading

FBC = "fb.1.1795400333444.IwY2xjawTeSt_id-77"


WITH_FBC = make_beacon(make_reading(name="Purchase", fields={"user_data.fbc": FBC}))
WITHOUT = make_beacon(make_reading(name="Purchase"))
ONE = [WITH_FBC]
TWO = [WITH_FBC, WITHOUT]


def answer(status: int, body: object, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, raw, 120)


def error(code: int, sub: int | None = None, *, status: int = 400, **more: object) -> Reply:
    told = {"message": "Invalid parameter", "type": "OAuthException", "code": code, **more}
    if sub is not None:
        told["error_subcode"] = sub
    return answer(status, {"error": told})


def single(reply: Reply) -> Outcome:
    [outcome] = judge(reply, ONE)
    return outcome


def test_accepted() -> None:
    reply = answer(200, {"events_received": 2, "messages": [], "fbtrace_id": "A1"})
    assert judge(reply, TWO) == [Accepted(), Accepted()]


def test_messages_are_a_warning() -> None:
    outcome = single(answer(200, {"events_received": 1, "messages": ["currency looks odd"]}))
    assert isinstance(outcome, Warned)
    assert "currency looks odd" in outcome.message


def test_fewer_events_than_sent_are_a_warning() -> None:
    outcomes = judge(answer(200, {"events_received": 1, "messages": []}), TWO)
    assert [type(outcome) for outcome in outcomes] == [Warned, Warned]


# Source: Conversions API, using the API; Graph API, handle errors, read 2026-02.
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (error(190, 463), Reason.AUTH),
        (error(190, status=401), Reason.AUTH),
        (error(102), Reason.AUTH),
        (error(10, status=403), Reason.AUTH),
        (error(3), Reason.AUTH),
        (error(200, status=403), Reason.AUTH),
        (error(299, status=403), Reason.AUTH),
        (error(100, 33), Reason.SETUP),
        (error(2635), Reason.SETUP),
        (error(12, message="Deprecated for versions v20.0 and higher"), Reason.SETUP),
        (error(4), Reason.RATE_LIMIT),
        (error(17), Reason.RATE_LIMIT),
        (error(613), Reason.RATE_LIMIT),
        (error(80004, is_transient=True), Reason.RATE_LIMIT),
        (error(341), Reason.RATE_LIMIT),
        (error(368), Reason.RATE_LIMIT),
        (error(1, status=500), Reason.VENDOR_DOWN),
        (error(2), Reason.VENDOR_DOWN),
        (error(5000), Reason.VENDOR_DOWN),
        (error(100, 2804009, status=500), Reason.VENDOR_DOWN),
        (error(100, 2804009, is_transient=True), Reason.VENDOR_DOWN),
        (error(190, is_transient=True), Reason.VENDOR_DOWN),
        (error(987654), Reason.VENDOR_DOWN),
        (answer(429, b""), Reason.RATE_LIMIT),
        (answer(401, b""), Reason.AUTH),
        (answer(500, b"<!DOCTYPE html><p>Sorry"), Reason.VENDOR_DOWN),
        (answer(503, b""), Reason.VENDOR_DOWN),
        (answer(400, b"<html>Bad request</html>"), Reason.BROKEN_REPLY),
        (answer(200, b"<html>Log in</html>"), Reason.BROKEN_REPLY),
        (answer(200, b'{"events_rec'), Reason.BROKEN_REPLY),
        (answer(200, {"ok": True}), Reason.BROKEN_REPLY),
        (answer(200, []), Reason.BROKEN_REPLY),
        (answer(302, b""), Reason.BROKEN_REPLY),
    ],
)
def test_what_may_succeed_later(reply: Reply, reason: Reason) -> None:
    for beacons in (ONE, TWO):
        outcomes = judge(reply, beacons)
        assert len(outcomes) == len(beacons)
        for outcome in outcomes:
            assert isinstance(outcome, TryLater)
            assert outcome.reason is reason


@pytest.mark.parametrize("sub", [None, 2804003, 2804007, 2804009, 2804016, 2804050, 2804001])
def test_a_bad_event_halves_its_batch(sub: int | None) -> None:
    outcomes = judge(error(100, sub), TWO)
    assert [type(outcome) for outcome in outcomes] == [Split, Split]


@pytest.mark.parametrize("sub", [None, 2804007, 2804009, 2804016, 2804019, 2804048, 2804050])
def test_a_bad_event_alone_is_refused_with_metas_words(sub: int | None) -> None:
    outcome = single(error(100, sub, error_user_msg="The value is missing"))
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.BAD_EVENT
    assert "The value is missing" in outcome.message
    assert "100" in outcome.message


def test_an_old_event_alone_has_expired() -> None:
    assert isinstance(single(error(100, 2804003)), Expired)


def test_a_bad_click_id_is_taken_out_once() -> None:
    outcome = single(error(100, 2804001))
    assert isinstance(outcome, Amend)
    assert outcome.without == ("user_data.fbc",)
    [again] = judge(error(100, 2804001), [WITHOUT])
    assert isinstance(again, Refused)


def test_a_call_that_is_too_large_is_halved() -> None:
    assert isinstance(judge(answer(413, b"<html>"), TWO)[0], Split)
    assert isinstance(single(answer(413, b"<html>")), Refused)


def test_a_bad_request_without_a_word_is_a_bad_event() -> None:
    assert isinstance(judge(answer(400, b""), TWO)[0], Split)
    assert isinstance(single(answer(400, b"")), Refused)


USAGE = orjson.dumps(
    {"99": [{"call_count": 100, "estimated_time_to_regain_access": 3}, {"total_time": 1}]}
).decode()


@pytest.mark.parametrize(
    ("code", "headers", "after"),
    [
        (4, {}, None),
        (4, {"x_business_use_case_usage": USAGE}, 180.0),
        (80004, {"x_business_use_case_usage": USAGE, "retry_after": "200"}, 200.0),
        (4, {"x_app_usage": '{"call_count":99,"estimated_time_to_regain_access":1}'}, 60.0),
        (4, {"x_business_use_case_usage": "not json", "retry_after": "soon"}, None),
        (4, {"x_app_usage": '{"estimated_time_to_regain_access":0}'}, None),
        (368, {}, 300.0),
        (368, {"x_business_use_case_usage": USAGE}, 180.0),
    ],
)
def test_metas_own_wish_sets_the_wait(
    code: int, headers: dict[str, str], after: float | None
) -> None:
    outcome = single(answer(400, {"error": {"code": code, "message": "Limit"}}, **headers))
    assert isinstance(outcome, TryLater)
    assert outcome.after_s == after


@pytest.mark.parametrize(
    "secret",
    [
        "EAAGm0PX4ZCpsBAKxyz1234567890abcdef",
        "nora.blum@example.net",
        "nora%40example.net",
        FBC,
        "ab12" * 16,
    ],
)
def test_a_message_never_tells_a_token_or_an_identifier(secret: str) -> None:
    outcome = single(error(190, message=f'Malformed access token "{secret}", sorry'))
    assert isinstance(outcome, TryLater)
    assert secret not in outcome.message
    assert outcome.message.endswith(", sorry")


@settings(max_examples=150, deadline=None)
@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers(-5, 300) | st.text(max_size=8),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(["error", "code", "error_subcode", "messages", "events_received"]),
                inner,
            )
            | st.lists(inner, max_size=2)
        ),
        max_leaves=8,
    ).map(orjson.dumps),
    usage=st.text(max_size=20) | st.just('{"a":[{"estimated_time_to_regain_access":"x"}]}'),
)
def test_any_answer_gives_one_outcome_each(status: int, body: bytes, usage: str) -> None:
    headers = {"x-app-usage": usage, "retry-after": usage}
    assert len(judge(Reply(status, headers, body, 1), TWO)) == 2
