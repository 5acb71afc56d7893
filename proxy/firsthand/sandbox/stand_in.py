"""A vendor at work: its role, all that reached it, and the ways in which it can misbehave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from firsthand.sandbox.role import Answer, Ask, Event, Role, Way

KEPT = 50_000  # of each kind, the newest: a sandbox may run for days


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that reached the vendor, and its answer. ``status`` 0: it got none."""

    way: Way
    ask: Ask
    status: int
    answer: bytes = b""
    events: tuple[Event, ...] = ()

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters of the first event of a beacon; else the query."""
        return self.events[0].data if self.way is Way.BEACON and self.events else self.ask.params


@dataclass(frozen=True, slots=True)
class Says:
    """The vendor answers this instead, and takes no event."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Hangs:
    """The vendor reads the request and never answers; it takes no event."""


@dataclass(frozen=True, slots=True)
class Tears:
    """The vendor takes the events, and the connection breaks in the middle of the answer."""


@dataclass(frozen=True, slots=True)
class Drops:
    """The vendor closes the connection without an answer; it takes no event."""


@dataclass(frozen=True, slots=True)
class Dawdles:
    """The vendor does its work, ``seconds`` late."""

    seconds: float


Fault: TypeAlias = Says | Hangs | Tears | Drops | Dawdles


@dataclass(slots=True)
class _Spell:
    fault: Fault
    left: int | None
    every: int
    asked: int = 0


@dataclass(slots=True)
class StandIn:
    """What one vendor received, in order of arrival.

    ``beacons``  requests to its beacon doors; several events can share one
    ``calls``    requests to its server API, refused ones too
    ``probes``   requests to the API's door where nothing is counted
    ``scripts``  requests for its code
    ``others``   all else
    ``events``   what the server API took
    """

    role: Role
    beacons: list[Seen] = field(default_factory=list)
    calls: list[Seen] = field(default_factory=list)
    probes: list[Seen] = field(default_factory=list)
    scripts: list[Seen] = field(default_factory=list)
    others: list[Seen] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    _spells: dict[Way, _Spell] = field(default_factory=dict)

    @property
    def pixel_events(self) -> list[Event]:
        """The events of all beacons, one by one."""
        return [event for seen in self.beacons for event in seen.events]

    def note(self, seen: Seen) -> None:
        """Keep a request, and what the API took from it."""
        shelves = {
            Way.BEACON: self.beacons,
            Way.CALL: self.calls,
            Way.PROBE: self.probes,
            Way.SCRIPT: self.scripts,
            Way.OTHER: self.others,
        }
        shelf = shelves[seen.way]
        shelf.append(seen)
        del shelf[:-KEPT]
        if seen.way is Way.CALL:
            self.events.extend(seen.events)
            del self.events[:-KEPT]

    def misbehave(
        self, fault: Fault, *, times: int | None = None, on: Way = Way.CALL, every: int = 1
    ) -> None:
        """Meet ``times`` requests of a kind with ``fault``, without ``times`` all that come.

        Of ``every`` so many it is only the last.
        """
        self._spells[on] = _Spell(fault, times, every)

    def limit_rate(self, *, times: int | None = None, on: Way = Way.CALL) -> None:
        """Answer as this vendor answers somebody who asks too often."""
        self.misbehave(Says(self.role.rate_limit), times=times, on=on)

    def behave(self) -> None:
        """End all misbehaviour."""
        self._spells.clear()

    def reset(self) -> None:
        """Forget everything, and behave."""
        for shelf in (self.beacons, self.calls, self.probes, self.scripts, self.others):
            shelf.clear()
        self.events.clear()
        self.behave()

    def next_fault(self, way: Way) -> Fault | None:
        """Return how the request at hand is to be met, and count it."""
        spell = self._spells.get(way)
        if spell is None or spell.left == 0:
            return None
        spell.asked += 1
        if spell.asked % spell.every:
            return None
        if spell.left is not None:
            spell.left -= 1
        return spell.fault
