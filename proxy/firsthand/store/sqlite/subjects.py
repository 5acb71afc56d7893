"""Looks for what is stored of one person, on a connection of its own, beside a running server.

What was delivered is kept as an event without personal data: it is found by trying whether its
keyed hashes are those of this person, event by event (about a million in some seconds). An event
whose key was retired cannot be found so, by us as little as by anybody.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import aiosqlite
import orjson

from firsthand.model import Beacon, Client, Reason, Server
from firsthand.store.contract import Durability
from firsthand.store.sqlite.codec import UNREADABLE, decode
from firsthand.store.sqlite.database import LEDGER, disk_errors, opened
from firsthand.store.sqlite.endings import as_json
from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.twinkeys import KEY_BYTES, OWNER_BYTES, key_of, owner_key
from firsthand.store.subjects import Found, Happened, Person, Stored
from firsthand.vendors import VENDORS

STEP = 5_000
PREFIX = KEY_BYTES - OWNER_BYTES

BY_SUBJECT = {
    table: f"""
SELECT {table}.id, lane, twin, subject, body FROM json_each(?) AS wanted
CROSS JOIN {table} ON subject = wanted.value AND subject != ''"""  # noqa: S608 - one of these two
    for table in ("queue", "dead")
}
BY_TEXT = {
    table: f"""
