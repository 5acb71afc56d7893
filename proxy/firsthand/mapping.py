"""Reads a vendor's field table from parameters and nests the result into an API body.

Splitting is done by hand: ``urllib.parse.parse_qsl`` costs five times as much on a 40-parameter
beacon (measured), and no parameter may raise.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

import orjson

from firsthand.model import Fields, Hit, Kind, MatchKey, Value
from firsthand.vendor import Field

Pair = tuple[str, str]

MAX_PAIRS = 500
MAX_NAME = 128
MAX_VALUE = 8192
MAX_JSON = 65_536  # a list of items in one value
MAX_PART_HEAD = 1024

_BOUNDARY = re.compile(r"boundary=\"?([^\";,\s]{1,70})", re.IGNORECASE)
_PART_NAME = re.compile(rb"content-disposition:[^\r\n]*?;\s*name=\"?([^\";\r\n]+)", re.IGNORECASE)
_NOT_TEXT = re.compile(rb";\s*filename\*?=|content-type:\s*multipart/", re.IGNORECASE)


def query_pairs(text: str, longest: int = MAX_VALUE) -> list[Pair]:
    """Split ``a=b&c=d`` as ``encodeURIComponent`` wrote it: ``+`` is a plus, not a space.

    Values of more than ``longest`` characters on the wire are left out.
    """
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()  # no lone surrogates past this line
    pairs = []
    for part in text.split("&", MAX_PAIRS)[:MAX_PAIRS]:
        name, _, value = part.partition("=")
        if not name or len(value) > longest:
            continue
        if "%" in part:
            name, value = _unquoted(name), _unquoted(value)
        if len(name) <= MAX_NAME and name[:1] != "@":  # "@..." is what the request itself tells
            pairs.append((name, value))
    return pairs


def _unquoted(text: str) -> str:
    """Decode ``%xx``. For ASCII, as it comes, this takes two thirds of ``unquote``'s time."""
    if "%" not in text:
        return text
    if text.isascii():
        return unquote_to_bytes(text).decode("utf-8", "replace")
    return unquote(text)


def form_pairs(text: str, longest: int = MAX_VALUE) -> list[Pair]:
    """Split an ``application/x-www-form-urlencoded`` text: ``+`` is a space."""
    return query_pairs(text.replace("+", " "), longest)


def multipart_pairs(body: bytes, content_type: str) -> list[Pair]:
    """Return the text fields of a ``multipart/form-data`` body, without files and nested parts.

    Cut by hand: the standard parser raises on deep nesting and odd charsets, and takes ten times
    as long. What no boundary closes is left out, because half a value is a wrong value.
    """
    named = _BOUNDARY.search(content_type)
    if named is None:
        return []
    whole = body if b"\r\n" in body else body.replace(b"\n", b"\r\n")
    mark = b"\r\n--" + named[1].encode("utf-8", "replace")
    pairs = []
    for part in (b"\r\n" + whole).split(mark, MAX_PAIRS)[1:-1]:
        head, blank, value = part.partition(b"\r\n\r\n")
        name = _PART_NAME.search(head) if len(head) <= MAX_PART_HEAD else None
        if not name or name[1][:1] == b"@":  # as in query_pairs
            continue
        if blank and len(value) <= MAX_VALUE and not _NOT_TEXT.search(head):
            pairs.append((_text(name[1][:MAX_NAME]), _text(value)))
    return pairs


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def body_pairs(hit: Hit, longest: int = MAX_VALUE) -> list[Pair]:
    """Return the parameters in a hit's body: form or multipart; an empty list for anything else."""
    if not hit.body:
        return []
    content_type = hit.headers.get("content-type", "")
    if content_type[:19].lower() == "multipart/form-data":
        return multipart_pairs(hit.body, content_type)
    return form_pairs(hit.body.decode("utf-8", "replace"), longest)


