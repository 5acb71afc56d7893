"""Opens a database file: WAL, one thread, a known schema version; transactions on it.

A file that cannot be used stops the start with a ``ConfigError`` that names it and the way out; it
is never replaced by a new one.
"""

import asyncio
import errno
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiosqlite

from firsthand.errors import ConfigError
from firsthand.store.contract import Durability

BUSY_S = 5.0
PREPARE_TRIES = 50
PREPARE_PAUSE_S = 0.02
PRIMARY_CODE = 0xFF
# One statement: another process may be making the tables.
VERSION = """
SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version"""
_SYNCHRONOUS = {Durability.POWER: "FULL", Durability.PROCESS: "NORMAL"}
_BROKEN = "restore it from a backup, or move it away to begin a new one (what it holds is lost)"
_UNREACHABLE = "make the folder exist, and it and the file writable for this user"
_REMEDIES = {
    "SQLITE_NOTADB": _BROKEN,
    "SQLITE_CORRUPT": _BROKEN,
    "SQLITE_FULL": "make room on the disk",
    "SQLITE_READONLY": "make file and folder writable for this user",
    "SQLITE_CANTOPEN": _UNREACHABLE,
    "SQLITE_BUSY": "end the other process that holds it",
    "SQLITE_IOERR": "look for disk errors in the system's log",
}
_NUMBERS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.ENOENT,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}


@dataclass(frozen=True, slots=True)
class Schema:
    """What a file holds: ``name`` for messages, the version we know, the file with its tables.

    ``steps``: what makes a file of a version one of the next, a statement or the name of a file of
    statements (``.sql``); none is left out.
    """

    name: str
    version: int
    script: str
    steps: Mapping[int, str] = field(default_factory=dict)

    def sql(self) -> str:
        """Return the statements that make an empty file one of this version."""
        return _script(self.script)

    def upgrade(self, version: int) -> Iterator[str]:
        """Yield the statements that make a file of ``version`` (0: empty) one of this version."""
        if version == 0:
            yield from statements(self.sql())
        else:
            for older in range(version, self.version):
                step = self.steps[older]
                yield from statements(_script(step)) if step.endswith(".sql") else (step,)


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


OUTBOX = Schema("outbox", 1, "schema_outbox.sql")
LEDGER = Schema(
    "ledger",
    4,
    "schema_ledger.sql",
    {
        1: "ALTER TABLE queue ADD COLUMN replayed_at INTEGER NOT NULL DEFAULT 0",
        2: "CREATE TABLE returns (day INTEGER NOT NULL, family TEXT NOT NULL,"
        " after INTEGER NOT NULL, n INTEGER NOT NULL,"
        " PRIMARY KEY (day, family, after)) WITHOUT ROWID",
        3: "ledger_3_to_4.sql",
    },
)
AGGREGATES = Schema("aggregates", 1, "schema_aggregates.sql")
SCRIPTS = Schema("script custody", 1, "schema_scripts.sql")
RECENT = Schema("recent hits", 1, "schema_recent.sql")
RECEIPTS = Schema("consent receipts", 1, "schema_receipts.sql")
AUDIT = Schema("audit log", 1, "schema_audit.sql")


def disk_error(path: Path, error: sqlite3.Error) -> OSError:
    """Return what SQLite raised as ``OSError``: ``errno``, file name, ``strerror`` without it."""
    number = _NUMBERS.get(getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE)
    if number is None:
        return OSError(errno.EIO, str(error), str(path))
    return OSError(number, f"{os.strerror(number)} ({error})", str(path))


def cause(error: OSError) -> str:
    """Return why, without a file's name: for a status page or a log."""
    return error.strerror or type(error).__name__


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into ``OSError`` with the file's name."""
    try:
        yield
    except sqlite3.Error as error:
        raise disk_error(path, error) from error


@contextmanager
def start_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises while a file is opened into ``ConfigError`` with a remedy."""
    try:
        yield
    except sqlite3.Error as error:
        code = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
        remedy = _REMEDIES.get(code, "look at the file with the sqlite3 command")
        raise ConfigError(f"{path}: {error}. Remedy: {remedy}") from error


@asynccontextmanager
async def connected(path: Path, mode: str) -> AsyncIterator[aiosqlite.Connection]:
    """Yield a connection in autocommit; ``mode`` is SQLite's ``ro`` or ``rw``."""
    address = f"file:{quote(str(path))}?mode={mode}"
    async with aiosqlite.connect(
        address, uri=True, isolation_level=None, timeout=BUSY_S, cached_statements=64
    ) as db:
        yield db


