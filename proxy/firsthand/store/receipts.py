"""The contract of the consent book: receipts, and the counts that stand beside them.

``Receipts``  what the delivering process writes, before anything else is made of an event.
``Book``      what pages and commands read.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from firsthand.rules.chain import Head
from firsthand.rules.standing import Stand


@dataclass(frozen=True, slots=True)
class StandCount:
    """How many events of an hour (its start, Unix ms) had visitors who stood so."""

    at: int
    stand: Stand
    n: int


@dataclass(frozen=True, slots=True)
class Early:
    """How many events came before the visitor decided, by page and by who had said anything."""

    page: str
    source: str
    n: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record as its line, and whether its hash holds and follows from the one before."""

    seq: int
    line: bytes
    holds: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """How long it is kept, in milliseconds: ``receipts``, and all ``counts`` without consent."""

    receipts: int
    counts: int


class Keeper(Protocol):
    """Closes hours and deletes what has been kept for long enough."""

    async def tidy(self, kept: Kept, *, now: int) -> None:
        """Enter the refusals of hours that are over; delete. Raises ``OSError``."""


class Book(Protocol):
    """Reads the consent book. Every function raises ``OSError``."""

    async def stands(self, *, since: int, until: int) -> list[StandCount]:
        """Return how visitors stood, hour by hour; spans are widened to whole hours."""

    async def early(self, *, since: int, until: int) -> list[Early]:
        """Return the events that came too early, most first."""

    async def head(self) -> Head:
        """Return the end of the chain."""

    async def find(self, events: Sequence[bytes]) -> list[Receipt]:
        """Return the receipts of events, given by their hashes, in their order."""

    def lines(self) -> AsyncIterator[bytes]:
        """Yield the whole chain as the lines of a file."""
