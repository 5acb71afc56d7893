import asyncio
import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.store.contract import Durability
from firsthand.store.sqlite.database import (
    LEDGER,
    OUTBOX,
    Schema,
    Writer,
    cause,
    connected,
    disk_error,
    many,
    opened,
    statements,
)

SPEED = Durability.PROCESS


async def use(path: Path, schema: Schema = LEDGER) -> None:
    async with opened(path, schema, SPEED):
        pass


@pytest.mark.parametrize(("durability", "level"), [(Durability.POWER, 2), (Durability.PROCESS, 1)])
async def test_durability_is_how_commits_are_synced(
    tmp_path: Path, durability: Durability, level: int
) -> None:
    async with opened(tmp_path / "a.db", LEDGER, durability) as db:
        assert list(await db.execute_fetchall("PRAGMA synchronous")) == [(level,)]
        assert list(await db.execute_fetchall("PRAGMA journal_mode")) == [("wal",)]


async def test_a_new_file_gets_its_tables_once(tmp_path: Path) -> None:
    path = tmp_path / "a b?#%.db"
    await asyncio.gather(*(use(path) for _ in range(4)))
    async with opened(path, LEDGER, SPEED) as db:
        assert list(await db.execute_fetchall("PRAGMA user_version")) == [(LEDGER.version,)]
        assert list(await db.execute_fetchall("SELECT count(*) FROM twins")) == [(0,)]


SECOND = Path(__file__).with_name("ledger_v2.sql").read_text("utf-8")
FIRST = SECOND.replace(",\n  replayed_at INTEGER NOT NULL DEFAULT 0", "")
RETURNS = LEDGER.steps[2]
OLD_ROWS = """
INSERT INTO queue (lane, twin, at, due_at, subject, body) VALUES (1, 1, 1, 1, '', '');
INSERT INTO twins (id, key, owner, series, at, origin, seen, client, client_ms, server, reason,
  client_keys, server_keys, verdict, bot, accepted_ms)
  VALUES (1, x'00', x'', 1, 5, 'copy', 2, 'ok', 9, 'accepted', '', 3, 3, 7, 0, 80);
INSERT INTO key_health VALUES (0, 0, 1, 'total', 4), (0, 0, 1, 'made', 1);
INSERT INTO series VALUES (1, 'shop', 'acme', 'A-1', 'A-1', 'a'),
  (2, 'shop', 'acme', 'A-1', 'A-1', 'b');
INSERT INTO counts VALUES (0, 0, 1, 'ok', 'accepted', '', 4), (0, 0, 2, 'ok', 'accepted', '', 3);
INSERT INTO coverage VALUES (0, 0, 1, 'server', 4, 2);
"""


@pytest.mark.parametrize(
    ("version", "script"), [(1, FIRST), (2, SECOND), (3, f"{SECOND}{RETURNS};")]
)
async def test_a_file_of_an_earlier_version_is_brought_up_and_keeps_its_rows(
    tmp_path: Path, version: int, script: str
) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        db.executescript(script + OLD_ROWS)
        db.execute(f"PRAGMA user_version={version}")
    db.close()
    await asyncio.gather(*(use(path) for _ in range(4)))
    async with opened(path, LEDGER, SPEED) as upgraded, opened(new(path), LEDGER, SPEED) as fresh:
        read = upgraded.execute_fetchall
        assert list(await read("PRAGMA user_version")) == [(LEDGER.version,)]
        assert list(await read("SELECT replayed_at FROM queue")) == [(0,)]
        facts = "SELECT what, n, example FROM facts ORDER BY what"
        assert list(await read(facts)) == [("made", 1, 0), ("total", 4, 0)]
        assert list(await read("SELECT client, server, n FROM counts")) == [
            ("ok", "accepted", 4),
            ("ok", "accepted", 3),
        ]
        assert list(await read("SELECT * FROM totals")) == [
            (0, 0, "acme", "A-1", "ok", "accepted", "", 7)
        ]
        assert list(await read("SELECT match_keys, n FROM coverage")) == [(4, 2)]
        worth = "SELECT accepted_ms, arm, client_amount, server_currency, order_key FROM twins"
        assert list(await read(worth)) == [(80, "", 0, "", None)]
        assert list(await read("SELECT count(*) FROM returns")) == [(0,)]
        for table in ("twins", "facts", "money", "arms", "totals", "coverage", "returns", "queue"):
            columns = f"SELECT name, type, \"notnull\", pk FROM pragma_table_info('{table}')"
            assert list(await read(columns)) == list(await fresh.execute_fetchall(columns))


def new(path: Path) -> Path:
    return path.with_name("new.db")


@pytest.mark.parametrize("schema", [LEDGER, OUTBOX], ids=lambda schema: schema.name)
def test_there_is_a_step_from_each_earlier_version(schema: Schema) -> None:
    assert set(schema.steps) == set(range(1, schema.version))


def newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE x (y)")
        db.execute("PRAGMA user_version=99")
    db.close()


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE x (y)")
    db.close()


