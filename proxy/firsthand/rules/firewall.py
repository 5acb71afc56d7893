"""The outbound firewall: what stands readable in a call that is about to leave.

Contact data leaves hashed or not at all, and a card number never: no vendor's API and no beacon
door takes one. The tables, the gate and the cleaning of addresses see to that where an event is
read; this looks at what was made of it, byte for byte, so that a mistake anywhere before ends here.
It knows no vendor and no table.

Address, headers and body are taken apart as far as they are nested: percent-encoding, JSON, query
strings and base64 within each other. A pass over the bytes says first whether there can be anything
to find: most calls end with that.
"""

import re
from binascii import a2b_base64
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import orjson

from firsthand.model import Call
from firsthand.rules.readable import What, readable

_DEEPEST = 6
_LAYERS = 8
_SHORTEST = len("a@b.de")
_AT = (b"@", b"%40", b"2540", b"u0040")
_PLUS = (b"+", b"%2B", b"%2b", b"252B", b"252b", b"u002b", b"u002B")
_PLUS_NUMBER = re.compile(rb"(?:(?<!\w)\+|2[Bb])[\s(]{0,2}[0-9]")
_TEL = (b"tel", b"phone", b"msisdn", b"whatsapp", b"handy", b"fax", b"mobil", b"ph")
_TEL_NUMBER = re.compile(
    rb"(?:tel|phone|msisdn|whatsapp|handy|fax|mobil|ph)(?:[^0-9]|%[0-9a-f]{2}){0,16}"
    rb"[0-9](?:(?:[ .()/+-]|%[0-9a-f]{2}){0,3}[0-9]){6}"
)
_RUN = b"0" * 14
_DIGITS = bytes(ord("0") if chr(code).isdecimal() else code for code in range(128)) + bytes(128)
_SPACED = b" +-"
_ENCODED_SPACE = re.compile(rb"%(?:25)*2[0BDbd]")
# base64 of printable ASCII: of every four characters the first is one of I to Z, a to f
_FIRST = b"IJKLMNOPQRSTUVWXYZabcdef"
_OTHER = b"ABCDEFGHghijklmnopqrstuvwxyz0123456789+/_-"
_AS_BASE64 = bytes(
    ord("F") if code in _FIRST else ord("o") if code in _OTHER else ord(" ") for code in range(256)
)
_PLAIN_TOKEN = re.compile(rb" (?:F[Fo]{3}){4}")
_DIGEST = re.compile(rb"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])")
_PAIR = re.compile(r"(?:\A|[?&#;\s])([^?&#;=\s]{1,128})=([^&#\s]*)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}")
_SHOWN = re.compile(r"[A-Za-z_][A-Za-z_.\[\]-]{0,39}[0-9]{0,2}\]?")
_UNNAMED = "a parameter"


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands readable, and the name of its place; never the value."""

    what: What
    where: str

    def __str__(self) -> str:
        return f"{self.what} in {self.where}"


def findings(call: Call) -> tuple[Finding, ...]:
    """Return what stands readable in a call, each place once. Give it no credentials."""
    if not _may_hold(call):
        return ()
    return tuple(dict.fromkeys(_search(call)))


def told(found: tuple[Finding, ...]) -> str:
    """Return findings in words, at most three."""
    return "; ".join(map(str, found[:3]))


def _may_hold(call: Call) -> bool:
    """Say whether there can be anything to find: it sees a little too much, never too little.

    One pass for each kind, of which none is a search by a pattern of alternatives: that takes ten
    times as long.
    """
    headers = "&".join(f"{name}={value}" for name, value in call.headers.items())
    head = f" {call.url} {headers} ".encode("utf-8", "replace")
    return _suspect(head + call.body, call)


def _suspect(raw: bytes, call: Call) -> bool:
    raw = _DIGEST.sub(b"#", raw)  # of the digits of a thousand hashes some look like anything
    if len(call.account) >= len(_RUN):
        raw = raw.replace(call.account.encode(), b"account")
    return (
        any(sign in raw for sign in _AT)
        or _may_hold_number(raw)
        or _PLAIN_TOKEN.search(raw.translate(_AS_BASE64)) is not None
    )


def _may_hold_number(raw: bytes) -> bool:
    if any(sign in raw for sign in _PLUS) and _PLUS_NUMBER.search(raw):
        return True
    low = raw.lower()
    if any(word in low for word in _TEL) and _TEL_NUMBER.search(low):
        return True
    if b"%" in raw:
        raw = _ENCODED_SPACE.sub(b"", raw)
    return _RUN in raw.translate(_DIGITS, _SPACED)


def _search(call: Call) -> Iterator[Finding]:
    path, _, query = call.url.partition("?")
    for text in path.split("/")[1:]:
        if text != call.account:
            yield from _in_text("", text, "the address")
    yield from _in_names(query)
    for name, value in _pairs(query):
        yield from _named(name, value, call)
    for name, value in call.headers.items():
        yield from _in_text(name, value, f"header {_label(name)}")
    yield from _in_body(call)


def _in_body(call: Call) -> Iterator[Finding]:
    text = call.body.decode("utf-8", "replace")
    parsed = _json(text)
    if parsed is not None:
        yield from _in_json("", parsed, call)
        return
    if "\n" in text or "=" not in text:
        yield from _in_text("", text, "the body")
        return
    yield from _in_names(text)
    for name, value in _pairs(text):
        yield from _named(name, value, call)


def _in_json(path: str, value: object, call: Call) -> Iterator[Finding]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _in_text("", name, "the name of a parameter")
            yield from _in_json(f"{path}.{name}" if path else name, inner, call)
    elif isinstance(value, list):
        for inner in value:
            # one suspect of a thousand events must not have all of them taken apart
            if not isinstance(inner, dict) or _suspect(orjson.dumps(inner), call):
                yield from _in_json(path, inner, call)
    elif isinstance(value, str | int | float):
        yield from _named(path, str(value), call)


def _named(name: str, text: str, call: Call) -> Iterator[Finding]:
    if text and text != call.account:
        yield from _in_text(name.rpartition(".")[2], text, _label(name))


def _in_names(query: str) -> Iterator[Finding]:
    for part in query.split("&"):
        yield from _in_text("", part.partition("=")[0], "the name of a parameter")


def _in_text(name: str, text: str, where: str, depth: int = _DEEPEST) -> Iterator[Finding]:
    """Search a value in each of its encodings, and what is nested in it."""
    if len(text) < _SHORTEST:
        return
    for layer in _layers(text):
        yield from (Finding(what, where) for what in readable(layer, name))
        if depth:
            for inner_name, inner in _nested(layer):
                place = f"{where}, {_label(inner_name)}" if inner_name != name else where
                yield from _in_text(inner_name, inner, place, depth - 1)


def _layers(text: str) -> Iterator[str]:
    for _ in range(_LAYERS):
        yield text
        if "%" not in text or (inner := unquote(text)) == text:
            return
        text = inner


def _nested(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is within a value: members of JSON, pairs of a query, plain text in base64."""
    parsed = _json(text)
    if parsed is not None:
        yield from _members("", parsed)
        return
    if "=" in text:
        yield from ((name, value) for name, value in _PAIR.findall(text) if value != text)
    for token in _BASE64.findall(text):
        plain = _plain(token)
        if plain:
            yield "", plain


def _members(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _members(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(name, inner)
    elif isinstance(value, str | int | float):
        yield name, str(value)


def _plain(token: str) -> str:
    """Return the printable text that a token is in base64, of either alphabet; else nothing."""
    bare = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = a2b_base64(bare + "=" * (-len(bare) % 4))
        text = raw.decode("utf-8")
    except ValueError:
        return ""
    return text if text.isprintable() else ""


def _json(text: str) -> object | None:
    if text[:1] not in {"{", "["}:
        return None
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return parsed


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        yield unquote(name), value


def _label(name: str) -> str:
    """Return a name that may be shown: one in letters that is no contact data itself."""
    return name if _SHOWN.fullmatch(name) and not any(readable(name, "")) else _UNNAMED
