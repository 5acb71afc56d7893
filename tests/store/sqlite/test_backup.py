"""Copies taken while others write: whole, together, and good to go on from."""

import asyncio
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import orjson
import pytest

from firsthand.errors import ConfigError
from firsthand.store.sqlite import backup
from firsthand.store.sqlite.backup import MANIFEST, restore, save
from firsthand.store.sqlite.files import ledger_path, outbox_path, outbox_paths
from tests.factories import NOW
from tests.store.backends import LATER, Backend, event, open_sqlite


def saved(folder: Path, target: Path) -> backup.Saved:
    return save(folder, target, version="1.2.3", now=NOW)


async def keys(store: Backend) -> Counter[str]:
    """Move what waits, and return every event that would be delivered."""
    await store.mover.move(now=LATER)
    leased = await store.lease(100_000)
    return Counter(one.beacon.event_key for one in leased)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Backend]:
    folder.mkdir(exist_ok=True)
    async with open_sqlite(folder) as store:
        yield store


def numbered(number: int) -> str:
    return event(number).event_key


async def test_what_was_acknowledged_before_is_in_it_once_whatever_goes_on(tmp_path: Path) -> None:
    done = asyncio.Event()
    acknowledged: list[int] = []

    async def write(store: Backend, first: int) -> None:
        number = first
        while not done.is_set():
            await store.outboxes[first].put([event(number)])
            acknowledged.append(number)
            number += 2

    async def move(store: Backend) -> None:
        while not done.is_set():
            await store.mover.move(now=LATER)
            for outbox in store.outboxes:
                await outbox.trim()
            await asyncio.sleep(0)

    before: list[set[str]] = []
    async with opened(tmp_path / "data") as store, asyncio.TaskGroup() as tasks:
        for first in (0, 1):
            tasks.create_task(write(store, first))
        tasks.create_task(move(store))
        for number in range(5):
            while len(acknowledged) < 50 * (number + 1):
                await asyncio.sleep(0.001)
            before.append({numbered(each) for each in acknowledged})
            await asyncio.to_thread(saved, tmp_path / "data", tmp_path / f"copy{number}")
        done.set()
    for number, earlier in enumerate(before):
        restore(tmp_path / f"copy{number}", tmp_path / f"again{number}")
        await goes_on(tmp_path / f"again{number}", earlier)


async def goes_on(folder: Path, earlier: set[str]) -> None:
    """No number of the past may be given to what comes now: the cursor would skip it."""
    late = [event(1_000_000 + each) for each in range(2)]
    async with opened(folder) as store:
        found = await keys(store)
        assert earlier <= found.keys()
        assert set(found.values()) == {1}
        for outbox, one in zip(store.outboxes, late, strict=True):
            await outbox.put([one])
        assert (await keys(store)).keys() == {one.event_key for one in late}


async def test_what_is_moved_between_two_copies_is_neither_lost_nor_doubled(tmp_path: Path) -> None:
    draft = tmp_path / "copy"
    draft.mkdir()
    async with opened(tmp_path / "data") as store:
        await store.outbox.put([event(1)])
        for path in outbox_paths(tmp_path / "data"):
            backup._copy_database(path, draft)
        await store.outbox.put([event(2)])
        await store.mover.move(now=LATER)
        await store.outbox.trim()
        backup._copy_database(ledger_path(tmp_path / "data"), draft)
    for path in outbox_paths(draft):
        backup._fit(path, ledger_path(draft))
    async with opened(draft) as store:
        await store.outbox.put([event(3)])
        assert await keys(store) == Counter(numbered(each) for each in (1, 2, 3))


