import json
from collections.abc import Sequence

import pytest

from firsthand.delivery.batch import batches, choose, fit, lingers, probe
from firsthand.model import Beacon, Call, Reason, Refused
from firsthand.store.contract import Leased
from tests.delivery.acme import Settings, make_beacon, write

NOW = 1_800_000_000_000


def leased(row: int, *, waited: int = 0, attempts: int = 0, site: str = "s") -> Leased:
    beacon = make_beacon(number=row, at=NOW - waited, site=site)
    return Leased(row, beacon, attempts)


def rows(batch: Sequence[Leased]) -> list[int]:
    return [one.row for one in batch]


def test_batches_are_of_one_key_in_order() -> None:
    every = [leased(1, site="b"), leased(2, site="a"), leased(3, site="b")]
    assert [rows(one) for one in batches(every, lambda beacon: beacon.site)] == [[1, 3], [2]]


def test_a_beacon_whose_key_fails_stands_alone() -> None:
    def key(beacon: Beacon) -> str:
        return {"a": "a"}[beacon.site]

    every = [leased(1, site="x"), leased(2, site="a"), leased(3, site="x"), leased(4, site="a")]
    assert [rows(one) for one in batches(every, key)] == [[1], [2, 4], [3]]


@pytest.mark.parametrize(
    ("batch", "wait"),
    [
        ([leased(1)], 1_000),
        ([leased(1, waited=400), leased(2)], 600),
        ([leased(1, waited=1_000), leased(2)], 0),
        ([leased(1), leased(2), leased(3)], 0),
        ([leased(1), leased(2, attempts=1)], 0),
        ([leased(1, waited=-3_600_000)], 0),
    ],
    ids=["new", "older one", "waited", "full", "retried", "clock set back"],
)
def test_lingers(batch: list[Leased], wait: int) -> None:
    assert lingers(batch, most=3, now=NOW, linger_ms=1_000) == wait


def test_choose() -> None:
    groups = [[leased(1, waited=2_000)], [leased(2, waited=900)], [leased(3, waited=100)]]
    choice = choose(groups, most=9, now=NOW, linger_ms=1_000)
    assert [rows(one) for one in choice.ready] == [[1]]
    assert rows(choice.back) == [2, 3]


@pytest.mark.parametrize(("waited", "wait"), [(100, 900), (990, 250)])
def test_the_wait_is_until_the_first_is_ready_but_no_less_than_a_quarter(
    waited: int, wait: int
) -> None:
    groups = [[leased(1, waited=50)], [leased(2, waited=waited)]]
    assert choose(groups, most=9, now=NOW, linger_ms=1_000).wait_ms == wait


def test_probe_takes_one_beacon() -> None:
    choice = probe([[leased(1), leased(2)], [leased(3)]])
    assert [rows(one) for one in choice.ready] == [[1]]
    assert rows(choice.back) == [2, 3]
    assert not probe([]).ready


def write_any(beacons: Sequence[Beacon]) -> Call:
    return write(beacons, Settings(), now=NOW)


def test_fit_takes_the_whole_batch() -> None:
    batch = [leased(row) for row in range(5)]
    fitted = fit(batch, write_any, 1_000_000)
    assert isinstance(fitted.made, Call)
    assert len(json.loads(fitted.made.body)["events"]) == 5
    assert (fitted.batch, fitted.rest) == (batch, [])


def test_fit_halves_until_the_call_is_small_enough() -> None:
    batch = [leased(row) for row in range(8)]
    size = len(write_any([batch[0].beacon]).body)
    fitted = fit(batch, write_any, size * 3)
    assert isinstance(fitted.made, Call)
    assert len(fitted.made.body) <= size * 3
    assert (rows(fitted.batch), rows(fitted.rest)) == ([0, 1], [2, 3, 4, 5, 6, 7])


def test_fit_refuses_a_single_event_that_is_too_big() -> None:
    fitted = fit([leased(1), leased(2)], write_any, 10)
    assert isinstance(fitted.made, Refused)
    assert fitted.made.reason is Reason.BAD_EVENT
    assert (rows(fitted.batch), rows(fitted.rest)) == ([1], [2])


@pytest.mark.parametrize("culprit", [0, 1, 4])
def test_fit_leaves_the_event_that_cannot_be_written_alone(culprit: int) -> None:
    batch = [leased(row) for row in range(5)]
    bad = make_beacon("unwritable")
    batch[culprit] = Leased(culprit, bad, 0)
    parked, sent = [], []
    while batch:
        fitted = fit(batch, write_any, 1_000_000)
        (sent if isinstance(fitted.made, Call) else parked).extend(fitted.batch)
        batch = fitted.rest
        if isinstance(fitted.made, Refused):
            assert fitted.made.reason is Reason.FAULT
            assert fitted.made.message.startswith("KeyError in write (acme.py:")
    assert rows(parked) == [culprit]
    assert len(sent) == 4
