"""What happened, read from roll-ups and by index on a connection of its own."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from firsthand.model import Client, MatchKey, Origin, Reason, Server
from firsthand.rules.holdout import Arm
from firsthand.rules.returns import Sighting
from firsthand.store.contract import Durability, EventRow, ReturnCount, Trace
from firsthand.store.rollups import (
    ArmCount,
    Count,
    Course,
    Coverage,
    Fact,
    Latency,
    NoteCount,
    Slice,
    What,
    Worth,
)
from firsthand.store.sqlite.database import LEDGER, disk_errors, opened
from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.tally import day, hour

WITHIN = """
WHERE by_day = :by_day AND at >= :since AND at < :until
  AND (:vendor = '' OR vendor = :vendor) AND (:account = '' OR account = :account)"""
OVERVIEW = f"""
SELECT 0, vendor, account, '', client, server, reason, sum(n) AS twins FROM totals {WITHIN}
GROUP BY vendor, account, client, server, reason HAVING twins > 0
ORDER BY vendor, account, client, server, reason"""  # noqa: S608 - made of constants
COURSES = f"""
SELECT at, vendor, account, sum(n) AS twins, sum(n * (client = 'ok')), sum(n * done),
  sum(n * (client = 'ok' AND done))
FROM (
  SELECT at, vendor, account, client, n,
    server IN ('accepted', 'warned', 'recorded', 'validated') AS done FROM totals {WITHIN}
) AS rolled GROUP BY at, vendor, account HAVING twins > 0"""  # noqa: S608 - made of constants
COUNTS = f"""
SELECT at, vendor, account, name, client, server, reason, sum(n) AS total
FROM counts JOIN series ON series.id = series {WITHIN}
GROUP BY at, vendor, account, name, client, server, reason HAVING total > 0
ORDER BY at, vendor, account, name, client, server, reason"""  # noqa: S608 - made of constants
# A sum that passes 64 bits is a float here, and no error.
WORTH = f"""
SELECT at, vendor, account, name, client, server, reason, currency, sum(n) AS twins,
  total(client_amount), total(server_amount)
FROM money JOIN series ON series.id = series {WITHIN}
GROUP BY at, vendor, account, name, client, server, reason, currency
HAVING twins > 0 OR total(server_amount) != 0
ORDER BY at, vendor, account, name, client, server, reason, currency"""  # noqa: S608 - made of constants
ARMS = f"""
SELECT vendor, account, name, arm, client, server, sum(n) AS total
FROM arms JOIN series ON series.id = series {WITHIN}
GROUP BY vendor, account, name, arm, client, server HAVING total > 0
ORDER BY vendor, account, name, arm, client, server"""  # noqa: S608 - made of constants
NOTES = f"""
SELECT vendor, account, name, reason, sum(n)
FROM notes JOIN series ON series.id = series {WITHIN}
GROUP BY vendor, account, name, reason ORDER BY vendor, account, name, reason"""  # noqa: S608 - made of constants
COVERAGE = f"""
SELECT vendor, account, name, path, match_keys, sum(n) AS twins
FROM coverage JOIN series ON series.id = series {WITHIN}
GROUP BY vendor, account, name, path, match_keys HAVING twins > 0
ORDER BY vendor, account, name, path, match_keys"""  # noqa: S608 - made of constants
LATENCY = f"""
SELECT vendor, account, name, at, up_to_ms, sum(n)
FROM latency JOIN series ON series.id = series {WITHIN}
GROUP BY vendor, account, name, at, up_to_ms
ORDER BY vendor, account, name, at, up_to_ms < 0, up_to_ms"""  # noqa: S608 - made of constants
FACTS = f"""
SELECT vendor, account, name, what, total, coalesce(traces.twin, '') FROM (
  SELECT vendor, account, name, what, sum(n) AS total, max(example) AS newest
  FROM facts JOIN series ON series.id = series {WITHIN}
  GROUP BY vendor, account, name, what
) AS rolled LEFT JOIN traces ON traces.twin = newest
ORDER BY vendor, account, name, what"""  # noqa: S608 - made of constants
RETURNS = "SELECT day, family, after, n FROM returns WHERE day >= ? ORDER BY day, family, after"
EVENTS = """
SELECT page.id, at, vendor, account, destination, name, origin, client, server, reason,
  accepted_ms, bot, signs, arm
