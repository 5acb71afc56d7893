"""The end of the chain of consent receipts: adds records, takes the oldest away.

Every function runs inside a transaction of the caller's, who calls ``forget`` when it is undone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeAlias

import aiosqlite
from orjson import Fragment, dumps

from firsthand.model import Beacon
from firsthand.rules import receipts
from firsthand.store.sqlite.database import many

MOST_BASES = 10_000
"""Bases kept in memory."""

LAST = "SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1"
BEGINNING = "SELECT seq, hash FROM beginning"
SET_BEGINNING = "INSERT INTO beginning (seq, hash) VALUES (?, ?)"
ADD_WHAT = "INSERT OR IGNORE INTO whats (kind, body, last) VALUES (?, ?, 0)"
WHAT = "SELECT id FROM whats WHERE body = ?"
USED = "UPDATE whats SET last = ? WHERE id = ?"
ADD = "INSERT INTO records (seq, at, event, what, hash) VALUES (?, ?, ?, ?, ?)"
# Arrivals are not quite in order: what stands behind a younger record waits for it.
OLDEST = "SELECT seq, at, hash FROM records ORDER BY seq LIMIT ?"
DELETE_RECORDS = "DELETE FROM records WHERE seq <= ?"
DELETE_WHATS = "DELETE FROM whats WHERE last <= ?"

Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class What:
    """What a record says: its row, and the JSON that is hashed."""

    id: int
    body: bytes


class Links:
    """``chain`` is the name from which the first record follows."""

    def __init__(self, chain: str) -> None:
        self._chain = chain
        self._known: dict[Key, What] = {}
        self.forget()

    def forget(self) -> None:
        """Read the end again when next asked: a transaction was undone."""
        self._end: tuple[int, str] | None = None
        self._rows: list[tuple[int, int, bytes | None, int, bytes]] = []
        self._used: dict[int, int] = {}
        self._known.clear()

    async def events(
        self, db: aiosqlite.Connection, granted: Sequence[tuple[Beacon, bytes]]
    ) -> None:
        """Add a record for each decision; the hash of its event comes along."""
        end = await self.begin(db)
        keys = [_key(beacon) for beacon, _ in granted]
        unknown = {
            key: receipts.canonical(receipts.basis(beacon))
            for key, (beacon, _) in zip(keys, granted, strict=True)
            if key not in self._known
        }
        await self._learn(db, receipts.EVENT, unknown)
        for key, (beacon, event) in zip(keys, granted, strict=True):
            end = self._append(end, beacon.at, receipts.EVENT, self._known[key], event)
        self._end = end

    async def add(self, db: aiosqlite.Connection, now: int, kind: str, told: object) -> None:
        """Add a record of another kind."""
        end = await self.begin(db)
        key = (kind,)
        await self._learn(db, kind, {key: receipts.canonical(told)})
        self._end = self._append(end, now, kind, self._known.pop(key), None)

    async def write(self, db: aiosqlite.Connection) -> None:
        """Write what was added."""
        await many(db, ADD, self._rows)
        await many(db, USED, [(seq, what) for what, seq in self._used.items()])
        self._rows, self._used = [], {}

    async def prune(self, db: aiosqlite.Connection, older: int, most: int) -> int:
        """Take up to ``most`` of the oldest records away that are older than ``older``; the chain
        begins behind them from then on. Return up to which number, 0 for none.
        """
        gone = 0
        hash_ = b""
        for seq, at, sealed in await db.execute_fetchall(OLDEST, (most,)):
            if at >= older:
                break
            gone, hash_ = int(seq), bytes(sealed)
        if gone:
            await self.begin(db)
            await db.execute("DELETE FROM beginning")
            await db.execute(SET_BEGINNING, (gone, hash_))
            await db.execute(DELETE_RECORDS, (gone,))
            await db.execute(DELETE_WHATS, (gone,))
            self._known.clear()
        return gone

    async def begin(self, db: aiosqlite.Connection) -> tuple[int, str]:
        """Return number and hash of the last record."""
        if self._end is None:
            self._end = await end_of(db, self._chain)
        return self._end

    async def _learn(
        self, db: aiosqlite.Connection, kind: str, unknown: Mapping[Key, bytes]
    ) -> None:
        if len(self._known) + len(unknown) > MOST_BASES:
            self._known.clear()
        await many(db, ADD_WHAT, [(kind, body) for body in unknown.values()])
        for key, body in unknown.items():
            ((number,),) = await db.execute_fetchall(WHAT, (body,))
            self._known[key] = What(int(number), body)

    def _append(
        self, end: tuple[int, str], at: int, kind: str, what: What, event: bytes | None
    ) -> tuple[int, str]:
        seq, second = end[0] + 1, at // 1000
        told: dict[str, Any] = {"event": event.hex()} if event is not None else {}
        told |= {
            "kind": kind,
            "prev": end[1],
            "seq": seq,
            "time": receipts.moment(second),
            "what": Fragment(what.body),
        }
        # In canonical order already: sorting them again would double what a record costs.
        sealed = sha256(dumps(told))
        self._rows.append((seq, second * 1000, event, what.id, sealed.digest()))
        self._used[what.id] = seq
        return seq, sealed.hexdigest()


def _key(beacon: Beacon) -> Key:
    """Return what a basis follows from."""
    name = receipts.name_of(beacon.vendor, beacon.name)
    return (
        *(beacon.site, beacon.policy, beacon.vendor, beacon.account, beacon.to, name),
        *(beacon.origin, beacon.verdict, beacon.withheld, beacon.dropped),
    )


async def end_of(db: aiosqlite.Connection, chain: str) -> tuple[int, str]:
    """Return number and hash of the last record, or of what stands before the first."""
    for seq, sealed in await db.execute_fetchall(LAST):
        return int(seq), bytes(sealed).hex()
    return await before(db, chain)


async def before(db: aiosqlite.Connection, chain: str) -> tuple[int, str]:
    """Return number and hash of what stands before the first record that is kept."""
    for seq, sealed in await db.execute_fetchall(BEGINNING):
        return int(seq), bytes(sealed).hex()
    return 0, receipts.genesis(chain)


def unsealed(row: Iterable[Any], prev: str) -> tuple[bytes, bytes, bytes]:
    """Return the canonical JSON of a stored record without its hash, with it, and its hash."""
    seq, at, event, kind, body, sealed = row
    told: dict[str, Any] = {"event": bytes(event).hex()} if event is not None else {}
    head, tail = bytes(sealed).hex(), Fragment(bytes(body))
    rest = {"prev": prev, "seq": seq, "time": receipts.moment(at // 1000), "what": tail}
    return (
        dumps({**told, "kind": kind, **rest}),
        dumps({**told, "hash": head, "kind": kind, **rest}),
        bytes(sealed),
    )
