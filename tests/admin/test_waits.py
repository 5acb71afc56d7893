import pytest

from firsthand.admin.waits import FORGOTTEN_MS, LONGEST_WAIT_MS, MOST_NAMES, Budget, Waits
from tests.admin.sample import NOW

FREE = 3


def test_waits_grow_with_every_error() -> None:
    waits = Waits(FREE)
    found = []
    now = NOW
    for _ in range(FREE + 8):
        assert waits.error("a", now=now) == 0
        found.append(waits.left("a", now=now))
        now += found[-1]
        assert waits.left("a", now=now) == 0
    assert found[:5] == [0, 0, 1000, 2000, 4000]
    assert found[-1] == LONGEST_WAIT_MS
    assert waits.left("b", now=now) == 0


def test_an_error_within_the_wait_is_not_counted() -> None:
    waits = Waits(FREE)
    for _ in range(FREE):
        waits.error("a", now=NOW)
    for _ in range(5):
        assert waits.error("a", now=NOW) == 1000
    assert waits.left("a", now=NOW) == 1000


def test_errors_are_forgotten_when_told_so_and_after_an_hour() -> None:
    waits = Waits(FREE)
    for name in ("a", "b"):
        for _ in range(FREE):
            waits.error(name, now=NOW)
    waits.forget("a")
    waits.forget("nobody")
    assert (waits.left("a", now=NOW), waits.left("b", now=NOW)) == (0, 1000)
    waits.error("b", now=NOW + FORGOTTEN_MS)
    assert waits.left("b", now=NOW + FORGOTTEN_MS) == 0


def test_a_clock_that_is_set_back_makes_nobody_wait_for_longer() -> None:
    waits = Waits(FREE)
    for _ in range(FREE):
        waits.error("a", now=NOW)
    assert waits.left("a", now=NOW - 86_400_000) == 1000


def test_remembers_a_bounded_number_of_names() -> None:
    waits = Waits(FREE)
    for n in range(MOST_NAMES + 5):
        waits.error(str(n), now=NOW)
    assert len(waits._errors) == MOST_NAMES


@pytest.mark.parametrize("size", [1, 5])
def test_a_budget_holds_so_many_and_fills_up_again(size: int) -> None:
    budget = Budget(size, 2000)
    assert [budget.take(now=NOW) for _ in range(size + 2)] == [*[0] * size, 2000, 2000]
    assert budget.take(now=NOW + 1999) == 1
    assert [budget.take(now=NOW + 2000) for _ in range(2)] == [0, 2000]
    later = NOW + 10**9
    assert [budget.take(now=later) for _ in range(size + 1)] == [*[0] * size, 2000]
    assert budget.take(now=NOW) <= 2000, "a clock that was set back"
