"""What of an event may be shown and kept in the ledger: shape and commerce, never who it was."""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache

from firsthand.model import Hit, Kind, Reading, Value, Verdict
from firsthand.rules.readable import readable

KindOf = Callable[[str], Kind]

MAX_SHOWN = 200
MAX_ITEMS = 20
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_.\-$\[\]:]{1,60}")
_MANY_DIGITS = re.compile(r"\d(?:[ .()/+-]{0,3}\d){7}")
_ADDRESS = re.compile(r"[^\s/?#&=<>\"']+(?:@|%40)[^\s/?#&=<>\"']+")


_TRANSPORTS = {
    "": "",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
    "application/json": "json",
    "text/plain": "text",
}


class Sight(Enum):
    """How much of a value may be seen."""

    SIZE = "size"
    PAGE = "page"
    WHOLE = "whole"


_SIGHTS = {
    Kind.PAGE: Sight.PAGE,
    Kind.TECHNICAL: Sight.WHOLE,
    Kind.CONSENT: Sight.WHOLE,
    Kind.COMMERCE: Sight.WHOLE,
}


def mask(fields: Mapping[str, Value], kind_of: KindOf) -> dict[str, Value]:
    """Return ``fields`` fit to be shown: identifying values as their size, pages without query.

    Keys that no table spells (free keys of custom data) are shown only where they look like one.
    Anything that looks like an e-mail address, a phone number or a card number is hidden wherever
    it stands.
    """
    shown: dict[str, Value] = {}
    for path, value in fields.items():
        name, sight = _sight(kind_of, path)
        if sight is not Sight.SIZE:
            shown[name] = _shown(value, sight)
        elif type(value) is str:
            shown[name] = f"<{len(value)} characters>"
        else:
            shown[name] = placeholder(value)
    return shown


@lru_cache(maxsize=4096)
def _sight(kind_of: KindOf, path: str) -> tuple[str, Sight]:
    """Return the path as it is shown, and how its value is; few paths occur, over and over."""
    sight = _SIGHTS.get(kind_of(path), Sight.SIZE)
    if _PLAIN_PATH.fullmatch(path):
        return path, sight
    section, dot, key = path.partition(".")
    return (f"{section}.<{len(key)} characters>" if dot else f"<{len(path)} characters>"), sight


def placeholder(value: Value) -> Value:
    """Return what stands for an identifying value: its kind and size, within the same lists."""
    match value:
        case str():
            return f"<{len(value)} characters>"
        case list():
            return [placeholder(one) for one in value[:MAX_ITEMS]]
        case dict():
            return f"<{len(value)} keys>"
        case bool():
            return "<yes or no>"
        case _:
            return "<number>"


def _shown(value: Value, sight: Sight) -> Value:
    match value:
        case str():
            return _text(without_query(value) if sight is Sight.PAGE else value)
        case list():
            return [_shown(one, sight) for one in value[:MAX_ITEMS]]
        case dict():
            return {_text(key): _shown(one, sight) for key, one in value.items()}
        case _:
            return value


def _text(text: str) -> str:
    if "@" in text or "%40" in text:
        text = _ADDRESS.sub("<address>", text)
    if _MANY_DIGITS.search(text) and any(readable(text, "")):
        return f"<{len(text)} characters>"
    return text[:MAX_SHOWN]


def without_query(address: str) -> str:
    """Return an address without query, fragment and user name."""
    bare = address.partition("#")[0].partition("?")[0]
    scheme, mark, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"


def verdict_words(verdict: Verdict) -> str:
    """Return a verdict as a line to read: what is granted, how, and who said so."""
    granted = [
        word
        for word, given in (("analytics", verdict.analytics), ("marketing", verdict.marketing))
        if given
    ]
    how = "explicit" if verdict.explicit else "implied"
    said = f": {', '.join(verdict.sources)}" if verdict.sources else ""
    return f"{' and '.join(granted) or 'nothing'} ({how}){said}"


def shape(hit: Hit, reading: Reading) -> str:
    """Describe a hit without a value of it."""
    given = hit.headers.get("content-type", "").partition(";")[0].strip().lower()
    transport = _TRANSPORTS.get(given, "other")
    words = [hit.method, hit.host + hit.path, transport, f"{len(reading.fields)} fields"]
    return " ".join(word for word in words if word)[:120]
