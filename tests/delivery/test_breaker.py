import pytest

from firsthand.delivery.breaker import Breaker, State
from firsthand.model import Reason, TryLater
from firsthand.rules.retry import Policy

DOWN = TryLater(Reason.VENDOR_DOWN, "503")
POLICY = Policy(base_ms=1_000, cap_ms=8_000)


def make() -> Breaker:
    return Breaker(POLICY, threshold=3)


def opened() -> Breaker:
    breaker = make()
    for _ in range(3):
        breaker.failure(DOWN, now=0, draw=1)
    return breaker


def test_opens_after_failures_in_a_row_only() -> None:
    breaker = make()
    for _ in range(5):
        breaker.failure(DOWN, now=0, draw=1)
        breaker.failure(DOWN, now=0, draw=1)
        breaker.success()
    assert breaker.state is State.CLOSED
    assert opened().state is State.OPEN


def test_says_why_it_is_open() -> None:
    breaker = opened()
    assert (breaker.reason, breaker.message) == (Reason.VENDOR_DOWN, "503")
    breaker.success()
    assert (breaker.reason, breaker.message) == (Reason.NONE, "")


@pytest.mark.parametrize("reason", [Reason.AUTH, Reason.SETUP])
def test_what_no_waiting_mends_opens_at_once(reason: Reason) -> None:
    breaker = make()
    breaker.failure(TryLater(reason), now=0, draw=1)
    assert breaker.state is State.OPEN


def test_the_vendors_wish_opens_at_once_and_for_as_long() -> None:
    breaker = make()
    breaker.failure(TryLater(Reason.RATE_LIMIT, after_s=30), now=500, draw=0)
    assert breaker.closed_for(500) == 30_000
    assert breaker.closed_for(30_500) == 0


def test_a_clock_that_is_set_back_keeps_it_open_no_longer() -> None:
    breaker = make()
    breaker.failure(TryLater(Reason.RATE_LIMIT, after_s=30), now=9_000_000, draw=0)
    assert breaker.closed_for(1_000) == 30_000
    assert breaker.closed_for(31_000) == 0


def test_one_probe_at_a_time() -> None:
    breaker = opened()
    assert breaker.closed_for(999) == 1
    assert breaker.closed_for(1_000) == 0
    assert breaker.enter()
    assert breaker.closed_for(1_000) > 0
    breaker.success()
    assert breaker.closed_for(1_000) == 0
    assert not breaker.enter()


def test_a_failed_probe_waits_longer_each_time_up_to_the_cap() -> None:
    breaker, now, waits = opened(), 0, []
    for _ in range(6):
        waits.append(breaker.closed_for(now))
        now += waits[-1]
        assert breaker.enter()
        breaker.failure(DOWN, now=now, draw=1)
    assert waits == [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]


def test_the_wait_is_jittered_by_half() -> None:
    breaker = make()
    breaker.failure(TryLater(Reason.AUTH), now=0, draw=0)
    assert breaker.closed_for(0) == 500


def test_late_failures_of_calls_in_flight_do_not_prolong_it() -> None:
    breaker = opened()
    breaker.failure(DOWN, now=900, draw=1)
    assert breaker.closed_for(1_000) == 0


def test_an_unused_probe_can_be_tried_again() -> None:
    breaker = opened()
    breaker.enter()
    breaker.unused()
    assert breaker.state is State.OPEN
    assert breaker.closed_for(1_000) == 0


def test_try_now() -> None:
    breaker = opened()
    breaker.try_now(10)
    assert breaker.closed_for(10) == 0
    assert breaker.enter()
