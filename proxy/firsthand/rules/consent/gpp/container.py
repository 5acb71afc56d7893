"""Takes a GPP string apart: a header that lists section ids, then the sections.

Source: IAB Tech Lab, "Global Privacy Platform String" v1.0 (2022-09-28), read 2026-11-24: the
header is type 6 bits (3), version 6 bits (1), a count of 12 bits and as many entries; an entry is
1 bit (is it a range?), then distances to the id before it in Fibonacci coding. Sections are joined
by ``~`` in the order of their ids. Encoders pad to whole characters, some to whole octets.
"""

from collections.abc import Mapping

from firsthand.rules.consent.bits import LONGEST, Reader, Unreadable, unpack
from firsthand.rules.consent.statement import Fault

TYPE, VERSION = 3, 1
_MOST_SECTIONS = 64


def split(text: str) -> Mapping[int, str]:
    """Return the sections by id, undecoded. Raises ``Unreadable``."""
    if len(text) > LONGEST:
        raise Unreadable(Fault.OVERSIZED)
    header, *sections = text.split("~")
    found = _ids(Reader(unpack(header)))
    if len(found) != len(sections) or not all(sections):
        raise Unreadable
    return dict(zip(found, sections, strict=True))


def _ids(bits: Reader) -> list[int]:
    if bits.number(6) != TYPE:
        raise Unreadable
    if bits.number(6) != VERSION:
        raise Unreadable(Fault.VERSION)
    found: list[int] = []
    last = 0
    for _ in range(bits.number(12)):
        is_range = bits.flag()
        first = last + bits.fibonacci()
        last = first + bits.fibonacci() if is_range else first
        if last >= _MOST_SECTIONS:
            raise Unreadable
        found += range(first, last + 1)
    bits.close()
    return found
