"""Beacons that wait for a lane, and how each ended."""

from collections.abc import Iterable, Sequence
from typing import Any

from firsthand.model import Reason, Refused, Withheld
from firsthand.store.contract import Backlog, Lane, Leased, Settled
from firsthand.store.sqlite.codec import UNREADABLE, decode
from firsthand.store.sqlite.database import Writer
from firsthand.store.sqlite.endings import as_json, end, put_off
from firsthand.store.sqlite.leases import Leases
from firsthand.store.sqlite.pairs import Dedups

LANES = "SELECT vendor, account FROM lanes WHERE waiting > 0 ORDER BY vendor, account"
LANE_ID = "SELECT id FROM lanes WHERE vendor = ? AND account = ?"
DUE = "SELECT id FROM queue WHERE lane = ? AND due_at <= ? ORDER BY due_at LIMIT ?"
BODIES = """
SELECT queue.id, body, attempts, ticket, replayed_at, tombstones.at IS NOT NULL
FROM json_each(?) AS wanted CROSS JOIN queue ON queue.id = wanted.value
LEFT JOIN tombstones ON tombstones.subject = queue.subject AND tombstones.vendor = ?
  AND tombstones.at >= queue.at
ORDER BY wanted.key"""
SET_BACK = """
UPDATE queue SET due_at = due_at - ? WHERE lane IN (SELECT id FROM lanes) AND due_at > ?"""
BACKLOG = """
SELECT vendor, account, waiting, dead,
  coalesce((SELECT min(at) FROM queue WHERE lane = lanes.id), 0)
FROM lanes ORDER BY vendor, account"""


class SqliteQueue:
    """``contract.Queue``. ``leases`` are shared with who must leave alone what is being sent;
    ``dedups`` tells how vendors count what both paths told them.
    """

    def __init__(
        self, writer: Writer, leases: Leases | None = None, dedups: Dedups | None = None
    ) -> None:
        self._writer = writer
        self._dedups = dedups
        self._leases = leases or Leases()

    async def lanes(self) -> list[Lane]:
        """Return the lanes in which something waits."""
        async with self._writer.reading() as db:
            return [Lane(*row) for row in await db.execute_fetchall(LANES)]

    async def lease(self, lane: Lane, *, now: int, limit: int, for_ms: int) -> list[Leased]:
        """Take up to ``limit`` due beacons, oldest first; those withdrawn are settled here."""
        async with self._writer.reading() as db:
            found = list(await db.execute_fetchall(LANE_ID, (lane.vendor, lane.account)))
            if not found:
                return []
            number = found[0][0]
            out = self._leases.out(number, now)
            due = await db.execute_fetchall(DUE, (number, now, limit + len(out)))
            rows = [row for (row,) in due if row not in out][:limit]
            waiting = await db.execute_fetchall(BODIES, (as_json(rows), lane.vendor))
            self._leases.add(number, rows, now + for_ms)
        return await self._fit(waiting, now)

    async def _fit(self, waiting: Iterable[Any], now: int) -> list[Leased]:
        """Return what may be sent; settle what was withdrawn, and what this version cannot read."""
        fit: list[Leased] = []
        over: list[Settled] = []
        for row, body, attempts, ticket, replayed_at, withdrawn in waiting:
            if withdrawn:
                over.append(Settled(row, Withheld(Reason.WITHDRAWN)))
                continue
            try:
                fit.append(Leased(row, decode(body), attempts, ticket, replayed_at))
            except UNREADABLE:
                over.append(Settled(row, Refused(Reason.FAULT, "not readable by this version")))
        if over:
            try:
                await self.settle(over, now=now)
            except OSError:
                self._leases.drop(one.row for one in fit)
                raise
        return fit

    async def settle(self, done: Sequence[Settled], *, now: int) -> None:
        """Note how beacons ended. Rows that are settled already are left as they are."""
        async with self._writer.transaction() as db:
            await end(db, done, now=now, dedups=self._dedups)
        self._leases.drop(one.row for one in done)

    async def retry(
        self, rows: Sequence[int], *, due_at: int, reason: Reason, message: str
    ) -> None:
        """Give beacons back to their lane, due at ``due_at``, with one more attempt.

        Their twins show ``reason`` meanwhile.
        """
        async with self._writer.transaction() as db:
            await put_off(db, rows, due_at=due_at, reason=reason, message=message)
        self._leases.drop(rows)

    async def release(self, rows: Sequence[int]) -> None:
        """Give beacons back at once, without counting an attempt."""
        self._leases.drop(rows)

    async def set_back(self, by_ms: int, *, now: int) -> None:
        """Have what is due later than ``now`` be due ``by_ms`` earlier."""
        async with self._writer.transaction() as db:
            await db.execute(SET_BACK, (by_ms, now))

    async def backlog(self) -> list[Backlog]:
        """Return every lane's state."""
        async with self._writer.reading() as db:
            rows = await db.execute_fetchall(BACKLOG)
        return [
            Backlog(Lane(vendor, account), waiting, oldest_at, dead)
            for vendor, account, waiting, dead, oldest_at in rows
        ]
