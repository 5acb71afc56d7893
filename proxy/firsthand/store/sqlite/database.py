"""Opens a database file: WAL, one thread, a known schema version; transactions on it.

A file that cannot be used stops the start with a ``ConfigError`` that names it and the way out; it
is never replaced by a new one.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiosqlite

from firsthand.errors import ConfigError
from firsthand.store.contract import Durability

BUSY_S = 5.0
_SYNCHRONOUS = {Durability.POWER: "FULL", Durability.PROCESS: "NORMAL"}
_BROKEN = "restore it from a backup, or move it away to begin a new one (what it holds is lost)"
_REMEDIES = {
    "SQLITE_NOTADB": _BROKEN,
    "SQLITE_CORRUPT": _BROKEN,
    "SQLITE_FULL": "make room on the disk",
    "SQLITE_READONLY": "make file and folder writable for this user",
    "SQLITE_CANTOPEN": "make the folder exist and writable for this user",
    "SQLITE_BUSY": "end the other process that holds it",
    "SQLITE_IOERR": "look for disk errors in the system's log",
}


@dataclass(frozen=True, slots=True)
class Schema:
    """What a file holds: ``name`` for messages, the version we know, the file with its tables."""

    name: str
    version: int
    script: str

    def sql(self) -> str:
        """Return the statements that make an empty file one of this version."""
        return Path(__file__).with_name(self.script).read_text("utf-8")


OUTBOX = Schema("outbox", 1, "schema_outbox.sql")
LEDGER = Schema("ledger", 1, "schema_ledger.sql")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into ``OSError`` with the file's name."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(f"{path}: {error}") from error


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
    """Yield a connection in autocommit; ``mode`` is SQLite's ``ro``, ``rw`` or ``rwc``."""
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
    with start_errors(path):
        connection = connected(path, "rwc")
        db = await connection.__aenter__()
    try:
        with start_errors(path):
            await _prepare(db, path, schema, durability)
        yield db
    finally:
        await connection.__aexit__(None, None, None)


async def _prepare(
    db: aiosqlite.Connection, path: Path, schema: Schema, durability: Durability
) -> None:
    await db.execute("PRAGMA journal_mode=WAL")
    await db.execute(f"PRAGMA synchronous={_SYNCHRONOUS[durability]}")
    await db.execute("PRAGMA temp_store=MEMORY")
    await db.execute("BEGIN IMMEDIATE")
    try:
        version = await known_version(db, path, schema)
        if version == 0:
            for statement in statements(schema.sql()):
                await db.execute(statement)
            await db.execute(f"PRAGMA user_version={schema.version}")
        await db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            await db.execute("ROLLBACK")
        raise


async def known_version(db: aiosqlite.Connection, path: Path, schema: Schema) -> int:
    """Return the file's schema version, 0 for an empty file. Raises ``ConfigError`` on others."""
    ((version,),) = await db.execute_fetchall("PRAGMA user_version")
    if version > schema.version:
        raise ConfigError(
            f"{path}: written by a newer Firsthand ({schema.name} version {version}, this one "
            f"knows {schema.version}). Remedy: start the newer one, or move the file away"
        )
    ((tables,),) = await db.execute_fetchall("SELECT count(*) FROM sqlite_schema")
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
        if self._db.in_transaction:
            # A commit that was cancelled ends first, and leaves nothing to undo.
            with suppress(sqlite3.OperationalError):
                await self._db.execute("ROLLBACK")
