"""What a vendor makes of an event that both paths told it: counted once, or twice, and why. Pure.

A pair are two tellings of one event in one account, under the key that the ledger knows them by.
Whether the browser's request carried that key, and how long after it the other path was taken,
decides what the vendor sees. Times are when we heard of each, not when the vendor did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from firsthand.model import Client, Server
from firsthand.rules.outcomes import ENDS_ACCEPTED
from firsthand.store.rollups import What

_BUILT = frozenset({Server.RECORDED.value, Server.VALIDATED.value})


@dataclass(frozen=True, slots=True)
class Dedups:
    """How vendors tell one event: ``windows`` by vendor, in ms (none or 0: no end is known);
    ``only`` by vendor the events that it counts once, where it does not do so with all.
    """

    windows: Mapping[str, int] = field(default_factory=dict)
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Where both paths of one event stand. ``apart_ms`` is the time between the two tellings."""

    vendor: str
    name: str
    one_account: bool
    made: bool
    client: str
    server: str
    apart_ms: int = 0


def verdict(pair: Pair, dedups: Dedups) -> What | None:
    """Return how a vendor counts a pair; ``None`` for what is no pair (any more, or yet).

    Events that a vendor never counts once are none: in mode ``both`` they go to a second account.
    """
    only = dedups.only.get(pair.vendor)
    if pair.client != Client.OK or not pair.one_account:
        return None
    if only is not None and pair.name not in only:
        return None
    if pair.server in _BUILT:
        return What.WOULD_MISSING if pair.made else What.WOULD_ONCE
    if pair.server not in ENDS_ACCEPTED:
        return None
    if pair.made:
        return What.PAIR_MISSING
    window = dedups.windows.get(pair.vendor, 0)
    return What.PAIR_LATE if window and pair.apart_ms > window else What.PAIR_ONCE
