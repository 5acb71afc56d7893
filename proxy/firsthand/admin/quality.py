"""How good the data is: match keys on both paths, event keys, time to acceptance. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from firsthand.admin.figures import Rate, at_most, rate
from firsthand.model import MatchKey
from firsthand.store.rollups import Coverage, Fact, Latency, What


@dataclass(frozen=True, slots=True)
class KeyCoverage:
    """The share of twins with a match key: as the browser sent it, and as we can send it."""

    key: str
    client: Rate | None
    server: Rate | None


@dataclass(frozen=True, slots=True)
class Keys:
    """Beacons and their event keys.

    ``received`` beacons made ``total`` events; ``made`` of these had no key on the wire. The other
    beacons were of events known already: ``repeated`` came again by the same way, ``joined`` by
    another way, ``improved`` told a better outcome or opened the server path.
    """

    received: int
    total: int
    made: int
    repeated: int
    joined: int
    improved: int


@dataclass(frozen=True, slots=True)
class Speed:
    """Time from arrival to acceptance of ``of`` twins, as upper bounds: at most so many ms.

    ``None`` where no bound of the histogram is high enough, and where ``of`` is 0.
    """

    of: int
    p50_ms: int | None
    p95_ms: int | None
    p99_ms: int | None


def coverage(rows: Iterable[Coverage], of: int) -> tuple[KeyCoverage, ...]:
    """Return the keys that any of ``of`` twins carried, in the order of ``MatchKey``.

    A path without a row for a key has no twin with it.
    """
    have: Counter[tuple[str, str]] = Counter()
    for row in rows:
        have[row.path, row.key.lower()] += row.n
    known = [(key.name or "").lower() for key in MatchKey]
    return tuple(
        KeyCoverage(key, rate(have["client", key], of), rate(have["server", key], of))
        for key in known
        if have["client", key] or have["server", key]
    )


def event_keys(rows: Iterable[Fact]) -> Keys:
    """Return the sums of ``rows``."""
    n: Counter[What] = Counter()
    for row in rows:
        n[row.what] += row.n
    further = (n[What.REPEATED], n[What.JOINED], n[What.IMPROVED])
    return Keys(n[What.TOTAL] + sum(further), n[What.TOTAL], n[What.MADE], *further)


def speed(rows: Iterable[Latency]) -> Speed:
    """Return the percentiles. Each twin is in one bucket, the lowest that holds it."""
    histogram: Counter[int] = Counter()
    for row in rows:
        histogram[row.up_to_ms] += row.n
    found = tuple(at_most(histogram.items(), share) for share in (0.5, 0.95, 0.99))
    return Speed(histogram.total(), *found)
