import pytest

from firsthand.delivery.exchange import Answer
from firsthand.delivery.pace import Pace
from firsthand.delivery.settling import Settler, plan
from firsthand.delivery.tally import Tally
from firsthand.model import (
    Accepted,
    Amend,
    Expired,
    Outcome,
    Pending,
    Reason,
    Recorded,
    Refused,
    Split,
    TryLater,
    Warned,
    Withheld,
)
from firsthand.rules.retry import Policy
from firsthand.store.contract import Leased
from tests.delivery.acme import LANE, Hands, Memory, make_account, make_beacon

LATER = TryLater(Reason.TIMEOUT, "slow")
HELD = TryLater(Reason.AUTH, "no token")
SPLIT = Split(Reason.BAD_EVENT, "one is bad")
AMEND = Amend(("user.click",), message="bad click")


def leased(row: int) -> Leased:
    return Leased(row, make_beacon(number=row), 0)


@pytest.mark.parametrize(
    "outcome",
    [
        Accepted(),
        Warned("w"),
        Refused(Reason.BAD_EVENT),
        Expired(Reason.TOO_OLD),
        Withheld(Reason.WITHDRAWN),
        Pending("t", 3.0),
        Recorded(validated=True),
    ],
)
def test_what_ends_an_event(outcome: Outcome) -> None:
    made = plan([leased(1)], [outcome])
    assert made.done == [(leased(1), outcome)]
    assert not any([made.again, made.back, made.amend, made.split])


def test_each_event_gets_its_own() -> None:
    batch = [leased(row) for row in range(5)]
    made = plan(batch, [Accepted(), LATER, HELD, SPLIT, AMEND])
    assert [one.row for one, _ in made.done] == [0]
    assert [one.row for one, _ in made.again] == [1]
    assert [one.row for one in made.back] == [2, 3]
    assert [one.row for one in made.amend] == [4]
    assert made.split


def test_amend_takes_the_fields_out_and_no_others() -> None:
    (one,) = plan([leased(1)], [AMEND]).amend
    before = leased(1).beacon.fields
    assert set(before) - set(one.beacon.fields) == {"user.click"}


@pytest.mark.parametrize(
    ("outcome", "amended"), [(SPLIT, False), (AMEND, True)], ids=["alone", "amended before"]
)
def test_what_cannot_be_mended_is_refused(outcome: Outcome, *, amended: bool) -> None:
    made = plan([leased(1)], [outcome], amended=amended)
    assert made.done == [(leased(1), Refused(outcome.reason, outcome.message))]
    assert not made.split


async def test_the_queue_is_told(queue: Memory) -> None:
    hands = Hands()
    pace = Pace(retry=Policy(base_ms=1_000, cap_ms=1_000, max_keep_ms=3_600_000))
    settler = Settler(queue, make_account(), pace=pace, clock=hands.clock(), tally=Tally())
    queue.put(*(make_beacon(number=row) for row in range(4)))
    queue.put(make_beacon(number=4, at=hands.at - 3_600_000))
    batch = await queue.lease(LANE, now=hands.at, limit=9, for_ms=9)
    await settler.settle(batch, Answer([Accepted(), LATER, LATER, HELD, LATER]))
    assert queue.reasons() == {"b0": (Accepted, Reason.NONE), "b4": (Expired, Reason.TIMEOUT)}
    assert queue.retries == [(hands.at + 1_000, Reason.TIMEOUT, "slow")]
    assert [(row.beacon.id, row.attempts, row.due_at) for row in queue.rows.values()] == [
        ("b1", 1, hands.at + 1_000),
        ("b2", 1, hands.at + 1_000),
        ("b3", 0, 0),
    ]


async def test_a_fault_is_logged_by_place_and_account_and_not_a_thousand_times(
    queue: Memory, caplog: pytest.LogCaptureFixture
) -> None:
    settler = Settler(queue, make_account(), pace=Pace(), clock=Hands().clock(), tally=Tally())
    fault = Refused(Reason.FAULT, "KeyError in write (acme.py:7)")
    queue.put(*(make_beacon(number=row) for row in range(1_001)))
    batch = await queue.lease(LANE, now=Hands().at, limit=2_000, for_ms=9)
    await settler.settle(batch, Answer([fault] * 1_001))
    assert caplog.messages == ["acme A-1: our own fault, KeyError in write (acme.py:7)"] * 2
