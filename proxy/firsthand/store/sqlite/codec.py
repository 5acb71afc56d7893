"""Lines of an outbox row: a letter for the kind, then JSON without line breaks.

``b`` a beacon, ``w`` a withdrawal, ``n`` a note and how often it was counted, ``c`` a choice and
``s`` a sighting likewise, ``e`` an erasure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

import orjson

from firsthand.model import (
    Beacon,
    Client,
    Note,
    Origin,
    Reason,
    Verdict,
    Withdrawal,
)
from firsthand.rules.returns import Sighting
from firsthand.rules.standing import Choice, Stand
from firsthand.store.subjects import Erasure

_ORIGINS = {one.value: one for one in Origin}
_CLIENTS = {one.value: one for one in Client}
_REASONS = {one.value: one for one in Reason}
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)

_ERASED = ("subjects", "queue", "dead", "twins", "lines")
_BEACON, _WITHDRAWN, _NOTE, _CHOICE, _ERASURE, _SIGHTING = b"b", b"w", b"n", b"c", b"e", b"s"


@dataclass(slots=True)
class Group:
    """What one or more rows hold. ``beacons`` come with their JSON, ``withdrawn`` with the time."""

    beacons: list[tuple[Beacon, bytes]] = field(default_factory=list)
    withdrawn: list[tuple[Withdrawal, int]] = field(default_factory=list)
    notes: list[tuple[Note, int, int]] = field(default_factory=list)
    choices: list[tuple[Choice, int, int]] = field(default_factory=list)
    erasures: list[Erasure] = field(default_factory=list)
    sightings: list[tuple[Sighting, int]] = field(default_factory=list)
    unreadable: list[tuple[int, bytes]] = field(default_factory=list)


def encode(beacon: Beacon) -> bytes:
    """Return a beacon as JSON.

    A beacon with text or numbers that JSON cannot carry (lone surrogates, integers beyond 64 bits)
    is encoded without its fields and its verdict, and withheld as ``FAULT``.
    """
    try:
        return orjson.dumps(beacon)
    except TypeError:
        texts = {one.name: getattr(beacon, one.name) for one in fields(beacon)}
        clean = {name: _clean(text) for name, text in texts.items() if type(text) is str}
        verdict = Verdict(analytics=False, marketing=False, explicit=False)
        whole: Any = {
            **clean,
            "verdict": verdict,
            "fields": {},
            "dropped": (),
            "withheld": Reason.FAULT,
        }
        return orjson.dumps(replace(beacon, **whole))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def decode(line: bytes) -> Beacon:
    """Return the beacon that ``encode`` wrote. Raises one of ``UNREADABLE`` on anything else."""
    raw = orjson.loads(line)
    parts = raw["verdict"].items()
    verdict: dict[str, Any] = {k: tuple(v) if type(v) is list else v for k, v in parts}
    raw["verdict"] = Verdict(**verdict)
    raw["origin"] = _ORIGINS[raw["origin"]]
    raw["client"] = _CLIENTS[raw["client"]]
    raw["withheld"] = _REASONS[raw["withheld"]]
    raw["dropped"] = tuple(raw.get("dropped", ()))
    return Beacon(**raw)


def beacon_line(beacon: Beacon) -> bytes:
    """Return the line of a beacon."""
    return _BEACON + encode(beacon)


def withdrawn_line(withdrawal: Withdrawal, at: int) -> bytes:
    """Return the line of a withdrawal at ``at``."""
    return _WITHDRAWN + orjson.dumps([withdrawal.subject, withdrawal.vendor, at])


def note_line(note: Note | Sighting, n: int) -> bytes:
    """Return the line of a note or a sighting that was counted ``n`` times."""
    if isinstance(note, Sighting):
        return _SIGHTING + orjson.dumps([note.day, note.family, note.after, n])
    texts = map(_clean, (note.vendor, note.account, note.name, note.reason))
    return _NOTE + orjson.dumps([*texts, n])


def choice_line(choice: Choice, n: int) -> bytes:
    """Return the line of a choice that was counted ``n`` times."""
    texts = map(_clean, (choice.stand, choice.source, choice.page))
    return _CHOICE + orjson.dumps([*texts, n])


def erasure_line(erasure: Erasure) -> bytes:
    """Return the line of an erasure."""
    return _ERASURE + orjson.dumps(erasure)


def read_group(rows: Iterable[tuple[int, bytes]]) -> Group:
    """Return what rows (time, body) hold; lines that cannot be read are kept apart."""
    group = Group()
    for at, body in rows:
        for line in body.split(b"\n"):
            try:
                _read_line(group, at, line)
            except UNREADABLE:
                group.unreadable.append((at, line))
    return group


def _read_line(group: Group, at: int, line: bytes) -> None:
    kind, rest = line[:1], line[1:]
    if kind == _BEACON:
        group.beacons.append((decode(rest), rest))
    elif kind == _WITHDRAWN:
        subject, vendor, withdrawn_at = orjson.loads(rest)
        group.withdrawn.append((Withdrawal(str(subject), str(vendor)), int(withdrawn_at)))
    elif kind == _NOTE:
        vendor, account, name, reason, n = orjson.loads(rest)
        group.notes.append((Note(vendor, account, name, reason), n, at))
    elif kind == _CHOICE:
        stand, source, page, n = orjson.loads(rest)
        group.choices.append((Choice(Stand(stand), source, page), n, at))
    elif kind == _ERASURE:
        told = orjson.loads(rest)
        lists = {name: tuple(told[name]) for name in _ERASED}
        group.erasures.append(Erasure(at=int(told["at"]), **lists))
    elif kind == _SIGHTING:
        day, family, after, n = orjson.loads(rest)
        group.sightings.append((Sighting(int(day), str(family), int(after)), int(n)))
    else:
        raise ValueError(kind)
