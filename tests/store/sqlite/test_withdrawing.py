from pathlib import Path
from typing import Any

import pytest

from firsthand.model import Reason, Refused, Withdrawal
from firsthand.store.sqlite import withdrawing as module
from firsthand.store.sqlite.queue import SqliteQueue
from firsthand.store.sqlite.withdrawing import withdraw
from tests.factories import NOW
from tests.store.backends import LATER, Backend, event, open_sqlite
from tests.store.sqlite.plans import large_scans

JANE, JOE = Withdrawal("jane", "acme"), Withdrawal("joe", "acme")


def writer_of(store: Backend):  # noqa: ANN201 - its type is private to the backend
    assert isinstance(store.queue, SqliteQueue)
    return store.queue._writer


async def rows(store: Backend, table: str) -> list[tuple[Any, ...]]:
    async with writer_of(store).reading() as db:
        return [tuple(row) for row in await db.execute_fetchall(f"SELECT * FROM {table}")]


async def test_withdrawals_keep_the_latest_time(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        told: list[tuple[Withdrawal, int]]
        for told in ([(JANE, 7), (JOE, 1)], [(JANE, 5), (JOE, 2)]):
            async with writer_of(store).transaction() as db:
                await withdraw(db, told, in_flight=(), now=LATER)
        assert sorted(await rows(store, "tombstones")) == [("jane", "acme", 7), ("joe", "acme", 2)]


async def test_nothing_of_the_subject_is_left(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(0, subject="jane"))
        await store.settle_all(Refused(Reason.BAD_EVENT))
        await store.take(event(1, subject="jane", at=NOW))
        await store.outbox.put([], withdrawn=[JANE, JANE])
        await store.mover.move(now=LATER)
        assert await rows(store, "queue") == []
        assert await rows(store, "dead") == []


async def test_it_is_found_wherever_in_a_long_queue_it_waits(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(*(event(number, subject="jane", at=NOW) for number in range(5)))
        async with writer_of(store).transaction() as db:
            for number, row in enumerate((4095, 4096, 8192, 9_000_000, 2**40)):
                await db.execute("UPDATE queue SET id = ? WHERE id = ?", (row, number + 1))
            other = Withdrawal("jane", "other")
            await withdraw(db, [(other, LATER), (JOE, LATER)], in_flight=(), now=LATER)
            assert len(list(await db.execute_fetchall("SELECT * FROM queue"))) == 5
            await withdraw(db, [(JANE, LATER), (other, LATER)], in_flight={8192}, now=LATER)
        assert [row[0] for row in await rows(store, "queue")] == [8192]


async def test_what_came_later_and_who_is_no_one_stay(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(0, subject="jane", at=NOW + 1), event(1, at=NOW))
        async with writer_of(store).transaction() as db:
            told = [(JANE, NOW), (Withdrawal("", "acme"), LATER)]
            await withdraw(db, told, in_flight=(), now=LATER)
        assert len(await rows(store, "queue")) == 2


@pytest.mark.parametrize("sql", [module.QUEUED, module.BURIED])
async def test_no_statement_goes_through_a_table(tmp_path: Path, sql: str) -> None:
    async with open_sqlite(tmp_path) as store, writer_of(store).reading() as db:
        assert await large_scans(db, sql, ('[["jane","acme",1]]',)) == []
