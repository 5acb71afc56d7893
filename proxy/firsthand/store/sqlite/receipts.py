"""Writes consent receipts: of what an outbox holds, before the ledger learns of it.

The mover enters its rows here first, in a transaction of this file with a cursor of its own, and
then in the ledger. So nothing waits for a vendor before its receipt stands; after a crash between
the two, the rows come again and are known here. Nothing of it happens before a beacon is answered.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import aiosqlite
import orjson

from firsthand.model import Beacon, Origin
from firsthand.rules import receipts
from firsthand.rules.chain import Head
from firsthand.rules.standing import OTHER_PAGE, Choice, Stand, stand
from firsthand.store.contract import Durability
from firsthand.store.receipts import Kept
from firsthand.store.sqlite.codec import Group, read_group
from firsthand.store.sqlite.database import RECEIPTS, Writer, many, opened
from firsthand.store.sqlite.files import receipts_path
from firsthand.store.sqlite.links import Links
from firsthand.store.sqlite.tally import day, hour

MAX_PAGES = 100
"""Pages that are told apart: visitors make up as many as they like."""
MAX_SOURCES = 200
STEP = 1_000
"""Records taken away in a transaction."""
PAUSE_S = 0.01
LATE_MS = 5 * 60_000
"""How long after an hour its refusals are entered: workers may still hold some."""

NEW_IDENTITY = "INSERT INTO identity SELECT ? WHERE NOT EXISTS (SELECT 1 FROM identity)"
IDENTITY = "SELECT name FROM identity"
CURSOR = "SELECT last FROM cursors WHERE outbox = ?"
SET_CURSOR = "INSERT OR REPLACE INTO cursors (outbox, last) VALUES (?, ?)"
FORGET_CURSOR = "DELETE FROM cursors WHERE outbox = ?"
ADD_REFUSED = """
INSERT INTO refused (at, vendor, name, reason, n) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + excluded.n"""
OVER = """
SELECT at, vendor, name, reason, n FROM refused WHERE at < ? ORDER BY at, vendor, name, reason"""
DELETE_OVER = "DELETE FROM refused WHERE at < ?"
ADD_STAND = """
INSERT INTO stands (at, stand, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n"""
ADD_EARLY = """
INSERT INTO early (at, page, source, n) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + excluded.n"""
PAGES = "SELECT DISTINCT page FROM early"
SOURCES = "SELECT DISTINCT source FROM early"
LAST_POLICY = """
SELECT body FROM whats WHERE kind = 'policy' ORDER BY last DESC LIMIT 1"""
DELETE_OLD = ("DELETE FROM stands WHERE at < ?", "DELETE FROM early WHERE at < ?")

Row: TypeAlias = tuple[int, int, bytes]
"""An outbox row: id, time, lines."""


@asynccontextmanager
async def open_receipts(
    folder: Path, *, secret: bytes, durability: Durability
) -> AsyncIterator["SqliteReceipts"]:
    """Yield the receipts of a data folder. Raises ``ConfigError`` when the file cannot be used.

    Only who holds the ledger's lock may write: the end of the chain is kept in memory.
    """
    path = receipts_path(folder)
    async with opened(path, RECEIPTS, durability) as db:
        yield SqliteReceipts(Writer(db, path), await named(db), secret)


async def named(db: aiosqlite.Connection) -> str:
    """Return the chain's name, drawn when the file is new."""
    await db.execute(NEW_IDENTITY, (uuid4().hex,))
    ((chain,),) = await db.execute_fetchall(IDENTITY)
    return str(chain)


class SqliteReceipts:
    """Receipts over one connection. ``secret`` keys the hashes that stand for events."""

    def __init__(self, writer: Writer, chain: str, secret: bytes) -> None:
        self._writer = writer
        self._secret = secret
        self._links = Links(chain)
        self._cursors: dict[str, int] = {}
        self._pages: set[str] | None = None
        self._sources: set[str] = set()
        writer.on_failure(self._forget)

    def _forget(self) -> None:
        self._links.forget()
        self._cursors = {}
        self._pages = None

    async def take(self, outbox: str, rows: Sequence[Row], group: Group, *, now: int) -> None:
        """Enter what ``rows`` of an outbox hold, ``group``, unless they are entered already.

        Raises ``OSError`` when the disk does not take it.
        """
        last = await self._cursor(outbox)
        if rows[-1][0] <= last:
            return
        if rows[0][0] <= last:
            group = read_group((at, body) for row, at, body in rows if row > last)
        async with self._writer.transaction() as db:
            await self._events(db, group)
            await self._erased(db, group, now)
            await self._count(db, group)
            await self._links.write(db)
            await db.execute(SET_CURSOR, (outbox, rows[-1][0]))
        self._cursors[outbox] = rows[-1][0]

    async def forget(self, outbox: str) -> None:
        """Drop the cursor of an outbox that is gone."""
        async with self._writer.transaction() as db:
            await db.execute(FORGET_CURSOR, (outbox,))
        self._cursors.pop(outbox, None)

    async def declare(self, policy: receipts.Record, *, now: int) -> None:
        """Enter the policy that holds from now on, unless it is the one that holds already."""
        async with self._writer.transaction() as db:
            await self._declare(db, receipts.canonical(policy), now)

    async def head(self) -> Head:
        """Return the end of the chain."""
        async with self._writer.transaction() as db:
            return Head(*await self._links.begin(db))

    async def tidy(self, kept: Kept, *, now: int) -> None:
        """Enter the refusals of hours that are over; delete what is kept for long enough."""
        async with self._writer.transaction() as db:
            await self._close_hours(db, hour(now - LATE_MS), now)
            for sql in DELETE_OLD:
                await db.execute(sql, (now - kept.counts,))
        self._pages = None
        await self._prune(day(now - kept.receipts), now)

    async def _declare(self, db: aiosqlite.Connection, policy: bytes, now: int) -> None:
        last = [bytes(body) for (body,) in await db.execute_fetchall(LAST_POLICY)]
        if last != [policy]:
            await self._links.add(db, now, receipts.POLICY, orjson.loads(policy))
            await self._links.write(db)

    async def _prune(self, before: int, now: int) -> None:
        """Take old records away, a few at a time, and say so in the chain: once a day at most."""
        through = 0
        while True:
            async with self._writer.transaction() as db:
                policy = [bytes(body) for (body,) in await db.execute_fetchall(LAST_POLICY)]
                gone = await self._links.prune(db, before, STEP)
                if gone:
                    # What holds must be in what is left.
                    for body in policy:
                        await self._declare(db, body, now)
                elif through:
                    await self._links.add(db, now, receipts.PRUNED, {"through": through})
                    await self._links.write(db)
            if not gone:
                return
            through = gone
            await asyncio.sleep(PAUSE_S)

    async def _cursor(self, outbox: str) -> int:
        if outbox not in self._cursors:
            async with self._writer.reading() as db:
                found = [last for (last,) in await db.execute_fetchall(CURSOR, (outbox,))]
            self._cursors[outbox] = found[0] if found else 0
        return self._cursors[outbox]

    async def _events(self, db: aiosqlite.Connection, group: Group) -> None:
        secret = self._secret
        granted = [
            (beacon, receipts.event_hash(secret, beacon.site, beacon.event_key))
            for beacon, _ in group.beacons
            if receipts.is_granted(beacon)
        ]
        if granted:
            await self._links.events(db, granted)

    async def _erased(self, db: aiosqlite.Connection, group: Group, now: int) -> None:
        """Note that somebody was erased: who, nobody can tell from it."""
        for each in group.erasures:
            told = {"events": len(each.twins), "unreadable_lines": len(each.lines)}
            await self._links.add(db, now, receipts.ERASED, told)

    async def _count(self, db: aiosqlite.Connection, group: Group) -> None:
        refused: Counter[tuple[int, str, str, str]] = Counter()
        for note, n, at in group.notes:
            for *key, times in receipts.refusals([(note, n)]):
                vendor, name, reason = key
                refused[hour(at), vendor, name, reason] += times
        for beacon in _ungranted(group):
            name = receipts.name_of(beacon.vendor, beacon.name)
            refused[hour(beacon.at), beacon.vendor, name, beacon.withheld or "consent"] += 1
        await many(db, ADD_REFUSED, [(*key, n) for key, n in refused.items()])
        await self._choices(db, group)

    async def _choices(self, db: aiosqlite.Connection, group: Group) -> None:
        stands: Counter[tuple[int, str]] = Counter()
        early: Counter[tuple[int, str, str]] = Counter()
        for beacon, _ in group.beacons:
            # A shop's server says what its visitor chose: nobody asked, and nobody came too early.
            if beacon.origin is not Origin.BACKEND:
                stands[hour(beacon.at), stand(beacon.verdict)] += 1
        for choice, n, at in group.choices:
            stands[hour(at), choice.stand] += n
            if choice.stand is Stand.UNDECIDED:
                early[hour(at), *await self._place(db, choice)] += n
        await many(db, ADD_STAND, [(*key, n) for key, n in stands.items()])
        await many(db, ADD_EARLY, [(*key, n) for key, n in early.items()])

    async def _place(self, db: aiosqlite.Connection, choice: Choice) -> tuple[str, str]:
        """Return page and source to count under: past a bound, those of all others."""
        if self._pages is None:
            self._pages = {page for (page,) in await db.execute_fetchall(PAGES)}
            self._sources = {source for (source,) in await db.execute_fetchall(SOURCES)}
        page = _within(choice.page, self._pages, MAX_PAGES)
        return page, _within(choice.source, self._sources, MAX_SOURCES)

    async def _close_hours(self, db: aiosqlite.Connection, before: int, now: int) -> None:
        over = list(await db.execute_fetchall(OVER, (before,)))
        if not over:
            return
        for at, vendor, name, reason, n in over:
            told = {
                "hour": receipts.moment(at // 1000),
                "vendor": vendor,
                "name": name,
                "reason": reason,
                "n": n,
            }
            await self._links.add(db, now, receipts.REFUSED, told)
        await self._links.write(db)
        await db.execute(DELETE_OVER, (before,))


def _ungranted(group: Group) -> Iterable[Beacon]:
    return (beacon for beacon, _ in group.beacons if not receipts.is_granted(beacon))


def _within(text: str, known: set[str], most: int) -> str:
    if text not in known:
        if len(known) >= most:
            return OTHER_PAGE
        known.add(text)
    return text