async def test_secrets_go_along_and_nobody_else_reads_them(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        await store.take(event(1))
        await store.outbox.put([event(2)])
        (tmp_path / "data" / "secret").write_text("ab" * 32)
        (tmp_path / "data" / "reload.json").write_text("{}")
        (tmp_path / "data" / "own.db").touch()
        told = saved(tmp_path / "data", tmp_path / "copy")
    names = {path.name for path in (tmp_path / "data").glob("*.db")} | {"secret"}
    assert names >= {"ledger.db", "outbox-0.db", "outbox-1.db", "own.db"}
    assert set(told.files) == names
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {*names, MANIFEST}
    assert told.rows == {"events": 1, "waiting": 1, "outbox": 1}
    for path in (tmp_path / "copy", *(tmp_path / "copy").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path
    manifest = orjson.loads((tmp_path / "copy" / MANIFEST).read_bytes())
    assert (manifest["version"], manifest["at"]) == ("1.2.3", NOW)
    assert restore(tmp_path / "copy", tmp_path / "again") == told
    assert (tmp_path / "again" / "secret").read_text() == "ab" * 32
    assert (tmp_path / "again" / "secret").stat().st_mode & 0o077 == 0


async def copied(tmp_path: Path) -> Path:
    async with opened(tmp_path / "data") as store:
        await store.take(event(1))
        saved(tmp_path / "data", tmp_path / "copy")
    return tmp_path / "copy"


def test_nothing_to_copy_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(ConfigError, match="nothing is recorded yet"):
        saved(tmp_path / "data", tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


async def test_a_broken_database_is_no_copy(tmp_path: Path) -> None:
    await copied(tmp_path)
    ledger = ledger_path(tmp_path / "data")
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:4096] + os.urandom(8192) + whole[4096 + 8192 :])
    with pytest.raises((ConfigError, OSError)):
        saved(tmp_path / "data", tmp_path / "second")
    assert not (tmp_path / "second").exists()
    assert not (tmp_path / "second.part").exists()


async def test_a_copy_is_never_laid_over_what_is_there(tmp_path: Path) -> None:
    copy = await copied(tmp_path)
    with pytest.raises(OSError, match="not empty"):
        saved(tmp_path / "data", copy)
    with pytest.raises(ConfigError, match=r"holds ledger\.db.*Move the folder away"):
        restore(copy, tmp_path / "data")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret").write_text("x")
    with pytest.raises(ConfigError, match="holds secret"):
        restore(copy, tmp_path / "other")


def break_ledger(copy: Path) -> None:
    with closing(sqlite3.connect(copy / "ledger.db")) as db, db:
        db.execute("DELETE FROM twins")


def point_outside(copy: Path) -> None:
    told = orjson.loads((copy / MANIFEST).read_bytes())
    told["files"]["../outside.db"] = "0" * 64
    (copy / MANIFEST).write_bytes(orjson.dumps(told))


BROKEN = {
    "changed": (break_ledger, "is not as it was saved"),
    "a file is missing": (lambda copy: (copy / "outbox-0.db").unlink(), "is not as it was saved"),
    "no manifest": (lambda copy: (copy / MANIFEST).unlink(), "no whole copy"),
    "half a manifest": (lambda copy: (copy / MANIFEST).write_bytes(b'{"files":'), "no whole copy"),
    "another manifest": (lambda copy: (copy / MANIFEST).write_bytes(b"[]"), "no whole copy"),
    "a name outside": (point_outside, "outside of the folder"),
    "nothing": (shutil.rmtree, "no whole copy"),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_not_whole_is_not_restored(tmp_path: Path, what: str) -> None:
    copy = await copied(tmp_path)
    damage, why = BROKEN[what]
    damage(copy)
    with pytest.raises(ConfigError, match=why):
        restore(copy, tmp_path / "again")
    assert not (tmp_path / "again").exists()


async def test_an_outbox_that_goes_meanwhile_is_in_the_ledger(tmp_path: Path) -> None:
    gone = outbox_path(tmp_path, 9)
    (tmp_path / "copy").mkdir()
    assert backup._copy_database(gone, tmp_path / "copy") == ""
    assert not list((tmp_path / "copy").iterdir())
