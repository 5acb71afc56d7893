"""How visitors stood to consent over a span of time, and which events came too early. Pure.

The drawing is a bar for each hour (each day, in long spans), stacked by ``Stand``; lengths across
are in per cent of its width, heights in pixels. The same numbers stand in a table below it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firsthand.admin.rows import DAY_MS, HOUR_MS, Span
from firsthand.rules.chain import Head
from firsthand.rules.standing import OTHER_PAGE, Stand
from firsthand.store.receipts import Early, StandCount
from firsthand.store.rollups import NoteCount

SHOWN_PAGES = 25
HEIGHT = 140
GAP = 0.15
"""Share of a bar's place that is left free."""
PROBLEM = "consent_"


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of one bar that holds ``n`` events."""

    stand: Stand
    x: float
    width: float
    y: float
    height: float
    n: int


@dataclass(frozen=True, slots=True)
class Moment:
    """An hour or a day (its start, Unix ms): events by stand."""

    at: int
    counts: Mapping[Stand, int]
    total: int


@dataclass(frozen=True, slots=True)
class Place:
    """A page on which events came too early; ``share`` of all that did."""

    page: str
    source: str
    n: int
    share: float


@dataclass(frozen=True, slots=True)
class Problem:
    """What a source said that could not be read, or was noted."""

    source: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Race:
    """The page's contents. ``stands`` are those that occur; ``head`` is the end of the chain."""

    span: Span
    total: int
    early: int
    stands: tuple[Stand, ...]
    moments: tuple[Moment, ...]
    bars: tuple[Bar, ...]
    places: tuple[Place, ...]
    problems: tuple[Problem, ...]
    head: Head

    @property
    def share(self) -> float:
        """Return the share of events that came too early."""
        return self.early / self.total if self.total else 0.0


def build(
    span: Span,
    stands: Sequence[StandCount],
    early: Sequence[Early],
    notes: Sequence[NoteCount],
    head: Head,
) -> Race:
    """Return the page's contents."""
    moments = _moments(span, stands)
    total = sum(one.total for one in moments)
    occurring = tuple(each for each in Stand if any(one.counts.get(each) for one in moments))
    return Race(
        span=span,
        total=total,
        early=sum(one.counts.get(Stand.UNDECIDED, 0) for one in moments),
        stands=occurring,
        moments=tuple(one for one in reversed(moments) if one.total),
        bars=tuple(_bars(moments)),
        places=_places(early),
        problems=_problems(notes),
        head=head,
    )


def _moments(span: Span, stands: Sequence[StandCount]) -> list[Moment]:
    """Return every hour or day of the span, empty ones too, oldest first."""
    step = DAY_MS if span.by_day else HOUR_MS
    found: dict[int, Counter[Stand]] = {
        at: Counter() for at in range(span.since - span.since % step, span.until, step)
    }
    for one in stands:
        at = one.at - one.at % step
        if at in found:
            found[at][one.stand] += one.n
    return [Moment(at, counts, counts.total()) for at, counts in found.items()]


def _bars(moments: Sequence[Moment]) -> list[Bar]:
    most = max((one.total for one in moments), default=0)
    width = 100 / max(len(moments), 1)
    bars: list[Bar] = []
    for place, one in enumerate(moments):
        x, wide, y = round(place * width, 3), round(width * (1 - GAP), 3), float(HEIGHT)
        for each in (stand for stand in Stand if one.counts.get(stand)):
            n = one.counts[each]
            y -= n * HEIGHT / most
            bars.append(Bar(each, x, wide, round(y, 2), round(n * HEIGHT / most, 2), n))
    return bars


def _places(early: Sequence[Early]) -> tuple[Place, ...]:
    """Return the pages with most of them; the rest together, and last what has no name."""
    whole = sum(one.n for one in early)
    named = [one for one in early if one.page != OTHER_PAGE]
    rest = [one for one in early if one.page == OTHER_PAGE] + list(named[SHOWN_PAGES:])
    others: Counter[str] = Counter()
    for one in rest:
        others[one.source] += one.n
    rows = [(one.page, one.source, one.n) for one in named[:SHOWN_PAGES]]
    rows += [(OTHER_PAGE, source, n) for source, n in others.most_common()]
    return tuple(Place(page, source, n, n / whole) for page, source, n in rows)


def _problems(notes: Sequence[NoteCount]) -> tuple[Problem, ...]:
    found: Counter[tuple[str, str]] = Counter()
    for note in notes:
        source, colon, reason = note.reason.removeprefix(PROBLEM).partition(":")
        if not note.vendor and note.reason.startswith(PROBLEM) and colon:
            found[source, reason] += note.n
    return tuple(Problem(*key, n) for key, n in found.most_common())
