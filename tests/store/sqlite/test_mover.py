import asyncio
import errno
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.model import Note, Reason
from firsthand.store.contract import Durability
from firsthand.store.sqlite import mover as module
from firsthand.store.sqlite.codec import beacon_line
from firsthand.store.sqlite.files import Held, outbox_lock, outbox_path, outbox_paths, try_lock
from firsthand.store.sqlite.mover import SqliteMover
from firsthand.store.sqlite.outbox import open_outbox
from tests.factories import NOW
from tests.store.backends import LATER, Backend, beacons, event, open_sqlite

SPEED = Durability.PROCESS
ORPHAN = 7


async def leave_orphan(folder: Path, n: int, number: int = ORPHAN) -> Path:
    async with open_outbox(folder, number, clock=lambda: NOW, durability=SPEED) as outbox:
        for one in beacons(n):
            await outbox.put([one])
    return outbox_path(folder, number)


def cursors(store: Backend) -> dict[str, int]:
    mover = store.mover
    assert isinstance(mover, SqliteMover)
    with sqlite3.connect(mover._writer.path) as db:
        found = dict(db.execute("SELECT outbox, last FROM cursors"))
    db.close()
    return found


async def test_an_orphan_is_emptied_deleted_and_forgotten(tmp_path: Path) -> None:
    path = await leave_orphan(tmp_path, 5)
    async with open_sqlite(tmp_path) as store:
        assert await store.mover.move(now=LATER) == 5
        assert path not in outbox_paths(tmp_path)
        assert not path.with_name(path.name + "-wal").exists()
        assert len(cursors(store)) == 2
        assert len(outbox_paths(tmp_path)) == 2


async def test_what_an_owner_wrote_last_is_moved_before_its_file_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await leave_orphan(tmp_path, 1)

    def lock_late(lock: Path) -> Held | None:
        """Take the lock of an owner that wrote once more since the mover looked."""
        if lock == outbox_lock(path):
            monkeypatch.setattr(module, "try_lock", try_lock)
            with sqlite3.connect(path) as db:
                row = (NOW, beacon_line(event(9)))
                db.execute("INSERT INTO outbox (at, body) VALUES (?, ?)", row)
            db.close()
        return try_lock(lock)

    monkeypatch.setattr(module, "try_lock", lock_late)
    async with open_sqlite(tmp_path) as store:
        assert await store.mover.move(now=LATER) == 1
        assert path.exists()
        assert await store.mover.move(now=LATER) == 1
        assert not path.exists()


async def test_a_file_begun_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        for _ in range(2):
            await leave_orphan(tmp_path, 3)
            assert await store.mover.move(now=LATER) == 3


async def test_an_owned_outbox_is_kept(tmp_path: Path) -> None:
    async with (
        open_sqlite(tmp_path) as store,
        open_outbox(tmp_path, ORPHAN, clock=lambda: NOW, durability=SPEED) as outbox,
    ):
        assert await store.mover.move(now=LATER) == 0
        await outbox.put([event(1)])
        assert await store.mover.move(now=LATER) == 1
        assert outbox_path(tmp_path, ORPHAN).exists()


async def test_more_than_one_step_is_moved_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS", 3)
    monkeypatch.setattr(module, "STEP", 4)
    async with open_sqlite(tmp_path) as store:
        for first in range(0, 30, 3):
            await store.outbox.put(beacons(30)[first : first + 3])
        assert await store.mover.move(now=LATER) == 30
        leased = await store.lease()
        assert [one.beacon.at - NOW for one in leased] == list(range(30))
        assert [one.row for one in leased] == list(range(1, 31))


async def test_a_broken_outbox_stops_no_other_and_is_left_alone(tmp_path: Path) -> None:
    rubbish = tmp_path / "outbox-00.db"
    rubbish.write_bytes(b"no database" * 1000)
    async with open_sqlite(tmp_path) as store:
        await store.outbox.put(beacons(2))
        with pytest.raises(OSError, match=r"not a database.*outbox-00\.db"):
            await store.mover.move(now=LATER)
        assert len(await store.lease()) == 2
    assert rubbish.read_bytes() == b"no database" * 1000


