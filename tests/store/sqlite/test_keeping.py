import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.model import Note, Withdrawal
from firsthand.store.contract import Retention
from firsthand.store.sqlite import keeping as module
from firsthand.store.sqlite.keeping import SqliteKeeping
from tests.factories import NOW
from tests.store.backends import DAY_MS, FAR, LATER, Backend, beacons, event, open_sqlite
from tests.store.sqlite.plans import large_scans

LIMITS = Retention(
    queue=DAY_MS, dead=DAY_MS, unreadable=DAY_MS, withdrawals=DAY_MS, twins=DAY_MS,
    hours=DAY_MS, days=DAY_MS, notes=DAY_MS,
)  # fmt: skip


def keeping_of(store: Backend) -> SqliteKeeping:
    assert isinstance(store.keeping, SqliteKeeping)
    return store.keeping


def count(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / "ledger.db") as db:
        ((n,),) = db.execute(f"SELECT count(*) FROM {table}")
    db.close()
    return int(n)


async def test_tombstones_and_unreadable_lines_go_after_their_time(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.outbox.put([], withdrawn=[Withdrawal(f"s{n}", "acme") for n in range(600)])
        await store.mover.move(now=LATER)
        async with keeping_of(store)._writer.transaction() as db:
            rows = [(NOW + n, b"?") for n in range(600)]
            await db.executemany("INSERT INTO unreadable (at, line) VALUES (?, ?)", rows)
        await store.keeping.purge(LIMITS, now=NOW + DAY_MS)
        assert (count(tmp_path, "tombstones"), count(tmp_path, "unreadable")) == (600, 600)
        await store.keeping.purge(LIMITS, now=NOW + DAY_MS + 300)
        assert (count(tmp_path, "tombstones"), count(tmp_path, "unreadable")) == (0, 300)


async def test_counts_of_refusals_go_before_those_of_events(tmp_path: Path) -> None:
    limits = replace(LIMITS, twins=9 * DAY_MS, hours=9 * DAY_MS, days=9 * DAY_MS, notes=DAY_MS)
    async with open_sqlite(tmp_path) as store:
        store.outbox.count(Note("acme", "A-1", "purchase", "consent"))
        await store.take(event(0))
        await store.keeping.purge(limits, now=NOW + DAY_MS // 4)
        assert count(tmp_path, "notes") == 2
        await store.keeping.purge(limits, now=NOW + 3 * DAY_MS)
        assert count(tmp_path, "notes") == 0
        assert await store.states(by_day=True) == await store.states()
        assert sum((await store.states()).values()) == 1


async def test_others_get_on_between_its_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEP", 1)
    async with open_sqlite(tmp_path) as store:
        await store.take(*beacons(30))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(store.keeping.purge(LIMITS, now=NOW + 2 * DAY_MS))
            while count(tmp_path, "dead") == 0:
                await asyncio.sleep(0)
            await store.take(event(99, at=NOW + 2 * DAY_MS))
            assert count(tmp_path, "queue") > 1
        assert count(tmp_path, "queue") == 1


async def test_a_full_ledger_is_told(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(1))
        db = keeping_of(store)._writer._db
        await db.execute("PRAGMA query_only=ON")
        with pytest.raises(OSError, match=r"readonly.*ledger\.db"):
            await store.keeping.purge(LIMITS, now=FAR)
        await db.execute("PRAGMA query_only=OFF")


STATEMENTS = [
    (module.OLD_WAITING, (1, 1, 1)),
    (module.OLD_DEAD, (1, 1)),
    (module.OLD_TWINS, (1, 1)),
    (module.DELETE_TWIN, (1,)),
    (module.DELETE_TRACE, (1,)),
    *((sql, (1, 1)) for sql in module.DELETE_SPAN.values()),
    *((sql, (1,)) for sql in module.OLDEST.values()),
    (module.OLD_RETURNS, (1,)),
    (module.DELETE_UNREADABLE, (1, 1)),
    (module.DELETE_TOMBSTONES, (1, 1)),
]


@pytest.mark.parametrize(("sql", "given"), STATEMENTS)
async def test_no_statement_goes_through_a_table(
    tmp_path: Path, sql: str, given: tuple[object, ...]
) -> None:
    async with open_sqlite(tmp_path) as store, keeping_of(store)._writer.reading() as db:
        assert await large_scans(db, sql, given) == []
