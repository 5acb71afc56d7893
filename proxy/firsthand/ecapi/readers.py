"""One JSON value -> text that is fit to be used, or the code of what is wrong with it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from firsthand import convert

MAX_TEXT = 1000
SECONDS_BELOW = 10**11  # a larger time stamp is in milliseconds
LATEST_MS = 10**14
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?")
_EXPONENTS = range(-20, 16)
_DATE = re.compile(r"[0-9]{4}-?(0[1-9]|1[0-2])-?([0-2][0-9]|3[01])")
_TRUE = frozenset({"true", "1"})
_FALSE = frozenset({"false", "0"})


class Code(Enum):
    """What is wrong, in a word that programs can act on. ``value`` is the word on the wire."""

    REQUIRED = "required"
    TYPE = "invalid_type"
    ENUM = "invalid_enum"
    VALUE = "invalid_value"
    TOO_OLD = "too_old"
    AHEAD = "in_future"
    TOO_LONG = "too_long"
    UNKNOWN = "unknown_field"
    # these only warn
    PLAIN = "not_hashed"
    REUSED = "id_reused"
    UNUSED = "not_used"
    MISSING_VALUE = "missing_value"
    UNKEYED = "no_id"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field. ``field`` is a name of ours or a bounded one, never a value."""

    field: str
    code: Code


Reader: TypeAlias = Callable[[Any], str | Code]
"""A present JSON value -> text ("" counts as absent), or what is wrong with it."""


def text(most: int = MAX_TEXT) -> Reader:
    """Return a reader of texts up to ``most`` characters; a whole number is a text, too."""
    clean = convert.short(most)

    def read(value: Any) -> str | Code:  # noqa: ANN401 - JSON
        if isinstance(value, int) and not isinstance(value, bool):
            value = number(value)
        if not isinstance(value, str):
            return Code.TYPE
        return Code.TOO_LONG if len(value) > most else clean(value) or ""

    return read


def number(value: Any) -> str | Code:  # noqa: ANN401 - JSON
    """Read a number, or a text that is one, as a decimal in plain notation."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return Code.TYPE
    if isinstance(value, str):
        found = value.strip()
        return found if _NUMBER.fullmatch(found) else Code.VALUE
    exact = Decimal(value)
    if exact and exact.adjusted() not in _EXPONENTS:  # before writing it out: 1e9999 is short
        return Code.VALUE
    found = f"{exact:f}" if exact else "0"
    return found if _NUMBER.fullmatch(found) else Code.VALUE


def whole(value: Any) -> str | Code:  # noqa: ANN401 - JSON
    """Read a whole number."""
    found = number(value)
    return found if isinstance(found, Code) or "." not in found else Code.VALUE


def moment(value: Any) -> int:  # noqa: ANN401 - JSON
    """Return a time stamp in seconds or milliseconds as Unix ms, 0 where it is none."""
    read = number(value)
    if isinstance(read, Code):
        return 0
    whole, _, rest = read.partition(".")
    at = int(whole)
    if 0 < at < SECONDS_BELOW:
        at = at * 1000 + int(rest[:3].ljust(3, "0"))
    return at if 0 < at < LATEST_MS else 0


def currency(value: Any) -> str | Code:  # noqa: ANN401 - JSON
    """Read a currency code of three letters, as capitals."""
    if not isinstance(value, str):
        return Code.TYPE
    return convert.currency(value.strip()) or Code.VALUE


def address(value: Any) -> str | Code:  # noqa: ANN401 - JSON
    """Read a web address."""
    if not isinstance(value, str):
        return Code.TYPE
    if len(value) > convert.MAX_ADDRESS:
        return Code.TOO_LONG
    return convert.address(value) or Code.VALUE


def public_ip(value: Any) -> str | Code:  # noqa: ANN401 - JSON
    """Read an IP address; one from inside a network is not a visitor's."""
    if not isinstance(value, str):
        return Code.TYPE
    return convert.public_ip(value) or Code.VALUE


def date(value: Any) -> str | Code:  # noqa: ANN401 - JSON
    """Read a day, ``YYYYMMDD`` or ``YYYY-MM-DD``."""
    found = text()(value)
    return found if isinstance(found, Code) or _DATE.fullmatch(found) else Code.VALUE


def flag(value: Any) -> str | Code:  # noqa: ANN401 - JSON
    """Read a yes as ``1``, a no as an empty text; ``opt_out: 0`` is how the sample says no."""
    if not isinstance(value, bool | int | str):
        return Code.TYPE
    word = str(value).lower() if isinstance(value, bool | str) or value in {0, 1} else ""
    return "1" if word in _TRUE else "" if word in _FALSE else Code.VALUE


def one_of(words: Sequence[str]) -> Reader:
    """Return a reader of an enumeration: its word, or its number counted from 1."""

    def read(value: Any) -> str | Code:  # noqa: ANN401 - JSON
        if isinstance(value, bool) or not isinstance(value, str | int):
            return Code.TYPE
        if isinstance(value, int):
            return words[value - 1] if 0 < value <= len(words) else Code.ENUM
        word = value.strip().lower()
        return word if word in words else Code.ENUM

    return read