async def test_a_file_that_is_still_being_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "outbox-9.db").touch()
    async with open_sqlite(tmp_path) as store:
        assert await store.mover.move(now=LATER) == 0
    assert (tmp_path / "outbox-9.db").exists()


async def test_a_ledger_without_room_moves_nothing_and_later_all(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        mover = store.mover
        assert isinstance(mover, SqliteMover)
        await store.take(event(0))
        ((pages,),) = await mover._writer._db.execute_fetchall("PRAGMA page_count")
        await mover._writer._db.execute_fetchall(f"PRAGMA max_page_count={pages}")
        many = [event(n, name=f"n{n}", fields={"a": "x" * 9_000}) for n in range(1, 9)]
        await store.outbox.put(many)
        with pytest.raises(OSError, match=r"full.*ledger\.db") as failed:
            await mover.move(now=LATER)
        assert failed.value.errno == errno.ENOSPC
        assert mover.last_error == "No space left on device (database or disk is full)"
        assert await store.states() == {("", "queued", ""): 1}
        await mover._writer._db.execute_fetchall("PRAGMA max_page_count=1000000")
        assert await mover.move(now=LATER) == 8
        assert mover.last_error == ""
        assert await store.states() == {("", "queued", ""): 9}
        assert len({one.beacon.name for one in await store.lease()}) == 9


async def test_a_cursor_that_somebody_else_moved_is_noticed(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        mover = store.mover
        assert isinstance(mover, SqliteMover)
        await store.take(event(1))
        await mover._writer._db.execute("UPDATE cursors SET last = last + 1 WHERE last > 0")
        await store.outbox.put([event(2)])
        await store.outbox.put([event(3)])
        with pytest.raises(OSError, match="somebody else"):
            await mover.move(now=LATER)
        assert await mover.move(now=LATER) == 1
        assert await store.states() == {("", "queued", ""): 2}


@pytest.mark.parametrize("turns", range(0, 60, 3))
async def test_a_cancelled_move_moves_nothing_twice(tmp_path: Path, turns: int) -> None:
    async with open_sqlite(tmp_path) as store:
        for one in beacons(6):
            await store.outbox.put([one])
        async with asyncio.TaskGroup() as group:
            task = group.create_task(store.mover.move(now=LATER))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
        await store.mover.move(now=LATER)
        assert await store.states() == {("", "queued", ""): 6}
        assert len(await store.lease()) == 6
        assert await store.notes() == {}


async def test_a_line_nobody_can_read_is_kept_and_counted(tmp_path: Path) -> None:
    path = await leave_orphan(tmp_path, 1)
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO outbox (at, body) VALUES (?, ?)", (NOW, b"b{broken"))
    db.close()
    async with open_sqlite(tmp_path) as store:
        assert await store.mover.move(now=LATER) == 1
        assert await store.notes() == {("", "unreadable"): 1}
        mover = store.mover
        assert isinstance(mover, SqliteMover)
        kept = await mover._writer._db.execute_fetchall("SELECT at, line FROM unreadable")
        assert list(kept) == [(NOW, b"b{broken")]


async def test_what_is_moved_is_counted_once_it_is_entered(tmp_path: Path) -> None:
    withheld = replace(event(2), withheld=Reason.CONSENT)
    async with open_sqlite(tmp_path) as store:
        await store.outbox.put([event(1), withheld], [Note("meta", "A", "any name", "consent")] * 2)
        await store.mover.move(now=LATER)
        moved = store.mover.moved
        lane = (withheld.vendor, withheld.to)
        assert moved.taken == {(*lane, event(1).origin.value): 2}
        assert moved.withheld == {(*lane, "consent"): 1}
        assert moved.noted == {("meta", "consent"): 2}


async def test_kinds_of_notes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REASONS", 2)
    async with open_sqlite(tmp_path) as store:
        await store.outbox.put([event(1)], [Note("", "", "", f"reason{n}") for n in range(5)])
        await store.mover.move(now=LATER)
        assert len(store.mover.moved.noted) == 3
        assert store.mover.moved.noted[module.OTHER] == 3
