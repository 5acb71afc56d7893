"""Named converters for table rows: text from the wire -> value for an API, or ``None``.

None of them raises, on any text.
"""

import math
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any

import orjson

from firsthand.model import Value

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?")  # a script's 0.1 + 0.2 has 17 decimals
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_HEX64 = re.compile(r"[0-9a-fA-F]{64}")
_HEX32 = re.compile(r"[0-9a-fA-F]{32}")
_BASE64URL43 = re.compile(r"[A-Za-z0-9_-]{43}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]{2,}")
_BLANK = re.compile(r"\s+")
_BLANK_OR_MARK = re.compile(r"[\s!-/:-@\[-`{-~]+")  # only ASCII marks: letters of any script stay
_NOT_DIGIT = re.compile(r"[^0-9]+")
_BIRTH = re.compile(r"(19|20)[0-9]{6}")
_WEB_ADDRESS = re.compile(
    r"https?://[^\s/?#\\@\ud800-\udfff]+(?:[/?#][^\s\\\ud800-\udfff]*)?", re.IGNORECASE
)
MAX_TEXT = 1000
SHORT_INTEGER = 15
MAX_ADDRESS = 2048
MAX_DEPTH = 8
_words = str.split
_MINOR_DIGITS = {
    **dict.fromkeys(
        _words("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"), 0
    ),
    **dict.fromkeys(_words("BHD IQD JOD KWD LYD OMR TND"), 3),
    **dict.fromkeys(_words("CLF UYW"), 4),
}
_USUAL_DIGITS = 2
_INSIDE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def text(value: str) -> str | None:
    """Return the text without control, bidi and surrogate characters, at most 1,000 long."""
    return _plain(value)[:MAX_TEXT].strip() or None


def _plain(value: str) -> str:
    """Drop what must not pass. A printable text has nothing of it, and is told much faster."""
    return value if value.isprintable() else _CONTROL.sub("", value)


def short(limit: int) -> Callable[[str], str | None]:
    """Return a converter like ``text`` that cuts at ``limit`` characters."""

    def convert(value: str) -> str | None:
        return _plain(value)[:limit].strip() or None

    return convert


def matching(pattern: str) -> Callable[[str], str | None]:
    """Return a converter that passes only a full match of ``pattern``."""
    compiled = re.compile(pattern)

    def convert(value: str) -> str | None:
        return value if compiled.fullmatch(value) else None

    return convert


def number(value: str) -> int | float | None:
    """Return a finite number; whole ones as ``int``. A comma is never a decimal mark."""
    if len(value) <= SHORT_INTEGER and value.isascii() and value.isdigit():
        return int(value)
    stripped = value.strip()
    if not _NUMBER.fullmatch(stripped):
        return None
    parsed = float(stripped)
    if not math.isfinite(parsed):
        return None
    return int(parsed) if parsed.is_integer() and "." not in stripped else parsed


def amount(value: str) -> int | float | None:
    """Return money in major units: a number that is not negative."""
    parsed = number(value)
    return None if parsed is None or parsed < 0 else parsed


def integer(value: str) -> int | None:
    """Return a whole number of at most 15 digits."""
    parsed = number(value)
    return parsed if isinstance(parsed, int) else None


def currency(value: str) -> str | None:
    """Return a currency code of three letters (ISO 4217's form), in capitals."""
    return value.upper() if _CURRENCY.fullmatch(value) else None


def minor_digits(code: str) -> int:
    """Return how many decimals a currency has (ISO 4217, list one, read 2026-11); two if unknown.

    No table row's converter: it belongs to ``currency``.
    """
    return _MINOR_DIGITS.get(code, _USUAL_DIGITS)


def address(value: str) -> str | None:
    """Return a web address as it came, at most 2,048 long; none with userinfo or blanks in it."""
    if _CONTROL.search(value) or not _WEB_ADDRESS.fullmatch(value):
        return None
    return value[:MAX_ADDRESS]


def sha256_hex(value: str) -> str | None:
    """Pass a SHA-256 on, in lower case; anything else is not a hash."""
    return value.lower() if _HEX64.fullmatch(value) else None


def sha256_of(value: str) -> str:
    """Return the SHA-256 of a text as lower-case hex."""
    return sha256(value.encode("utf-8", "replace")).hexdigest()


