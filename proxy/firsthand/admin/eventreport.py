"""An account's events, a report for each name. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from firsthand.admin.figures import Figures, figures
from firsthand.admin.matchquality import Quality, quality
from firsthand.admin.quality import KeyCoverage, Speed, coverage, event_keys, speed
from firsthand.admin.worth import Sums, sums
from firsthand.model import Mode
from firsthand.store.rollups import Count, Coverage, Fact, Latency, Worth
from firsthand.vendor import Vendor

MAX_EVENTS = 40
"""Event names listed for an account; the rarer rest is one row. Pages choose names freely."""


@dataclass(frozen=True, slots=True)
class EventReport:
    """One event name of an account; ``names`` > 1: that many rarer names together, unnamed."""

    name: str
    names: int
    figures: Figures
    money: tuple[Sums, ...]
    speed: Speed
    coverage: tuple[KeyCoverage, ...]
    quality: Quality | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger tells of an account beside its counts."""

    worth: Sequence[Worth] = ()
    latency: Sequence[Latency] = ()
    coverage: Sequence[Coverage] = ()
    facts: Sequence[Fact] = ()


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_HasName)


def events(
    counts: Iterable[Count], told: Told, mode: Mode | None, vendor: Vendor | None
) -> tuple[EventReport, ...]:
    """Return an account's events by name, those with the most twins first, the rarest as one."""
    by_name, facts, covers = _by_name(counts), _by_name(told.facts), _by_name(told.coverage)
    worths, times = _by_name(told.worth), _by_name(told.latency)
    names = sorted(by_name, key=lambda name: (-sum(row.n for row in by_name[name]), name))

    def event(name: str, of: Sequence[str]) -> EventReport:
        total = event_keys(_of(facts, of)).total
        covered = coverage(_of(covers, of), total)
        return EventReport(
            name=name,
            names=len(of),
            figures=figures(_of(by_name, of), mode),
            money=sums(_of(worths, of), mode),
            speed=speed(_of(times, of)),
            coverage=covered,
            quality=quality(covered, vendor),
        )

    shown = [event(name, [name]) for name in names[:MAX_EVENTS]]
    rest = names[MAX_EVENTS:]
    return (*shown, event("", rest)) if rest else tuple(shown)


def _by_name(rows: Iterable[_N]) -> dict[str, list[_N]]:
    found: dict[str, list[_N]] = defaultdict(list)
    for row in rows:
        found[row.name].append(row)
    return found


def _of(rows: Mapping[str, list[_N]], names: Iterable[str]) -> list[_N]:
    return [row for name in names for row in rows.get(name, ())]
