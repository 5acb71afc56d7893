"""An edge worker's outbox: what it acknowledged, in a file of its own.

Group commit without a timer: one task writes whatever waits as one row, in one statement, and then
tells everybody who waited. So a group costs one hand-over to SQLite's thread, however large it is.
"""

import asyncio
import errno
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiosqlite

from firsthand.errors import ConfigError
from firsthand.model import Beacon, Note, Withdrawal
from firsthand.rules.returns import Sighting
from firsthand.rules.standing import OTHER_PAGE, Choice
from firsthand.store.contract import Counted, Durability
from firsthand.store.sqlite.codec import (
    beacon_line,
    choice_line,
    erasure_line,
    note_line,
    withdrawn_line,
)
from firsthand.store.sqlite.database import (
    OUTBOX,
    cause,
    connected,
    disk_error,
    disk_errors,
    opened,
)
from firsthand.store.sqlite.files import (
    Held,
    holder,
    ledger_path,
    outbox_lock,
    outbox_path,
    try_lock,
)
from firsthand.store.subjects import Erasure

GROUP_BYTES = 256 * 1024
"""A group is closed when it gets larger, so that the mover's steps stay short."""
NOTES_WAIT_S = 1.0
MAX_NOTES = 1000
LOCK_TRIES = 100
LOCK_PAUSE_S = 0.05
TRIM_ROWS = 128
AUTOCHECKPOINT_PAGES = 16_384
"""64 MiB: only where nobody trims; a checkpoint of SQLite's own stands in a commit's way."""
LARGE_WAL_PAGES = 2_048

INSERT = "INSERT INTO outbox (at, body) VALUES (?, ?)"
DELETE_MOVED = "DELETE FROM outbox WHERE id <= ?"
FIRST_ID = "SELECT min(id) FROM outbox"
IDENTITY = "SELECT name FROM identity"
NEW_IDENTITY = "INSERT INTO identity SELECT ? WHERE NOT EXISTS (SELECT 1 FROM identity)"
MOVED = "SELECT last FROM cursors WHERE outbox = ?"
CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"

_Waiting = tuple[bytes, asyncio.Future[None]]


@asynccontextmanager
async def open_outbox(
    folder: Path, number: int, *, clock: Callable[[], int], durability: Durability
) -> AsyncIterator["SqliteOutbox"]:
    """Yield the outbox of edge worker ``number``; at the end it has written what waited.

    ``clock`` gives Unix milliseconds. Raises ``ConfigError`` when another process has this outbox,
    or its file cannot be used.
    """
    path = outbox_path(folder, number)
    held = await _lock(path)
    try:
        async with opened(path, OUTBOX, durability) as db:
            await db.execute(f"PRAGMA wal_autocheckpoint={AUTOCHECKPOINT_PAGES}")
            await db.execute(NEW_IDENTITY, (uuid4().hex,))
            ((identity,),) = await db.execute_fetchall(IDENTITY)
            outbox = SqliteOutbox(db, path, identity, clock=clock)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(outbox.run(), name=f"outbox {number}")
                try:
                    yield outbox
                finally:
                    await outbox.close()
    finally:
        held.release()


async def _lock(path: Path) -> Held:
    # The mover holds it for a moment when it looks for orphans.
    for _ in range(LOCK_TRIES):
        try:
            held = try_lock(outbox_lock(path))
        except OSError as error:
            raise ConfigError(
                f"{error}. Remedy: make the data folder exist and writable for this user"
            ) from error
        if held is not None:
            return held
        await asyncio.sleep(LOCK_PAUSE_S)
    number = holder(outbox_lock(path)) or "not known"
    raise ConfigError(f"{path}: another process uses it (pid {number}). Remedy: end that process")


