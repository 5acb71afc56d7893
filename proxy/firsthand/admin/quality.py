"""How good the data is: match keys on both paths, event keys, time to acceptance. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from firsthand.admin.figures import Rate, at_most, rate
from firsthand.model import MatchKey
from firsthand.store.contract import Coverage, KeyHealth, Latency


@dataclass(frozen=True, slots=True)
class KeyCoverage:
    """The share of twins with a match key: as the browser sent it, and as we can send it."""

    key: str
    client: Rate | None
    server: Rate | None


@dataclass(frozen=True, slots=True)
class Keys:
    """Event keys: ``total`` events, ``made`` had none on the wire, ``repeated`` came again."""

    total: int
    made: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Speed:
    """Time from arrival to acceptance of ``of`` twins, as upper bounds: at most so many ms.

    ``None`` where no bound of the histogram is high enough, and where ``of`` is 0.
    """

    of: int
    p50_ms: int | None
    p95_ms: int | None


def coverage(rows: Iterable[Coverage]) -> tuple[KeyCoverage, ...]:
    """Return the keys that any twin carried, in the order of ``MatchKey``.

    A path without a row for a key has no twin with it; ``of`` is the same in all rows.
    """
    have: Counter[tuple[str, str]] = Counter()
    of = 0
    for row in rows:
        have[row.path, row.key.lower()] += row.n
        of = max(of, row.of)
    known = [(key.name or "").lower() for key in MatchKey]
    return tuple(
        KeyCoverage(key, rate(have["client", key], of), rate(have["server", key], of))
        for key in known
        if have["client", key] or have["server", key]
    )


def event_keys(rows: Iterable[KeyHealth]) -> Keys:
    """Return the sums of ``rows``."""
    total = made = repeated = 0
    for row in rows:
        total += row.total
        made += row.made
        repeated += row.repeated
    return Keys(total, made, repeated)


def speed(rows: Iterable[Latency]) -> Speed:
    """Return median and 95th percentile. Each twin is in one bucket, the lowest that holds it."""
    histogram = [(row.up_to_ms, row.n) for row in rows]
    of = sum(n for _, n in histogram)
    return Speed(of, at_most(histogram, 0.5), at_most(histogram, 0.95))
