"""What an erasure changes: the newest event leaves a row from which the next one's id follows."""

import sqlite3
from pathlib import Path

from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.outbox import SqliteOutbox
from firsthand.store.subjects import Erasure
from firsthand.vendors import VENDORS
from tests.factories import NOW
from tests.store.backends import LATER, Backend, event, open_sqlite


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(ledger_path(folder)) as db:
        return db.execute(sql).fetchall()


async def carry(store: Backend, erasure: Erasure) -> None:
    assert isinstance(store.outbox, SqliteOutbox)
    await store.outbox.erase(erasure)
    await store.mover.move(now=LATER)


async def test_the_newest_event_is_forgotten_and_its_number_is_not(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(0, subject="jane"), event(1, subject="jane"))
        await carry(store, Erasure(at=NOW, subjects=("jane",), queue=(1, 2), twins=(1, 2)))
        assert rows(tmp_path, "SELECT id, key, owner FROM twins") == [(2, None, b"")]
        assert rows(tmp_path, "SELECT * FROM traces") == []
        assert rows(tmp_path, "SELECT * FROM queue") == []
        await store.take(event(2))
        assert rows(tmp_path, "SELECT max(id) FROM twins") == [(3,)]
        assert await store.states() == {("", "withheld", "erased"): 2, ("", "queued", ""): 1}


async def test_a_subject_is_barred_at_every_vendor(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(0))
        await carry(store, Erasure(at=NOW, subjects=("jane",)))
        barred = {vendor for (vendor,) in rows(tmp_path, "SELECT vendor FROM tombstones")}
        assert barred == {"acme", *VENDORS}


async def test_rows_that_are_gone_are_nothing_to_it(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await carry(store, Erasure(at=NOW, queue=(7,), dead=(8,), twins=(9,), lines=(10,)))
        assert await store.states() == {}
