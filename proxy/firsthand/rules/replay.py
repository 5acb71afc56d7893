"""What a vendor would make of an event that was given up, if it were sent again now.

A vendor counts an event key once within its window. Whether it has the event already can only be
told where the browser path did not deliver it and the server path was plainly refused: where it
may have it, and the window is over, a second sending is counted a second time.
"""

from datetime import timedelta
from enum import StrEnum

from firsthand.model import Beacon, Client, Mode, Reason
from firsthand.rules.retry import too_old_at
from firsthand.rules.site import Account

_MS = timedelta(milliseconds=1)
_NOT_DELIVERED = frozenset({Client.NONE, Client.FAILED})
_PERHAPS_TAKEN = frozenset({Reason.TIMEOUT, Reason.BROKEN_REPLY, Reason.UNCONFIRMED})


class Fate(StrEnum):
    """What becomes of an event that is sent again. Only the first three are."""

    ONCE = "counted once: the vendor does not have it"
    KEYED = "counted once: the vendor knows the event key, or will"
    CHECKED = "checked again: in shadow nothing is counted"
    TWICE = "perhaps counted twice: the vendor may have it, and forgets the key"
    TOO_OLD = "too old for the vendor"
    NOT_CONFIGURED = "the account is not configured"
    NOT_READABLE = "not readable by this version"
    NOT_OVER = "its event is not over"

    @property
    def safe(self) -> bool:
        """Whether sending it again does what one expects of it."""
        return self in {Fate.ONCE, Fate.KEYED, Fate.CHECKED}


def fate(
    beacon: Beacon, account: Account | None, *, client: Client, reason: Reason, now: int
) -> Fate:
    """Return what becomes of ``beacon`` if it is sent at ``now``.

    ``account`` is the configured one of the browser's beacon, ``client`` how the browser's own
    request ended, ``reason`` why the server path was given up.
    """
    if account is None:
        return Fate.NOT_CONFIGURED
    vendor = account.vendor
    if now >= too_old_at(beacon, account.limits):
        return Fate.TOO_OLD
    if account.mode is Mode.SHADOW:
        return Fate.CHECKED
    elsewhere = beacon.to != beacon.account
    if (elsewhere or client in _NOT_DELIVERED) and reason not in _PERHAPS_TAKEN:
        return Fate.ONCE
    keyed = vendor.dedup.covers(beacon.name) and beacon.event_key != ""
    in_time = now < beacon.event_at + vendor.dedup.window // _MS
    return Fate.KEYED if keyed and in_time else Fate.TWICE
