"""Bit strings in base64url, as the IAB writes its consent strings. Strict: what is odd raises.

Bits are kept as a text of ``0`` and ``1``: cutting it is the fastest way to read fields that begin
anywhere.

Source: IAB Tech Lab, "Transparency and Consent String" v2 and "Global Privacy Platform String" v1
(alphabet, padding, Fibonacci coding), read 2026-11-24.
"""

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass

from firsthand.rules.consent.statement import Fault

LONGEST = 4096
_FORM = re.compile(r"[A-Za-z0-9_-]+")
_CHAR_BITS = 6
_FIBONACCI = (
    *(1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584),
    *(4181, 6765, 10946, 17711, 28657, 46368),
)


class Unreadable(ValueError):
    """A consent string that cannot be read, and why."""

    def __init__(self, fault: Fault = Fault.MALFORMED) -> None:
        super().__init__(fault)
        self.fault = fault


def unpack(text: str) -> str:
    """Return the bits of ``text``, six a character. Raises ``Unreadable``."""
    if len(text) > LONGEST:
        raise Unreadable(Fault.OVERSIZED)
    if not _FORM.fullmatch(text):
        raise Unreadable
    octets = urlsafe_b64decode(text + "A" * (-len(text) % 4))
    return f"{int.from_bytes(octets):0{len(octets) * 8}b}"[: len(text) * _CHAR_BITS]


@dataclass(slots=True)
class Reader:
    """Reads bits from left to right. Every method raises ``Unreadable`` where they run out."""

    bits: str
    at: int = 0

    def take(self, width: int) -> str:
        """Return the next ``width`` bits as they are."""
        end = self.at + width
        if end > len(self.bits):
            raise Unreadable
        found = self.bits[self.at : end]
        self.at = end
        return found

    def number(self, width: int) -> int:
        """Return the next ``width`` bits, at least one, as a number."""
        return int(self.take(width), 2)

    def flag(self) -> bool:
        """Return the next bit."""
        return self.take(1) == "1"

    def fibonacci(self) -> int:
        """Return a number in Fibonacci coding: its code ends at the first ``11``."""
        end = self.bits.find("11", self.at)
        if end < 0 or end - self.at >= len(_FIBONACCI):
            raise Unreadable
        code = self.take(end + 2 - self.at)[:-1]
        return sum(each for each, bit in zip(_FIBONACCI, code, strict=False) if bit == "1")

    def close(self) -> None:
        """Accept padding behind the last field, however long, and nothing else."""
        if "1" in self.bits[self.at :]:
            raise Unreadable


def members(field: str) -> frozenset[int]:
    """Return which bits of a bit field are set, the first is number 1."""
    return frozenset(number for number, bit in enumerate(field, 1) if bit == "1")
