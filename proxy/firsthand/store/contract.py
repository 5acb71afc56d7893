"""The contract that every storage backend fulfils; one test suite runs over all of them.

``Outbox``  what an edge worker acknowledged, in its order.
``Mover``   carries outboxes into queue and ledger, exactly once.
``Queue``   the beacons that wait for a lane, and how each ended.
``Ledger``  what happened: twins, roll-ups, traces. No personal data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from firsthand.model import Beacon, Client, Note, Origin, Outcome, Reason, Server


class Durability(StrEnum):
    """What an acknowledged beacon survives."""

    POWER = "power"  # a power cut: every commit is synced
    PROCESS = "process"  # kill -9 of the process, not a power cut


@dataclass(frozen=True, slots=True)
class Lane:
    """One account's delivery: vendor key and destination account."""

    vendor: str
    account: str


@dataclass(frozen=True, slots=True)
class Leased:
    """A beacon taken from its lane for a while. ``attempts`` counts earlier calls.

    ``ticket`` is what the vendor gave for asking again (``Pending``), else empty.
    """

    row: int
    beacon: Beacon
    attempts: int
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """How a leased beacon ended for good. ``call``, ``reply`` and the outcome's message are masked.

    ``TryLater``, ``Split`` and ``Amend`` are no end: ``settle`` raises ``TypeError`` on them.
    """

    row: int
    outcome: Outcome
    call: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Backlog:
    """A lane's state: ``oldest_at`` is the arrival of its oldest waiting beacon, 0 if none."""

    lane: Lane
    waiting: int
    oldest_at: int
    dead: int


@dataclass(frozen=True, slots=True)
class Count:
    """A roll-up row. ``at`` is the start of its hour (or day); twins count once, by joint state."""

    at: int
    vendor: str
    account: str
    name: str
    client: Client
    server: Server
    reason: Reason
    n: int


@dataclass(frozen=True, slots=True)
class NoteCount:
    """How often something was counted that left no twin (refusals, mirrors, bad requests)."""

    vendor: str
    account: str
    name: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many twins had a match key on a path (``client`` or ``server``); ``of``: all twins."""

    vendor: str
    account: str
    path: str
    key: str
    n: int
    of: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Time from arrival to acceptance: ``n`` twins took at most ``up_to_ms`` (-1: no bound).

    A twin is in one bucket, the lowest that holds it.
    """

    vendor: str
    account: str
    up_to_ms: int
    n: int


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """Event keys of an account: all twins, keys that we made, keys seen again by the same way.

    A copy that only tells a better client outcome is not a repetition.
    """

    vendor: str
    account: str
    total: int
    made: int
    repeated: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """One twin, as the events page lists it."""

    id: str
    at: int
    vendor: str
    account: str
    to: str
    name: str
    origin: Origin
    client: Client
    server: Server
    reason: Reason
    accepted_ms: int | None


@dataclass(frozen=True, slots=True)
class Trace:
    """One event's way, without identifiers: shape of the hit, fields, verdict, call, reply.

    ``fields``, ``call`` and ``reply`` are JSON with every identifying value masked.
    """

    event: EventRow
    shape: str
    verdict: str
    fields: str
    call: str
    reply: str
    message: str


class Outbox(Protocol):
    """What an edge worker acknowledged."""

    async def put(
        self, beacons: Sequence[Beacon], notes: Sequence[Note] = (), withdrawn: Sequence[str] = ()
    ) -> None:
        """Return once ``beacons`` and ``withdrawn`` subjects are durable. Notes are best effort.

        Raises ``OSError`` when the disk does not take them.
        """

    def count(self, note: Note) -> None:
        """Count ``note``; it is written with a later group, at the latest after a second."""

    async def trim(self) -> None:
        """Delete what the mover has carried away."""

    async def close(self) -> None:
        """Write what waits and close."""


class Mover(Protocol):
    """Carries outboxes into queue and ledger."""

    async def move(self, *, now: int) -> int:
        """Move what the outboxes hold, orphaned ones too; return how many beacons that were."""


class Queue(Protocol):
    """Beacons that wait for a lane."""

    async def lanes(self) -> list[Lane]:
        """Return the lanes in which something waits."""

    async def lease(self, lane: Lane, *, now: int, limit: int, for_ms: int) -> list[Leased]:
        """Take up to ``limit`` due beacons, oldest first, for ``for_ms``; then they are due again.

        Beacons whose subject has withdrawn are settled as withheld instead, here.
        """

    async def settle(self, done: Sequence[Settled], *, now: int) -> None:
        """Note how beacons ended and take them out of the lane; refused, expired ones are buried.

        A beacon settled as ``Pending`` stays, due again after ``after_s``.
        """

    async def retry(
        self, rows: Sequence[int], *, due_at: int, reason: Reason, message: str
    ) -> None:
        """Give beacons back to their lane, due at ``due_at``, with one more attempt."""

    async def release(self, rows: Sequence[int]) -> None:
        """Give beacons back at once, without counting an attempt."""

    async def backlog(self) -> list[Backlog]:
        """Return every lane's state."""


class Ledger(Protocol):
    """What happened; reads only from roll-ups and by index, never by scanning twins.

    Spans are widened to whole hours; ``by_day`` reads the day roll-ups instead (whole UTC days),
    for long spans.
    """

    async def counts(self, *, since: int, until: int, by_day: bool = False) -> list[Count]:
        """Return joint state counts of the twins that arrived in the time span."""

    async def notes(self, *, since: int, until: int, by_day: bool = False) -> list[NoteCount]:
        """Return what was counted beside the twins."""

    async def coverage(self, *, since: int, until: int, by_day: bool = False) -> list[Coverage]:
        """Return match-key coverage on both paths."""

    async def latency(self, *, since: int, until: int, by_day: bool = False) -> list[Latency]:
        """Return the histogram of times from arrival to acceptance."""

    async def key_health(self, *, since: int, until: int, by_day: bool = False) -> list[KeyHealth]:
        """Return the state of the event keys."""

    async def events(
        self, *, limit: int = 100, vendor: str = "", server: str = "", before: int = 0
    ) -> list[EventRow]:
        """Return the newest twins, newest first; ``before`` (arrival, ms) pages on.

        Of a rare vendor or state only what is among the newest 20,000 is found.
        """

    async def trace(self, event: str) -> Trace | None:
        """Return one event's way, while its trace is kept."""
