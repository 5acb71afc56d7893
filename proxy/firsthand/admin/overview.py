"""One line for each account, with its course over time: what the first page shows. Pure.

It is made of the roll-ups by account alone, so that its cost follows the span and the number of
accounts, not the number of events or of their names.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from firsthand.admin.figures import Figures, figures, has_browser_path
from firsthand.admin.rows import Span
from firsthand.admin.timeline import Point, points
from firsthand.model import Mode, Reason
from firsthand.rules.alerts import Alert
from firsthand.rules.site import Site
from firsthand.store.contract import Backlog, Ledger, Queue
from firsthand.store.rollups import Count, Course, Slice

Key = tuple[str, str]
"""Vendor key and account."""


@dataclass(frozen=True, slots=True)
class Line:
    """An account at a glance. ``mode`` is ``None`` for one that is not configured any more;
    ``waiting`` and ``dead``: beacons of its lanes now.
    """

    vendor: str
    title: str
    account: str
    mode: Mode | None
    has_browser_path: bool
    figures: Figures
    points: tuple[Point, ...]
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What happened in ``span``, an account a line: configured ones first, in their order.

    ``alerts``: the rules that fire now, the oldest first.
    """

    site: str
    span: Span
    total: int
    lines: tuple[Line, ...]
    alerts: tuple[Alert, ...] = ()


async def read_overview(ledger: Ledger, queue: Queue, site: Site, over: Span) -> Overview:
    """Return the overview of ``over``. Raises ``OSError``."""
    of = Slice(over.since, over.until, over.by_day)
    counts, courses = await ledger.overview(of), await ledger.courses(of)
    return overview(counts, courses, await queue.backlog(), site, over)


def overview(
    counts: Iterable[Count],
    courses: Iterable[Course],
    backlog: Iterable[Backlog],
    site: Site,
    over: Span,
) -> Overview:
    """Return the overview on what the ledger told. Accounts that were never ours have no line."""
    by: dict[Key, list[Count]] = defaultdict(list)
    for row in counts:
        by[row.vendor, row.account].append(row)
    went: dict[Key, list[Course]] = defaultdict(list)
    for course in courses:
        went[course.vendor, course.account].append(course)
    waiting = list(backlog)
    others = sorted(by.keys() - site.accounts.keys())
    keys = [*site.accounts, *(key for key in others if not _is_stranger(by[key]))]
    lines = tuple(_line(key, by[key], points(went[key], over), waiting, site) for key in keys)
    return Overview(site.name, over, sum(line.figures.total for line in lines), lines)


def _is_stranger(rows: Iterable[Count]) -> bool:
    return all(row.reason is Reason.UNKNOWN_ACCOUNT for row in rows)


def _line(
    key: Key,
    rows: list[Count],
    went: tuple[Point, ...],
    backlog: list[Backlog],
    site: Site,
) -> Line:
    vendor, account = key
    configured, known = site.accounts.get(key), site.vendors.get(vendor)
    mode = configured.mode if configured else None
    to = {account, configured.second if configured else account}
    lanes = [each for each in backlog if each.lane.vendor == vendor and each.lane.account in to]
    return Line(
        vendor=vendor,
        title=known.title if known else vendor,
        account=account,
        mode=mode,
        has_browser_path=has_browser_path(mode),
        figures=figures(rows, mode),
        points=went,
        waiting=sum(each.waiting for each in lanes),
        dead=sum(each.dead for each in lanes),
    )
