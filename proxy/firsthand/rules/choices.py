"""A consent cookie -> the same choice, told by nobody in particular.

Platforms write an id of the visitor, the page where they answered and the second of it beside the
choice. Here words, short numbers and the consent strings of the IAB stay; ids are replaced by
stand-ins, page addresses by a host of nobody's, and times are those of the hour.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

import orjson

from firsthand.rules.consent import acstring, tcstring
from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.decoding import base64_json
from firsthand.rules.consent.gpp import container
from firsthand.rules.standins import StandIns

Json: TypeAlias = Any  # what a JSON parser returns

HOUR_MS = 3_600_000
PAGE = "https://page.example/"
_LAYERS = 3
_ADDRESS = re.compile(r"https?://[^\s\"',;|]*", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@/?&=:;,<>\"']{1,64}@[^\s@/?&=:;,|<>\"']{1,190}\.[A-Za-z]{2,24}")
_TIME = re.compile(r"(?<![\w-])(\d{4}-\d\d-\d\d[T ]\d\d):\d\d(:\d\d)?(\.\d{1,9})?")
_WORD = re.compile(r"[A-Za-z0-9_.~-]*[A-Za-z0-9]{6}[A-Za-z0-9_.~-]*")
_PIECE = re.compile(r"[A-Za-z0-9]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LONGEST_WORD = 24
_SHORTEST_NUMBER = 9
_SHORTEST_MIXED = 8
_SHORTEST_JUMBLE = 10
_EPOCHS = {10: 1000, 13: 1}


@dataclass(frozen=True, slots=True)
class Choices:
    """Makes consent cookies nobody's. ``at`` is the time of the hit, in ms."""

    stand_ins: StandIns
    at: int

    def cookie(self, text: str) -> str:
        """Return a cookie's raw value, as it may be kept: within the same wrapping."""
        return self._wrapped(text, _LAYERS)

    def _wrapped(self, text: str, layers: int) -> str:
        inner = unquote(text)
        if layers and inner != text:
            return quote(self._wrapped(inner, layers - 1), safe="-_.~!*'()")
        if text[:1] in {"{", "["}:
            try:
                return orjson.dumps(self._json(orjson.loads(text))).decode()
            except orjson.JSONDecodeError:
                return self._plain(text)
        told = base64_json(text) if "%" not in text else None
        if told is not None:
            return b64encode(orjson.dumps(self._json(told))).decode()
        return self._plain(text)

    def _json(self, value: Json) -> Json:
        match value:
            case str():
                return self._wrapped(value, 1)
            case dict():
                return {self._plain(name): self._json(each) for name, each in value.items()}
            case list():
                return [self._json(each) for each in value]
            case bool() | None:
                return value
            case int():
                made = self._plain(str(value))
                return int(made) if made.lstrip("-").isdecimal() else 0
            case _:
                return value

    def _plain(self, text: str) -> str:
        text = _ADDRESS.sub(PAGE, text)
        text = _MAIL.sub(lambda found: self.stand_ins.text(found[0]), text)
        parts, end = [], 0
        for found in _TIME.finditer(text):
            parts += [self._words(text[end : found.start()]), _on_the_hour(found)]
            end = found.end()
        return "".join([*parts, self._words(text[end:])])

    def _words(self, text: str) -> str:
        return _WORD.sub(self._word, text)

    def _word(self, found: re.Match[str]) -> str:
        word = found[0]
        if is_consent_string(word):
            return word
        if _UUID.fullmatch(word):
            return self.stand_ins.text(word)
        return _PIECE.sub(self._piece, word)

    def _piece(self, found: re.Match[str]) -> str:
        piece = found[0]
        unit = _EPOCHS.get(len(piece), 0) if piece.isdecimal() else 0
        if unit:
            return str(int(piece) * unit // HOUR_MS * HOUR_MS // unit)
        return self.stand_ins.text(piece) if is_id(piece) else piece


def is_consent_string(text: str) -> bool:
    """Say whether a text is one of the IAB's strings (TCF, GPP) or Google's: they name no person.

    The framework has had their times by the day since TCF 2.2.
    """
    for read in (tcstring.decode, container.split, acstring.decode):
        try:
            read(text)
        except Unreadable:
            continue
        return True
    return False


def is_id(piece: str) -> bool:
    """Say whether letters and digits look drawn rather than written: such a piece may be an id."""
    if piece.isdecimal():
        return len(piece) >= _SHORTEST_NUMBER
    if not piece.isalpha():
        return len(piece) >= _SHORTEST_MIXED
    turns = sum(one.islower() and two.isupper() for one, two in pairwise(piece))
    jumbled = len(piece) >= _SHORTEST_JUMBLE and turns * 4 > len(piece)
    return jumbled or len(piece) > _LONGEST_WORD


def holds_id(text: str) -> bool:
    """Say whether something drawn stands in a text, a UUID above all."""
    return _UUID.search(text) is not None or any(map(is_id, _PIECE.findall(text)))


def _on_the_hour(found: re.Match[str]) -> str:
    """Return a time with as many digits, its minutes and seconds zero."""
    fraction = "." + "0" * (len(found[3]) - 1) if found[3] else ""
    return f"{found[1]}:00{':00' if found[2] else ''}{fraction}"
