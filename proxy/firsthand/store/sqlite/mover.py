"""Carries outbox rows into queue and ledger, exactly once.

The cursor of an outbox moves in the transaction that enters its rows, and only from where this
mover saw it: whatever crashes, a row counts once.
"""

import asyncio
import errno
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiosqlite

from firsthand.errors import ConfigError
from firsthand.store.contract import Moved
from firsthand.store.sqlite.codec import Group, read_group
from firsthand.store.sqlite.database import (
    OUTBOX,
    Writer,
    cause,
    connected,
    disk_errors,
    known_version,
)
from firsthand.store.sqlite.files import delete_database, outbox_lock, outbox_paths, try_lock
from firsthand.store.sqlite.intake import Intake
from firsthand.store.sqlite.receipts import SqliteReceipts

ROWS = 64
"""Rows read at once: 16 MiB at most."""
STEP = 250
"""Beacons of a transaction, about: the event loop does nothing else while they are entered."""
MAX_REASONS = 1_000
OTHER = ("", "(other)")
"""What notes are counted as once there are too many kinds: none should come to that."""

NEXT_ROWS = "SELECT id, at, body FROM outbox WHERE id > ? ORDER BY id LIMIT ?"
IDENTITY = "SELECT name FROM identity"
CURSOR = "SELECT last FROM cursors WHERE outbox = ?"
BEGIN_CURSOR = "INSERT OR IGNORE INTO cursors (outbox, last) VALUES (?, 0)"
MOVE_CURSOR = "UPDATE cursors SET last = ? WHERE outbox = ? AND last = ?"
FORGET_CURSOR = "DELETE FROM cursors WHERE outbox = ?"

Row = tuple[int, int, bytes]


@dataclass(slots=True)
class Source:
    """An outbox that is being read: ``last`` is the row up to which it has been moved."""

    path: Path
    db: aiosqlite.Connection
    stack: AsyncExitStack
    identity: str
    last: int


class SqliteMover:
    """``contract.Mover``. ``last_error``: why the last move failed; empty if it did not."""

    def __init__(
        self, folder: Path, writer: Writer, intake: Intake, receipts: SqliteReceipts
    ) -> None:
        self._folder = folder
        self._receipts = receipts
        self._writer = writer
        self._intake = intake
        self._sources: dict[Path, Source] = {}
        self._turn = asyncio.Lock()
        self.moved = Moved()
        self.last_error = ""

    async def move(self, *, now: int) -> int:
        """Move what the outboxes hold, orphaned ones too; return how many beacons that were.

        Raises ``OSError`` when some could not be read or written, after the others were moved.
        """
        moved = 0
        broken: list[Exception] = []
        async with self._turn:
            for path in outbox_paths(self._folder):
                try:
                    moved += await self._drain(path, now)
                except (OSError, ConfigError) as error:
                    broken.append(error)
        self.last_error = "; ".join(map(_cause, broken))
        if broken:
            raise _joined(broken) from broken[0]
        return moved

    async def close(self) -> None:
        """Close the outboxes."""
        for path in list(self._sources):
            await self._drop(path)

    async def _drain(self, path: Path, now: int) -> int:
        moved = 0
        try:
            source = await self._source(path)
            while source is not None and (rows := await _next_rows(source)):
                for part in _parts(rows):
                    moved += await self._enter(source, part, now)
            if source is not None:
                await self._delete_orphan(source)
        except BaseException:
            # Where the ledger's cursor stands is not known now: it is read again next time.
            await self._drop(path)
            raise
        return moved

    async def _enter(self, source: Source, rows: list[Row], now: int) -> int:
        group = read_group((at, body) for _, at, body in rows)
        last = rows[-1][0]
        # First, and by itself: nothing waits for a vendor before its receipt stands.
        await self._receipts.take(source.identity, rows, group, now=now)
        async with self._writer.transaction() as db:
            cursor = await db.execute(MOVE_CURSOR, (last, source.identity, source.last))
            if cursor.rowcount != 1:
                raise OSError(errno.EBUSY, "somebody else moved its cursor", str(source.path))
            await self._intake.take(db, group, now=now)
        source.last = last
        _count(self.moved, group)
        return len(group.beacons)

    async def _source(self, path: Path) -> Source | None:
        """Return the opened outbox, or ``None`` while its owner is still making it."""
        found = self._sources.get(path)
        if found is not None:
            return found
        async with AsyncExitStack() as stack:
            with disk_errors(path):
                db = await stack.enter_async_context(connected(path, "rw"))
                if not await known_version(db, path, OUTBOX):
                    return None
                names = list(await db.execute_fetchall(IDENTITY))
            if not names:
                return None
            identity = str(names[0][0])
            last = await self._cursor(identity)
            source = Source(path, db, stack.pop_all(), identity, last)
        self._sources[path] = source
        return source

    async def _cursor(self, identity: str) -> int:
        async with self._writer.transaction() as ledger:
            await ledger.execute(BEGIN_CURSOR, (identity,))
            ((last,),) = await ledger.execute_fetchall(CURSOR, (identity,))
        return int(last)

    async def _drop(self, path: Path) -> None:
        source = self._sources.pop(path, None)
        if source is not None:
            await source.stack.aclose()

    async def _delete_orphan(self, source: Source) -> None:
        """Delete an outbox that is fully moved and has no owner."""
        held = try_lock(outbox_lock(source.path))
        if held is None:
            return
        try:
            if await _next_rows(source):
                return
            await self._drop(source.path)
            delete_database(source.path)
        finally:
            held.release()
        async with self._writer.transaction() as ledger:
            await ledger.execute(FORGET_CURSOR, (source.identity,))
        await self._receipts.forget(source.identity)


def _count(moved: Moved, group: Group) -> None:
    """Count what was entered."""
    for beacon, _ in group.beacons:
        moved.taken[beacon.vendor, beacon.to, beacon.origin.value] += 1
        if beacon.withheld:
            moved.withheld[beacon.vendor, beacon.to, beacon.withheld.value] += 1
    for note, n, _ in group.notes:
        key = (note.vendor, note.reason)
        known = key in moved.noted or len(moved.noted) < MAX_REASONS
        moved.noted[key if known else OTHER] += n


def _cause(error: Exception) -> str:
    return cause(error) if isinstance(error, OSError) else str(error)


def _joined(broken: list[Exception]) -> OSError:
    """Return all failures as one, with the first number that any has."""
    numbers = [error.errno for error in broken if isinstance(error, OSError) and error.errno]
    return OSError(numbers[0] if numbers else errno.EIO, "; ".join(map(str, broken)))


async def _next_rows(source: Source) -> list[Row]:
    with disk_errors(source.path):
        rows = await source.db.execute_fetchall(NEXT_ROWS, (source.last, ROWS))
    return [(row, at, body) for row, at, body in rows]


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Divide rows into transactions of about ``STEP`` beacons; a row is never divided."""
    part: list[Row] = []
    lines = 0
    for row in rows:
        part.append(row)
        lines += row[2].count(b"\n") + 1
        if lines >= STEP:
            yield part
            part, lines = [], 0
    if part:
        yield part
