"""The Snap Pixel's cookies, and the ids inside them.

Source: decoded from cookies of pixel 3.53, read 2026-11; documented nowhere. The life is the
pixel's, 13 months; that of ``_scclid``, which Snap's server-side tag writes, is a year.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator

from firsthand.model import Kind
from firsthand.vendor import IdCookie, Mint

UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
COOKIE1_PATH = "user_data.sc_cookie1"
CLICK_PATH = "user_data.sc_click_id"

CLICK, COOKIE1 = 1, 3  # types of a record
RECORDS = r"[A-Za-z0-9_-]{32,500}"
_UUID = re.compile(UUID)
_RECORDS = re.compile(RECORDS)
_REAL = re.compile(r"[0-9a-f]{12}[1-5][0-9a-f]{3}[89ab][0-9a-f]{15}")  # version and variant
_DAYS = 395

# A record is 48 hexadecimal digits, or 56 with an index: checksum, flag, UUID, time, index.
_SHORT, _LONG = 48, 56
_HAS_INDEX = 0x80
_KEY = tuple(int(digit, 16) for digit in b"Snapchat".hex())
_HIDDEN = ((0, 4, 32), (16, 2, 18), (20, 2, 22), (36, 12, 4), (48, 8, 24))
"""Start and length of what is hidden, start of the digits that hide it."""


def _shown(hidden: str) -> str:
    """Return the digits of a record as they were before hiding."""
    digits = [int(digit, 16) for digit in hidden]
    for start, length, salt in _HIDDEN:
        for place in range(min(length, max(len(digits) - start, 0))):
            mask = _KEY[place % len(_KEY)] + digits[salt + place] + place + 7
            digits[start + place] = (digits[start + place] - mask) % 16
    return "".join(f"{digit:x}" for digit in digits)


def _record(digits: str, size: int) -> tuple[int, str] | None:
    """Return type and UUID of a record of that size, if it is one."""
    if len(digits) < size:
        return None
    record = _shown(digits[:size])
    flag, plain = int(record[2:4], 16), record[4:36]
    total = sum(int(digit, 16) for digit in record[2:]) % 256
    if total != int(record[:2], 16) or not _REAL.fullmatch(plain):
        return None
    if bool(flag & _HAS_INDEX) != (size == _LONG):
        return None
    parts = (plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:])
    return flag & 0x0F, "-".join(parts)


def records(value: str) -> Iterator[tuple[int, str]]:
    """Yield type and UUID of each record in a cookie, up to the first that cannot be read."""
    if not _RECORDS.fullmatch(value) or len(value) % 4 == 1:
        return
    digits = urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    while digits:
        for size in (_SHORT, _LONG):
            found = _record(digits, size)
            if found is not None:
                yield found
                digits = digits[size:]
                break
        else:
            return


def _uuid(kind: int, value: str) -> str:
    """Return the UUID in a cookie that holds it plainly or in a record of that type; else ""."""
    if _UUID.fullmatch(value):
        return value
    return next((found for each, found in records(value) if each == kind), "")


def cookie1_of(value: str) -> str:
    """Return the browser's UUID in ``_scid``: the API wants it, not the cookie's text."""
    return _uuid(COOKIE1, value)


def click_of(value: str) -> str:
    """Return the click's UUID in ``_scsrid`` or ``_scclid``."""
    return _uuid(CLICK, value)


def _mint_click(mint: Mint) -> str:
    return mint.click


def _read_only(name: str, pattern: str, kind: Kind) -> IdCookie:
    """Return a row of a cookie that is the pixel's affair: taken away when consent is."""
    return IdCookie(name, pattern, kind, _DAYS, restore=False)


COOKIES = (
    IdCookie(
        "_scclid",
        UUID,
        Kind.AD_ID,
        days=365,
        field=CLICK_PATH,
        click="ScCid",
        click_of=click_of,
        mint=_mint_click,
    ),
    IdCookie("_scsrid", RECORDS, Kind.AD_ID, _DAYS, CLICK_PATH, click_of, restore=False),
    IdCookie("_scid", rf"{UUID}|{RECORDS}", Kind.BROWSER_ID, _DAYS, COOKIE1_PATH, cookie1_of),
    _read_only("_scid_r", rf"{UUID}|{RECORDS}", Kind.BROWSER_ID),
    _read_only("_scida", RECORDS, Kind.BROWSER_ID),
    _read_only("_scsrid_r", RECORDS, Kind.AD_ID),
    _read_only("_sctr", r"1(?:\||%7[Cc])[0-9]{10,16}", Kind.BROWSER_ID),
    _read_only("_ScCbts", r"[!-:<-~]{1,1000}", Kind.BROWSER_ID),
)