def member_pairs(
    members: Mapping[str, Value], into: Collection[str] = (), prefix: str = ""
) -> list[Pair]:
    """Return the members of a JSON object as pairs: text as it is, all else as JSON.

    Objects whose dotted name is in ``into`` are taken apart, their members named ``a.b``.
    """
    pairs: list[Pair] = []
    for name, value in members.items():
        path = prefix + name
        if isinstance(value, dict) and path in into:
            pairs += member_pairs(value, into, f"{path}.")
            continue
        plain = isinstance(value, str)
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        if len(name) <= MAX_NAME and len(text) <= (MAX_VALUE if plain else MAX_JSON):
            pairs.append((path, text))
    return [pair for pair in pairs[:MAX_PAIRS] if pair[0][:1] != "@"]  # as in query_pairs


def request_pairs(hit: Hit) -> list[Pair]:
    """Return what the request itself tells, under the names that table rows use for it."""
    return [
        ("@ip", hit.ip),
        ("@user_agent", hit.headers.get("user-agent", "")),
        ("@referer", hit.headers.get("referer", "")),
    ]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a table made of parameters: fields by API path, notes on dropped values, a count."""

    fields: Fields
    notes: tuple[str, ...]
    unlisted: int


class Table:
    """A vendor's rows, indexed. Build once, at import."""

    def __init__(self, rows: Sequence[Field]) -> None:
        self.rows = tuple(rows)
        self._exact = {row.wire: row for row in rows if not row.wire.endswith("*")}
        self._prefix = [(row.wire[:-1], row) for row in rows if row.wire.endswith("*")]
        self._kinds = {row.path: row for row in rows if row.path and "*" not in row.path}
        self._kind_prefix = [
            (row.path.partition("*")[0], row) for row in rows if row.path.endswith("*")
        ]
        self.pages = tuple(path for path, row in self._kinds.items() if row.kind is Kind.PAGE)

    def take(self, pairs: Iterable[Pair]) -> Taken:
        """Read ``pairs``. Empty values count as absent; a value that does not convert is noted."""
        fields: Fields = {}
        notes = []
        unlisted = 0
        exact = self._exact
        for name, text in pairs:
            row = exact.get(name)
            path = row.path if row is not None else ""
            if row is None:
                row, path = self._by_prefix(name)
                if row is None:
                    unlisted += name[:1] != "@"  # what the request tells is not the page's doing
                    continue
            if not path or not text or path in fields:
                continue
            value = row.convert(text)
            if value is None:
                notes.append(f"{row.wire}: not usable")
            else:
                fields[path] = value
        return Taken(fields, tuple(notes), unlisted)

    def _by_prefix(self, name: str) -> tuple[Field | None, str]:
        for prefix, row in self._prefix:
            if not name.startswith(prefix):
                continue
            rest = name[len(prefix) :]
            if prefix.endswith("["):
                rest = rest.removesuffix("]")
            if rest:
                return row, row.path.replace("*", rest)
        return None, ""

    def wire(self, name: str) -> Field | None:
        """Return the row that reads a parameter of this name."""
        return self._exact.get(name) or self._by_prefix(name)[0]

    def row(self, path: str) -> Field | None:
        """Return the row that an API path belongs to."""
        found = self._kinds.get(path)
        if found is not None:
            return found
        for prefix, row in self._kind_prefix:
            if path.startswith(prefix):
                return row
        return None

    def spells(self, path: str) -> bool:
        """Say whether a row of its own spells a path: then no page has made it up."""
        return path in self._kinds

    def kind(self, path: str) -> Kind:
        """Return the privacy class of an API path; what no row knows counts as custom."""
        row = self.row(path)
        return Kind.CUSTOM if row is None else row.kind

    def keys(self, fields: Mapping[str, Value]) -> MatchKey:
        """Return which match keys ``fields`` holds."""
        found = 0
        for path in fields:
            row = self._kinds.get(path)
            if row is not None and row.match is not None:
                found |= row.match.value
        return MatchKey(found)


def nest(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Turn ``{"a.b": 1, "c": 2}`` into ``{"a": {"b": 1}, "c": 2}``; only the first dot divides."""
    body: dict[str, Value] = {}
    for path, value in fields.items():
        section, dot, key = path.partition(".")
        if not dot:
            body[path] = value
            continue
        inner = body.setdefault(section, {})
        if isinstance(inner, dict):
            inner[key] = value
    return body
