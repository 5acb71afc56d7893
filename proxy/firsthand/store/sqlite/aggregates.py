"""Aggregates in SQLite: one small file that all processes share, written once an hour."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple
from pathlib import Path

from firsthand.rules.aggregate import Row, Sum
from firsthand.store.aggregates import Told
from firsthand.store.contract import Durability
from firsthand.store.sqlite.database import AGGREGATES, Writer, many, opened
from firsthand.store.sqlite.files import aggregates_path

ADD = """
INSERT INTO aggregates (at, vendor, name, path, country, device, source, medium, campaign, currency,
  n, value)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + excluded.n, value = value + excluded.value"""
NEWEST = """
SELECT at, vendor, name, path, country, device, source, medium, campaign, currency, n, value
FROM aggregates ORDER BY at DESC, n DESC LIMIT ?"""
PURGE = "DELETE FROM aggregates WHERE at < ?"


@asynccontextmanager
async def open_aggregates(
    folder: Path, *, durability: Durability = Durability.POWER
) -> AsyncIterator["SqliteAggregates"]:
    """Yield the aggregates of a data folder. Raises ``ConfigError`` when the file is unusable."""
    path = aggregates_path(folder)
    async with opened(path, AGGREGATES, durability) as db:
        yield SqliteAggregates(Writer(db, path))


class SqliteAggregates:
    """``store.aggregates.Aggregates`` over one connection."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def add(self, rows: Mapping[Row, Sum]) -> None:
        """Add to the rows that are there. Raises ``OSError``."""
        if not rows:
            return
        async with self._writer.transaction() as db:
            await many(db, ADD, [(*astuple(row), *astuple(each)) for row, each in rows.items()])

    async def newest(self, *, limit: int) -> Sequence[Told]:
        """Return the rows of the newest hours, most events first. Raises ``OSError``."""
        async with self._writer.reading() as db:
            found = await db.execute_fetchall(NEWEST, (limit,))
        return [Told(Row(*each[:-2]), Sum(*each[-2:])) for each in found]

    async def purge(self, *, before: int) -> None:
        """Delete hours that began before ``before``. Raises ``OSError``."""
        async with self._writer.transaction() as db:
            await db.execute(PURGE, (before,))