FROM (
  SELECT * FROM twins WHERE at < :before ORDER BY at DESC, id DESC
  LIMIT CASE WHEN :vendor = '' AND :server = '' THEN :limit ELSE 20000 END
) AS page
JOIN series ON series.id = series
WHERE (:vendor = '' OR vendor = :vendor) AND (:server = '' OR server = :server)
ORDER BY at DESC, page.id DESC LIMIT :limit"""
TRACE = """
SELECT twins.id, at, vendor, account, destination, name, origin, client, server, reason,
  accepted_ms, bot, signs, arm, shape, traces.verdict, fields, call, reply, message
FROM traces JOIN twins ON twins.id = twin JOIN series ON series.id = series WHERE twin = ?"""

_CLIENTS = {one.value: one for one in Client}
_SERVERS = {one.value: one for one in Server}
_REASONS = {one.value: one for one in Reason}
_EVENT_COLUMNS = 14
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

    async def overview(self, of: Slice) -> list[Count]:
        """Return joint state counts of accounts over the whole span: ``at`` is 0, ``name`` ""."""
        return [_count(row) for row in await self._within(OVERVIEW, of)]

    async def courses(self, of: Slice) -> list[Course]:
        """Return how accounts went on, by hour or day: those without twins have no row."""
        return [Course(*row) for row in await self._within(COURSES, of)]

    async def counts(self, of: Slice) -> list[Count]:
        """Return joint state counts of the twins that arrived in the time span."""
        return [_count(row) for row in await self._within(COUNTS, of)]

    async def worth(self, of: Slice) -> list[Worth]:
        """Return what these twins are worth; twins without an amount have no row."""
        rows = await self._within(WORTH, of)
        return [
            Worth(*(at, vendor, account, name), _state(states), code, n, int(told), int(sent))
            for at, vendor, account, name, *states, code, n, told, sent in rows
        ]

    async def arms(self, of: Slice) -> list[ArmCount]:
        """Return joint state counts of the twins of visitors who were drawn."""
        rows = await self._within(ARMS, of)
        return [
            ArmCount(vendor, account, name, Arm(arm), Client(client), Server(server), n)
            for vendor, account, name, arm, client, server, n in rows
        ]

    async def notes(self, of: Slice) -> list[NoteCount]:
        """Return what was counted beside the twins."""
        return [NoteCount(*row) for row in await self._within(NOTES, of)]

    async def coverage(self, of: Slice) -> list[Coverage]:
        """Return match-key coverage on both paths; a key that no twin had has no row."""
        found: Counter[tuple[str, str, str, str, MatchKey]] = Counter()
        for vendor, account, name, path, bits, n in await self._within(COVERAGE, of):
            for key in MatchKey(bits):
                found[vendor, account, name, path, key] += n
        return [Coverage(*told[:4], _key_name(told[4]), n) for told, n in sorted(found.items())]

    async def latency(self, of: Slice) -> list[Latency]:
        """Return how many acceptances fell into each bucket."""
        return [Latency(*row) for row in await self._within(LATENCY, of)]

    async def facts(self, of: Slice) -> list[Fact]:
        """Return what was counted of twins beside their state."""
        return [
            Fact(vendor, account, name, What(what), n, str(example))
            for vendor, account, name, what, n, example in await self._within(FACTS, of)
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

    async def _within(self, sql: str, of: Slice) -> Iterable[Any]:
        step = day if of.by_day else hour
        wanted = {
            "by_day": int(of.by_day),
            "since": step(of.since),
            "until": of.until,
            "vendor": of.vendor,
            "account": of.account,
        }
        return await self._read(sql, wanted)

    async def _read(self, sql: str, wanted: Any) -> Iterable[Any]:  # noqa: ANN401 - a row's types
        with disk_errors(self._path):
            return await self._db.execute_fetchall(sql, wanted)


def _count(row: Any) -> Count:  # noqa: ANN401 - a row's types
    at, vendor, account, name, *states, n = row
    return Count(at, vendor, account, name, *_state(states), n)


def _state(states: Any) -> tuple[Client, Server, Reason]:  # noqa: ANN401 - a row's types
    client, server, reason = states
    return _CLIENTS[client], _SERVERS[server], _REASONS[reason]


def _key_name(key: MatchKey) -> str:
    return (key.name or str(key.value)).lower()


def _event(row: Any) -> EventRow:  # noqa: ANN401 - a row's types
    number, at, vendor, account, to, name, origin, client, server, reason, *rest = row[
        :_EVENT_COLUMNS
    ]
    states = (Origin(origin), Client(client), Server(server), Reason(reason))
    return EventRow(str(number), at, vendor, account, to, name, *states, *rest)
