"""What became of the events of all lanes since this process delivers: counts for the metrics.

Every word of a key is from a closed list or from the configuration; nothing here is of a visitor.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from firsthand.model import Beacon, Outcome, Reason
from firsthand.rules.outcomes import BUCKETS_MS, ENDS_ACCEPTED, server_state


@dataclass(slots=True)
class Spread:
    """Times in ms: how many were in each bucket of ``BUCKETS_MS``, the last without bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_MS) + 1))
    total_ms: int = 0

    def add(self, ms: int) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS_MS, ms)] += 1
        self.total_ms += ms


@dataclass(slots=True)
class Tally:
    """``ended`` by vendor, account, state, reason; ``retried`` by vendor, account, reason; ``took``
    by vendor: from arrival to acceptance."""

    ended: Counter[tuple[str, ...]] = field(default_factory=Counter)
    retried: Counter[tuple[str, ...]] = field(default_factory=Counter)
    took: defaultdict[str, Spread] = field(default_factory=lambda: defaultdict(Spread))

    def end(self, beacon: Beacon, outcome: Outcome, *, now: int) -> None:
        """Count an event that was settled."""
        state, reason = server_state(outcome)
        self.ended[beacon.vendor, beacon.to, state.value, reason.value] += 1
        if state in ENDS_ACCEPTED:
            self.took[beacon.vendor].add(max(0, now - beacon.at))

    def again(self, beacon: Beacon, reason: Reason) -> None:
        """Count a call that an event made in vain."""
        self.retried[beacon.vendor, beacon.to, reason.value] += 1
