"""Decides what becomes of an event that a call did not settle: again later, or over.

Full jitter: the delay is drawn evenly from zero to a bound that doubles with every attempt, so
that events which failed together do not come back together.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from firsthand.model import Amend, Beacon, Expired, Outcome, Refused, Split, TryLater
from firsthand.vendor import Limits

Open: TypeAlias = TryLater | Split | Amend
"""Outcomes that leave an event open."""

_LONGEST_WISH_S = 86_400.0
_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class Policy:
    """How long and how often to try, in milliseconds.

    ``max_keep_ms`` counts from arrival, or from the replay of what was over already.
    """

    max_keep_ms: int = 72 * 3_600_000
    base_ms: int = 5_000
    cap_ms: int = 3_600_000


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more at ``due_at``."""

    due_at: int


@dataclass(frozen=True, slots=True)
class Dead:
    """It is over, with this outcome."""

    outcome: Outcome


def deadline(beacon: Beacon, policy: Policy, limits: Limits, *, replayed_at: int = 0) -> int:
    """Return when ``beacon`` is given up: by the vendor's age limit or ours, the nearer one."""
    begun = max(beacon.at, replayed_at)
    return min(begun + policy.max_keep_ms, too_old_at(beacon, limits))


def too_old_at(beacon: Beacon, limits: Limits) -> int:
    """Return from when on the vendor does not take an event of this age any more."""
    return beacon.event_at + limits.max_age // timedelta(milliseconds=1)


def delay(attempts: int, policy: Policy, draw: float) -> int:
    """Return the wait after ``attempts`` earlier failures; ``draw`` is from 0 to 1."""
    bound = min(policy.cap_ms, policy.base_ms << min(attempts, _DOUBLINGS))
    return int(draw * bound)


def after(  # noqa: PLR0913 - a pure decision takes all that it depends on
    outcome: Open,
    beacon: Beacon,
    attempts: int,
    *,
    now: int,
    policy: Policy,
    limits: Limits,
    draw: float,
    replayed_at: int = 0,
) -> Again | Dead:
    """Return when ``beacon`` is due again, or how it ends.

    A vendor's own wish is kept and jittered on top; a wish past the deadline ends the event. A
    drawn delay is shortened instead, so that the last stretch is used. ``Split`` of a single event
    and a second ``Amend`` end it as refused.
    """
    if not isinstance(outcome, TryLater):
        return Dead(Refused(outcome.reason, outcome.message))
    left = deadline(beacon, policy, limits, replayed_at=replayed_at) - now
    if outcome.after_s is None:
        wait = min(delay(attempts, policy, draw), int(draw * left))
    else:
        wait = wish_ms(outcome.after_s) + int(draw * policy.base_ms)
    if left <= policy.base_ms or wait >= left:
        return Dead(Expired(outcome.reason, outcome.message))
    return Again(now + wait)


def wish_ms(after_s: float) -> int:
    """Return a vendor's ``Retry-After`` as milliseconds from 0 to a day, whatever it says."""
    return int(min(after_s, _LONGEST_WISH_S) * 1000) if after_s > 0 else 0
