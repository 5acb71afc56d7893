"""Stands in for what identifies a person: another value of the same shape, always the same one.

A stand-in is drawn by a keyed hash, token by token, so that an id within a cookie and the same id
in an address stay alike. Of the value itself it tells the length and which kinds of characters
occur. Who throws the key away cannot find the value again.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from ipaddress import ip_address
from typing import TypeAlias

from firsthand.convert import public_ip
from firsthand.rules.addresses import is_personal

Fits: TypeAlias = Callable[[str], bool]

AGENT = "Mozilla/5.0 (stand-in) Browser/1.0"
BOT_AGENT = "Mozilla/5.0 (compatible; examplebot/1.0)"
DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_NEAR_MS = 2 * DAY_MS
_FAR_MS = 400 * DAY_MS

_UUID = r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])"
_TOKEN = re.compile(rf"(?P<uuid>{_UUID})|[^\W_]+")
_FORM_AT = (14, 19)  # where a UUID tells its version and variant
_MAIL = re.compile(r"[^\s@/?&=:;,<>]{1,64}@[^\s@/?&=:;,<>]{1,190}\.[A-Za-z]{2,24}")
_MAIL_AT = "@example.com"
_DIGITS, _HEX = "0123456789", "0123456789abcdef"
_LOWER, _UPPER = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHORTEST_HEX = 8
_SHORTEST_ID = 3
_TRIES = 48
_PREFIXES = 9
_SECONDS, _MILLISECONDS = 10, 13


@dataclass(frozen=True, slots=True)
class StandIns:
    """Draws stand-ins under ``key`` (16 bytes or more, never stored)."""

    key: bytes = field(repr=False)

    def text(self, text: str, fits: Fits | None = None) -> str:
        """Return a stand-in for any text: nothing of a word or number is left.

        ``fits``: what it must satisfy, if a few tries find one. Readable contact data is replaced
        by such, so that rules which look for it act alike.
        """
        personal = is_personal(text)

        def alike(made: str) -> bool:
            return is_personal(made) == personal and (fits is None or fits(made))

        return next(filter(alike, self._texts(text)), "") or self._plain(text, 0)

    def id(self, text: str, fits: Fits, *, at: int) -> str:
        """Return a stand-in for an id that ``fits`` knows the form of.

        Marks of its form (short tokens at its beginning, as few first characters as it needs) stay,
        and a time within it is that day's: how old an id is decides over it. ``at`` is now, in ms.
        """
        made = (
            text[:kept] + self._tokens(text[kept:], 0, shortest=_SHORTEST_ID, at=at)
            for kept in range(min(_PREFIXES, len(text)))
        )
        return next((each for each in made if each != text and fits(each)), "") or self.text(
            text, fits
        )

    def address(self, ip: str) -> str:
        """Return an IP address for documentation (RFC 5737, RFC 3849) for a public one."""
        try:
            given = ip_address(ip)
        except ValueError:
            return ""
        if public_ip(ip) is None:
            return "127.0.0.1"
        number = self._draw(given.compressed, 0)[0]
        return f"203.0.113.{number}" if given.version == 4 else f"2001:db8::{number:x}"  # noqa: PLR2004 - IPv4

    def _texts(self, text: str) -> Iterator[str]:
        for salt in range(_TRIES):
            yield self._plain(text, salt)
        number = self._draw(text, 0)[0] % 100
        # what addresses the world over are known not to be: RFC 2606, and numbers kept for films
        phone = f"120255501{number:02}"
        yield from (f"person{number}{_MAIL_AT}", f"+{phone}", phone, "-", "0")

    def _plain(self, text: str, salt: int) -> str:
        parts, end = [], 0
        for found in _MAIL.finditer(text):
            mailbox = self._tokens(found[0].partition("@")[0], salt)
            parts += [self._tokens(text[end : found.start()], salt), mailbox + _MAIL_AT]
            end = found.end()
        return "".join([*parts, self._tokens(text[end:], salt)])

    def _tokens(self, text: str, salt: int, *, shortest: int = 1, at: int = 0) -> str:
        begun = False

        def token(found: re.Match[str]) -> str:
            nonlocal begun
            if found["uuid"]:
                return self._uuid(found[0], salt)
            if len(found[0]) < shortest and not begun:
                return found[0]
            begun = True
            return coarse(found[0], at=at, far=True) or self._token(found[0], salt)

        return _TOKEN.sub(token, text)

    def _uuid(self, uuid: str, salt: int) -> str:
        signs = _HEX if uuid == uuid.lower() else _HEX.upper()
        drawn = self._draw(uuid, salt)
        return "".join(
            sign if sign == "-" or place in _FORM_AT else signs[drawn[place] % len(signs)]
            for place, sign in enumerate(uuid)
        )

    def _token(self, token: str, salt: int) -> str:
        signs = _alphabet(token)
        made = "".join(signs[each % len(signs)] for each in self._draw(token, salt)[: len(token)])
        zeros = len(token) - len(token.lstrip("0")) if signs == _DIGITS else len(token)
        if zeros == len(token):
            return made
        # a number stays one of as many digits, a dialled one keeps its leading zeros
        return "0" * zeros + made[zeros:].replace("0", "1", 1 if made[zeros] == "0" else 0)

    def _draw(self, token: str, salt: int) -> bytes:
        drawn = b""
        seed = token.encode("utf-8", "replace")
        while len(drawn) < len(token) or not drawn:
            head = b"%d\0%d\0" % (salt, len(drawn))
            drawn += blake2b(head + seed, key=self.key[:64]).digest()
        return drawn


def coarse(token: str, *, at: int, far: bool = False) -> str:
    """Return a time in s or ms around ``at`` as it may stay, "" for whatever is none.

    Within two days it is the event's own, to the minute: a session may be known by its second.
    ``far``: within 400 days that day's beginning.
    """
    if not at or not (token.isascii() and token.isdecimal()):
        return ""
    unit = {_SECONDS: 1000, _MILLISECONDS: 1}.get(len(token), 0)
    if not unit:
        return ""
    ms = int(token) * unit
    if far:
        near = at - _FAR_MS < ms < at + _NEAR_MS
        return str(ms // DAY_MS * DAY_MS // unit) if near else ""
    return str(ms // _MINUTE_MS * _MINUTE_MS // unit) if abs(ms - at) < _NEAR_MS else ""


def _alphabet(token: str) -> str:
    if token.isascii() and token.isdecimal():
        return _DIGITS
    if len(token) >= _SHORTEST_HEX and not set(token) - set(_HEX):
        return _HEX
    if len(token) >= _SHORTEST_HEX and not set(token) - set(_HEX.upper()):
        return _HEX.upper()
    kinds = ((str.isdigit, _DIGITS), (str.isupper, _UPPER))
    return "".join(signs for has, signs in kinds if any(map(has, token))) + (
        "" if token.isupper() else _LOWER
    )