def hashed(normal: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Return a converter that passes a SHA-256 on, drops an MD5, and hashes what is plain.

    ``normal`` gets the plain text trimmed and in lower case; ``None`` or "" drops the value.
    """

    def convert(value: str) -> str | None:
        given = value.strip()
        known = sha256_hex(given)
        if known or _HEX32.fullmatch(given):
            return known
        plain = normal(given.lower())
        return sha256_of(plain) if plain else None

    return convert


def hashed_as_given(value: str) -> str | None:
    """Pass a SHA-256 on; hash what is plain, trimmed, its case kept: an id of the customer's."""
    given = value.strip()
    return sha256_hex(given) or (sha256_of(given) if given else None)


def email(plain: str) -> str | None:
    """Return what has the form of an e-mail address."""
    return plain if _EMAIL.fullmatch(plain) else None


def google_email(plain: str) -> str | None:
    """Return an e-mail address as Google hashes it: one of Gmail's stands without its dots."""
    local, _, domain = (email(plain) or "").partition("@")
    if domain in {"gmail.com", "googlemail.com"}:
        local = local.replace(".", "")
    return f"{local}@{domain}" if local else None


def phone_digits(plain: str) -> str | None:
    """Return a phone number's digits without leading zeros, as many as E.164 allows."""
    digits = _NOT_DIGIT.sub("", plain).lstrip("0")
    return digits if 7 <= len(digits) <= 15 else None  # noqa: PLR2004 - lengths of E.164


def phone_plus(plain: str) -> str | None:
    """Return a phone number in the form of E.164: ``+`` and digits, country code first."""
    digits = phone_digits(plain)
    return f"+{digits}" if digits else None


def letters(plain: str) -> str:
    """Return a name without blanks and ASCII punctuation."""
    return _BLANK_OR_MARK.sub("", plain)


def solid(plain: str) -> str:
    """Return a text without blanks."""
    return _BLANK.sub("", plain)


def postcode(plain: str) -> str | None:
    """Return a postcode without blanks, up to its first hyphen (five digits of a US one)."""
    area = _BLANK.sub("", plain.partition("-")[0])
    return area if len(area) > 1 else None


def birth_date(plain: str) -> str | None:
    """Return a date of birth as YYYYMMDD; the year must come first."""
    digits = _NOT_DIGIT.sub("", plain)
    return digits if _BIRTH.fullmatch(digits) else None


def gender_initial(plain: str) -> str | None:
    """Return ``f`` or ``m``."""
    return plain[0] if plain in {"f", "m", "female", "male"} else None


def base64url_sha256(value: str) -> str | None:
    """Return the hex of a SHA-256 that came as 43 characters of base64url."""
    bare = value.removesuffix("=")
    return urlsafe_b64decode(f"{bare}=").hex() if _BASE64URL43.fullmatch(bare) else None


def json_value(value: str) -> Value | None:
    """Return a JSON list or object; ``None`` if it is neither, not JSON, or over 8 levels deep.

    ``null`` members are left out: no vendor gives them a meaning.
    """
    if value[:1] not in {"[", "{"}:
        return None
    try:
        return _bounded(orjson.loads(value), MAX_DEPTH)
    except ValueError:  # orjson's own error is one
        return None


def _bounded(parsed: Any, levels: int) -> Value:  # noqa: ANN401 - what a JSON parser returns
    """Return ``parsed`` without nulls; raises ``ValueError`` below the last level."""
    if levels < 0:
        raise ValueError("too deep")
    if isinstance(parsed, list):
        return [_bounded(each, levels - 1) for each in parsed if each is not None]
    if isinstance(parsed, dict):
        return {k: _bounded(v, levels - 1) for k, v in parsed.items() if v is not None}
    plain: Value = parsed
    return plain


@lru_cache(4096)
def public_ip(value: str) -> str | None:
    """Return an IP address in its short form; one from inside a network tells a vendor nothing."""
    try:
        found = ip_address(value.strip())
    except ValueError:
        return None
    if "%" in value:  # a zone, which only means something inside
        return None
    found = getattr(found, "ipv4_mapped", None) or found
    inside = found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified
    if inside or any(found in net for net in _INSIDE if net.version == found.version):
        return None
    return str(found)
