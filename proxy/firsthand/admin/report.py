"""Rows of the ledger -> ``Report``: both paths of every account side by side, the gap explained.

Pure: ``rows.collect`` reads the rows, ``figures`` defines what each figure means.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import orjson

from firsthand.admin.causes import EXPLANATIONS, GAP, Cause, cause, note_cause
from firsthand.admin.conversions import is_sale
from firsthand.admin.dedup import Dedup, dedup
from firsthand.admin.eventreport import EventReport, Told, events
from firsthand.admin.figures import Figures, Rate, figures, has_browser_path, rate, where
from firsthand.admin.holdout import Lift, lift
from firsthand.admin.matchquality import Quality, quality
from firsthand.admin.quality import KeyCoverage, Keys, Speed, coverage, event_keys, speed
from firsthand.admin.robots import Robots, robots
from firsthand.admin.rows import Rows, Span
from firsthand.admin.timeline import Point, timeline
from firsthand.admin.worth import Amount, Sums, missed, sums
from firsthand.model import Mode, Reason
from firsthand.store.contract import Backlog
from firsthand.store.rollups import Count, NoteCount, Worth
from firsthand.vendor import Vendor

Key = tuple[str, str]
"""Vendor key and the account of the browser's beacon."""


class Configured(Protocol):
    """What a report needs to know of a configured account."""

    @property
    def mode(self) -> Mode: ...  # noqa: D102 - told above
    @property
    def second(self) -> str: ...  # noqa: D102 - told above


class Shop(Protocol):
    """What it needs to know of the site."""

    @property
    def name(self) -> str: ...  # noqa: D102 - told above
    @property
    def accounts(self) -> Mapping[Key, Configured]: ...  # noqa: D102 - told above
    @property
    def vendors(self) -> Mapping[str, Vendor]: ...  # noqa: D102 - told above


@dataclass(frozen=True, slots=True)
class Gap:
    """How many twins did not match for one cause, what they are worth, and how many notes count
    for it beside them.
    """

    cause: Cause
    twins: int
    notes: int
    explanation: str
    money: tuple[Amount, ...]


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
    a match rate of nought. ``money`` is of purchases alone, of the others it does not add up;
    ``explained``: the share of the events that did not match of which the cause is known;
    ``quality`` is an estimate of ours, ``lift`` what the holdout shows (``None``: there is none).
    """

    vendor: str
    title: str
    account: str
    second: str
    mode: Mode | None
    has_browser_path: bool
    figures: Figures
    events: tuple[EventReport, ...]
    points: tuple[Point, ...]
    money: tuple[Sums, ...]
    gap: tuple[Gap, ...]
    explained: Rate | None
    robots: Robots
    coverage: tuple[KeyCoverage, ...]
    quality: Quality | None
    keys: Keys
    dedup: Dedup
    lift: Lift | None
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


def build(rows: Rows, site: Shop, over: Span) -> Report:
    """Return the report on ``rows``: configured accounts first, in their order, empty ones too."""
    parts = _Parts(rows)
    unknown = sorted(parts.counts.keys() - site.accounts.keys())
    strangers = [key for key in unknown if _is_stranger(parts.counts[key])]
    keys = [key for key in (*site.accounts, *unknown) if key not in strangers]
    accounts = tuple(_account(key, parts, site, over) for key in keys)
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
        self.worth = _by_account(rows.worth)
        self.arms = _by_account(rows.arms)
        self.notes = _by_account(rows.notes)
        self.coverage = _by_account(rows.coverage)
        self.latency = _by_account(rows.latency)
        self.facts = _by_account(rows.facts)
        self.backlog = rows.backlog


def _is_stranger(counts: Iterable[Count]) -> bool:
    return all(row.reason is Reason.UNKNOWN_ACCOUNT for row in counts)


def _account(key: Key, parts: _Parts, site: Shop, over: Span) -> AccountReport:
    configured = site.accounts.get(key)
    vendor = site.vendors.get(key[0])
    mode = None if configured is None else configured.mode
    second = "" if configured is None else configured.second
    counts = parts.counts.get(key, [])
    notes = parts.notes.get(key, [])
    worth = parts.worth.get(key, [])
    facts = parts.facts.get(key, [])
    told = Told(worth, parts.latency.get(key, []), parts.coverage.get(key, []), facts)
    keys = event_keys(facts)
    covered = coverage(told.coverage, keys.total)
    gap = _gap(counts, notes, worth, mode)
    return AccountReport(
        vendor=key[0],
        title=key[0] if vendor is None else vendor.title,
        account=key[1],
        second=second,
        mode=mode,
        has_browser_path=has_browser_path(mode),
        figures=figures(counts, mode),
        events=events(counts, told, mode, vendor),
        points=timeline(counts, over),
        money=sums([row for row in worth if is_sale(vendor, row.name)], mode),
        gap=gap,
        explained=_explained(gap),
        robots=robots(facts, counts),
        coverage=covered,
        quality=quality(covered, vendor),
        keys=keys,
        dedup=dedup(facts, vendor, mode),
        lift=lift(parts.arms.get(key, []), vendor),
        speed=speed(told.latency),
        beside=_beside(row for row in notes if note_cause(row.reason) is None),
        lanes=_lanes(parts.backlog, key[0], (key[1], second)),
    )


def _gap(
    counts: Iterable[Count],
    notes: Iterable[NoteCount],
    worth: Iterable[Worth],
    mode: Mode | None,
) -> tuple[Gap, ...]:
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
    money = missed(worth, mode)
    return tuple(
        Gap(each, twins[each], beside[each], EXPLANATIONS[each], money.get(each, ()))
        for each in found
    )


def _explained(gap: Iterable[Gap]) -> Rate | None:
    twins = {each.cause: each.twins for each in gap}
    return rate(sum(twins.values()) - twins.get(Cause.UNEXPLAINED, 0), sum(twins.values()))


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
