from pathlib import Path

import pytest

from firsthand.model import Accepted, Reason, Withdrawal
from firsthand.store.contract import Backlog, Settled
from firsthand.store.sqlite import queue as module
from firsthand.store.sqlite.queue import SqliteQueue
from tests.store.backends import LANE, LATER, Backend, beacons, event, open_sqlite
from tests.store.sqlite.plans import large_scans


def writer_of(store: Backend):  # noqa: ANN201 - its type is private to the backend
    assert isinstance(store.queue, SqliteQueue)
    return store.queue._writer


STATEMENTS = [
    (module.LANES, ()),
    (module.LANE_ID, ("a", "b")),
    (module.DUE, (1, 1, 1)),
    (module.BODIES, ("[1]", "a")),
    (module.BACKLOG, ()),
]


@pytest.mark.parametrize(("sql", "given"), STATEMENTS)
async def test_no_statement_goes_through_the_queue(
    tmp_path: Path, sql: str, given: tuple[object, ...]
) -> None:
    async with open_sqlite(tmp_path) as store, writer_of(store).reading() as db:
        assert await large_scans(db, sql, given) == []


async def test_leases_die_with_the_process(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(*beacons(2))
        assert len(await store.lease()) == 2
    async with open_sqlite(tmp_path) as store:
        assert len(await store.lease()) == 2


async def test_a_waiting_beacon_that_cannot_be_read_is_buried(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(*beacons(2))
        async with writer_of(store).transaction() as db:
            await db.execute("UPDATE queue SET body = '{' WHERE id = 1")
        assert [one.row for one in await store.lease()] == [2]
        assert await store.queue.backlog() == [Backlog(LANE, 1, beacons(2)[1].at, 1)]
        assert await store.states() == {("", "refused", "fault"): 1, ("", "queued", ""): 1}


async def test_a_disk_that_fails_gives_nothing_away(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(0, subject="jane", at=LATER), event(1))
        await store.outbox.put([], withdrawn=[Withdrawal("joe", "acme")])
        await store.mover.move(now=LATER)
        leased = await store.lease()
        await store.queue.release([one.row for one in leased])
        db = writer_of(store)._db
        await db.execute("UPDATE queue SET subject = 'joe', at = 0 WHERE id = 1")
        await db.execute("PRAGMA query_only=ON")
        with pytest.raises(OSError, match=r"ledger\.db"):
            await store.lease()
        with pytest.raises(OSError, match=r"ledger\.db"):
            await store.queue.settle([Settled(leased[0].row, Accepted())], now=LATER)
        with pytest.raises(OSError, match=r"ledger\.db"):
            await store.queue.retry([1], due_at=0, reason=Reason.TIMEOUT, message="")
        await db.execute("PRAGMA query_only=OFF")
        # The sound one is not held back; the withdrawn one is settled when its lease has run out.
        assert [one.row for one in await store.lease()] == [2]
