from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import (
    Amend,
    Beacon,
    Client,
    Expired,
    Origin,
    Reason,
    Refused,
    Split,
    TryLater,
    Verdict,
)
from firsthand.rules.retry import Again, Dead, Open, Policy, after, deadline, delay, wish_ms
from firsthand.vendor import Limits

HOUR = 3_600_000
T0 = 1_800_000_000_000
POLICY = Policy(max_keep_ms=72 * HOUR, base_ms=5_000, cap_ms=HOUR)
WEEK = Limits(max_batch=1, max_bytes=1, max_age=timedelta(days=7), calls_per_second=1)


def make_beacon(at: int = T0, event_at: int = T0) -> Beacon:
    return Beacon(
        id="b",
        site="s",
        vendor="acme",
        account="1",
        to="1",
        name="purchase",
        canonical="purchase",
        event_key="",
        key_made=False,
        fields={},
        verdict=Verdict(analytics=True, marketing=True, explicit=True),
        origin=Origin.PIXEL,
        client=Client.NONE,
        client_ms=0,
        client_keys=0,
        server_keys=0,
        subject="",
        at=at,
        event_at=event_at,
        bot=0,
        shape="",
    )


def decide(
    outcome: Open, *, attempts: int = 0, now: int = T0, draw: float = 1.0, limits: Limits = WEEK
) -> Again | Dead:
    beacon = make_beacon()
    return after(outcome, beacon, attempts, now=now, policy=POLICY, limits=limits, draw=draw)


@pytest.mark.parametrize(
    ("at", "event_at", "over_at"),
    [
        (T0, T0, T0 + 72 * HOUR),
        (T0, T0 - 6 * 24 * HOUR, T0 + 24 * HOUR),
        (T0, T0 - 8 * 24 * HOUR, T0 - 24 * HOUR),
    ],
    ids=["our patience", "the vendor's age limit", "too old at arrival"],
)
def test_deadline(at: int, event_at: int, over_at: int) -> None:
    assert deadline(make_beacon(at, event_at), POLICY, WEEK) == over_at


def test_what_is_replayed_is_kept_from_then_and_grows_no_younger() -> None:
    at = T0 + 100 * HOUR
    assert deadline(make_beacon(), POLICY, WEEK, replayed_at=at) == T0 + 168 * HOUR
    assert deadline(make_beacon(T0, at), POLICY, WEEK, replayed_at=at) == at + 72 * HOUR
    late = TryLater(Reason.VENDOR_DOWN)
    beacon = make_beacon(T0, at)
    again = after(late, beacon, 0, now=at, policy=POLICY, limits=WEEK, draw=1.0, replayed_at=at)
    assert again == Again(at + 5_000)


@pytest.mark.parametrize(
    ("attempts", "draw", "wait"),
    [(0, 1.0, 5_000), (1, 1.0, 10_000), (3, 0.5, 20_000), (20, 1.0, HOUR), (10**6, 1.0, HOUR)],
)
def test_delay_doubles_up_to_the_cap_and_is_drawn_from_zero(
    attempts: int, draw: float, wait: int
) -> None:
    assert delay(attempts, POLICY, draw) == wait
    assert delay(attempts, POLICY, 0.0) == 0


@pytest.mark.parametrize(
    ("outcome", "attempts", "now", "expected"),
    [
        (TryLater(Reason.VENDOR_DOWN), 2, T0, Again(T0 + 20_000)),
        (TryLater(Reason.RATE_LIMIT, after_s=90), 0, T0, Again(T0 + 95_000)),
        (TryLater(Reason.RATE_LIMIT, after_s=0), 9, T0, Again(T0 + 5_000)),
        (
            TryLater(Reason.TIMEOUT, "t"),
            0,
            T0 + 72 * HOUR,
            Dead(Expired(Reason.TIMEOUT, "t")),
        ),
        (
            TryLater(Reason.RATE_LIMIT, "r", after_s=7_200),
            0,
            T0 + 71 * HOUR,
            Dead(Expired(Reason.RATE_LIMIT, "r")),
        ),
        (Split(Reason.BAD_EVENT, "no"), 0, T0, Dead(Refused(Reason.BAD_EVENT, "no"))),
        (Amend(("a",), message="no"), 0, T0, Dead(Refused(Reason.BAD_IDENTIFIER, "no"))),
    ],
    ids=["backoff", "wish", "no wish", "deadline", "wish past it", "single split", "second amend"],
)
def test_after(outcome: Open, attempts: int, now: int, expected: Again | Dead) -> None:
    assert decide(outcome, attempts=attempts, now=now) == expected


def test_a_drawn_delay_is_cut_to_what_is_left() -> None:
    half_an_hour_left = T0 + 72 * HOUR - HOUR // 2
    step = decide(TryLater(Reason.TIMEOUT), attempts=30, now=half_an_hour_left, draw=0.9)
    assert step == Again(half_an_hour_left + int(0.9 * HOUR / 2))


@pytest.mark.parametrize(
    ("after_s", "ms"),
    [
        (1.5, 1_500),
        (0, 0),
        (-3, 0),
        (float("nan"), 0),
        (float("inf"), 86_400_000),
        (1e9, 86_400_000),
    ],
)
def test_a_wish_is_bounded(after_s: float, ms: int) -> None:
    assert wish_ms(after_s) == ms


@settings(max_examples=200)
@given(
    attempts=st.integers(0, 100),
    late=st.integers(0, 100 * HOUR),
    draw=st.floats(0, 1),
    after_s=st.none() | st.floats(0, 1e6),
    days=st.integers(1, 10),
)
def test_never_due_past_the_deadline_nor_before_the_wish(
    attempts: int, late: int, draw: float, after_s: float | None, days: int
) -> None:
    limits = Limits(1, 1, timedelta(days=days), 1)
    now = T0 + late
    outcome = TryLater(Reason.TIMEOUT, after_s=after_s)
    step = decide(outcome, attempts=attempts, now=now, draw=draw, limits=limits)
    if isinstance(step, Again):
        assert now + wish_ms(after_s or 0) <= step.due_at
        assert step.due_at < min(T0 + 72 * HOUR, T0 + days * 24 * HOUR)
    else:
        assert isinstance(step.outcome, Expired)
