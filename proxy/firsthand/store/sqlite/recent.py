"""Redacted hits of the last hours, in a file of their own that several edges write."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from firsthand.store.contract import Durability
from firsthand.store.sqlite.database import (
    RECENT,
    Writer,
    connected,
    disk_errors,
    known_version,
    many,
    opened,
    start_errors,
)

ADD = "INSERT INTO hits (at, line) VALUES (?, ?)"
EXPIRE = "DELETE FROM hits WHERE at <= ?"
# Of the newest, as many as both caps leave room for.
CAP = """
DELETE FROM hits WHERE id <= coalesce((
  SELECT id FROM (
    SELECT id, row_number() OVER newest AS n, sum(length(line)) OVER newest AS bytes
    FROM hits WINDOW newest AS (ORDER BY id DESC)
  ) WHERE n > ? OR bytes > ? ORDER BY id DESC LIMIT 1), 0)"""
LINES = "SELECT line FROM hits ORDER BY id"


@dataclass(frozen=True, slots=True)
class Caps:
    """How long hits are kept (ms), how many, and how many bytes of them."""

    keep_ms: int
    hits: int
    size: int


class Recent:
    """The file, open for writing."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def add(self, lines: Sequence[bytes], caps: Caps, *, now: int) -> None:
        """Keep hits, and let go what is too old or too much by then. Raises ``OSError``."""
        async with self._writer.transaction() as db:
            await many(db, ADD, [(now, line) for line in lines])
            await db.execute(EXPIRE, (now - caps.keep_ms,))
            await db.execute(CAP, (caps.hits, caps.size))

    async def expire(self, before: int) -> None:
        """Let go what was kept until then, and leave nothing of it in the file."""
        async with self._writer.transaction() as db:
            cursor = await db.execute(EXPIRE, (before,))
        if cursor.rowcount:
            async with self._writer.reading() as db:
                await db.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")


def recent_path(folder: Path) -> Path:
    """Return the file of redacted hits."""
    return folder / "recent.db"


@asynccontextmanager
async def open_recent(folder: Path) -> AsyncIterator[Recent]:
    """Yield the file for writing, made if it is missing. Raises ``ConfigError``."""
    path = recent_path(folder)
    async with opened(path, RECENT, Durability.PROCESS) as db:
        with start_errors(path):
            await db.execute("PRAGMA secure_delete=ON")
        yield Recent(Writer(db, path))


async def recent_lines(folder: Path) -> list[bytes]:
    """Return what is kept, oldest first; nothing where there is no file. Raises ``OSError``, and
    ``ConfigError`` for a file that is none of ours.
    """
    path = recent_path(folder)
    if not path.exists():
        return []
    with disk_errors(path):
        async with connected(path, "ro") as db:
            if not await known_version(db, path, RECENT):
                return []
            return [line for (line,) in await db.execute_fetchall(LINES)]
