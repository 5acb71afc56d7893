"""The contract that every storage backend fulfils; one test suite runs over all of them.

``Outbox``  what an edge worker acknowledged, in its order.
``Mover``   carries outboxes into queue and ledger, exactly once.
``Queue``   the beacons that wait for a lane, and how each ended.
``Ledger``  what happened: twins, roll-ups, traces. No personal data.
``DeadLetters`` what was given up, and its way back.
``Keeping`` deletes what has been kept for long enough.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from firsthand.model import (
    Beacon,
    Client,
    Note,
    Origin,
    Outcome,
    Reason,
    Server,
    Withdrawal,
)
from firsthand.rules.returns import Sighting
from firsthand.rules.standing import Choice
from firsthand.store.rollups import (
    ArmCount,
    Count,
    Course,
    Coverage,
    Fact,
    Latency,
    NoteCount,
    Slice,
    Worth,
)

Counted: TypeAlias = Note | Choice | Sighting
"""What is counted without an event of its own."""


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

    ``ticket`` is what the vendor gave for asking again (``Pending``), else empty. ``replayed_at``
    is when it came back from the dead letters, 0 if it never did.
    """

    row: int
    beacon: Beacon
    attempts: int
    ticket: str = ""
    replayed_at: int = 0


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
class ReturnCount:
    """How many keepers of a day were shown so many days later, see ``model.Sighting``."""

    sighting: Sighting
    n: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """One twin, as the events page lists it. ``bot`` is its score, ``signs`` are bits of
    ``rules.bots.BotSign``, ``arm`` is a word of ``rules.holdout.Arm``.
    """

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
    bot: int = 0
    signs: int = 0
    arm: str = ""


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


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept is kept, in milliseconds.

    ``queue``        waiting beacons, from arrival; then they end as expired.
    ``dead``         dead letters, from their burial.
    ``unreadable``   lines of an outbox that this version cannot read.
    ``withdrawals``  at least as long as anything older can come into the queue.
    ``twins``        the events themselves, with their traces; at least as long as ``queue``.
    ``hours``, ``days``  the roll-ups.
    ``notes``        what was counted of events that left nothing else, by the hour and by the day.
    """

    queue: int
    dead: int
    unreadable: int
    withdrawals: int
    twins: int
    hours: int
    days: int
    notes: int


class Outbox(Protocol):
    """What an edge worker acknowledged.

    ``last_error``, ``trim_error``: why the last write, the last trim failed; empty if it did not.
    """

    @property
    def last_error(self) -> str: ...  # noqa: D102 - told above
    @property
    def trim_error(self) -> str: ...  # noqa: D102 - told above

    async def put(
        self,
        beacons: Sequence[Beacon],
        notes: Sequence[Note] = (),
        withdrawn: Sequence[Withdrawal] = (),
    ) -> None:
        """Return once ``beacons`` and ``withdrawn`` are durable. Notes are best effort.

        Raises ``OSError`` when the disk does not take them.
        """

    def count(self, note: Counted) -> None:
        """Count ``note``; it is written with a later group, at the latest after a second."""

    async def trim(self) -> None:
        """Delete what the mover has carried away."""

    async def close(self) -> None:
        """Write what waits and close."""


@dataclass(slots=True)
class Moved:
    """What a mover has carried since it was made. Words of the code and the configuration only.

    ``taken`` by vendor, account, origin; ``withheld`` by vendor, account, reason; ``noted``, what
    left no event, by vendor and reason.
    """

    taken: Counter[tuple[str, ...]] = field(default_factory=Counter)
    withheld: Counter[tuple[str, ...]] = field(default_factory=Counter)
    noted: Counter[tuple[str, ...]] = field(default_factory=Counter)


class Mover(Protocol):
    """Carries outboxes into queue and ledger. ``last_error``: why the last move failed, or ""."""

    moved: Moved

    @property
    def last_error(self) -> str: ...  # noqa: D102 - told above

    async def move(self, *, now: int) -> int:
        """Move what the outboxes hold, orphaned ones too; return how many beacons that were."""


class Queue(Protocol):
    """Beacons that wait for a lane."""

    async def lanes(self) -> list[Lane]:
        """Return the lanes in which something waits."""

    async def lease(self, lane: Lane, *, now: int, limit: int, for_ms: int) -> list[Leased]:
        """Take up to ``limit`` due beacons, oldest first, for ``for_ms``; then they are due again.

        Beacons whose subject has withdrawn from this vendor are settled as withheld, here.
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

    async def set_back(self, by_ms: int, *, now: int) -> None:
        """Have what is due later than ``now`` be due ``by_ms`` earlier: the clock was set back."""

    async def backlog(self) -> list[Backlog]:
        """Return every lane's state."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which dead letters: of a vendor, an account, a reason, an event (each empty: any), given up
    at ``since`` (Unix ms) or later."""

    vendor: str = ""
    account: str = ""
    reason: str = ""
    event: str = ""
    since: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that was given up. ``event`` is its twin's id, ``client`` its browser path's state.

    ``message`` is masked. ``beacon`` is ``None`` where this version cannot read it. ``ended``: its
    server path still stands where this letter left it, so that it may be tried again.
    """

    row: int
    event: str
    lane: Lane
    at: int
    dead_at: int
    server: Server
    reason: Reason
    message: str
    attempts: int
    client: Client
    ended: bool
    beacon: Beacon | None


class DeadLetters(Protocol):
    """Events that were given up, and their way back. Both raise ``OSError``."""

    async def find(self, wanted: Wanted, *, after: int = 0, limit: int = 100) -> list[DeadLetter]:
        """Return letters, those of earlier burial first; ``after`` is the last row of a page."""

    async def replay(self, rows: Sequence[int], *, now: int) -> int:
        """Put letters back into their lanes, due at once; return how many went.

        A letter stays where its visitor has withdrawn since, or where its event is not over.
        """


class Keeping(Protocol):
    """Deletes what has been kept for long enough."""

    async def purge(self, limits: Retention, *, now: int) -> None:
        """Delete what is older than ``limits``, in small steps between which others get on.

        Raises ``OSError`` when the disk does not take it.
        """


class Ledger(Protocol):
    """What happened; reads only from roll-ups and by index, never by scanning twins.

    A ``Slice`` is widened to whole hours or days.
    """

    async def overview(self, of: Slice) -> list[Count]:
        """Return joint state counts of accounts over the whole span: ``at`` is 0, ``name`` ""."""

    async def courses(self, of: Slice) -> list[Course]:
        """Return how accounts went on, by hour or day: those without twins have no row."""

    async def counts(self, of: Slice) -> list[Count]:
        """Return joint state counts of the twins that arrived in the time span."""

    async def worth(self, of: Slice) -> list[Worth]:
        """Return what these twins are worth; twins without an amount have no row."""

    async def arms(self, of: Slice) -> list[ArmCount]:
        """Return joint state counts of the twins of visitors who were drawn."""

    async def notes(self, of: Slice) -> list[NoteCount]:
        """Return what was counted beside the twins."""

    async def coverage(self, of: Slice) -> list[Coverage]:
        """Return match-key coverage on both paths."""

    async def latency(self, of: Slice) -> list[Latency]:
        """Return the histogram of times from arrival to acceptance."""

    async def facts(self, of: Slice) -> list[Fact]:
        """Return what was counted of twins beside their state."""

    async def returns(self, *, since: int) -> list[ReturnCount]:
        """Return how often keepers were shown that were issued on ``since`` (a day) or later."""

    async def events(
        self, *, limit: int = 100, vendor: str = "", server: str = "", before: int = 0
    ) -> list[EventRow]:
        """Return the newest twins, newest first; ``before`` (arrival, ms) pages on.

        Of a rare vendor or state only what is among the newest 20,000 is found.
        """

    async def trace(self, event: str) -> Trace | None:
        """Return one event's way, while its trace is kept."""
