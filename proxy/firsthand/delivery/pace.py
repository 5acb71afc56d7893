"""What a lane is told of time: how long to wait for what, and the clock itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from firsthand.rules.retry import Policy


@dataclass(frozen=True, slots=True)
class Pace:
    """Times of a lane, in milliseconds.

    ``linger_ms``  how long a beacon waits for company.
    ``idle_ms``    how often an idle lane looks for retries that are due, a held one for its token.
    ``lease_ms``   after which a lease ends by itself; longer than a call with all that follows it.
    ``fresh_ms``   how long after its lease a beacon may still be sent.
    ``retry``      how long and how often an event is tried.
    ``probe``      how often a vendor that failed is tried.
    """

    linger_ms: int = 1_000
    idle_ms: int = 1_000
    lease_ms: int = 60_000
    fresh_ms: int = 5_000
    retry: Policy = field(default_factory=Policy)
    probe: Policy = field(default_factory=lambda: Policy(base_ms=5_000, cap_ms=300_000))


@dataclass(frozen=True, slots=True)
class Clock:
    """What a lane may not know by itself: the time in ms, and a number drawn from 0 to 1."""

    now: Callable[[], int]
    draw: Callable[[], float] = Random().random  # noqa: S311 - jitter, not a secret
