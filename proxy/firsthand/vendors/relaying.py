"""What relays have in common: a door's table made of a vendor's own, requests made of fields.

No vendor of its own. A relayed request holds only what the relay's table lists. Most of that table
follows from the vendor's table: a parameter that the API takes is passed on under its own name if
its converter accepts it, contact data and pages as the converter made them, lists and objects with
plain members only. Technical parameters are passed on where the vendor's file names them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

import orjson

from firsthand.convert import (
    address,
    base64url_sha256,
    email,
    json_value,
    matching,
    short,
    text,
)
from firsthand.mapping import Pair
from firsthand.model import Beacon, Call, Fields, Kind, Value
from firsthand.vendor import Converter, Field, IdCookie

AGENT = "@user_agent"
"""Path of the browser's user agent: it goes into the header, which is the only one we fill."""

MAX_QUERY = 8_000
MAX_FORM = 60_000
LONG = 2_000  # above it the pixels that can send a form do so
MAX_TECHNICAL = 300
MAX_MEMBERS = 200
MAX_LIST = 16_000

NO_ADDRESS = (
    "the vendor sees this server's address in place of the visitor's, and none of the cookies of"
    " its own domain: it places and recognises visitors less well"
)

_AGENT = short(500)
_MEMBER = re.compile(r"[A-Za-z0-9_]{1,40}")


def rows(
    fields: Iterable[Field], also: str, *, page: str = "", own: Sequence[Field] = ()
) -> tuple[Field, ...]:
    """Return the table of a door that takes texts.

    ``also`` names the rows of ``fields`` that the API has no use for and the door has; ``page`` the
    parameter that gets the page's address where the wire names none. ``own`` rows stand in place of
    those of the same wire name.
    """
    return tuple(_rows(fields, also, page, own, spelled))


def typed_rows(
    fields: Iterable[Field], also: str, *, page: str = "", own: Sequence[Field] = ()
) -> tuple[Field, ...]:
    """Return the table of a door that takes JSON: like ``rows``, with values of their type."""
    return tuple(_rows(fields, also, page, own, typed))


def _rows(
    fields: Iterable[Field],
    also: str,
    page: str,
    own: Sequence[Field],
    keep: Callable[[Field], Converter],
) -> Iterator[Field]:
    yield from own
    replaced, wanted = {row.wire for row in own}, set(also.split())
    for row in fields:
        if row.wire in replaced or row.wire[:1] == "@":
            continue
        if row.path or row.wire in wanted:
            convert = keep(row if row.path else replace(row, convert=_bounded(row)))
            yield Field(row.wire, path_of(row.wire), row.kind, convert, row.match)
    yield Field(AGENT, AGENT, Kind.NETWORK, _AGENT)
    if page:
        yield Field("@referer", page, Kind.PAGE, address)


def _bounded(row: Field) -> Converter:
    """Return the converter of a parameter that is of no use to the API: nothing long, no mail."""
    if row.kind is Kind.PAGE:
        return row.convert
    return lambda value: None if bounded(value) is None else row.convert(value)


def bounded(value: str) -> str | None:
    """Return a text of at most 300 characters in which no mail address stands."""
    known = len(value) <= MAX_TECHNICAL and "@" not in value and "%40" not in value
    return text(value) if known else None


def path_of(wire: str) -> str:
    """Return the path of a parameter: ``cd[value]`` is ``cd.value``, ``cd[*`` is ``cd.*``."""
    return wire.replace("[", ".").removesuffix("]")


def spelled(row: Field) -> Converter:
    """Return a converter to the text that a door gets of a parameter: as it came, if the row's own
    converter takes it; contact data and pages as that converter makes them."""

    def converted(value: str) -> Value | None:
        made = row.convert(value)
        if made is None:
            return None
        if row.kind in {Kind.CONTACT, Kind.PAGE}:
            return made if isinstance(made, str) else None
        return _listed(value) if isinstance(made, list | dict) else text(value)

    return converted


def _listed(value: str) -> str | None:
    """Return a list or object with plain members only, as JSON; another text as it is."""
    if value[:1] not in {"[", "{"}:
        return text(value)
    found = plain(json_value(value))
    made = orjson.dumps(found).decode() if found else ""
    return made if 0 < len(made) <= MAX_LIST else None


def typed(row: Field) -> Converter:
    """Return a converter to the JSON value that a door gets of a parameter, else as ``spelled``."""

    def converted(value: str) -> Value | None:
        made = row.convert(value)
        if made is None:
            return None
        if row.kind in {Kind.CONTACT, Kind.PAGE}:
            return made if isinstance(made, str) else None
        if isinstance(made, list | dict):
            return plain(json_value(value)) if value[:1] in {"[", "{"} else text(value)
        return made if isinstance(made, bool | int | float) else text(value)

    return converted


def plain(found: Value | None) -> Value | None:
    """Return a list or object with its plain members: numbers, texts without a mail address, of
    objects those with plain names, in a list objects of such; ``None`` where nothing is left."""
    if isinstance(found, list):
        kept = [_plain_member(each) for each in found[:MAX_MEMBERS]]
        return [each for each in kept if each not in (None, {})] or None
    return _plain_members(found) or None if isinstance(found, dict) else None


def _plain_member(value: Value) -> Value | None:
    return _plain_members(value) if isinstance(value, dict) else _scalar(value)


