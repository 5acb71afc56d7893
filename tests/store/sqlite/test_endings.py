from pathlib import Path

import pytest

from firsthand.model import Accepted, Expired, Reason, Refused, TryLater
from firsthand.store.contract import Settled
from firsthand.store.sqlite import endings as module
from firsthand.store.sqlite.codec import decode
from firsthand.store.sqlite.endings import as_json, end, put_off
from firsthand.store.sqlite.queue import SqliteQueue
from tests.store.backends import LATER, Backend, beacons, event, open_sqlite
from tests.store.sqlite.plans import large_scans


def writer_of(store: Backend):  # noqa: ANN201 - its type is private to the backend
    assert isinstance(store.queue, SqliteQueue)
    return store.queue._writer


def test_rows_are_named_once() -> None:
    assert as_json([3, 1, 3]) == "[3,1]"
    assert as_json([]) == "[]"


STATEMENTS = [
    (module.STANDING, ("[1]",)),
    (module.SET_STATE, ("", "", 1, 1)),
    (module.DEQUEUE, (1,)),
    (module.UNBURY, (1,)),
    (module.FEWER_DEAD, (1, 1)),
    (module.BURY, (1, "", "", "", 1)),
    (module.ASK_LATER, (1, "", 1)),
    (module.RETRY, (1, 1)),
    (module.LANE_COUNTS, (1, 1, 1)),
    (module.SET_TRACE, ("", "", "", 1)),
    (module.SET_MESSAGE, ("", 1)),
]


@pytest.mark.parametrize(("sql", "given"), STATEMENTS)
async def test_no_statement_goes_through_a_table(
    tmp_path: Path, sql: str, given: tuple[object, ...]
) -> None:
    async with open_sqlite(tmp_path) as store, writer_of(store).reading() as db:
        assert await large_scans(db, sql, given) == []


async def test_dead_letters_keep_beacon_reason_and_time(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(0, subject="jane"), event(1))
        first, second = await store.lease()
        async with writer_of(store).transaction() as db:
            await put_off(db, [first.row], due_at=1, reason=Reason.DNS, message="x")
            dead = [
                Settled(first.row, Refused(Reason.BAD_EVENT, "no value")),
                Settled(second.row, Expired(Reason.TOO_OLD)),
            ]
            await end(db, dead, now=LATER)
        async with writer_of(store).reading() as db:
            rows = list(
                await db.execute_fetchall(
                    "SELECT at, dead_at, server, reason, message, attempts, subject, body FROM dead"
                )
            )
        assert [row[:7] for row in rows] == [
            (first.beacon.at, LATER, "refused", "bad_event", "no value", 1, "jane"),
            (second.beacon.at, LATER, "expired", "too_old", "", 0, ""),
        ]
        assert [decode(row[7]) for row in rows] == [first.beacon, second.beacon]


async def test_one_bad_end_undoes_the_others(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(*beacons(2))
        first, second = await store.lease()
        done = [Settled(first.row, Accepted()), Settled(second.row, TryLater(Reason.DNS))]
        with pytest.raises(TypeError, match="TryLater"):
            await store.queue.settle(done, now=LATER)
        assert await store.states() == {("", "queued", ""): 2}


async def test_a_row_put_off_twice_at_once_counts_one_attempt(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(1))
        (one,) = await store.lease()
        twice = [one.row, one.row]
        await store.queue.retry(twice, due_at=LATER, reason=Reason.DNS, message="no name")
        (again,) = await store.lease()
        assert again.attempts == 1
        assert await store.states() == {("", "queued", "dns"): 1}
        (listed,) = await store.ledger.events()
        trace = await store.ledger.trace(listed.id)
        assert trace is not None
        assert trace.message == "no name"
