from firsthand.delivery.pace import Clock, Pace
from firsthand.delivery.sender import Timeouts


def test_a_lease_outlasts_all_that_happens_within_it() -> None:
    pace, limits = Pace(), Timeouts()
    first_call_and_amended_one = 2 * limits.total * 1_000
    assert pace.fresh_ms + first_call_and_amended_one < pace.lease_ms


def test_draws_differ() -> None:
    clock = Clock(lambda: 0)
    draws = {clock.draw() for _ in range(20)}
    assert len(draws) > 10
    assert all(0 <= draw <= 1 for draw in draws)
