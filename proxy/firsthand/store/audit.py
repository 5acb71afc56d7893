"""The contract of the audit log: what operators did, and which of their sessions have ended."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Act(StrEnum):
    """What is noted."""

    SIGN_IN = "sign-in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGN_IN_PUT_OFF = "sign-in put off"  # too many tries: counted, a line for many
    SIGN_OUT = "sign-out"
    CONFIGURATION = "configuration"  # the server runs by another file than before
    RELOAD = "reload"
    APPROVE = "script approved"
    ROLL_BACK = "script rolled back"
    REPLAY = "replay"
    ERASE = "erasure"


@dataclass(frozen=True, slots=True)
class Done:
    """A line of the log. ``at``: Unix ms. ``n`` counts what was done to ``subject``.

    ``who``: a user, ``token NAME``, ``command line (USER)`` or the server itself. ``subject`` names
    no visitor: an address at a vendor, a hash of ours, words of the configuration.
    """

    id: int
    at: int
    who: str
    what: str
    subject: str
    n: int


class Audit(Protocol):
    """The log. Every method raises ``OSError`` when the disk fails."""

    async def note(self, who: str, what: Act, subject: str = "", *, at: int, n: int = 1) -> None:
        """Add a line."""

    async def lines(self, *, limit: int, before: int = 0) -> list[Done]:
        """Return the newest lines, newest first; with ``before`` those of a smaller id."""

    async def latest(self, what: Act) -> Done | None:
        """Return the newest line of a kind."""

    async def purge(self, *, before: int, now: int) -> None:
        """Delete lines older than ``before``, and ended sessions that are over by themselves."""

    async def end(self, session: str, *, expires: int) -> None:
        """Remember that a session has ended, although its cookie is good until ``expires``."""

    async def ended(self) -> AbstractSet[str]:
        """Return the sessions that have ended."""
