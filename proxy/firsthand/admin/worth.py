"""What events are worth on either path, and what one path alone has of it. Pure.

Amounts are added up as whole numbers and leave as decimal texts. Currencies are never added up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firsthand.admin.causes import DELIVERED, GAP, WOULD, Cause, Place, cause, place
from firsthand.admin.figures import has_browser_path
from firsthand.model import Client, Mode
from firsthand.rules.money import decimal
from firsthand.store.rollups import Worth


@dataclass(frozen=True, slots=True)
class Sums:
    """What events are worth in one currency ("": none was told), by what each path told.

    ``browser`` is what the browser's own requests that got through told, ``server`` what the
    vendor's API took, ``built`` what shadow would have sent. ``both`` and ``both_server`` are of
    the matched events, by what the browser and what the server path told: they differ where the
    paths tell different amounts. The other three are what one path alone delivered (or would).
    """

    currency: str
    browser: str
    server: str
    built: str
    both: str
    both_server: str
    browser_only: str
    server_only: str
    would_server_only: str


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a currency, as a decimal text."""

    currency: str
    amount: str


def sums(rows: Iterable[Worth], mode: Mode | None) -> tuple[Sums, ...]:
    """Return the sums by currency, the one with the most on either path first."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        client, server, _ = row.state
        add, where = found[row.currency], _place(row, mode)
        add["browser"] += row.client if client is Client.OK else 0
        add["server"] += row.server if server in DELIVERED else 0
        add["built"] += row.server if server in WOULD else 0
        if where in {Place.MATCHED, Place.WOULD_MATCH}:
            add["both"] += row.client
            add["both_server"] += row.server
        add["browser_only"] += row.client if where is Place.CLIENT_ONLY else 0
        add["server_only"] += row.server if where is Place.SERVER_ONLY else 0
        add["would_server_only"] += row.server if where is Place.WOULD_SERVER_ONLY else 0
    names = Sums.__slots__[1:]
    order = sorted(found, key=lambda code: (-max(found[code].values()), code))
    return tuple(
        Sums(code, *(decimal(found[code][name]) for name in names))
        for code in order
        if any(found[code].values())
    )


def missed(rows: Iterable[Worth], mode: Mode | None) -> Mapping[Cause, tuple[Amount, ...]]:
    """Return what the events that did not match are worth, by cause: what a path that told of them
    told, the browser's where it got through.
    """
    found: dict[Cause, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if _place(row, mode) in GAP:
            got_through = row.state[0] is Client.OK
            found[cause(*row.state)][row.currency] += row.client if got_through else row.server
    return {
        why: tuple(Amount(code, decimal(n)) for code, n in by.most_common() if n)
        for why, by in found.items()
    }


def _place(row: Worth, mode: Mode | None) -> Place:
    return place(*row.state, has_browser_path=has_browser_path(mode))
