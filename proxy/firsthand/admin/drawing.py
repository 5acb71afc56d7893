"""The flow of an account as bars: browser path above, server path below, on one scale.

Twins are laid out from left to right by place, so that what only the browser delivered stands
left, what both delivered in the middle, and what only the server delivered right of it. What
stands below each other is the same event. Pure; lengths are in per cent of the drawing's width.
"""

from dataclasses import dataclass
from itertools import groupby

from firsthand.admin.figures import Figures

LEAST = 1.2
"""No stretch is drawn narrower: it must be seen. The exact numbers stand beside the drawing."""

LAYOUT = (
    # place               browser     server
    ("client_only", "ok", "gone"),
    ("matched", "ok", "delivered"),
    ("would_match", "ok", "built"),
    ("unseen", "unknown", "fine"),
    ("alone", "", "delivered"),
    ("relayed", "", "built"),
    ("server_only", "gone", "delivered"),
    ("would_server_only", "gone", "built"),
    ("neither", "gone", "gone"),
)
"""How the twins of a place look on either path; the looks are classes of the style sheet."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a path that holds ``n`` twins of one look."""

    look: str
    x: float
    width: float
    n: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Both paths, and the stretches in which an event got through on both."""

    browser: tuple[Bar, ...]
    server: tuple[Bar, ...]
    both: tuple[Bar, ...]


def flow(spread: Figures) -> Flow:
    """Return the drawing of ``spread``; without bars when there is nothing to compare."""
    fine = "delivered" if spread.matched + spread.server_only else "built"
    cells = [
        (place, browser, fine if server == "fine" else server, getattr(spread, place))
        for place, browser, server in LAYOUT
    ]
    places = _place([(place, n) for place, _, _, n in cells])
    requests = spread.total - spread.client["none"]
    browser = [(look, places[place]) for place, look, _, n in cells if n and requests]
    server = [(look, places[place]) for place, _, look, n in cells if n]
    return Flow(
        browser=_join(browser),
        server=_join(server),
        both=tuple(places[place] for place in ("matched", "would_match") if place in places),
    )


def _place(sizes: list[tuple[str, int]]) -> dict[str, Bar]:
    total = sum(n for _, n in sizes)
    widths = [(name, n, max(LEAST, 100 * n / total)) for name, n in sizes if n]
    whole = sum(width for _, _, width in widths)
    bars = {}
    x = 0.0
    for name, n, width in widths:
        share = 100 * width / whole
        bars[name] = Bar(name, round(x, 3), round(share, 3), n)
        x += share
    return bars


def _join(cells: list[tuple[str, Bar]]) -> tuple[Bar, ...]:
    joined = []
    for look, group in groupby(cells, key=lambda cell: cell[0]):
        bars = [bar for _, bar in group]
        width = round(sum(bar.width for bar in bars), 3)
        joined.append(Bar(look, bars[0].x, width, sum(bar.n for bar in bars)))
    return tuple(bar for bar in joined if bar.look)
