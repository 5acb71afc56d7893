"""What is stored of one person: how it is looked for, what was found, what is to be erased."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from firsthand.model import Beacon, Client, Reason, Server


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody is known by.

    ``subjects``    keyed hashes of our browser id, under every secret of the site.
    ``event_key``   the key of one event of theirs, empty for none.
    ``values``      what vendors' cookies gave the events' fields.
    """

    subjects: tuple[str, ...] = field(default=(), repr=False)
    event_key: str = field(default="", repr=False)
    values: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """A beacon that waits or was given up: row, lane, twin, and what it tells.

    ``beacon`` is ``None`` where this version cannot read it.
    """

    row: int
    lane: int
    twin: int
    subject: str = field(repr=False)
    beacon: Beacon | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event in the ledger, without personal data."""

    id: int
    at: int
    vendor: str
    account: str
    to: str
    name: str
    client: Client
    server: Server
    reason: Reason


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored of a person. ``subjects``: those asked for, and whose the found rows are.

    ``unreadable`` are stored lines that this version cannot read.
    """

    subjects: tuple[str, ...] = field(repr=False)
    waiting: Sequence[Stored] = ()
    dead: Sequence[Stored] = ()
    events: Sequence[Happened] = ()
    unreadable: Sequence[int] = ()

    def counts(self) -> dict[str, int]:
        """Return how much that is."""
        return {
            "waiting": len(self.waiting),
            "dead_letters": len(self.dead),
            "events": len(self.events),
            "unreadable_lines": len(self.unreadable),
        }


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is to go, as a search found it. It travels through an outbox like everything else, so
    that the one process that delivers carries it out, between two calls and not beside them.

    ``subjects`` are barred at every vendor; all else are row ids of the ledger's tables.
    """

    at: int
    subjects: tuple[str, ...] = field(default=(), repr=False)
    queue: tuple[int, ...] = ()
    dead: tuple[int, ...] = ()
    twins: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()
