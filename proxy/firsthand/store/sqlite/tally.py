"""Counts of one transaction, added up in memory and then written to the roll-ups at once."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import aiosqlite
import orjson

from firsthand.model import Note
from firsthand.store.sqlite.database import many

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
CLIENT_PATH, SERVER_PATH = "client", "server"

ADD = {
    "counts": """INSERT INTO counts (by_day, at, series, client, server, reason, n)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "money": """INSERT INTO money
        (by_day, at, series, client, server, reason, currency, n, client_amount, server_amount)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n,
        client_amount = client_amount + excluded.client_amount,
        server_amount = server_amount + excluded.server_amount""",
    "arms": """INSERT INTO arms (by_day, at, series, arm, client, server, n)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "totals": """INSERT INTO totals (by_day, at, vendor, account, client, server, reason, n)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "notes": """INSERT INTO notes (by_day, at, series, reason, n)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "coverage": """INSERT INTO coverage (by_day, at, series, path, match_keys, n)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "latency": """INSERT INTO latency (by_day, at, series, up_to_ms, n)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n""",
    "facts": """INSERT INTO facts (by_day, at, series, what, n, example)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n,
        example = max(example, excluded.example)""",
}
ROLL_UPS = tuple(ADD)
WHOSE = """
SELECT series.id, vendor, account
FROM json_each(?) AS wanted CROSS JOIN series ON series.id = wanted.value"""


def hour(at: int) -> int:
    """Return the start of the hour of ``at``."""
    return at - at % HOUR_MS


def day(at: int) -> int:
    """Return the start of the UTC day of ``at``."""
    return at - at % DAY_MS


class Counted(Protocol):
    """What a twin counts with: its first arrival, its series, where both paths stand, and what the
    event is worth by what each path told. States and arms are values of the model's enumerations.
    """

    @property
    def at(self) -> int: ...  # noqa: D102 - told above
    @property
    def series(self) -> int: ...  # noqa: D102 - told above
    @property
    def client(self) -> str: ...  # noqa: D102 - told above
    @property
    def server(self) -> str: ...  # noqa: D102 - told above
    @property
    def reason(self) -> str: ...  # noqa: D102 - told above
    @property
    def arm(self) -> str: ...  # noqa: D102 - told above
    @property
    def client_amount(self) -> int: ...  # noqa: D102 - told above
    @property
    def client_currency(self) -> str: ...  # noqa: D102 - told above
    @property
    def server_amount(self) -> int: ...  # noqa: D102 - told above
    @property
    def server_currency(self) -> str: ...  # noqa: D102 - told above


class Tally:
    """What one transaction adds to the roll-ups. Every key begins with (hour, series).

    What is added to ``facts`` has the newest of its twins as an example.
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[Any, ...]] = Counter()
        self._money: dict[tuple[Any, ...], list[int]] = {}
        self._arms: Counter[tuple[Any, ...]] = Counter()
        self._notes: Counter[tuple[Any, ...]] = Counter()
        self._coverage: Counter[tuple[Any, ...]] = Counter()
        self._latency: Counter[tuple[Any, ...]] = Counter()
        self._facts: Counter[tuple[Any, ...]] = Counter()
        self._examples: dict[tuple[Any, ...], int] = {}

    def twin(self, twin: Counted, n: int) -> None:
        """Count a twin where it stands (``n`` = 1), or take it from there (-1)."""
        at, series = hour(twin.at), twin.series
        self._counts[at, series, twin.client, twin.server, twin.reason] += n
        if twin.arm:
            self._arms[at, series, twin.arm, twin.client, twin.server] += n
        if twin.client_amount or twin.server_amount:
            self._worth(twin, at, n)

    def _worth(self, twin: Counted, at: int, n: int) -> None:
        state = (at, twin.series, twin.client, twin.server, twin.reason)
        told = twin.client_currency if twin.client_amount else twin.server_currency
        sums = self._money.setdefault((*state, told), [0, 0, 0])
        sums[0] += n
        if twin.client_amount:
            sums[1] += n * twin.client_amount
        if twin.server_amount:
            other = self._money.setdefault((*state, twin.server_currency), [0, 0, 0])
            other[2] += n * twin.server_amount

    def note(self, at: int, series: int, reason: str, *, n: int = 1) -> None:
        """Count a note."""
        self._notes[hour(at), series, reason] += n

    def keys(self, at: int, series: int, path: str, bits: int, n: int = 1) -> None:
        """Count a twin with the match keys ``bits`` on a path (or take it from there)."""
        if bits:
            self._coverage[hour(at), series, path, bits] += n

    def fact(self, at: int, series: int, what: str, example: int = 0) -> None:
        """Count a ``contract.What`` of the twin ``example``."""
        key = (hour(at), series, what)
        self._facts[key] += 1
        if example:
            self._examples[key] = max(example, self._examples.get(key, 0))

    def accepted(self, at: int, series: int, up_to_ms: int) -> None:
        """Count an acceptance in its bucket."""
        self._latency[hour(at), series, up_to_ms] += 1

    def rows(self) -> Mapping[str, list[tuple[Any, ...]]]:
        """Return the rows to add to each roll-up table, for hours and for days."""
        facts = {key: [n, self._examples.get(key, 0)] for key, n in self._facts.items()}
        return {
            "counts": _spans(self._counts),
            "money": _sums(self._money, _added),
            "arms": _spans(self._arms),
            "notes": _spans(self._notes),
            "coverage": _spans(self._coverage),
            "latency": _spans(self._latency),
            "facts": _sums(facts, _newest),
        }

    async def write(self, db: aiosqlite.Connection) -> None:
        """Add all of it to the roll-ups, inside the caller's transaction."""
        rows = self.rows()
        for table, of in rows.items():
            await many(db, ADD[table], of)
        if rows["counts"]:
            await many(db, ADD["totals"], await _totals(db, rows["counts"]))


async def _totals(db: aiosqlite.Connection, counts: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return counts with all names of an account together."""
    wanted = orjson.dumps(list({row[2] for row in counts})).decode()
    found = await db.execute_fetchall(WHOSE, (wanted,))
    whose = {series: (vendor, account) for series, vendor, account in found}
    sums: Counter[tuple[Any, ...]] = Counter()
    for by_day, at, series, *state, n in counts:
        sums[by_day, at, *whose[series], *state] += n
    return [(*key, n) for key, n in sums.items() if n]


def _spans(counter: Counter[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    days: Counter[tuple[Any, ...]] = Counter()
    for (at, *rest), n in counter.items():
        days[day(at), *rest] += n
    hours = [(0, *key, n) for key, n in counter.items() if n]
    return hours + [(1, *key, n) for key, n in days.items() if n]


def _sums(
    hours: Mapping[tuple[Any, ...], list[int]], join: Callable[[list[int], list[int]], list[int]]
) -> list[tuple[Any, ...]]:
    days: dict[tuple[Any, ...], list[int]] = {}
    for (at, *rest), sums in hours.items():
        key = (day(at), *rest)
        days[key] = join(days[key], sums) if key in days else sums
    spans = ((0, hours), (1, days))
    return [
        (by_day, *key, *sums) for by_day, span in spans for key, sums in span.items() if any(sums)
    ]


def _added(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _newest(one: list[int], other: list[int]) -> list[int]:
    return [one[0] + other[0], max(one[1], other[1])]


def note_key(note: Note) -> tuple[str, str, str, str, str]:
    """Return the series that a note is counted under."""
    return "", note.vendor, note.account, "", note.name
