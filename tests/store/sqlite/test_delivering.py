import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.store.contract import Durability
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import Held, ledger_lock, ledger_path


async def use(folder: Path, held: Held) -> None:
    async with open_delivering(
        folder, held, secret=b"s", kinds={}, windows={}, durability=Durability.POWER
    ) as parts:
        assert await parts.mover.move(now=1) == 0
        assert await parts.queue.lanes() == []
        assert await parts.ledger.events() == []


async def test_it_takes_the_lock_of_its_own_folder(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    held = ledger_lock(other)
    assert held is not None
    with pytest.raises(ConfigError, match="not the lock of"):
        await use(tmp_path, held)
    await use(other, held)
    held.release()


async def test_a_broken_ledger_stops_the_start(tmp_path: Path) -> None:
    ledger_path(tmp_path).write_bytes(b"no database" * 1000)
    held = ledger_lock(tmp_path)
    assert held is not None
    with pytest.raises(ConfigError, match=r"ledger\.db.*Remedy"):
        await use(tmp_path, held)
    held.release()
    assert ledger_path(tmp_path).read_bytes() == b"no database" * 1000


async def test_indexes_of_an_earlier_ledger_are_exchanged(tmp_path: Path) -> None:
    held = ledger_lock(tmp_path)
    assert held is not None
    await use(tmp_path, held)
    with closing(sqlite3.connect(ledger_path(tmp_path))) as db:
        db.execute("DROP INDEX queue_subjects")
        db.execute("CREATE INDEX queue_subject ON queue (subject) WHERE subject != ''")
        db.commit()
    await use(tmp_path, held)
    with closing(sqlite3.connect(ledger_path(tmp_path))) as db:
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    assert "queue_subjects" in names
    assert "queue_subject" not in names
    held.release()
