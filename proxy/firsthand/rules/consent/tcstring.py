"""Decodes the Transparency and Consent String of IAB Europe's TCF, version 2 of the format.

Strict: a string that is too short, names vendors or purposes that cannot be, has a segment twice
or bits where padding belongs, raises ``Unreadable``. What its bits mean stands in ``tcf.py``.

Source: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats",
read 2026-11-24. Bits, left to right:

core      version 6, created 36, last updated 36 (tenths of a second), CMP 12, CMP version 12,
          screen 6, language 2 x 6, vendor list 12, policy 6, service specific 1, non-standard
          texts 1, special features 12, purposes 24, purposes by legitimate interest 24,
          purpose one treatment 1, country 2 x 6, vendors, vendors by legitimate interest,
          publisher restrictions
vendors   highest id 16, is range 1; then a bit for each id, or count 12 and entries
entry     is range 1, id 16, last id 16 where it is a range
restrictions  count 12; each: purpose 6, type 2, count 12 and entries
segments  type 3; 1 disclosed vendors, 2 allowed vendors: vendors. 3 publisher: purposes 24,
          by legitimate interest 24, count of own 6, own, own by legitimate interest
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

from firsthand.rules.consent.bits import LONGEST, Reader, Unreadable, members, unpack
from firsthand.rules.consent.statement import Fault

VERSION = 2
_PURPOSES = 24
_FEATURES = 12
_MOST_IDS = 65_535
_LETTERS = 26
_FIRST_CMP = 2
_UNDEFINED = 3
_DISCLOSED, _ALLOWED, _PUBLISHER = 1, 2, 3

Ranges: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Vendors:
    """A set of vendor ids: a text of bits, the first is id 1, or ranges with both ends in."""

    field: str = ""
    ranges: Ranges = ()

    def __contains__(self, vendor: int) -> bool:
        if self.ranges:
            return any(first <= vendor <= last for first, last in self.ranges)
        return 1 <= vendor <= len(self.field) and self.field[vendor - 1] == "1"


@dataclass(frozen=True, slots=True)
class Restriction:
    """What the publisher forbids ``vendors`` for one purpose. ``kind``: 0 not allowed at all, 1
    only by consent, 2 only by legitimate interest.
    """

    purpose: int
    kind: int
    vendors: Vendors


@dataclass(frozen=True, slots=True)
class Publisher:
    """What the visitor allows the publisher itself, by standard purpose and by its own ones."""

    purposes: frozenset[int]
    interests: frozenset[int]
    own: frozenset[int]
    own_interests: frozenset[int]
    own_count: int


@dataclass(frozen=True, slots=True)
class TCString:
    """A decoded string. Times are in Unix ms; a segment that is not there is ``None``."""

    created: int
    last_updated: int
    cmp_id: int
    cmp_version: int
    screen: int
    language: str
    list_version: int
    policy_version: int
    service_specific: bool
    non_standard_texts: bool
    special_features: frozenset[int]
    purposes: frozenset[int]
    interests: frozenset[int]
    purpose_one_treatment: bool
    country: str
    vendors: Vendors
    vendor_interests: Vendors
    restrictions: tuple[Restriction, ...]
    disclosed: Vendors | None = None
    allowed: Vendors | None = None
    publisher: Publisher | None = None


def decode(text: str) -> TCString:
    """Return what a string of at most 4 KiB says. Raises ``Unreadable``."""
    if len(text) > LONGEST:
        raise Unreadable(Fault.OVERSIZED)
    core, *others = text.split(".")
    found = _core(Reader(unpack(core)))
    for segment in others:
        found = _with(found, Reader(unpack(segment)))
    return found


def _core(bits: Reader) -> TCString:
    if bits.number(6) != VERSION:
        raise Unreadable(Fault.VERSION)
    found = TCString(
        created=bits.number(36) * 100,
        last_updated=bits.number(36) * 100,
        cmp_id=_cmp(bits),
        cmp_version=bits.number(12),
        screen=bits.number(6),
        language=_letters(bits),
        list_version=bits.number(12),
        policy_version=bits.number(6),
        service_specific=bits.flag(),
        non_standard_texts=bits.flag(),
        special_features=members(bits.take(_FEATURES)),
        purposes=members(bits.take(_PURPOSES)),
        interests=members(bits.take(_PURPOSES)),
        purpose_one_treatment=bits.flag(),
        country=_letters(bits),
        vendors=_vendors(bits),
        vendor_interests=_vendors(bits),
        restrictions=tuple(_restriction(bits) for _ in range(bits.number(12))),
    )
    bits.close()
    return found


def _cmp(bits: Reader) -> int:
    """Read the platform's id: no registered one is below 2."""
    found = bits.number(12)
    if found < _FIRST_CMP:
        raise Unreadable
    return found


def _letters(bits: Reader) -> str:
    codes = bits.number(6), bits.number(6)
    if max(codes) >= _LETTERS:
        raise Unreadable
    return "".join(chr(ord("A") + code) for code in codes)


def _vendors(bits: Reader) -> Vendors:
    highest = bits.number(16)
    if not bits.flag():
        return Vendors(bits.take(highest))
    return Vendors(ranges=_ranges(bits, highest))


def _ranges(bits: Reader, highest: int) -> Ranges:
    """Read entries. Their ids are bounded together, so that no string is dear to read."""
    found = []
    ids = 0
    for _ in range(bits.number(12)):
        is_range = bits.flag()
        first = bits.number(16)
        last = bits.number(16) if is_range else first
        ids += last - first + 1
        if not 1 <= first <= last <= highest or ids > _MOST_IDS:
            raise Unreadable
        found.append((first, last))
    return tuple(found)


def _restriction(bits: Reader) -> Restriction:
    purpose, kind = bits.number(6), bits.number(2)
    if not 1 <= purpose <= _PURPOSES or kind == _UNDEFINED:
        raise Unreadable
    return Restriction(purpose, kind, Vendors(ranges=_ranges(bits, _MOST_IDS)))


def _with(found: TCString, bits: Reader) -> TCString:
    """Return the string with one more segment, each of which comes at most once."""
    kind = bits.number(3)
    if kind == _DISCLOSED and found.disclosed is None:
        found = replace(found, disclosed=_vendors(bits))
    elif kind == _ALLOWED and found.allowed is None:
        found = replace(found, allowed=_vendors(bits))
    elif kind == _PUBLISHER and found.publisher is None:
        found = replace(found, publisher=_publisher(bits))
    else:
        raise Unreadable
    bits.close()
    return found


def _publisher(bits: Reader) -> Publisher:
    purposes, interests = members(bits.take(_PURPOSES)), members(bits.take(_PURPOSES))
    count = bits.number(6)
    own, own_interests = members(bits.take(count)), members(bits.take(count))
    return Publisher(purposes, interests, own, own_interests, count)
