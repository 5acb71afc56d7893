"""What consent platforms wrap their cookies in: percent-encoding, JSON, base64, times.

Strict and bounded: a value is at most ``MAX_VALUE`` characters when it comes here, it is decoded
twice at most, a name that comes twice in an object makes it unreadable. Every function returns
``None`` for what is not of its form; none raises.
"""

import json
import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Never, TypeAlias, TypeVar
from urllib.parse import unquote

from firsthand.rules.consent.statement import Say

Json: TypeAlias = Mapping[str, object]
_Read = TypeVar("_Read")

DAY_MS = 86_400_000
MOST_LAYERS = 3
_FIRST_MS, _LAST_MS = 10**12, 10**13  # 2001 and 2286
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{2,}={0,2}")
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_HTTP = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT")


def layers(text: str) -> Iterator[str]:
    """Yield ``text`` as it came, percent-decoded once, and twice; no further than it changes."""
    for _ in range(MOST_LAYERS):
        yield text
        try:
            inner = unquote(text, errors="strict")
        except UnicodeDecodeError:
            return
        if inner == text:
            return
        text = inner


def first(text: str, read: Callable[[str], _Read | None]) -> _Read | None:
    """Return what ``read`` makes of the outermost layer that it understands."""
    return next((found for layer in layers(text) if (found := read(layer)) is not None), None)


def json_object(text: str) -> Json | None:
    """Return the JSON object that a value holds, percent-encoded or not."""
    return first(text, _object)


def base64_json(text: str) -> Json | None:
    """Return the JSON object in base64, of either alphabet, padded or not."""
    plain = first(text, _base64)
    return _object(plain) if plain is not None else None


def _object(text: str) -> Json | None:
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _refuse(name: str) -> Never:
    raise ValueError(name)


def _base64(text: str) -> str | None:
    if not _BASE64.fullmatch(text):
        return None
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True).decode()
    except ValueError:
        return None


def say(value: object) -> Say | None:
    """Return the answer that a JSON boolean is."""
    if value is True:
        return Say.GRANTED
    return Say.DENIED if value is False else None


def unix_ms(value: object) -> int | None:
    """Return a time in Unix ms that is told as such, between 2001 and 2286."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if _FIRST_MS <= value < _LAST_MS else None


def unix_s(value: object) -> int | None:
    """Return a time in Unix ms that is told in seconds, between 2001 and 2286."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return unix_ms(value * 1000)


def iso_ms(value: object) -> int | None:
    """Return an ISO 8601 time with its zone in Unix ms."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return None
    try:
        return unix_ms(int(datetime.fromisoformat(value).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def http_ms(value: object) -> int | None:
    """Return a time as ``Date`` headers have it in Unix ms."""
    if not isinstance(value, str) or not _HTTP.fullmatch(value):
        return None
    try:
        return unix_ms(int(parsedate_to_datetime(value).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None
