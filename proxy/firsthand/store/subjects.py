"""What is stored of one person, and what is asked to be erased."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is to go, as a search found it. It travels through an outbox like everything else, so
    that the one process that delivers carries it out between two calls.

    ``subjects`` are barred at every vendor, ``twins`` and ``lines`` are row ids in the ledger: of
    events, and of stored lines that nobody can read.
    """

    at: int
    subjects: tuple[str, ...] = field(default=(), repr=False)
    twins: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()
