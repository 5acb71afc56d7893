"""Both paths over time as columns: one for each hour or day, of what came through where. Pure.

Lengths along the time are in per cent of the drawing's width, heights in parts of its height.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from firsthand.admin.timeline import Point

GAP = 0.22
"""Of a column's share of the width, what stays free."""
LEAST = 0.02
"""Nothing that is there is drawn lower: it must be seen. The table tells its number."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a column, from ``y`` down: 0 is the top. ``look`` is a class of the style sheet."""

    look: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """An hour or day."""

    x: float
    width: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """The columns, and how many events the full height stands for."""

    columns: tuple[Column, ...]
    most: int


def course(points: Sequence[Point]) -> Course:
    """Return the drawing of ``points``."""
    most = max((point.total for point in points), default=0)
    share = 100 / len(points) if points else 0
    columns = (
        Column(
            round(share * (number + GAP / 2), 3), round(share * (1 - GAP), 3), _parts(point, most)
        )
        for number, point in enumerate(points)
        if point.total
    )
    return Course(tuple(columns), most)


def _parts(point: Point, most: int) -> tuple[Part, ...]:
    sizes = (
        ("both", point.both),
        ("browser", point.browser - point.both),
        ("server", point.server - point.both),
        ("gone", point.total - point.browser - point.server + point.both),
    )
    heights = [(look, max(LEAST, n / most)) for look, n in sizes if n > 0]
    # What is drawn higher than it is must not push the column out of the drawing.
    fit = min(1.0, 1.0 / sum(height for _, height in heights))
    parts, y = [], 1.0
    for look, height in heights:
        y -= height * fit
        parts.append(Part(look, round(max(0.0, y), 4), round(height * fit, 4)))
    return tuple(parts)
