"""Both paths over time: a point for each hour or day of a span, empty ones too. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from firsthand.admin.causes import DELIVERED, WOULD
from firsthand.admin.rows import Span
from firsthand.model import Client
from firsthand.store.rollups import Count, Course


@dataclass(frozen=True, slots=True)
class Point:
    """One hour or day, from ``at`` on (Unix ms): how many twins arrived, of how many the browser's
    own request got through, how many the API took (in shadow: how many were built), of how many
    both.
    """

    at: int
    total: int
    browser: int
    server: int
    both: int


def timeline(rows: Iterable[Count], over: Span) -> tuple[Point, ...]:
    """Return the points of ``over``, the oldest first; the last one is not over yet."""
    sums: dict[int, list[int]] = {}
    for row in rows:
        add = sums.setdefault(row.at, [0, 0, 0, 0])
        browser, server = row.client is Client.OK, row.server in DELIVERED | WOULD
        add[0] += row.n
        add[1] += row.n * browser
        add[2] += row.n * server
        add[3] += row.n * (browser and server)
    return _filled({at: Point(at, *add) for at, add in sums.items()}, over)


def points(rows: Iterable[Course], over: Span) -> tuple[Point, ...]:
    """Return the same of an account's course."""
    told = {row.at: Point(row.at, row.total, row.browser, row.server, row.both) for row in rows}
    return _filled(told, over)


def _filled(told: dict[int, Point], over: Span) -> tuple[Point, ...]:
    return tuple(
        told.get(at) or Point(at, 0, 0, 0, 0) for at in range(over.since, over.until, over.step)
    )
