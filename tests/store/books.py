"""A consent book of its own, with what a mover brings: a test names only what matters to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from firsthand.model import Beacon, Note
from firsthand.rules.chain import Checked, Head, check
from firsthand.rules.standing import Choice
from firsthand.store.contract import Durability
from firsthand.store.sqlite.book import SqliteBook, open_book
from firsthand.store.sqlite.codec import beacon_line, choice_line, note_line, read_group
from firsthand.store.sqlite.receipts import Row, SqliteReceipts, open_receipts
from tests.factories import NOW

SECRET = b"secret"


@dataclass
class Books:
    """Receipts that are written and read; ``rows`` is the outbox so far."""

    receipts: SqliteReceipts
    book: SqliteBook
    folder: Path
    rows: list[Row] = field(default_factory=list)

    def row(self, *parts: Beacon | tuple[Note | Choice, int], at: int = NOW) -> Row:
        """Add a row to the outbox."""
        lines = [
            beacon_line(part) if isinstance(part, Beacon) else _counted(*part) for part in parts
        ]
        self.rows.append((len(self.rows) + 1, at, b"\n".join(lines)))
        return self.rows[-1]

    async def take(self, *parts: Beacon | tuple[Note | Choice, int], at: int = NOW) -> None:
        """Add a row and enter it."""
        await self.enter([self.row(*parts, at=at)])

    async def enter(self, rows: Sequence[Row], outbox: str = "one", *, now: int = NOW) -> None:
        """Enter rows as the mover does."""
        group = read_group((at, body) for _, at, body in rows)
        await self.receipts.take(outbox, rows, group, now=now)

    async def checked(self, *heads: Head) -> Checked:
        """Return what a check of the exported chain comes to."""
        return check([line async for line in self.book.lines()], heads)


def _counted(what: Note | Choice, n: int) -> bytes:
    return choice_line(what, n) if isinstance(what, Choice) else note_line(what, n)


@asynccontextmanager
async def open_books(folder: Path) -> AsyncIterator[Books]:
    """Yield the consent book of a folder."""
    async with (
        open_receipts(folder, secret=SECRET, durability=Durability.PROCESS) as receipts,
        open_book(folder, Durability.PROCESS) as book,
    ):
        yield Books(receipts, book, folder)
