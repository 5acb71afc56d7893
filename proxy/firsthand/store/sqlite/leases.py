"""Leases: which waiting beacons are with a lane.

They are kept in memory: whoever delivers holds the ledger's lock, and when it dies its leases die
with it, so the batch in flight is due again at once.
"""

from collections.abc import Iterable, Mapping


class Leases:
    """Which rows of which lane are out, and until when."""

    def __init__(self) -> None:
        self._until: dict[int, dict[int, int]] = {}

    def out(self, lane: int, now: int) -> Mapping[int, int]:
        """Return what is out of a lane; what has run out is dropped."""
        kept = {row: until for row, until in self._until.get(lane, {}).items() if until > now}
        self._until[lane] = kept
        return kept

    def in_flight(self, now: int) -> frozenset[int]:
        """Return the rows that are out of any lane: how they end is the lane's to say."""
        return frozenset(row for lane in list(self._until) for row in self.out(lane, now))

    def add(self, lane: int, rows: Iterable[int], until: int) -> None:
        """Note rows as out."""
        self._until.setdefault(lane, {}).update(dict.fromkeys(rows, until))

    def drop(self, rows: Iterable[int]) -> None:
        """Note rows as back."""
        for row in rows:
            for lane in self._until.values():
                lane.pop(row, None)
