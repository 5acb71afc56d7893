"""The chain's end: what is kept in memory of a transaction that was undone, and what is not."""

from pathlib import Path

import pytest

from firsthand.rules import receipts
from firsthand.store.sqlite.links import MOST_BASES, Links
from tests.factories import NOW
from tests.store.backends import event
from tests.store.books import Books, open_books


async def links(books: Books) -> Links:
    return books.receipts._links


async def undone(books: Books) -> None:
    async with books.receipts._writer.transaction() as db:
        await books.receipts._links.add(db, NOW, receipts.PRUNED, {"through": 1})
        raise ZeroDivisionError


async def test_an_undone_transaction_leaves_nothing(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        with pytest.raises(ZeroDivisionError):
            await undone(books)
        await books.take(event(0))
        found = await books.checked()
        assert found.findings == []
        assert found.kinds == {"event": 1}


async def test_one_basis_stands_once(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.take(*(event(number) for number in range(50)))
        await books.take(event(50), event(51, dropped=("page.title",)))
        async with books.receipts._writer.reading() as db:
            rows = list(await db.execute_fetchall("SELECT last FROM whats ORDER BY id"))
        assert rows == [(51,), (52,)]


async def test_memory_of_bases_is_bounded(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        made = [event(n, dropped=(f"page.{n}",)) for n in range(MOST_BASES // 10)]
        for _ in range(2):
            await books.take(*made)
        known = (await links(books))._known
        assert len(known) == len(made) <= MOST_BASES
