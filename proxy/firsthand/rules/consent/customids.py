"""Consentmanager's "compressed custom IDs": a choice of purposes and vendors in bits.

An ``a``, a version (6 bits), the time of the choice (36 bits, tenths of a second), one bit that
says whether the visitor chose, then the ids that are allowed: purposes, the platform's vendors, the
site's own vendors. Each list is a count of 12 bits and as many entries, an entry one bit (is it a
range?) and one or two ids: of 16 bits in version 1, in version 2 distances to the id before it in
Fibonacci coding. Behind them may stand until when the visitor is not to be asked again.

Source: consentmanager's help, "Compressed Custom IDs Format", read 2026-11-24; the ids' width in
version 1 from cookies seen in public code of sites, 2026-11-24.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firsthand.rules.consent.bits import Reader, Unreadable, unpack
from firsthand.rules.consent.statement import Fault

PREFIX = "a"
_MOST_IDS = 20_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What the cookie holds. ``created`` is in Unix ms; vendors are ``s23`` and ``c37910``."""

    created: int
    chosen: bool
    purposes: frozenset[str]
    vendors: frozenset[str]


def decode(text: str) -> Choice:
    """Return the choice. Raises ``Unreadable``."""
    if not text.startswith(PREFIX):
        raise Unreadable
    bits = Reader(unpack(text))
    bits.take(6)
    read = _READERS.get(bits.number(6))
    if read is None:
        raise Unreadable(Fault.VERSION)
    created, chosen = bits.number(36) * 100, bits.flag()
    purposes, system, custom = (_ids(bits, read) for _ in range(3))
    if "1" in bits.bits[bits.at :]:
        if not bits.flag():
            raise Unreadable
        bits.take(36)
        bits.close()
    vendors = {f"s{number}" for number in system} | {f"c{number}" for number in custom}
    return Choice(created, chosen, frozenset(map(str, purposes)), frozenset(vendors))


_Next = Callable[[Reader, int], int]


def _ids(bits: Reader, read: _Next) -> set[int]:
    found: set[int] = set()
    last = 0
    for _ in range(bits.number(12)):
        is_range = bits.flag()
        first = read(bits, last)
        last = read(bits, first) if is_range else first
        if last < first or len(found) + last - first >= _MOST_IDS:
            raise Unreadable
        found.update(range(first, last + 1))
    return found


_READERS: dict[int, _Next] = {
    1: lambda bits, _: bits.number(16),
    2: lambda bits, last: last + bits.fibonacci(),
}