SELECT id, lane, twin, subject, body FROM {table} WHERE instr(body, ?)"""  # noqa: S608 - see above
    for table in ("queue", "dead")
}
LINES = "SELECT id FROM unreadable WHERE instr(line, ?)"
NAMES = "SELECT DISTINCT site, vendor, account, name FROM series WHERE site != ''"
OWNED = "SELECT id, key, owner FROM twins WHERE id > ? AND owner != x'' ORDER BY id LIMIT ?"
LIKE = "SELECT id, key FROM twins WHERE key BETWEEN ? AND ?"
HAPPENED = """
SELECT twins.id, at, vendor, account, destination, name, client, server, reason
FROM json_each(?) AS wanted CROSS JOIN twins ON twins.id = wanted.value
CROSS JOIN series ON series.id = series ORDER BY twins.id"""

Rows: TypeAlias = dict[int, Stored]


@asynccontextmanager
async def open_subjects(
    folder: Path, durability: Durability, secrets: Sequence[bytes]
) -> AsyncIterator["SqliteSubjects"]:
    """Yield who looks. ``secrets``: those of the site. Raises ``ConfigError``."""
    path = ledger_path(folder)
    async with opened(path, LEDGER, durability) as db:
        yield SqliteSubjects(db, path, secrets)


class SqliteSubjects:
    """Looks in queue, dead letters, events and unreadable lines."""

    def __init__(self, db: aiosqlite.Connection, path: Path, secrets: Sequence[bytes]) -> None:
        self._db = db
        self._path = path
        self._secrets = secrets

    async def find(self, person: Person) -> Found:
        """Return what is stored. Raises ``OSError``."""
        texts = _texts(person)
        waiting, dead = await self._by_text("queue", texts), await self._by_text("dead", texts)
        met = (one.subject for one in (*waiting.values(), *dead.values()) if one.subject)
        # Whose event it is by its key alone is not asked: a shop's server may tell many under one.
        more = () if person.event_key else met
        subjects = tuple(dict.fromkeys((*person.subjects, *more)))
        waiting |= await self._by_subject("queue", subjects)
        dead |= await self._by_subject("dead", subjects)
        twins = {one.twin for one in (*waiting.values(), *dead.values())}
        twins |= await self._by_owner(subjects)
        if person.event_key:
            twins |= await self._by_key(person.event_key)
        return Found(
            subjects,
            tuple(waiting.values()),
            tuple(dead.values()),
            await self._happened(twins),
            await self._lines((*texts, *(_json(one) for one in subjects))),
        )

    async def of_key(self, event_key: str) -> list[Happened]:
        """Return what became of the events of a key, as far as the ledger knows their names."""
        return await self._happened(await self._by_key(event_key))

    async def _by_text(self, table: str, texts: Iterable[bytes]) -> Rows:
        found = [row for text in texts for row in await self._read(BY_TEXT[table], (text,))]
        return {row[0]: _stored(*row) for row in found}

    async def _by_subject(self, table: str, subjects: Sequence[str]) -> Rows:
        wanted = orjson.dumps(subjects).decode()
        return {row[0]: _stored(*row) for row in await self._read(BY_SUBJECT[table], (wanted,))}

    async def _by_owner(self, subjects: Sequence[str]) -> set[int]:
        """Return the events that a subject's browser told."""
        found: set[int] = set()
        last = 0
        while subjects:
            rows = list(await self._read(OWNED, (last, STEP)))
            if not rows:
                break
            last = rows[-1][0]
            for twin, key, owner in rows:
                if key is not None and await self._is_of(twin, key, owner, subjects):
                    found.add(twin)
        return found

    async def _is_of(self, twin: int, key: bytes, owner: bytes, subjects: Sequence[str]) -> bool:
        if key[PREFIX:] != owner:
            return self._owns(key, owner, subjects)
        # Under a key of its own: another visitor's event had the key from which its owner follows.
        rows = await self._read(LIKE, _range(key[:PREFIX]))
        return any(self._owns(other, owner, subjects) for row, other in rows if row != twin)

    def _owns(self, key: bytes, owner: bytes, subjects: Sequence[str]) -> bool:
        pairs = product(self._secrets, subjects)
        return any(owner_key(secret, key, subject) == owner for secret, subject in pairs)

    async def _by_key(self, event_key: str) -> set[int]:
        """Return the events of a key, under every name that the ledger or a vendor has."""
        series = {tuple(row) for row in await self._read(NAMES, ())}
        names = {(site, vendor, account) for site, vendor, account, _ in series}
        series |= {
            (site, vendor, account, name)
            for site, vendor, account in names
            for name in (VENDORS[vendor].event_names if vendor in VENDORS else ())
        }
        found: set[int] = set()
        for secret, parts in product(self._secrets, sorted(series)):
            key = key_of(secret, *parts, event_key)
            found |= {twin for twin, _ in await self._read(LIKE, _range(key[:PREFIX]))}
        return found

    async def _happened(self, twins: Iterable[int]) -> list[Happened]:
        rows = await self._read(HAPPENED, (as_json(sorted(twins)),))
        return [_happened(*row) for row in rows]

    async def _lines(self, texts: Iterable[bytes]) -> tuple[int, ...]:
        rows = [line for text in texts for (line,) in await self._read(LINES, (text,))]
        return tuple(dict.fromkeys(rows))

    async def _read(self, sql: str, wanted: tuple[Any, ...]) -> Iterable[Any]:
        with disk_errors(self._path):
            return await self._db.execute_fetchall(sql, wanted)


def _texts(person: Person) -> list[bytes]:
    """Return what to look for in stored JSON: members that have these very values."""
    texts = [b":" + _json(value) for value in person.values]
    return texts + ([b'"event_key":' + _json(person.event_key)] if person.event_key else [])


def _json(text: str) -> bytes:
    return orjson.dumps(text.encode("utf-8", "replace").decode())


def _range(prefix: bytes) -> tuple[bytes, bytes]:
    return prefix + bytes(OWNER_BYTES), prefix + b"\xff" * OWNER_BYTES


def _stored(row: int, lane: int, twin: int, subject: str, body: bytes) -> Stored:
    beacon: Beacon | None
    try:
        beacon = decode(body)
    except UNREADABLE:
        beacon = None
    return Stored(row, lane, twin, subject, beacon)


def _happened(*row: Any) -> Happened:  # noqa: ANN401 - columns
    twin, at, vendor, account, to, name, client, server, reason = row
    states = (Client(client), Server(server), Reason(reason))
    return Happened(twin, at, vendor, account, to, name, *states)
