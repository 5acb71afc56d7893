"""What happened, read from roll-ups and by index on a connection of its own."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from firsthand.model import Client, MatchKey, Origin, Reason, Server
from firsthand.rules.returns import Sighting
from firsthand.store.contract import (
    Count,
    Coverage,
    Durability,
    EventRow,
    KeyHealth,
    Latency,
    NoteCount,
    ReturnCount,
    Trace,
)
from firsthand.store.sqlite.database import LEDGER, disk_errors, opened
from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.tally import CLASHES, MADE, REPEATED, TOTAL, day, hour

COUNTS = """
SELECT at, vendor, account, name, client, server, reason, sum(n) AS total
FROM counts JOIN series ON series.id = series
WHERE by_day = ? AND at >= ? AND at < ?
GROUP BY at, vendor, account, name, client, server, reason HAVING total > 0
ORDER BY at, vendor, account, name, client, server, reason"""
NOTES = """
SELECT vendor, account, name, reason, sum(n)
FROM notes JOIN series ON series.id = series
WHERE by_day = ? AND at >= ? AND at < ?
GROUP BY vendor, account, name, reason ORDER BY vendor, account, name, reason"""
COVERAGE = """
SELECT vendor, account, path, match_key, sum(n)
FROM coverage JOIN series ON series.id = series
WHERE by_day = ? AND at >= ? AND at < ?
GROUP BY vendor, account, path, match_key ORDER BY vendor, account, path, match_key"""
LATENCY = """
SELECT vendor, account, up_to_ms, sum(n)
FROM latency JOIN series ON series.id = series
WHERE by_day = ? AND at >= ? AND at < ?
GROUP BY vendor, account, up_to_ms ORDER BY vendor, account, up_to_ms < 0, up_to_ms"""
KEY_HEALTH = """
SELECT vendor, account, what, sum(n)
FROM key_health JOIN series ON series.id = series
WHERE by_day = ? AND at >= ? AND at < ?
GROUP BY vendor, account, what ORDER BY vendor, account"""
RETURNS = "SELECT day, family, after, n FROM returns WHERE day >= ? ORDER BY day, family, after"
EVENTS = """
SELECT page.id, at, vendor, account, destination, name, origin, client, server, reason, accepted_ms
FROM (
  SELECT * FROM twins WHERE at < :before ORDER BY at DESC, id DESC
  LIMIT CASE WHEN :vendor = '' AND :server = '' THEN :limit ELSE 20000 END
) AS page
JOIN series ON series.id = series
WHERE (:vendor = '' OR vendor = :vendor) AND (:server = '' OR server = :server)
ORDER BY at DESC, page.id DESC LIMIT :limit"""
TRACE = """
SELECT twins.id, at, vendor, account, destination, name, origin, client, server, reason,
  accepted_ms, shape, traces.verdict, fields, call, reply, message
FROM traces JOIN twins ON twins.id = twin JOIN series ON series.id = series WHERE twin = ?"""

_EVENT_COLUMNS = 11
_MAX_DIGITS = 18
_FOR_EVER = 2**62


@asynccontextmanager
async def open_ledger(
    folder: Path, *, durability: Durability = Durability.POWER
) -> AsyncIterator["SqliteLedger"]:
    """Yield the ledger for reading; an empty one is made where there is none yet.

    Raises ``ConfigError`` when its file cannot be used.
    """
    path = ledger_path(folder)
    async with opened(path, LEDGER, durability) as db:
        await db.execute("PRAGMA query_only=ON")
        yield SqliteLedger(db, path)


class SqliteLedger:
    """``contract.Ledger``. Every method raises ``OSError`` when the disk fails."""

    def __init__(self, db: aiosqlite.Connection, path: Path) -> None:
        self._db = db
        self._path = path

    async def counts(self, *, since: int, until: int, by_day: bool = False) -> list[Count]:
        """Return joint state counts of the twins that arrived in the time span."""
        rows = await self._read(COUNTS, _span(since, until, by_day=by_day))
        return [
            Count(at, vendor, account, name, Client(client), Server(server), Reason(reason), n)
            for at, vendor, account, name, client, server, reason, n in rows
        ]

    async def notes(self, *, since: int, until: int, by_day: bool = False) -> list[NoteCount]:
        """Return what was counted beside the twins."""
        return [
            NoteCount(*row) for row in await self._read(NOTES, _span(since, until, by_day=by_day))
        ]

    async def coverage(self, *, since: int, until: int, by_day: bool = False) -> list[Coverage]:
        """Return match-key coverage on both paths; a key that no twin had has no row."""
        health = await self.key_health(since=since, until=until, by_day=by_day)
        of = {(one.vendor, one.account): one.total for one in health}
        rows = await self._read(COVERAGE, _span(since, until, by_day=by_day))
        return [
            Coverage(vendor, account, path, _key_name(bit), n, of[vendor, account])
            for vendor, account, path, bit, n in rows
        ]

    async def latency(self, *, since: int, until: int, by_day: bool = False) -> list[Latency]:
        """Return how many acceptances fell into each bucket."""
        rows = await self._read(LATENCY, _span(since, until, by_day=by_day))
        return [Latency(*row) for row in rows]

    async def key_health(self, *, since: int, until: int, by_day: bool = False) -> list[KeyHealth]:
        """Return the state of the event keys."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for vendor, account, what, n in await self._read(
            KEY_HEALTH, _span(since, until, by_day=by_day)
        ):
            found.setdefault((vendor, account), {})[what] = n
        return [
            KeyHealth(*key, *(n.get(what, 0) for what in (TOTAL, MADE, REPEATED, CLASHES)))
            for key, n in found.items()
        ]

    async def returns(self, *, since: int) -> list[ReturnCount]:
        """Return how often keepers were shown that were issued on ``since`` (a day) or later."""
        rows = await self._read(RETURNS, (since,))
        return [ReturnCount(Sighting(*sighting), n) for *sighting, n in rows]

    async def events(
        self, *, limit: int = 100, vendor: str = "", server: str = "", before: int = 0
    ) -> list[EventRow]:
        """Return the newest twins, newest first; ``before`` (arrival, ms) pages on."""
        wanted = {"limit": limit, "vendor": vendor, "server": server, "before": before or _FOR_EVER}
        return [_event(row) for row in await self._read(EVENTS, wanted)]

    async def trace(self, event: str) -> Trace | None:
        """Return one event's way, while its trace is kept; ``None`` for anything else."""
        if not (event.isascii() and event.isdigit() and len(event) <= _MAX_DIGITS):
            return None
        rows = list(await self._read(TRACE, (int(event),)))
        return Trace(_event(rows[0]), *rows[0][_EVENT_COLUMNS:]) if rows else None

    async def _read(self, sql: str, wanted: Any) -> Iterable[Any]:  # noqa: ANN401 - a row's types
        with disk_errors(self._path):
            return await self._db.execute_fetchall(sql, wanted)


def _span(since: int, until: int, *, by_day: bool) -> tuple[int, int, int]:
    return int(by_day), (day if by_day else hour)(since), until


def _key_name(bit: int) -> str:
    return (MatchKey(bit).name or str(bit)).lower()


def _event(row: Any) -> EventRow:  # noqa: ANN401 - a row's types
    number, at, vendor, account, to, name, origin, client, server, reason, accepted_ms = row[
        :_EVENT_COLUMNS
    ]
    states = (Origin(origin), Client(client), Server(server), Reason(reason))
    return EventRow(str(number), at, vendor, account, to, name, *states, accepted_ms)
