"""Counts of one transaction, added up in memory and then written to the roll-ups at once."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import aiosqlite

from firsthand.model import Note
from firsthand.store.sqlite.database import many

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
CLIENT_PATH, SERVER_PATH = "client", "server"
TOTAL, MADE, REPEATED, CLASHES = "total", "made", "repeated", "clashes"

ADD = {
    "counts": """INSERT INTO counts (by_day, at, series, client, server, reason, n)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "notes": """INSERT INTO notes (by_day, at, series, reason, n)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "coverage": """INSERT INTO coverage (by_day, at, series, path, match_key, n)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "latency": """INSERT INTO latency (by_day, at, series, up_to_ms, n)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "key_health": """INSERT INTO key_health (by_day, at, series, what, n)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
}


def hour(at: int) -> int:
    """Return the start of the hour of ``at``."""
    return at - at % HOUR_MS


def day(at: int) -> int:
    """Return the start of the UTC day of ``at``."""
    return at - at % DAY_MS


class Tally:
    """What one transaction adds to the roll-ups. Every key begins with (hour, series)."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Any, ...]] = Counter()
        self._notes: Counter[tuple[Any, ...]] = Counter()
        self._coverage: Counter[tuple[Any, ...]] = Counter()
        self._latency: Counter[tuple[Any, ...]] = Counter()
        self._key_health: Counter[tuple[Any, ...]] = Counter()

    def state(  # noqa: PLR0913 - the parts of one key
        self, at: int, series: int, client: str, server: str, reason: str, *, n: int
    ) -> None:
        """Count ``n`` twins more (or fewer) in a joint state."""
        self._counts[hour(at), series, client, server, reason] += n

    def note(self, at: int, series: int, reason: str, *, n: int = 1) -> None:
        """Count a note."""
        self._notes[hour(at), series, reason] += n

    def keys(self, at: int, series: int, path: str, bits: int) -> None:
        """Count the match keys of ``bits`` for a path of one twin."""
        at = hour(at)
        while bits:
            lowest = bits & -bits
            self._coverage[at, series, path, lowest] += 1
            bits ^= lowest

    def key_health(self, at: int, series: int, what: str) -> None:
        """Count a twin (``TOTAL``), a key of ours (``MADE``), a repetition, a clash."""
        self._key_health[hour(at), series, what] += 1

    def accepted(self, at: int, series: int, up_to_ms: int) -> None:
        """Count an acceptance in its bucket."""
        self._latency[hour(at), series, up_to_ms] += 1

    def rows(self) -> Mapping[str, list[tuple[Any, ...]]]:
        """Return the rows to add to each roll-up table, for hours and for days."""
        return {
            "counts": _spans(self._counts),
            "notes": _spans(self._notes),
            "coverage": _spans(self._coverage),
            "latency": _spans(self._latency),
            "key_health": _spans(self._key_health),
        }

    async def write(self, db: aiosqlite.Connection) -> None:
        """Add all of it to the roll-ups, inside the caller's transaction."""
        for table, rows in self.rows().items():
            await many(db, ADD[table], rows)


def _spans(counter: Counter[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    days: Counter[tuple[Any, ...]] = Counter()
    for (at, *rest), n in counter.items():
        days[day(at), *rest] += n
    hours = [(0, *key, n) for key, n in counter.items() if n]
    return hours + [(1, *key, n) for key, n in days.items() if n]


def note_key(note: Note) -> tuple[str, str, str, str, str]:
    """Return the series that a note is counted under."""
    return "", note.vendor, note.account, "", note.name
