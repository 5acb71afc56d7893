"""The rows of a report: what the ledger and the queue tell about one span of time."""

from collections.abc import Sequence
from dataclasses import dataclass

from firsthand.store.contract import Backlog, Ledger, Queue
from firsthand.store.rollups import (
    ArmCount,
    Count,
    Coverage,
    Fact,
    Latency,
    NoteCount,
    Slice,
    Worth,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SPANS = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS}
DEFAULT_SPAN = "24h"


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, Unix milliseconds; ``name`` is a key of ``SPANS``."""

    name: str
    since: int
    until: int

    @property
    def by_day(self) -> bool:
        """Say whether the roll-ups of days suffice for it."""
        return SPANS[self.name] > DAY_MS

    @property
    def step(self) -> int:
        """Return how far apart its roll-ups are, in ms."""
        return DAY_MS if self.by_day else HOUR_MS


@dataclass(frozen=True, slots=True)
class Rows:
    """What a report is made of."""

    counts: Sequence[Count] = ()
    worth: Sequence[Worth] = ()
    arms: Sequence[ArmCount] = ()
    notes: Sequence[NoteCount] = ()
    coverage: Sequence[Coverage] = ()
    latency: Sequence[Latency] = ()
    facts: Sequence[Fact] = ()
    backlog: Sequence[Backlog] = ()


def span(name: str, *, now: int) -> Span:
    """Return the span that ends after ``now`` and starts at a full hour (day, where days suffice).

    Roll-ups know hours and days only, so a span of an hour holds the hour before as well. An
    unknown name means the default.
    """
    known = name if name in SPANS else DEFAULT_SPAN
    step = HOUR_MS if SPANS[known] <= DAY_MS else DAY_MS
    start = now - SPANS[known]
    return Span(known, start - start % step, now + 1)


async def collect(
    ledger: Ledger, queue: Queue, over: Span, *, vendor: str = "", account: str = ""
) -> Rows:
    """Return the rows of ``over``: of all accounts, or of one."""
    of = Slice(over.since, over.until, over.by_day, vendor, account)
    return Rows(
        counts=await ledger.counts(of),
        worth=await ledger.worth(of),
        arms=await ledger.arms(of),
        notes=await ledger.notes(of),
        coverage=await ledger.coverage(of),
        latency=await ledger.latency(of),
        facts=await ledger.facts(of),
        backlog=await queue.backlog(),
    )
