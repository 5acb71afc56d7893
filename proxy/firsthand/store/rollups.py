"""The rows that the ledger's roll-ups answer with, for every storage backend."""

from dataclasses import dataclass
from enum import StrEnum

from firsthand.model import Client, Reason, Server
from firsthand.rules.holdout import Arm


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the roll-ups: from ``since`` to before ``until`` (Unix ms), of one vendor and one
    account (each empty: all). ``by_day`` reads the day roll-ups (whole UTC days), for long spans.
    """

    since: int
    until: int
    by_day: bool = False
    vendor: str = ""
    account: str = ""


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
class Course:
    """An account in one hour or day, from ``at`` on: how many twins arrived, of how many the
    browser's request got through, how many the API took (in shadow: how many were built), and of
    how many both.
    """

    at: int
    vendor: str
    account: str
    total: int
    browser: int
    server: int
    both: int


@dataclass(frozen=True, slots=True)
class Worth:
    """What twins in a joint state are worth, in ten-thousandths of ``currency``'s unit.

    ``client`` sums what the browser's own requests told, ``server`` what the server path has to
    tell; both say nothing of whether it was delivered, which the state does. ``n`` counts twins
    with an amount, under the currency of the browser's request where it told one.
    """

    at: int
    vendor: str
    account: str
    name: str
    state: tuple[Client, Server, Reason]
    currency: str
    n: int
    client: int
    server: int


@dataclass(frozen=True, slots=True)
class ArmCount:
    """How many twins of visitors in an arm of the holdout stand in a joint state."""

    vendor: str
    account: str
    name: str
    arm: Arm
    client: Client
    server: Server
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
    """How many twins had a match key on a path (``client`` or ``server``)."""

    vendor: str
    account: str
    name: str
    path: str
    key: str
    n: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Time from arrival to acceptance: ``n`` twins took at most ``up_to_ms`` (-1: no bound).

    A twin is in one bucket, the lowest that holds it; rows of any spans and events can be added up.
    ``at`` is the start of the hour (or day) in which the twins arrived.
    """

    vendor: str
    account: str
    name: str
    at: int
    up_to_ms: int
    n: int


class What(StrEnum):
    """What is counted of twins beside their state.

    The first five tell of every beacon that was entered: ``TOTAL`` + ``REPEATED`` + ``JOINED`` +
    ``IMPROVED`` are all that came. The ``PAIR_`` ones are of events that both paths told their
    vendor in one account (``WOULD_``: would have, in shadow).
    """

    TOTAL = "total"  # a beacon that made a twin
    MADE = "made"  # one without a key on the wire: it is ours
    REPEATED = "repeated"  # a further beacon of a twin, by a way that it came by before
    JOINED = "joined"  # a further one by another way
    IMPROVED = "improved"  # a further one that told a better outcome, or opened the server path
    CLASHES = "clashes"  # another visitor's event had the key
    REUSED = "reused"  # the key came again with another order or amount
    PAIR_ONCE = "pair_once"  # the vendor counts the pair once
    PAIR_MISSING = "pair_missing"  # twice: the browser's request had no key
    PAIR_LATE = "pair_late"  # twice: the second came after the vendor's window
    PAIR_CHANGED = "pair_changed"  # twice: the order came under another key before
    WOULD_ONCE = "would_once"
    WOULD_MISSING = "would_missing"
    SUSPECT = "suspect"  # a twin with any sign of a robot
    SAYS_SO = "bot_says_so"  # and each sign; see model.BotSign
    NAMELESS = "bot_nameless"
    BARE = "bot_bare"
    RATE = "bot_rate"
    INSTANT = "bot_instant"


@dataclass(frozen=True, slots=True)
class Fact:
    """How often something was counted of twins.

    ``example`` is the id of the newest of them if its trace is kept, else "".
    """

    vendor: str
    account: str
    name: str
    what: What
    n: int
    example: str = ""
