"""Deletes what has been kept for long enough: a few rows a transaction, others get on between."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import aiosqlite

from firsthand.model import Expired, Reason
from firsthand.store.contract import Retention, Settled
from firsthand.store.sqlite.database import Writer, many
from firsthand.store.sqlite.endings import end, unbury
from firsthand.store.sqlite.leases import Leases
from firsthand.store.sqlite.tally import DAY_MS, ROLL_UPS

STEP = 250
"""Rows of a transaction: the mover waits for no longer than it takes itself."""
PAUSE_S = 0.01

ALL_LANES = "SELECT id FROM lanes"
OLD_WAITING = """
SELECT id FROM queue WHERE lane = ?1 AND at < ?2 AND replayed_at < ?2 ORDER BY at LIMIT ?3"""
OLD_DEAD = "SELECT id, lane FROM dead WHERE dead_at < ? ORDER BY dead_at LIMIT ?"
DELETE_UNREADABLE = """
DELETE FROM unreadable WHERE id IN (SELECT id FROM unreadable WHERE at < ? ORDER BY at LIMIT ?)"""
DELETE_TOMBSTONES = """
DELETE FROM tombstones WHERE (subject, vendor) IN
  (SELECT subject, vendor FROM tombstones WHERE at < ? ORDER BY at LIMIT ?)"""
# The last one stays: the next one's id follows from it.
OLD_TWINS = """
SELECT id FROM twins WHERE at < ? AND id < (SELECT max(id) FROM twins) ORDER BY at LIMIT ?"""
DELETE_TWIN = "DELETE FROM twins WHERE id = ?"
DELETE_TRACE = "DELETE FROM traces WHERE twin = ?"
NOTES = "notes"
OLD_RETURNS = "DELETE FROM returns WHERE day < ?"
OLDEST = {
    table: f"SELECT min(at) FROM {table} WHERE by_day = ?"  # noqa: S608 - one of the names above
    for table in ROLL_UPS
}
DELETE_SPAN = {
    table: f"DELETE FROM {table} WHERE by_day = ? AND at = ?"  # noqa: S608 - one of the names above
    for table in ROLL_UPS
}

Step: TypeAlias = Callable[[aiosqlite.Connection], Awaitable[bool]]
"""Deletes a little, inside a transaction; says whether there may be more."""


class SqliteKeeping:
    """``contract.Keeping``."""

    def __init__(self, writer: Writer, leases: Leases) -> None:
        self._writer = writer
        self._leases = leases

    async def purge(self, limits: Retention, *, now: int) -> None:
        """Delete what is older than ``limits``, in small steps between which others get on.

        Raises ``OSError`` when the disk does not take it.
        """
        # Waiting beacons first: they become dead letters, and their twins are needed for it.
        async with self._writer.reading() as db:
            lanes = [lane for (lane,) in await db.execute_fetchall(ALL_LANES)]
        for lane in lanes:
            await self._repeat(self._expire(lane, now - limits.queue, now))
        await self._repeat(_unbury(now - limits.dead))
        await self._repeat(_delete(DELETE_UNREADABLE, now - limits.unreadable))
        await self._repeat(_delete(DELETE_TOMBSTONES, now - limits.withdrawals))
        await self._repeat(_delete_twins(now - limits.twins))
        async with self._writer.transaction() as db:
            await db.execute(OLD_RETURNS, ((now - limits.days) // DAY_MS,))
        for table in ROLL_UPS:
            most = limits.notes if table == NOTES else limits.days
            await self._repeat(_delete_span(table, 0, now - min(limits.hours, most)))
            await self._repeat(_delete_span(table, 1, now - most))

    async def _repeat(self, step: Step) -> None:
        more = True
        while more:
            async with self._writer.transaction() as db:
                more = await step(db)
            if more:
                await asyncio.sleep(PAUSE_S)

    def _expire(self, lane: int, before: int, now: int) -> Step:
        """End what has waited too long, whether or not the account is still configured."""

        async def step(db: aiosqlite.Connection) -> bool:
            out = self._leases.out(lane, now)
            found = await db.execute_fetchall(OLD_WAITING, (lane, before, STEP + len(out)))
            rows = [row for (row,) in found if row not in out][:STEP]
            outcome = Expired(Reason.TOO_OLD, "waited too long")
            await end(db, [Settled(row, outcome) for row in rows], now=now)
            return len(rows) == STEP

        return step


def _unbury(before: int) -> Step:
    async def step(db: aiosqlite.Connection) -> bool:
        rows = [(row, lane) for row, lane in await db.execute_fetchall(OLD_DEAD, (before, STEP))]
        await unbury(db, rows)
        return len(rows) == STEP

    return step


def _delete(sql: str, before: int) -> Step:
    async def step(db: aiosqlite.Connection) -> bool:
        cursor = await db.execute(sql, (before, STEP))
        return cursor.rowcount == STEP

    return step


def _delete_twins(before: int) -> Step:
    async def step(db: aiosqlite.Connection) -> bool:
        rows = [(row,) for (row,) in await db.execute_fetchall(OLD_TWINS, (before, STEP))]
        await many(db, DELETE_TRACE, rows)
        await many(db, DELETE_TWIN, rows)
        return len(rows) == STEP

    return step


def _delete_span(table: str, by_day: int, before: int) -> Step:
    """Delete the oldest hour or day of a roll-up."""

    async def step(db: aiosqlite.Connection) -> bool:
        ((oldest,),) = await db.execute_fetchall(OLDEST[table], (by_day,))
        if oldest is None or oldest >= before:
            return False
        await db.execute(DELETE_SPAN[table], (by_day, oldest))
        return True

    return step
