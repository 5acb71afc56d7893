"""Rows of the ledger -> ``Report``: both paths of every account side by side, the gap explained.

Pure: ``rows.collect`` reads the rows, ``figures`` defines what each figure means.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import orjson

from firsthand.admin.causes import EXPLANATIONS, GAP, Cause, cause, note_cause
from firsthand.admin.figures import Figures, figures, has_browser_path, where
from firsthand.admin.quality import KeyCoverage, Keys, Speed, coverage, event_keys, speed
from firsthand.admin.rows import Rows, Span
from firsthand.model import Mode, Reason
from firsthand.rules.site import Site
from firsthand.store.contract import Backlog, Count, NoteCount

MAX_EVENTS = 40
"""Event names listed for an account; the rarer rest is one row. Pages choose names freely."""

Key = tuple[str, str]
"""Vendor key and the account of the browser's beacon."""


@dataclass(frozen=True, slots=True)
class EventReport:
    """One event name of an account; ``names`` > 1: that many rarer names together, unnamed."""

    name: str
    names: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Gap:
    """How many twins did not match for one cause, and how many notes count for it beside them."""

    cause: Cause
    twins: int
    notes: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Beside:
    """How often something was counted that left no event behind."""

    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lane: destination, beacons waiting and dead, arrival of the oldest waiting (0: none)."""

    to: str
    waiting: int
    oldest_at: int
    dead: int


@dataclass(frozen=True, slots=True)
class AccountReport:
    """Both paths of one account. ``mode`` is ``None`` for one that is not configured any more.

    ``has_browser_path`` is false in mode ``server``: then there is nothing to match, which is not
    a match rate of nought.
    """

    vendor: str
    title: str
    account: str
    second: str
    mode: Mode | None
    has_browser_path: bool
    figures: Figures
    events: tuple[EventReport, ...]
    gap: tuple[Gap, ...]
    coverage: tuple[KeyCoverage, ...]
    keys: Keys
    speed: Speed
    beside: tuple[Beside, ...]
    lanes: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What happened in ``span``. ``strangers``: twins by vendor that name an unknown account."""

    site: str
    span: Span
    total: int
    accounts: tuple[AccountReport, ...]
    strangers: Mapping[str, int]
    beside: tuple[Beside, ...]


def build(rows: Rows, site: Site, over: Span) -> Report:
    """Return the report on ``rows``: configured accounts first, in their order, empty ones too."""
    parts = _Parts(rows)
    unknown = sorted(parts.counts.keys() - site.accounts.keys())
    strangers = [key for key in unknown if _is_stranger(parts.counts[key])]
    keys = [key for key in (*site.accounts, *unknown) if key not in strangers]
    accounts = tuple(_account(key, parts, site) for key in keys)
    seen: Counter[str] = Counter()
    for key in strangers:
        seen[key[0]] += sum(row.n for row in parts.counts[key])
    return Report(
        site=site.name,
        span=over,
        total=sum(account.figures.total for account in accounts),
        accounts=accounts,
        strangers=dict(seen),
        beside=_beside(row for row in rows.notes if (row.vendor, row.account) not in keys),
    )


def dump(report: Report) -> bytes:
    """Return the report as JSON."""
    return orjson.dumps(report)


class _Row(Protocol):
    @property
    def vendor(self) -> str: ...
    @property
    def account(self) -> str: ...


_R = TypeVar("_R", bound=_Row)


def _by_account(rows: Iterable[_R]) -> dict[Key, list[_R]]:
    groups: dict[Key, list[_R]] = defaultdict(list)
    for row in rows:
        groups[row.vendor, row.account].append(row)
    return groups


class _Parts:
    """The rows, grouped by account."""

    def __init__(self, rows: Rows) -> None:
        self.counts = _by_account(rows.counts)
        self.notes = _by_account(rows.notes)
        self.coverage = _by_account(rows.coverage)
        self.latency = _by_account(rows.latency)
        self.key_health = _by_account(rows.key_health)
        self.backlog = rows.backlog


def _is_stranger(counts: Iterable[Count]) -> bool:
    return all(row.reason is Reason.UNKNOWN_ACCOUNT for row in counts)


def _account(key: Key, parts: _Parts, site: Site) -> AccountReport:
    configured = site.accounts.get(key)
    mode = None if configured is None else configured.mode
    second = "" if configured is None else configured.second
    counts = parts.counts.get(key, [])
    notes = parts.notes.get(key, [])
    return AccountReport(
        vendor=key[0],
        title=_title(key[0], site),
        account=key[1],
        second=second,
        mode=mode,
        has_browser_path=has_browser_path(mode),
        figures=figures(counts, mode),
        events=_events(counts, mode),
        gap=_gap(counts, notes, mode),
        coverage=coverage(parts.coverage.get(key, [])),
        keys=event_keys(parts.key_health.get(key, [])),
        speed=speed(parts.latency.get(key, [])),
        beside=_beside(row for row in notes if note_cause(row.reason) is None),
        lanes=_lanes(parts.backlog, key[0], (key[1], second)),
    )


def _title(vendor: str, site: Site) -> str:
    known = site.vendors.get(vendor)
    return vendor if known is None else known.title


def _events(counts: Iterable[Count], mode: Mode | None) -> tuple[EventReport, ...]:
    by_name: dict[str, list[Count]] = defaultdict(list)
    for row in counts:
        by_name[row.name].append(row)
    names = sorted(by_name, key=lambda name: (-sum(row.n for row in by_name[name]), name))
    shown = [EventReport(name, 1, figures(by_name[name], mode)) for name in names[:MAX_EVENTS]]
    rest = names[MAX_EVENTS:]
    if rest:
        rows = [row for name in rest for row in by_name[name]]
        shown.append(EventReport("", len(rest), figures(rows, mode)))
    return tuple(shown)


def _gap(counts: Iterable[Count], notes: Iterable[NoteCount], mode: Mode | None) -> tuple[Gap, ...]:
    twins: Counter[Cause] = Counter()
    beside: Counter[Cause] = Counter()
    for row in counts:
        if where(row, mode) in GAP:
            twins[cause(row.client, row.server, row.reason)] += row.n
    for note in notes:
        of = note_cause(note.reason)
        if of is not None:
            beside[of] += note.n
    found = [each for each in Cause if twins[each] or beside[each]]
    found.sort(key=lambda each: (-twins[each], -beside[each]))
    return tuple(Gap(each, twins[each], beside[each], EXPLANATIONS[each]) for each in found)


def _beside(rows: Iterable[NoteCount]) -> tuple[Beside, ...]:
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row.reason] += row.n
    return tuple(Beside(reason, n) for reason, n in seen.most_common())


def _lanes(backlog: Iterable[Backlog], vendor: str, accounts: Key) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(each.lane.account, each.waiting, each.oldest_at, each.dead)
        for each in backlog
        if each.lane.vendor == vendor and each.lane.account in accounts
    )
