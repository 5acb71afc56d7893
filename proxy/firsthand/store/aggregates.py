"""What is kept of visitors who agreed to analytics alone: rows that many share, and their sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from firsthand.rules.aggregate import Row, Sum


@dataclass(frozen=True, slots=True)
class Told:
    """A row as it is shown."""

    row: Row
    sum: Sum


class Aggregates(Protocol):
    """Rows that were released; every method raises ``OSError`` when the disk does not take it."""

    async def add(self, rows: Mapping[Row, Sum]) -> None:
        """Add to the rows that are there; several workers may have a part of one."""

    async def newest(self, *, limit: int) -> Sequence[Told]:
        """Return the rows of the newest hours, most events first."""

    async def purge(self, *, before: int) -> None:
        """Delete hours that began before ``before`` (Unix ms)."""
