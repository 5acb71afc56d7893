"""One hit under two configurations -> what would change, without a value that identifies."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson

from firsthand.delivery import relay
from firsthand.edge.bots import name_signs
from firsthand.errors import BadHit
from firsthand.explain import parse
from firsthand.mapping import query_pairs
from firsthand.model import IDENTIFYING, Beacon, Call, Fields, Hit, Mode, Value
from firsthand.rules import recent
from firsthand.rules.bots import score
from firsthand.rules.decide import Decision
from firsthand.rules.respond import respond
from firsthand.rules.site import Site
from firsthand.rules.trace import KindOf, mask

_ENDS = {
    Mode.SHADOW: "recorded",
    Mode.BOTH: "sent",
    Mode.SERVER: "sent",
    Mode.RELAY: "relayed",
}
_NONE = "no event"


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change at one account; ``vendor`` is empty for what concerns the whole answer.

    ``what`` is one of ``call appears``, ``call disappears``, ``outcome``, ``destination``,
    ``address``, ``body``, ``field added``, ``field removed``, ``field changed``, ``cookie set``,
    ``cookie not set``, ``answer``. ``old`` and ``new`` are words or accounts, never a value.
    """

    vendor: str
    account: str
    what: str
    field: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A change of one hit; ``values`` before and after where they say nothing of the visitor."""

    change: Change
    values: tuple[Value, Value] | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What one configuration makes of a hit: the answer in words, and the decision."""

    answer: str
    decision: Decision | None = None
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """How one event ends. ``call`` where a vendor would get one."""

    words: str
    to: str = ""
    fields: Fields = field(default_factory=dict)
    call: Call | None = None


_Key: TypeAlias = tuple[str, str, str, int]
_ABSENT = _End(_NONE)


def decided(line: bytes, here: Site, base_path: str) -> Decided:
    """Return what a site makes of a line of ``explain``'s shape, on its own tracking host.

    ``base_path`` is that of the site where the hit was kept. Raises ``ValueError``, ``KeyError``,
    ``TypeError`` or ``AttributeError`` for what is no hit.
    """
    try:
        hit = recent.proven(parse(_addressed(line, here, base_path), here))
        hit = replace(hit, bot=score(name_signs(hit.headers.get("user-agent", ""))))
        response = respond(hit, here)
    except BadHit as refused:
        return Decided(f"{refused.status} {refused.reason}")
    return Decided(str(response.status), response.decision, hit)


def _addressed(line: bytes, here: Site, base_path: str) -> str:
    told = orjson.loads(line)
    parts = urlsplit(told["url"])
    query = f"?{parts.query}" if parts.query else ""
    told["url"] = f"{here.tracking_url}{parts.path.removeprefix(base_path)}{query}"
    return orjson.dumps(told).decode()


def changes(before: Decided, after: Decided, old: Site, new: Site) -> Iterator[Seen]:
    """Yield what differs between two decisions on one hit."""
    if before.answer != after.answer:
        yield Seen(Change("", "", "answer", "", before.answer, after.answer))
    yield from _cookies(before.decision, after.decision)
    one, two = dict(_ends(before, old)), dict(_ends(after, new))
    for key in sorted(one.keys() | two.keys()):
        vendor, account = key[:2]
        kind_of = (new if key in two else old).kinds(vendor)
        for seen in _differences(one.get(key, _ABSENT), two.get(key, _ABSENT), kind_of):
            yield Seen(replace(seen.change, vendor=vendor, account=account), seen.values)


def _cookies(before: Decision | None, after: Decision | None) -> Iterator[Seen]:
    old, new = (
        {line.partition("=")[0] for line in each.cookies} if each else set[str]()
        for each in (before, after)
    )
    for name in sorted(old ^ new):
        yield Seen(Change("", "", "cookie set" if name in new else "cookie not set", name))


def _ends(made: Decided, here: Site) -> Iterator[tuple[_Key, _End]]:
    """Yield how each event ends, by vendor, account, name and number among its namesakes."""
    if made.decision is None or made.hit is None:
        return
    counted: Counter[tuple[str, str, str]] = Counter()
    ended = ((each.note, _End(f"ended: {each.note.reason}")) for each in made.decision.ended)
    ends = [
        ((one.vendor, one.account, one.name), _end(one, made.hit, here))
        for one in made.decision.beacons
    ]
    ends += [((note.vendor, note.account, note.name), end) for note, end in ended]
    for key, end in ends:
        yield (*key, counted[key]), end
        counted[key] += 1


def _end(beacon: Beacon, hit: Hit, here: Site) -> _End:
    account = here.account(beacon.vendor, beacon.account)
    if beacon.withheld or account is None:
        return _End(f"withheld: {beacon.withheld}", beacon.to)
    call = relay.write(account, [beacon], now=hit.at)
    return _End(_ENDS[account.mode], beacon.to, beacon.fields, call)


def _differences(old: _End, new: _End, kind_of: KindOf) -> Iterator[Seen]:
    if (old.call is None) != (new.call is None):
        yield Seen(Change("", "", "call disappears" if old.call else "call appears"))
    if old.words != new.words:
        yield Seen(Change("", "", "outcome", "", old.words, new.words))
    if old.call is None or new.call is None:
        return
    if old.to != new.to:
        yield Seen(Change("", "", "destination", "", old.to, new.to))
    places = [each.url.partition("?")[0] for each in (old.call, new.call)]
    if places[0] != places[1]:
        yield Seen(Change("", "", "address", "", *places))
    if old.fields != new.fields:
        yield from _fields(old.fields, new.fields, kind_of)
    else:
        yield from _bodies(old.call, new.call)


def _fields(old: Fields, new: Fields, kind_of: KindOf) -> Iterator[Seen]:
    for path in sorted(old.keys() | new.keys()):
        if path not in old or path not in new:
            name = _name(new if path in new else old, path, kind_of)
            yield Seen(Change("", "", "field added" if path in new else "field removed", name))
        elif old[path] != new[path]:
            name = _name(new, path, kind_of)
            shown = None if kind_of(path) in IDENTIFYING else _pair(old, new, path, kind_of)
            yield Seen(Change("", "", "field changed", name), shown)


def _name(fields: Fields, path: str, kind_of: KindOf) -> str:
    """Return a field's path as it may be shown: a page can have made up its key."""
    return next(iter(mask({path: fields[path]}, kind_of)))


def _pair(old: Fields, new: Fields, path: str, kind_of: KindOf) -> tuple[Value, Value]:
    one, two = (next(iter(mask({path: each[path]}, kind_of).values())) for each in (old, new))
    return one, two


def _bodies(old: Call, new: Call) -> Iterator[Seen]:
    """Yield members of the calls' bodies that no field explains: a test code, a version."""
    one, two = (dict(_leaves(_told(each.body))) for each in (old, new))
    for path in sorted(one.keys() | two.keys()):
        if one.get(path) != two.get(path):
            yield Seen(Change("", "", "body", path))


def _told(body: bytes) -> Any:  # noqa: ANN401 - what a JSON parser returns
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return dict(query_pairs(body.decode("utf-8", "replace")))


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, list[object]]]:
    """Yield paths of a body without places in lists, each with all that stands there."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        found: dict[str, list[object]] = {}
        for each in value:
            for name, told in _leaves(each, path):
                found.setdefault(name, []).append(told)
        yield from found.items()
    else:
        yield path, [value]