@asynccontextmanager
async def opened(
    path: Path, schema: Schema, durability: Durability
) -> AsyncIterator[aiosqlite.Connection]:
    """Yield a connection that may write, in autocommit, its tables in place.

    Raises ``ConfigError`` when the file is not one of ours, too new, broken, or not writable.
    """
    _make(path)
    async with AsyncExitStack() as stack:
        with start_errors(path):
            db = await stack.enter_async_context(connected(path, "rw"))
            await _settle_with_others(lambda: _prepare(db, path, schema, durability))
        yield db


def _make(path: Path) -> None:
    """Make sure that there is a file, for this user alone, that can be opened.

    A file that is there is not opened here: closing it would end SQLite's own locks on it.
    """
    try:
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        usable = path.is_file() and os.access(path, os.R_OK | os.W_OK)
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigError(f"{error}. Remedy: {_UNREACHABLE}") from error
    if not usable:
        raise ConfigError(f"{path}: cannot be written. Remedy: {_UNREACHABLE}")


async def _settle_with_others(prepare: Callable[[], Awaitable[None]]) -> None:
    # Two that make one file refuse each other the switch to WAL at once, without waiting.
    for _ in range(PREPARE_TRIES):
        try:
            return await prepare()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                raise
            await asyncio.sleep(PREPARE_PAUSE_S)
    return await prepare()


async def _prepare(
    db: aiosqlite.Connection, path: Path, schema: Schema, durability: Durability
) -> None:
    await known_version(db, path, schema)
    await db.execute_fetchall("PRAGMA journal_mode=WAL")
    await db.execute(f"PRAGMA synchronous={_SYNCHRONOUS[durability]}")
    await db.execute("PRAGMA temp_store=MEMORY")
    await db.execute("BEGIN IMMEDIATE")
    try:
        version = await known_version(db, path, schema)
        if version != schema.version:
            for statement in schema.upgrade(version):
                await db.execute(statement)
            await db.execute(f"PRAGMA user_version={schema.version}")
        await db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            await db.execute("ROLLBACK")
        raise


async def known_version(db: aiosqlite.Connection, path: Path, schema: Schema) -> int:
    """Return the file's schema version, 0 for an empty file. Raises ``ConfigError`` on others."""
    ((version, tables),) = await db.execute_fetchall(VERSION)
    if version > schema.version:
        raise ConfigError(
            f"{path}: written by a newer Firsthand ({schema.name} version {version}, this one "
            f"knows {schema.version}). Remedy: start the newer one, or move the file away"
        )
    if version == 0 and tables:
        raise ConfigError(
            f"{path}: not a file of Firsthand's. Remedy: move it away, or name another data folder"
        )
    return int(version)


def statements(script: str) -> Iterator[str]:
    """Split an SQL script after each semicolon that ends a statement."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


async def many(db: aiosqlite.Connection, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Run a statement for each row; nothing is handed to SQLite's thread where there is none."""
    rows = list(rows)
    if rows:
        await db.executemany(sql, rows)


class Writer:
    """The one writing connection to a file: transactions, one at a time.

    ``forget`` is called after a transaction that failed: what was learnt in it is not true.
    """

    def __init__(self, db: aiosqlite.Connection, path: Path) -> None:
        self.path = path
        self._db = db
        self._turn = asyncio.Lock()
        self._forget: list[Callable[[], None]] = []

    def on_failure(self, forget: Callable[[], None]) -> None:
        """Have ``forget`` called after each transaction that failed."""
        self._forget.append(forget)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[aiosqlite.Connection]:
        """Yield the connection while no transaction is open. Raises ``OSError``."""
        with disk_errors(self.path):
            async with self._turn:
                yield self._db

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """Yield the connection inside a transaction that is committed at the end, or undone.

        Raises ``OSError`` when the disk does not take it. When cancelled while it is being
        committed, it may have been committed all the same.
        """
        with disk_errors(self.path):
            async with self._turn:
                try:
                    await self._db.execute("BEGIN IMMEDIATE")
                    yield self._db
                    await self._db.execute("COMMIT")
                except BaseException:
                    await self._undo()
                    raise

    async def _undo(self) -> None:
        for forget in self._forget:
            forget()
        # What was cancelled while it waited for SQLite's thread is run there all the same, and
        # before this: so a begin is undone, and after a commit there is nothing to undo.
        with suppress(sqlite3.OperationalError):
            await self._db.execute("ROLLBACK")
