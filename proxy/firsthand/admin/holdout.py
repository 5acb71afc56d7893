"""What the server path adds, by experiment: a part of the visitors is left out by chance. Pure.

Both arms are measured alike: of the events that we heard of, the share that reached the vendor, by
the browser's own request or by the API. In the held arm there is the browser's alone. As chance
drew the visitors, the difference of the shares is the server path's doing. It is analysed as drawn:
an event of a held visitor that the shop's server told first, and that was sent before we knew,
stays in the held arm.

Difference of two shares: R. G. Newcombe, "Interval estimation for the difference between
independent proportions", Statistics in Medicine 17 (1998), method 10 (from Wilson's intervals).
Visitors are drawn, events are counted: where one visitor causes many events the true interval is
wider. So it is given for purchases and leads, which a visitor seldom repeats.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from firsthand.admin.causes import DELIVERED
from firsthand.admin.conversions import is_conversion
from firsthand.admin.figures import Rate, rate
from firsthand.model import Client
from firsthand.rules.holdout import Arm
from firsthand.store.rollups import ArmCount
from firsthand.vendor import Vendor

LEAST = 30
"""Fewer events in an arm say nothing, whatever their interval."""


@dataclass(frozen=True, slots=True)
class Lift:
    """``treated``, ``held``: the share of conversions that reached the vendor, in each arm.

    ``points`` is their difference with its 95 % interval (shares from -1 to 1), ``relative`` how
    many times the held arm's share that is (``None`` where that is nought). ``enough``: both arms
    have ``LEAST`` events; ``clear``: the interval leaves nought out. ``says`` tells it in words.
    """

    treated: Rate | None
    held: Rate | None
    points: float | None
    low: float | None
    high: float | None
    relative: float | None
    enough: bool
    clear: bool
    says: str


def lift(rows: Iterable[ArmCount], vendor: Vendor | None) -> Lift | None:
    """Return the lift in an account's conversions; ``None`` where nobody was drawn."""
    hits: Counter[Arm] = Counter()
    of: Counter[Arm] = Counter()
    for row in rows:
        if not is_conversion(vendor, row.name):
            continue
        of[row.arm] += row.n
        hits[row.arm] += row.n if row.client is Client.OK or row.server in DELIVERED else 0
    if not of:
        return None
    treated = rate(hits[Arm.TREATED], of[Arm.TREATED])
    held = rate(hits[Arm.HELD], of[Arm.HELD])
    enough = min(of[Arm.TREATED], of[Arm.HELD]) >= LEAST
    if treated is None or held is None:
        return Lift(treated, held, None, None, None, None, enough=False, clear=False, says=_FEW)
    points, low, high = difference(treated, held)
    clear = enough and (low > 0 or high < 0)
    return Lift(
        treated=treated,
        held=held,
        points=points,
        low=low,
        high=high,
        relative=points / held.share if held.share else None,
        enough=enough,
        clear=clear,
        says=_says(points, low, high, enough=enough, clear=clear),
    )


def difference(one: Rate, other: Rate) -> tuple[float, float, float]:
    """Return ``one`` - ``other`` with its 95 % interval."""
    points = one.share - other.share
    down = sqrt((one.share - one.low) ** 2 + (other.high - other.share) ** 2)
    up = sqrt((one.high - one.share) ** 2 + (other.share - other.low) ** 2)
    return points, max(-1.0, points - down), min(1.0, points + up)


_FEW = "Too few conversions in one of the arms to say anything."


def _says(points: float, low: float, high: float, *, enough: bool, clear: bool) -> str:
    if not enough:
        return _FEW
    within = f"95% interval {100 * low:+.1f} to {100 * high:+.1f}"
    if not clear:
        return f"No difference can be told from chance yet ({100 * points:+.1f} points, {within})."
    more = "more" if points > 0 else "fewer"
    return (
        f"Of 100 conversions, {abs(100 * points):.1f} {more} reached the vendor because of the"
        f" server path ({within})."
    )