def _plain_members(given: Mapping[str, Value]) -> dict[str, Value]:
    told = {name: _scalar(value) for name, value in given.items() if _MEMBER.fullmatch(name)}
    return {name: value for name, value in told.items() if value is not None}


def _scalar(value: Value) -> Value | None:
    if isinstance(value, str):
        return None if any(map(email, value.split())) else text(value)
    return value if isinstance(value, bool | int | float) else None


yes_or_no: Converter = {"true": True, "false": False}.get
"""Of a JSON body: the spelling that ``mapping.member_pairs`` gives a truth value."""


def ids_of(fields: Iterable[Field], cookies: Iterable[IdCookie]) -> dict[str, str]:
    """Return where the ids go that cookies hold: API path -> path of the door's first parameter."""
    held = {row.field for row in cookies if row.field}
    found: dict[str, str] = {}
    for row in fields:
        if row.path in held and row.wire[:1] != "@":
            found.setdefault(row.path, path_of(row.wire))
    return found


_HASHED_KEYS = re.compile(r"em|pn|(?:fn|ln|sa)[0-9]?")
_country = matching("[A-Z]{2}")


def google_contact(value: str) -> str | None:
    """Return the ``em`` of Google's tags with its hashes and the country; plain parts go."""
    head, *parts = value.split("~", 24)
    kept = [part for part in parts if _is_hash(*part.partition(".")[::2])]
    return "~".join([head, *kept]) if head == "tv.1" and kept else None


def _is_hash(key: str, value: str) -> bool:
    if key[:2] == "co":
        return _country(value) is not None
    return bool(_HASHED_KEYS.fullmatch(key)) and base64url_sha256(value) is not None


# -- requests --------------------------------------------------------------------------------------


def request(beacon: Beacon, pairs: Iterable[Pair]) -> Call:
    """Return the request to the beacon's door with ``pairs`` in its query."""
    query = joined(pairs)
    url = f"https://{beacon.door}"
    return _call(beacon, "GET", f"{url}?{query}" if query else url)


def form(beacon: Beacon, pairs: Iterable[Pair]) -> Call:
    """Return the request with ``pairs`` as a form."""
    kind = "application/x-www-form-urlencoded"
    body = joined(pairs, MAX_FORM).encode()
    return _call(beacon, "POST", f"https://{beacon.door}", body, kind)


def image_or_form(beacon: Beacon, pairs: Iterable[Pair]) -> Call:
    """Return the request with ``pairs`` in its query or, where they are long, as a form."""
    told = list(pairs)
    long = sum(len(_quoted(value)) for _, value in told) > LONG
    return (form if long else request)(beacon, told)


def posted(beacon: Beacon, pairs: Iterable[Pair]) -> Call:
    """Return the request with ``pairs`` in its query, those that do not fit there in its body."""
    told = list(pairs)
    head = list(_fitting(told, MAX_QUERY))
    rest = list(_fitting(told, MAX_FORM))
    tail = [part for part in rest if part not in set(head)]
    url = f"https://{beacon.door}?{'&'.join(head)}"
    kind = "text/plain;charset=UTF-8"
    return _call(beacon, "POST", url, "&".join(tail).encode(), kind if tail else "")


def document(beacon: Beacon, body: Mapping[str, Value], pairs: Iterable[Pair] = ()) -> Call:
    """Return the request with ``body`` as JSON, as pixels send it: under the type of a text."""
    query = joined(pairs)
    url = f"https://{beacon.door}?{query}" if query else f"https://{beacon.door}"
    return _call(beacon, "POST", url, orjson.dumps(body), "text/plain;charset=UTF-8")


def _call(beacon: Beacon, method: str, url: str, body: bytes = b"", kind: str = "") -> Call:
    agent = beacon.fields.get(AGENT)
    headers = {"user-agent": str(agent)} if agent else {}
    if kind:
        headers["content-type"] = kind
    return Call(beacon.vendor, beacon.to, method, url, headers, body)


def joined(pairs: Iterable[Pair], most: int = MAX_QUERY) -> str:
    """Return parameters as a text of at most ``most`` characters: what does not fit is left out."""
    return "&".join(_fitting(pairs, most))


def _fitting(pairs: Iterable[Pair], most: int) -> Iterator[str]:
    for name, value in pairs:
        part = f"{_quoted(name)}={_quoted(value)}"
        most -= len(part) + 1
        if most >= 0:
            yield part


def _quoted(given: str) -> str:
    return quote(given, safe="-_.!~*'()")


def pairs_of(fields: Fields, **ours: str) -> list[Pair]:
    """Return fields as parameters, ``ours`` first and in their place; not the user agent."""
    told = [(path, str(value)) for path, value in fields.items() if path not in {*ours, AGENT}]
    return [*ours.items(), *told]


def bracketed(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield parameters with their section before a bracket: ``cd.value`` as ``cd[value]``."""
    for name, value in pairs:
        section, dot, key = name.partition(".")
        yield (f"{section}[{key}]" if dot else name), value


def deep(fields: Fields) -> dict[str, Value]:
    """Return fields as nested objects: every dot of a path divides. Not the user agent."""
    body: dict[str, Value] = {}
    for path, value in fields.items():
        *sections, key = path.split(".")
        inner: dict[str, Value] = body
        for section in sections:
            step = inner.setdefault(section, {})
            if not isinstance(step, dict):
                break
            inner = step
        else:
            if path != AGENT:
                inner[key] = value
    return body
