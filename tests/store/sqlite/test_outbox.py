import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from firsthand.errors import ConfigError
from firsthand.model import Note
from firsthand.store.contract import Durability
from firsthand.store.sqlite import outbox as module
from firsthand.store.sqlite.codec import Group, read_group
from firsthand.store.sqlite.files import ledger_path, outbox_lock, outbox_path, try_lock
from firsthand.store.sqlite.outbox import SqliteOutbox, open_outbox
from tests.factories import NOW
from tests.store.backends import LATER, beacons, event, open_sqlite

SPEED = Durability.PROCESS


@pytest_asyncio.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[SqliteOutbox]:
    async with open_outbox(tmp_path, 0, clock=lambda: NOW, durability=SPEED) as opened:
        yield opened


async def rows(outbox: SqliteOutbox) -> list[tuple[int, int, bytes]]:
    found = await outbox._db.execute_fetchall("SELECT id, at, body FROM outbox ORDER BY id")
    return [tuple(row) for row in found]


async def held(outbox: SqliteOutbox) -> Group:
    return read_group((at, body) for _, at, body in await rows(outbox))


async def fill(outbox: SqliteOutbox) -> None:
    """Leave no room: SQLite refuses another page, as on a full disk."""
    ((pages,),) = await outbox._db.execute_fetchall("PRAGMA page_count")
    await outbox._db.execute_fetchall(f"PRAGMA max_page_count={pages}")


async def make_room(outbox: SqliteOutbox) -> None:
    await outbox._db.execute_fetchall("PRAGMA max_page_count=1000000")


async def test_what_waits_is_one_row(outbox: SqliteOutbox) -> None:
    await asyncio.gather(*(outbox.put([one]) for one in beacons(20)))
    ((_, at, body),) = await rows(outbox)
    assert at == NOW
    assert body.count(b"\n") == 19


async def test_large_groups_are_divided(outbox: SqliteOutbox) -> None:
    big = [event(number, fields={"a": "x" * 50_000}) for number in range(12)]
    await asyncio.gather(*(outbox.put([one]) for one in big))
    sizes = [len(body) for _, _, body in await rows(outbox)]
    assert len(sizes) == 2
    assert len((await held(outbox)).beacons) == 12


async def test_nothing_to_write_writes_nothing(outbox: SqliteOutbox) -> None:
    await outbox.put([])
    assert await rows(outbox) == []


