"""The audit log in SQLite: a small file of its own that the server and commands write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from firsthand.store.audit import Act, Done
from firsthand.store.contract import Durability
from firsthand.store.sqlite.database import AUDIT, Writer, opened
from firsthand.store.sqlite.files import audit_path

LONGEST = 500
"""Characters of a line's texts."""

NOTE = "INSERT INTO acts (at, who, what, subject, n) VALUES (?, ?, ?, ?, ?)"
LINES = """
SELECT id, at, who, what, subject, n FROM acts WHERE ?2 = 0 OR id < ?2 ORDER BY id DESC LIMIT ?1"""
LATEST = """
SELECT id, at, who, what, subject, n FROM acts WHERE what = ? ORDER BY id DESC LIMIT 1"""
# By id, whatever the clock said: what stands before the first line that stays goes.
PURGE = """
DELETE FROM acts WHERE id < coalesce(
  (SELECT min(id) FROM acts WHERE at >= ?1), (SELECT max(id) + 1 FROM acts))"""


@asynccontextmanager
async def open_audit(
    folder: Path, durability: Durability = Durability.POWER
) -> AsyncIterator["SqliteAudit"]:
    """Yield the log of a data folder. Raises ``ConfigError`` when its file cannot be used."""
    path = audit_path(folder)
    async with opened(path, AUDIT, durability) as db:
        yield SqliteAudit(Writer(db, path))


class SqliteAudit:
    """``store.audit.Audit`` over one connection."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def note(self, who: str, what: Act, subject: str = "", *, at: int, n: int = 1) -> None:
        """See ``Audit``."""
        async with self._writer.transaction() as db:
            await db.execute(NOTE, (at, who[:LONGEST], what, subject[:LONGEST], n))

    async def lines(self, *, limit: int, before: int = 0) -> list[Done]:
        """See ``Audit``."""
        async with self._writer.reading() as db:
            return [Done(*row) for row in await db.execute_fetchall(LINES, (limit, before))]

    async def latest(self, what: Act) -> Done | None:
        """See ``Audit``."""
        async with self._writer.reading() as db:
            return next((Done(*row) for row in await db.execute_fetchall(LATEST, (what,))), None)

    async def purge(self, *, before: int, now: int) -> None:
        """See ``Audit``."""
        async with self._writer.transaction() as db:
            await db.execute(PURGE, (before,))
            await db.execute("DELETE FROM ended WHERE expires <= ?", (now,))

    async def end(self, session: str, *, expires: int) -> None:
        """See ``Audit``."""
        async with self._writer.transaction() as db:
            await db.execute("INSERT OR IGNORE INTO ended VALUES (?, ?)", (session, expires))

    async def ended(self) -> frozenset[str]:
        """See ``Audit``."""
        async with self._writer.reading() as db:
            rows = await db.execute_fetchall("SELECT session FROM ended")
            return frozenset(session for (session,) in rows)
