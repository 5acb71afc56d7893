"""The consent book's contract is kept by its one backend."""

from collections.abc import AsyncIterator
from pathlib import Path

from firsthand.rules.chain import Head
from firsthand.store.receipts import Book, Keeper, Kept
from tests.factories import NOW
from tests.store.books import open_books


async def lines(book: Book) -> list[bytes]:
    return [line async for line in book.lines()]


async def test_an_empty_book_can_be_read_and_kept(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        book: Book = books.book
        keeper: Keeper = books.receipts
        await keeper.tidy(Kept(receipts=1, counts=1), now=NOW)
        head: Head = await book.head()
        assert head.seq == 0
        assert len(await lines(book)) == 2
        assert await book.find([b"0" * 16]) == []
        assert await book.early(since=0, until=NOW) == []
        assert await book.stands(since=0, until=NOW) == []
        assert isinstance(book.lines(), AsyncIterator)