async def test_notes_are_written_within_their_time_and_with_others(
    outbox: SqliteOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = Note("acme", "A-1", "purchase", "late")
    await outbox.put([event(1)], [note, note])
    monkeypatch.setattr(module, "NOTES_WAIT_S", 0.001)
    outbox.count(note)
    outbox.count(note)
    await outbox._wake.wait()
    outbox._wake.set()
    await rows(outbox)
    assert (await held(outbox)).notes == [(note, 2, NOW), (note, 2, NOW)]


async def test_notes_are_bounded(outbox: SqliteOutbox) -> None:
    for number in range(3_000):
        outbox.count(Note("acme", "A-1", f"name {number}", "late"))
    await outbox.put([event(1)])
    notes = (await held(outbox)).notes
    assert sum(n for _, n, _ in notes) == 3_000
    assert len(notes) <= module.MAX_NOTES + 1


async def test_a_full_disk_fails_those_who_wait_and_the_next_are_tried(
    outbox: SqliteOutbox,
) -> None:
    large = [event(1, fields={"a": "x" * 100_000})]
    note = Note("acme", "A-1", "purchase", "late")
    await fill(outbox)
    assert outbox.last_error == ""
    with pytest.raises(OSError, match=r"full.*outbox-0\.db") as failed:
        await outbox.put(large, [note])
    assert failed.value.errno == errno.ENOSPC
    assert outbox.last_error == "No space left on device (database or disk is full)"
    with pytest.raises(OSError, match="full"):
        await outbox.put(large)
    await make_room(outbox)
    await outbox.put(large)
    assert outbox.last_error == ""
    group = await held(outbox)
    assert len(group.beacons) == 1
    assert group.notes == [(note, 1, NOW)]


async def test_room_is_noticed_without_another_put(
    outbox: SqliteOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NOTES_WAIT_S", 0.001)
    await fill(outbox)
    with pytest.raises(OSError, match="full"):
        await outbox.put([event(1, fields={"a": "x" * 100_000})])
    for number in range(900):
        outbox.count(Note("acme", "A-1", f"name {number} {'x' * 50}", "late"))
    await asyncio.sleep(0.05)
    assert "full" in outbox.last_error
    await make_room(outbox)
    async with asyncio.timeout(5):
        while outbox.last_error:
            await asyncio.sleep(0.001)
    assert len((await held(outbox)).notes) == 900


async def test_ids_never_restart(tmp_path: Path) -> None:
    for _ in range(2):
        async with open_outbox(tmp_path, 0, clock=lambda: NOW, durability=SPEED) as outbox:
            await outbox.put([event(1)])
            ((number, _, _),) = await rows(outbox)
            await outbox._delete(number)
            assert await rows(outbox) == []
    assert number == 2


async def test_the_file_keeps_its_identity_and_a_new_one_gets_another(tmp_path: Path) -> None:
    names = []
    for keep in (True, False, True):
        async with open_outbox(tmp_path, 0, clock=lambda: NOW, durability=SPEED) as outbox:
            names.append(outbox._identity)
        if not keep:
            outbox_path(tmp_path, 0).unlink()
    assert names[0] == names[1] != names[2]


@pytest.mark.usefixtures("outbox")
async def test_an_outbox_has_one_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_TRIES", 2)
    with pytest.raises(ConfigError, match="another process uses it"):
        async with open_outbox(tmp_path, 0, clock=lambda: NOW, durability=SPEED):
            pass
    async with open_outbox(tmp_path, 1, clock=lambda: NOW, durability=SPEED) as other:
        await other.put([event(1)])
    assert try_lock(outbox_lock(outbox_path(tmp_path, 0))) is None


async def test_the_lock_is_given_back_when_the_file_is_unusable(tmp_path: Path) -> None:
    outbox_path(tmp_path, 0).write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigError, match="not a database"):
        async with open_outbox(tmp_path, 0, clock=lambda: NOW, durability=SPEED):
            pass
    lock = try_lock(outbox_lock(outbox_path(tmp_path, 0)))
    assert lock is not None
    lock.release()


async def test_trim_without_a_ledger_keeps_everything(outbox: SqliteOutbox) -> None:
    await outbox.put([event(1)])
    await outbox.trim()
    assert len(await rows(outbox)) == 1


async def test_a_trim_that_fails_says_so_until_one_succeeds(
    outbox: SqliteOutbox, tmp_path: Path
) -> None:
    ledger_path(tmp_path).write_bytes(b"no database" * 1000)
    with pytest.raises(OSError, match="not a database"):
        await outbox.trim()
    assert "not a database" in outbox.trim_error
    assert str(tmp_path) not in outbox.trim_error
    ledger_path(tmp_path).unlink()
    await outbox.trim()
    assert outbox.trim_error == ""


async def test_trim_deletes_what_was_moved_and_keeps_the_log_small(tmp_path: Path) -> None:
    log = tmp_path / "outbox-0.db-wal"
    async with open_sqlite(tmp_path) as store:
        outbox = store.outbox
        assert isinstance(outbox, SqliteOutbox)
        sizes = []
        for _ in range(4):
            for _ in range(50):
                await outbox.put([event(1, fields={"a": "x" * 60_000})])
            await store.mover.move(now=LATER)
            await outbox.put([event(2)])
            await outbox.trim()
            sizes.append(log.stat().st_size)
            assert len(await rows(outbox)) == 1
        assert sizes[-1] == sizes[1]
        assert ledger_path(tmp_path).exists()