def rubbish(path: Path) -> None:
    path.write_bytes(b"this is no database, " * 500)


def torn(path: Path) -> None:
    asyncio.run(use(path))
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


def folder(path: Path) -> None:
    path.mkdir()


UNUSABLE = [
    (newer, "newer Firsthand .*version 99.*start the newer one"),
    (foreign, "not a file of Firsthand's.*move it away"),
    (rubbish, "not a database.*restore it from a backup"),
    (torn, "malformed.*restore it from a backup"),
    (folder, "cannot be written.*make the folder exist"),
]


@pytest.mark.parametrize(("spoil", "says"), UNUSABLE, ids=[one.__name__ for one, _ in UNUSABLE])
@pytest.mark.parametrize("schema", [LEDGER, OUTBOX], ids=["ledger", "outbox"])
def test_an_unusable_file_is_told_with_a_remedy_and_left_alone(
    tmp_path: Path, spoil: Callable[[Path], None], says: str, schema: Schema
) -> None:
    path = tmp_path / "broken.db"
    spoil(path)
    before = None if path.is_dir() else path.read_bytes()
    with pytest.raises(ConfigError, match=says) as told:
        asyncio.run(use(path, schema))
    assert str(path) in str(told.value)
    assert "Remedy" in str(told.value)
    if spoil is not foreign:
        assert before is None or path.read_bytes() == before
    else:
        asyncio.run(holds(path, "x"))


async def holds(path: Path, table: str) -> None:
    async with connected(path, "ro") as db:
        rows = await db.execute_fetchall("SELECT name FROM sqlite_schema")
        assert list(rows) == [(table,)]


async def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="make the folder exist"):
        await use(tmp_path / "none" / "a.db")


def test_scripts_are_split_into_statements() -> None:
    script = "-- a; comment\nCREATE TABLE a (b); -- end\nCREATE TABLE c (d TEXT DEFAULT ';');\n"
    parts = list(statements(script))
    with sqlite3.connect(":memory:") as db:
        for part in parts:
            db.execute(part)
        assert len(parts) == 2
        assert db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (2,)
    db.close()


async def test_a_transaction_is_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    forgot = []
    async with opened(path, LEDGER, SPEED) as db:
        writer = Writer(db, path)
        writer.on_failure(lambda: forgot.append(1))
        with pytest.raises(ZeroDivisionError):
            await run(writer, "INSERT INTO tombstones VALUES ('a', 'x', 1 / 0 + ?)")
        with pytest.raises(OSError, match=r"no such table.*a\.db"):
            await run(writer, "INSERT INTO nowhere VALUES (?)")
        async with writer.transaction() as inside:
            await many(inside, "INSERT INTO tombstones VALUES (?, 'x', ?)", [("c", 1), ("d", 2)])
            await many(inside, "INSERT INTO nowhere VALUES (?)", [])
        async with writer.reading() as inside:
            rows = await inside.execute_fetchall("SELECT subject FROM tombstones")
            assert list(rows) == [("c",), ("d",)]
    assert forgot == [1, 1]


async def run(writer: Writer, statement: str) -> None:
    """Write a row, and then another whose parameter is a fault of ours where there is a table."""
    async with writer.transaction() as inside:
        await inside.execute("INSERT INTO tombstones VALUES ('b', 'x', 1)")
        await inside.execute(statement, (1 // ("nowhere" in statement),))


@pytest.mark.parametrize(
    ("code", "number", "says"),
    [
        (sqlite3.SQLITE_FULL, errno.ENOSPC, "No space left on device (because)"),
        (sqlite3.SQLITE_READONLY_DBMOVED, errno.EROFS, "Read-only file system (because)"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, errno.EBUSY, "Device or resource busy (because)"),
        (sqlite3.SQLITE_CORRUPT, errno.EIO, "because"),
        (None, errno.EIO, "because"),
    ],
)
def test_a_failing_disk_is_told_with_number_and_words(
    code: int | None, number: int, says: str
) -> None:
    error = sqlite3.OperationalError("because")
    if code is not None:
        error.sqlite_errorcode = code
    told = disk_error(Path("/data/a.db"), error)
    assert (told.errno, told.strerror, told.filename) == (number, says, "/data/a.db")
    assert cause(told) == says
    assert cause(OSError("bare")) == "OSError"


async def test_a_cancelled_transaction_leaves_the_next_one_free(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    async with opened(path, LEDGER, SPEED) as db:
        writer = Writer(db, path)

        async def write(steps: int) -> None:
            async with writer.transaction() as inside:
                for step in range(steps):
                    await inside.execute("INSERT INTO tombstones VALUES (?, 'x', 1)", (f"{step}",))

        for turns in range(8):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(write(3))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
            async with writer.transaction() as inside:
                rows = list(await inside.execute_fetchall("SELECT count(*) FROM tombstones"))
                assert rows in ([(0,)], [(3,)])
                await inside.execute("DELETE FROM tombstones")
