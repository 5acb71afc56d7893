"""The Data Manager API's answers. Source: Google's reference and error pages, read 2026-11."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import (
    Accepted,
    Amend,
    Beacon,
    Expired,
    Fields,
    Outcome,
    Pending,
    Reason,
    Recorded,
    Refused,
    Reply,
    Split,
    TryLater,
    Warned,
)
from firsthand.vendors.google_ads import Settings
from firsthand.vendors.google_ads.answers import ask, judge, judge_ask, judge_probe
from tests.factories import make_beacon, make_reply

CLICK = "adIdentifiers.gclid"
EMAIL = "userData.emailAddress"


def beacons(*fields: Fields) -> list[Beacon]:
    return [make_beacon(vendor="google_ads", fields=each) for each in fields]


THREE = beacons({CLICK: "a", EMAIL: "h"}, {CLICK: "b"}, {EMAIL: "i"})


def reply(status: int, body: Any = None, **headers: str) -> Reply:
    return make_reply(status, b"" if body is None else json.dumps(body).encode(), **headers)


def violation(field: str, reason: str, description: str = "wrong") -> dict[str, str]:
    return {"field": field, "reason": reason, "description": description}


def refusal(*violations: dict[str, str], message: str = "bad request") -> Reply:
    details = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "INVALID_ARGUMENT"},
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations},
    ]
    error = {"code": 400, "status": "INVALID_ARGUMENT", "message": message, "details": details}
    return reply(400, {"error": error})


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return [type(each).__name__ for each in outcomes]


def test_what_is_taken_is_asked_for_later() -> None:
    outcomes = judge(reply(200, {"requestId": "r-1"}), THREE)
    assert outcomes == [Pending("r-1", 1800.0)] * 3


def test_warnings_are_told() -> None:
    warnings = [{"reason": "CUSTOM_VARIABLE_NOT_ENABLED", "field": "x", "description": "y"}] * 2
    [outcome] = judge(reply(200, {"requestId": "r-1", "fieldWarnings": warnings}), THREE[:1])
    assert outcome == Pending("r-1", 1800.0, message="CUSTOM_VARIABLE_NOT_ENABLED")


@pytest.mark.parametrize("body", [None, {}, [], {"requestId": ""}, {"requestId": 5}])
def test_a_taken_call_without_its_id_is_no_answer(body: Any) -> None:
    assert judge(reply(200, body), THREE[:1]) == [TryLater(Reason.BROKEN_REPLY, "HTTP 200")]


@pytest.mark.parametrize(
    "path", ["events.events[1].user_data.user_identifiers[0]", "events[1].conversionValue"]
)
def test_a_named_event_is_refused_and_the_rest_goes_back(path: str) -> None:
    outcomes = judge(refusal(violation(path, "INVALID_SHA256_FORMAT")), THREE)
    assert kinds(outcomes) == ["Split", "Refused", "Split"]
    assert outcomes[1] == Refused(Reason.BAD_EVENT, f"{path} INVALID_SHA256_FORMAT: wrong")


def test_several_named_events() -> None:
    found = refusal(
        violation("events[0].event_timestamp", "EVENT_TIME_INVALID"),
        violation("events[2].event_timestamp", "PROCESSING_ERROR_REASON_EVENT_TOO_OLD"),
    )
    outcomes = judge(found, THREE)
    assert kinds(outcomes) == ["Refused", "Split", "Expired"]
    assert isinstance(outcomes[2], Expired)
    assert outcomes[2].reason is Reason.TOO_OLD


@pytest.mark.parametrize(
    ("index", "outcome"),
    [(0, Amend), (1, Refused), (2, Refused)],
)
def test_a_click_of_another_account_is_left_out_where_an_address_remains(
    index: int, outcome: type[Outcome]
) -> None:
    found = refusal(violation(f"events[{index}].ad", "INVALID_AD_IDENTIFIER_FOR_ACCOUNT"))
    made = judge(found, THREE)[index]
    assert type(made) is outcome
    if isinstance(made, Amend):
        assert made.without == (CLICK,)
    if index == 1:
        assert isinstance(made, Refused)
        assert made.reason is Reason.BAD_IDENTIFIER


def test_an_unnamed_fault_halves_the_batch_until_it_is_alone() -> None:
    found = refusal(violation("", "INVALID_EVENT"))
    assert kinds(judge(found, THREE)) == ["Split"] * 3
    assert kinds(judge(found, THREE[:1])) == ["Refused"]
    assert kinds(judge(refusal(violation("events[9].x", "INVALID_EVENT")), THREE)) == ["Split"] * 3
    assert kinds(judge(refusal(), THREE[:1])) == ["Refused"]


@pytest.mark.parametrize(
    "found",
    [
        violation("destinations[0].product_destination_id", "INVALID_CONVERSION_ACTION_ID"),
        violation("destinations[0].operating_account", "REQUIRED_FIELD_MISSING"),
        violation("events[0]", "INVALID_CONVERSION_ACTION_TYPE"),
        violation("", "TERMS_AND_CONDITIONS_NOT_SIGNED"),
        violation("encoding", "REQUIRED_FIELD_MISSING"),
    ],
)
def test_what_the_customer_must_set_right_holds_the_lane(found: dict[str, str]) -> None:
    outcomes = judge(refusal(found), THREE)
    assert all(isinstance(each, TryLater) and each.reason is Reason.SETUP for each in outcomes)


def test_messages_hold_no_value_that_google_repeats() -> None:
    told = violation("events[0].x", "INVALID_FORMAT", "'jane@example.com' or jane@example.com bad")
    [outcome] = judge(refusal(told), THREE[:1])
    assert isinstance(outcome, Refused)
    assert "jane" not in outcome.message


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Reason.AUTH),
        (403, Reason.AUTH),
        (404, Reason.SETUP),
        (429, Reason.RATE_LIMIT),
        (500, Reason.VENDOR_DOWN),
        (503, Reason.VENDOR_DOWN),
        (302, Reason.BROKEN_REPLY),
    ],
)
def test_what_may_go_well_later(status: int, reason: Reason) -> None:
    for outcome in judge(reply(status, {"error": {"status": "NOPE"}}), THREE):
        assert isinstance(outcome, TryLater)
        assert outcome.reason is reason


@pytest.mark.parametrize(
    ("headers", "details", "after"),
    [
        ({}, [], None),
        ({"retry-after": "7"}, [], 7.0),
        ({}, [{"retryDelay": "12.5s"}], 12.0),
        ({"retry-after": "7"}, [{"retryDelay": "30s"}], 30.0),
        (
            {"retry-after": "7"},
            [{"metadata": {"quota_limit": "IngestionMutateRequestsPerDayPerProject"}}],
            3600.0,
        ),
        ({}, [{"metadata": {"quota_limit": "IngestionMutateRequestsPerMinutePerProject"}}], None),
        ({"retry-after": "soon"}, [{"retryDelay": 5}], 5.0),
    ],
)
def test_how_long_google_wants_us_to_wait(
    headers: dict[str, str], details: list[Any], after: float | None
) -> None:
    [outcome] = judge(reply(429, {"error": {"details": details}}, **headers), THREE[:1])
    assert isinstance(outcome, TryLater)
    assert outcome.after_s == after


# The check.


def test_a_checked_call() -> None:
    assert judge_probe(reply(200, {}), THREE) == [Recorded(validated=True)] * 3


def test_a_check_that_names_an_event_says_nothing_of_the_others() -> None:
    outcomes = judge_probe(refusal(violation("events[1].x", "INVALID_EVENT")), THREE)
    assert kinds(outcomes) == ["Recorded", "Refused", "Recorded"]
    assert not any(each.validated for each in outcomes if isinstance(each, Recorded))


def test_a_check_amends_nothing() -> None:
    found = refusal(violation("events[0].ad", "INVALID_AD_IDENTIFIER_FOR_ACCOUNT"))
    assert kinds(judge_probe(found, THREE[:1])) == ["Refused"]


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_check_that_fails_costs_a_check(status: int) -> None:
    assert (
        judge_probe(reply(status), THREE)
        == [Recorded(validated=False, message=f"HTTP {status}")] * 3
    )


def test_a_check_of_a_wrong_setup_refuses_no_event() -> None:
    outcomes = judge_probe(refusal(violation("", "NOT_ALLOWLISTED")), THREE)
    assert kinds(outcomes) == ["Recorded"] * 3


# What became of it.


def test_the_question() -> None:
    call = ask("r/1 ?", THREE, Settings(quota_project="cloud-1"))
    host = "https://datamanager.googleapis.com"
    assert (call.method, call.url) == (
        "GET",
        f"{host}/v1/requestStatus:retrieve?requestId=r%2F1%20%3F",
    )
    assert call.headers == {"x-goog-user-project": "cloud-1"}
    assert (call.vendor, call.account, call.body) == ("google_ads", THREE[0].to, b"")


def status(state: str, errors: Sequence[tuple[str, int]] = (), **more: Any) -> Reply:
    counts = [
        {"reason": f"PROCESSING_ERROR_REASON_{reason}", "recordCount": str(n)}
        for reason, n in errors
    ]
    told = {"requestStatus": state, "errorInfo": {"errorCounts": counts}} | more
    return reply(200, {"requestStatusPerDestination": [told]})


WARNING = {"warningCounts": [{"reason": "X_NOT_ENABLED", "recordCount": 2}]}


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (status("SUCCESS"), Accepted()),
        (status("SUCCESS", warningInfo=WARNING), Warned("2 X_NOT_ENABLED")),
        (status("PROCESSING"), Pending("", 3600.0)),
        (status("REQUEST_STATUS_UNKNOWN"), Pending("", 3600.0)),
        (reply(200, {}), Pending("", 3600.0)),
        (
            status("FAILED", [("CLICK_NOT_FOUND", 3)]),
            Refused(Reason.BAD_EVENT, "3 CLICK_NOT_FOUND"),
        ),
        (
            status("FAILED", [("DUPLICATE_TRANSACTION_ID", 1)]),
            Refused(Reason.DUPLICATE, "1 DUPLICATE_TRANSACTION_ID"),
        ),
        (status("FAILED", [("NO_CONSENT", 1)]), Refused(Reason.CONSENT, "1 NO_CONSENT")),
        (status("FAILED", [("EVENT_TOO_OLD", 1)]), Refused(Reason.TOO_OLD, "1 EVENT_TOO_OLD")),
        (
            status("PARTIAL_SUCCESS", [("INVALID_GCLID", 1), ("CLICK_NOT_FOUND", 1)]),
            Warned("some of the call's events were not taken: 1 INVALID_GCLID, 1 CLICK_NOT_FOUND"),
        ),
        (reply(404), Accepted(Reason.UNCONFIRMED, "HTTP 404 for the status")),
        (
            reply(401, {"error": {"status": "UNAUTHENTICATED"}}),
            TryLater(Reason.AUTH, "HTTP 401 UNAUTHENTICATED"),
        ),
        (reply(429), TryLater(Reason.RATE_LIMIT, "HTTP 429")),
        (reply(503), TryLater(Reason.VENDOR_DOWN, "HTTP 503")),
    ],
)
def test_what_became_of_a_call(found: Reply, outcome: Outcome) -> None:
    assert judge_ask(found, THREE) == [outcome] * 3


_words = str.split
NAMES = _words(
    "error details fieldViolations field reason metadata requestId fieldWarnings errorInfo "
    "requestStatusPerDestination errorCounts requestStatus recordCount"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(body=JSON, code=st.sampled_from([200, 400, 401, 404, 429, 500]))
def test_no_answer_breaks_a_judge(body: Any, code: int) -> None:
    for one in (judge, judge_probe, judge_ask):
        outcomes = one(reply(code, body), THREE)
        assert len(outcomes) == 3
        assert not any(isinstance(each, Split) for each in outcomes) or code == 400