class SqliteOutbox:
    """``contract.Outbox``. ``run`` is the writer; ``open_outbox`` starts it.

    ``last_error``, ``trim_error``: why the last write, the last trim failed; empty if it did not.
    """

    def __init__(
        self, db: aiosqlite.Connection, path: Path, identity: str, *, clock: Callable[[], int]
    ) -> None:
        self._db = db
        self._path = path
        self._identity = identity
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._notes: Counter[Counted] = Counter()
        self._notes_timer: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        self._closing = False
        self._ended = asyncio.Event()
        self.last_error = ""
        self.trim_error = ""

    async def put(
        self,
        beacons: Sequence[Beacon],
        notes: Sequence[Note] = (),
        withdrawn: Sequence[Withdrawal] = (),
    ) -> None:
        """Return once ``beacons`` and ``withdrawn`` are durable. Raises ``OSError``."""
        if self._closing:
            raise self._closed()
        for note in notes:
            self.count(note)
        lines = [beacon_line(beacon) for beacon in beacons]
        if withdrawn:
            now = self._clock()
            lines += [withdrawn_line(one, now) for one in withdrawn]
        if not lines:
            return
        await self._written(b"\n".join(lines))

    async def _written(self, part: bytes) -> None:
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((part, committed))
        self._wake.set()
        await committed

    def count(self, note: Counted) -> None:
        """Count ``note``; it is written with a later group, at the latest after a second."""
        if note not in self._notes and len(self._notes) >= MAX_NOTES:
            note = _other(note)
        self._notes[note] += 1
        self._start_timer()

    async def run(self) -> None:
        """Write groups until ``close``. A group that the disk refuses fails; the next is tried."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._write_all()
                if self._closing:
                    break
        finally:
            self._stop_timer()
            self._fail(self._take_waiting(len(self._waiting)), self._closed())
            self._ended.set()

    async def erase(self, erasure: Erasure) -> None:
        """Return once ``erasure`` is durable; the mover has it carried out. Raises ``OSError``."""
        await self._written(erasure_line(erasure))

    async def trim(self) -> None:
        """Delete what the mover has carried away, and empty the log. Raises ``OSError``.

        The checkpoint runs on a connection of its own. Only what was written meanwhile is left to
        the writer's, and only where the log has grown: SQLite begins it anew once all is copied.
        """
        try:
            with disk_errors(self._path):
                await self._delete(await self._moved())
                await self._checkpoint()
        except OSError as error:
            self.trim_error = cause(error)
            raise
        self.trim_error = ""

    async def _checkpoint(self) -> None:
        async with connected(self._path, "rw") as aside:
            ((_, pages, copied),) = await aside.execute_fetchall(CHECKPOINT)
        if pages > LARGE_WAL_PAGES and copied < pages:
            await self._db.execute_fetchall(CHECKPOINT)

    async def close(self) -> None:
        """Write what waits and end the writer. Later puts fail."""
        self._closing = True
        self._wake.set()
        await self._ended.wait()

    async def _write_all(self) -> None:
        while self._waiting:
            await self._write()
        if self._notes:
            await self._write()

    async def _write(self) -> None:
        group = self._take()
        notes, self._notes = self._notes, Counter()
        self._stop_timer()
        lines = [part for part, _ in group]
        lines += [_count_line(note, n) for note, n in notes.items()]
        try:
            await self._db.execute(INSERT, (self._clock(), b"\n".join(lines)))
        except sqlite3.Error as error:
            failed = disk_error(self._path, error)
            self.last_error = cause(failed)
            self._fail(group, failed)
            for note, n in notes.items():
                self._notes[note] += n
            if notes:
                # Tried again without being asked: who sends nobody here before it is well would
                # else wait for ever.
                self._start_timer()
        except BaseException:
            self._fail(group, OSError(errno.EIO, "not known to be written", str(self._path)))
            raise
        else:
            self.last_error = ""
            for _, committed in group:
                if not committed.done():
                    committed.set_result(None)

    def _take(self) -> list[_Waiting]:
        size = 0
        for place, (part, _) in enumerate(self._waiting):
            size += len(part)
            if size > GROUP_BYTES:
                return self._take_waiting(place + 1)
        return self._take_waiting(len(self._waiting))

    def _take_waiting(self, n: int) -> list[_Waiting]:
        taken, self._waiting = self._waiting[:n], self._waiting[n:]
        return taken

    def _fail(self, group: Sequence[_Waiting], error: OSError) -> None:
        for _, committed in group:
            if not committed.done():
                committed.set_exception(error)

    def _closed(self) -> OSError:
        return OSError(errno.EBADF, "closed", str(self._path))

    def _start_timer(self) -> None:
        if self._notes_timer is None:
            loop = asyncio.get_running_loop()
            self._notes_timer = loop.call_later(NOTES_WAIT_S, self._wake.set)

    def _stop_timer(self) -> None:
        if self._notes_timer is not None:
            self._notes_timer.cancel()
            self._notes_timer = None

    async def _moved(self) -> int:
        ledger = ledger_path(self._path.parent)
        if not ledger.exists():
            return 0
        async with connected(ledger, "ro") as db:
            rows = list(await db.execute_fetchall(MOVED, (self._identity,)))
        return int(rows[0][0]) if rows else 0

    async def _delete(self, moved: int) -> None:
        # A few rows at a time, between the writer's groups.
        ((first,),) = await self._db.execute_fetchall(FIRST_ID)
        while first is not None and first <= moved:
            await self._db.execute(DELETE_MOVED, (min(moved, first + TRIM_ROWS - 1),))
            first += TRIM_ROWS


def _other(note: Counted) -> Counted:
    """Return what a count becomes once a second has brought too many kinds; sightings are few."""
    if isinstance(note, Sighting):
        return note
    if isinstance(note, Choice):
        return Choice(note.stand, note.source, OTHER_PAGE if note.page else "")
    return Note(note.vendor, "", "(other)", note.reason)


def _count_line(note: Counted, n: int) -> bytes:
    return choice_line(note, n) if isinstance(note, Choice) else note_line(note, n)
