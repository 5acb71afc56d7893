"""Reads the consent book: receipts and counts, on a connection of its own."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiosqlite

from firsthand.rules.chain import Closing, Head
from firsthand.rules.standing import Stand
from firsthand.store.contract import Durability
from firsthand.store.receipts import Early, Receipt, StandCount
from firsthand.store.sqlite.database import RECEIPTS, connected, disk_errors, opened
from firsthand.store.sqlite.files import receipts_path
from firsthand.store.sqlite.links import before, end_of, unsealed
from firsthand.store.sqlite.receipts import named
from firsthand.store.sqlite.tally import DAY_MS, hour

STEP = 1_000
STANDS = "SELECT at, stand, n FROM stands WHERE at >= ? AND at < ? ORDER BY at, stand"
EARLY = """
SELECT page, source, sum(n) FROM early WHERE at >= ? AND at < ?
GROUP BY page, source ORDER BY sum(n) DESC, page, source"""
COLUMNS = "seq, at, event, kind, body, hash FROM records JOIN whats ON whats.id = what"
PAGE = f"SELECT {COLUMNS} WHERE seq > ? ORDER BY seq LIMIT ?"
ONE_DAY = f"""
SELECT {COLUMNS} WHERE at / 86400000 = ? AND event = ? AND event IS NOT NULL
ORDER BY seq"""
DAYS = "SELECT min(at), max(at) FROM records"
BEFORE = "SELECT hash FROM records WHERE seq = ?"


@asynccontextmanager
async def open_book(folder: Path, durability: Durability) -> AsyncIterator["SqliteBook"]:
    """Yield the consent book of a data folder. Raises ``ConfigError`` on an unusable file."""
    path = receipts_path(folder)
    async with opened(path, RECEIPTS, durability) as db:
        yield SqliteBook(db, path, await named(db))


class SqliteBook:
    """``store.receipts.Book``."""

    def __init__(self, db: aiosqlite.Connection, path: Path, chain: str) -> None:
        self._db = db
        self._path = path
        self._chain = chain

    async def stands(self, *, since: int, until: int) -> list[StandCount]:
        """Return how visitors stood, hour by hour."""
        rows = await self._read(STANDS, (hour(since), until))
        return [StandCount(at, Stand(stand), n) for at, stand, n in rows]

    async def early(self, *, since: int, until: int) -> list[Early]:
        """Return the events that came too early, most first."""
        return [Early(*row) for row in await self._read(EARLY, (hour(since), until))]

    async def head(self) -> Head:
        """Return the end of the chain."""
        with disk_errors(self._path):
            return Head(*await end_of(self._db, self._chain))

    async def find(self, events: Sequence[bytes]) -> list[Receipt]:
        """Return the receipts of events, given by their hashes."""
        ((first, last),) = await self._read(DAYS, ())
        days = range(first // DAY_MS, last // DAY_MS + 1) if first is not None else ()
        return [
            await self._receipt(row)
            for day in days
            for event in events
            for row in await self._read(ONE_DAY, (day, event))
        ]

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield the whole chain as the lines of a file, as it is now."""
        with disk_errors(self._path):
            async with connected(self._path, "rw") as db:
                # One snapshot: meanwhile records are added, and old ones taken away.
                await db.execute("BEGIN")
                after = Head(*await before(db, self._chain))
                closing, last = Closing(self._chain, after), after
                yield closing.header()
                while rows := list(await db.execute_fetchall(PAGE, (last.seq, STEP))):
                    for row in rows:
                        _, line, sealed = unsealed(row, last.hash)
                        last = Head(row[0], sealed.hex())
                        yield closing.take(last, line)
                yield closing.footer()

    async def _receipt(self, row: Any) -> Receipt:  # noqa: ANN401 - a row's types
        last = [bytes(sealed).hex() for (sealed,) in await self._read(BEFORE, (row[0] - 1,))]
        prev = last[0] if last else (await before(self._db, self._chain))[1]
        bare, line, sealed = unsealed(row, prev)
        return Receipt(row[0], line, sha256(bare).digest() == sealed)

    async def _read(self, sql: str, wanted: tuple[Any, ...]) -> Iterable[Any]:
        with disk_errors(self._path):
            return await self._db.execute_fetchall(sql, wanted)
