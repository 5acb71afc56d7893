"""How long who guesses has to wait. Pure: the clock (Unix milliseconds) is an argument."""

from collections import OrderedDict
from dataclasses import dataclass, field

LONGEST_WAIT_MS = 60_000
FORGOTTEN_MS = 3_600_000
MOST_NAMES = 1000


@dataclass(slots=True)
class Waits:
    """Errors by name. After ``free`` of them each further one doubles the wait, 1 s to 1 min.

    An hour after its last error a name begins anew. Of more than ``MOST_NAMES`` names those that
    erred longest ago are forgotten.
    """

    free: int
    _errors: OrderedDict[str, tuple[int, int]] = field(default_factory=OrderedDict, repr=False)

    def left(self, name: str, *, now: int) -> int:
        """Return for how many ms ``name`` has to wait, 0 for none."""
        errors, at = self._last(name, now)
        if errors < self.free:
            return 0
        doubled = min(LONGEST_WAIT_MS, 1000 << min(errors - self.free, 16))
        # A clock that was set back makes nobody wait for longer than that.
        return min(doubled, max(0, at + doubled - now))

    def error(self, name: str, *, now: int) -> int:
        """Remember an error of ``name``; return for how many ms it should have waited first.

        One that comes within the wait changes nothing.
        """
        wait = self.left(name, now=now)
        if not wait:
            errors, _ = self._last(name, now)
            self._errors.pop(name, None)
            self._errors[name] = (errors + 1, now)
            while len(self._errors) > MOST_NAMES:
                self._errors.popitem(last=False)
        return wait

    def forget(self, name: str) -> None:
        """Begin anew with ``name``."""
        self._errors.pop(name, None)

    def _last(self, name: str, now: int) -> tuple[int, int]:
        errors, at = self._errors.get(name, (0, 0))
        return (errors, at) if now - at < FORGOTTEN_MS else (0, 0)


@dataclass(slots=True)
class Budget:
    """So many at once, and one more every ``each_ms``."""

    size: int
    each_ms: int
    _full_at: int = 0

    def take(self, *, now: int) -> int:
        """Take one; return 0, or for how many ms there is none, and then none is taken."""
        full_at = min(max(self._full_at, now), now + self.size * self.each_ms)
        wait = full_at + self.each_ms - now - self.size * self.each_ms
        if wait > 0:
            return wait
        self._full_at = full_at + self.each_ms
        return 0
