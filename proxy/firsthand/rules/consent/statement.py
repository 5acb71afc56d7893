"""What one consent source says, and what a source is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from firsthand.rules.consent.policy import Groups, Policy

MAX_COPIES = 16
MAX_VALUE = 8192


class Say(StrEnum):
    """An answer for one purpose."""

    GRANTED = "granted"
    UNKNOWN = "unknown"
    DENIED = "denied"


class Fault(StrEnum):
    """Why a source could not be read. Any of these keeps everything from being granted."""

    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    COPIES = "copies"  # more copies of one cookie than anybody has
    VERSION = "version"
    FUTURE = "future"  # decided more than a day from now
    FAULT = "fault"  # our own code failed


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says. Times are in Unix ms, ``None`` where the source has none.

    ``decided_at`` when the visitor answered. ``expires_at`` when the source itself forgets it.
    ``explicit``  the visitor acted; a cookie written before any click is not a decision.
    ``social``    what it says of social networks beside marketing.
    ``error``     it could not be read, or not all of it.
    ``notes``     what is counted but changes nothing.
    ``without``   vendors that it refuses although their purpose is granted.
    ``yields``    the policy's ``authority`` may silence it.
    """

    source: str
    analytics: Say = Say.UNKNOWN
    marketing: Say = Say.UNKNOWN
    explicit: bool = False
    decided_at: int | None = None
    social: Say = Say.UNKNOWN
    error: Fault | None = None
    notes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    yields: bool = False
    expires_at: int | None = None

    def without_grants(self, note: str) -> "Statement":
        """Return the same statement with ``unknown`` for ``granted``, and a ``note`` to count."""
        return replace(
            self,
            analytics=Say.UNKNOWN if self.analytics is Say.GRANTED else self.analytics,
            marketing=Say.UNKNOWN if self.marketing is Say.GRANTED else self.marketing,
            notes=(*self.notes, note),
        )


Values: TypeAlias = Mapping[str, tuple[str, ...]]
Read: TypeAlias = Callable[[Values, Policy], Statement | None]


@dataclass(frozen=True, slots=True)
class Source:
    """A source: one file of ``sources/``. It has names of one kind at least, and is asked once for
    each kind.

    ``cookies``  cookie names it reads; a trailing ``*`` makes a prefix.
    ``headers``  request headers, lower case. ``signals``  beacon parameters: these only restrict.
    ``read``     gets the values of those names (all copies, raw; none where nothing came) and
                 returns ``None`` where the source is absent. Knows no time: age is judged later.
    ``groups``   the platform's own ids by purpose; ``None`` where nobody can rename them.
    ``events``   events of the page after which the cookies may have changed: a hint to look at
                 once. Loaders look every second anyway.
    ``numbered`` its cookies tell the number of the text that was answered.
    """

    key: str
    read: Read
    cookies: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    groups: Groups | None = None
    events: tuple[str, ...] = ()
    numbered: bool = False

    def __post_init__(self) -> None:
        if not any((self.cookies, self.headers, self.signals)):
            raise ValueError(f"consent source {self.key}: reads no cookies, headers or signals")


_WEIGHT = {Say.GRANTED: 0, Say.UNKNOWN: 1, Say.DENIED: 2}


def strictest(says: Sequence[Say]) -> Say:
    """Return the most protective answer: denied before unknown before granted."""
    return max(says, key=_WEIGHT.__getitem__, default=Say.UNKNOWN)


def merge(copies: Sequence[Statement]) -> Statement:
    """Return the most protective reading of several copies of one source, which must not be empty.

    The oldest time holds, one unreadable copy spoils all, and difference is noted.
    """
    first = copies[0]
    if len(copies) == 1:
        return first
    times = [copy.decided_at for copy in copies if copy.decided_at is not None]
    ends = [copy.expires_at for copy in copies if copy.expires_at is not None]
    return replace(
        first,
        without=tuple(dict.fromkeys(key for copy in copies for key in copy.without)),
        analytics=strictest([copy.analytics for copy in copies]),
        marketing=strictest([copy.marketing for copy in copies]),
        social=Say.DENIED if any(copy.social is Say.DENIED for copy in copies) else first.social,
        explicit=all(copy.explicit for copy in copies),
        decided_at=min(times, default=None),
        expires_at=min(ends, default=None),
        error=next((copy.error for copy in copies if copy.error), None),
        notes=(*dict.fromkeys(note for copy in copies for note in copy.notes), "duplicate"),
    )


def each_copy(source: str, values: Sequence[str], read: Callable[[str], Statement]) -> Statement:
    """Read every distinct copy of a cookie, and merge them. ``values`` must not be empty."""
    if len(values) > MAX_COPIES:
        return Statement(source, error=Fault.COPIES)
    if any(len(value) > MAX_VALUE for value in values):
        return Statement(source, error=Fault.OVERSIZED)
    return merge([read(value) for value in dict.fromkeys(values)])
