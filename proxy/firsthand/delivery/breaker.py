"""Says whether a lane may call its vendor now.

A state of our own: the library for it counts on the wall clock, which may step, lets any number of
calls through while it tries, and tells failures by exception, where ours are values.
"""

from enum import StrEnum

from firsthand.model import Reason, TryLater
from firsthand.rules.retry import Policy, delay, wish_ms

HOLDS = frozenset({Reason.AUTH, Reason.SETUP})
"""Reasons that no waiting mends: they hold the whole lane at once, until an operator acts."""


class State(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"  # calls go out
    OPEN = "open"  # none until ``until``
    PROBING = "probing"  # one event is out to see


class Breaker:
    """Opens after ``threshold`` failures in a row, or at once when the vendor says how long.

    ``policy`` gives the time until the next probe: longer with every failure, jittered by half.
    """

    def __init__(self, policy: Policy, threshold: int = 5) -> None:
        self._policy = policy
        self._threshold = threshold
        self._failures = 0
        self._opened = 0
        self.state = State.CLOSED
        self.until = 0
        self._wait = 0
        self.reason = Reason.NONE
        self.message = ""

    def closed_for(self, now: int) -> int:
        """Return the milliseconds until a call may go out, 0 if one may now.

        While a probe is out that is unknown: a second, after which to ask again.
        """
        if self.state is State.PROBING:
            return 1_000
        # Never longer than it was to be when it opened: the clock may have been set back since.
        self.until = min(self.until, now + self._wait)
        return max(self.until - now, 0) if self.state is State.OPEN else 0

    def enter(self) -> bool:
        """Say whether the call that follows is the probe; asked when ``closed_for`` is 0."""
        if self.state is State.OPEN:
            self.state = State.PROBING
        return self.state is State.PROBING

    def unused(self) -> None:
        """Take the probe back: there was nothing to send, or it never got an end."""
        if self.state is State.PROBING:
            self.state = State.OPEN

    def success(self) -> None:
        """The vendor works."""
        self.state, self.reason, self.message = State.CLOSED, Reason.NONE, ""
        self._failures = self._opened = 0

    def failure(self, outcome: TryLater, *, now: int, draw: float) -> None:
        """Count a failed call. The vendor's own wish counts at once; ``draw`` is from 0 to 1."""
        self._failures += 1
        asked = outcome.after_s is not None
        at_once = asked or outcome.reason in HOLDS or self.state is State.PROBING
        if self.state is State.OPEN or not (at_once or self._failures >= self._threshold):
            return
        wait = delay(self._opened, self._policy, 0.5 + draw / 2)
        self._opened += 1
        self._wait = wait if outcome.after_s is None else wish_ms(outcome.after_s)
        self.until = now + self._wait
        self.state, self.reason, self.message = State.OPEN, outcome.reason, outcome.message

    def try_now(self, now: int) -> None:
        """Let the next call out as a probe at once."""
        self.until = min(self.until, now)
