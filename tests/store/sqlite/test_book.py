"""The book is read beside the one who writes it; what it says of an event needs no scan."""

import sqlite3
from pathlib import Path

from firsthand.model import Reason
from firsthand.rules.receipts import event_hash
from firsthand.store.sqlite.book import ONE_DAY, STEP
from firsthand.store.sqlite.files import receipts_path
from tests.factories import NOW
from tests.store.backends import DAY_MS, event
from tests.store.books import SECRET, open_books


async def test_an_export_is_of_one_moment(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.take(*(event(number) for number in range(STEP + 5)))
        lines = []
        async for line in books.book.lines():
            if not lines:
                await books.take(event(STEP + 5))
            lines.append(line)
        assert len(lines) == STEP + 5 + 2
        assert (await books.checked()).records == STEP + 6


async def test_an_event_is_found_on_whatever_day_it_came(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.take(event(1), event(1, at=NOW + 9 * DAY_MS, withheld=Reason.BLOCKED))
        await books.take(event(2, at=NOW + 400 * DAY_MS))
        wanted = event_hash(SECRET, "shop", "key-1")
        found = await books.book.find([b"\0" * 16, wanted])
        assert [one.seq for one in found] == [1, 2]
        assert all(one.holds for one in found)


def test_an_event_is_looked_up_by_index(tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415 - only to make the file

    async def made() -> None:
        async with open_books(tmp_path) as books:
            await books.take(event(0))

    asyncio.run(made())
    with sqlite3.connect(receipts_path(tmp_path)) as db:
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {ONE_DAY}", (1, b""))]
    assert any("records_event" in step for step in plan), plan
