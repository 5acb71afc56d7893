"""Script custody in SQLite: one small file that all processes share.

A database and not files beside each other, because an arrival is one decision over several rows
(what is served, what was approved, what the log says), and two workers that fetch the same change
at once must come to one. Bodies lie in it too, compressed: a version and its bytes come and go
together, and survive a crash together.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiosqlite
import orjson

from firsthand.rules.custody import SERVED, Standing
from firsthand.rules.scriptdiff import Profile
from firsthand.rules.scriptjudge import Judge
from firsthand.store.contract import Durability
from firsthand.store.custody import Arrival, By, LogLine, Place, ScriptEntry, Version
from firsthand.store.sqlite.arrivals import LIVE, STRAYS, arrive, log
from firsthand.store.sqlite.database import SCRIPTS, Writer, many, opened
from firsthand.store.sqlite.files import scripts_path
from firsthand.store.sqlite.scriptrows import PUT, columns, first_broken, profile, read_entries

ADDRESSES = 256
"""Variants that are taken over from an earlier run."""

FAIL = """
UPDATE addresses SET checked_at = ?2, trouble = ?3,
  trouble_since = CASE trouble_since WHEN 0 THEN ?2 ELSE trouble_since END
WHERE address = ?1"""
SEEN = "UPDATE versions SET last_seen = max(last_seen, ?3) WHERE address = ?1 AND hash = ?2"
FINE = "UPDATE addresses SET checked_at = ?2, trouble = '', trouble_since = 0 WHERE address = ?1"
LIVES = "SELECT address, live FROM addresses"
MEET = """
INSERT OR IGNORE INTO addresses (address, vendor, family, own, checked_at)
VALUES (?, ?, ?, ?, ?)"""
LINES = """
SELECT id, at, who, what, vendor, address, hash, reason, chain FROM decisions ORDER BY id"""
FORGET_ADDRESS = """
DELETE FROM addresses WHERE address = ?1
AND ?1 NOT IN (SELECT address FROM versions WHERE standing IN ('approved', 'rejected'))"""
FORGET_VERSIONS = """
DELETE FROM versions WHERE address = ?1 AND ?1 NOT IN (SELECT address FROM addresses)"""
STALE = "SELECT address FROM addresses WHERE NOT own ORDER BY checked_at DESC LIMIT -1 OFFSET ?"
UNKNOWN_ADDRESS = "there is no such address"
UNKNOWN_VERSION = "there is no such version of it"


@asynccontextmanager
async def open_custody(
    folder: Path, judge: Judge, *, durability: Durability = Durability.POWER
) -> AsyncIterator["SqliteCustody"]:
    """Yield the custody of a data folder. Raises ``ConfigError`` when its file cannot be used."""
    path = scripts_path(folder)
    async with opened(path, SCRIPTS, durability) as db:
        yield SqliteCustody(Writer(db, path), judge)


class SqliteCustody:
    """``store.custody.Custody`` over one connection."""

    def __init__(self, writer: Writer, judge: Judge) -> None:
        self._writer = writer
        self._judge = judge

    def use(self, judge: Judge) -> None:
        """Judge by ``judge`` what arrives from now on."""
        self._judge = judge

    async def revision(self) -> int:
        """See ``Custody``."""
        async with self._writer.reading() as db:
            ((number,),) = await db.execute_fetchall("PRAGMA data_version")
            return int(number)

    async def lives(self) -> Mapping[str, str]:
        """See ``Custody``."""
        async with self._writer.reading() as db:
            return {row[0]: row[1] for row in await db.execute_fetchall(LIVES)}

    async def entries(self) -> list[ScriptEntry]:
        """See ``Custody``."""
        async with self._writer.reading() as db:
            return await read_entries(db)

    async def entry(self, address: str) -> ScriptEntry | None:
        """See ``Custody``."""
        async with self._writer.reading() as db:
            return next(iter(await read_entries(db, address)), None)

    async def body(self, digest: str) -> bytes | None:
        """See ``Custody``."""
        async with self._writer.reading() as db:
            rows = await db.execute_fetchall("SELECT br FROM bodies WHERE hash = ?", (digest,))
            return next((bytes(br) for (br,) in rows), None)

    async def examined(self, source: str) -> tuple[str, Profile] | None:
        """See ``Custody``."""
        asked = "SELECT hash, profile FROM versions WHERE source = ? LIMIT 1"
        async with self._writer.reading() as db:
            for digest, told in await db.execute_fetchall(asked, (source,)):
                return digest, profile(orjson.loads(told))
        return None

    async def arrived(self, arrival: Arrival, *, at: int) -> ScriptEntry:
        """See ``Custody``."""
        async with self._writer.transaction() as db:
            return await arrive(db, self._judge, arrival, at)

    async def unchanged(self, address: str, digest: str, *, at: int) -> None:
        """See ``Custody``."""
        async with self._writer.transaction() as db:
            await db.execute(SEEN, (address, digest, at))
            await db.execute(FINE, (address, at))

    async def failed(self, place: Place, why: str, *, at: int) -> None:
        """See ``Custody``."""
        async with self._writer.transaction() as db:
            if place.fixed:
                await db.execute(MEET, (place.address, place.vendor, place.family, place.own, at))
            await db.execute(FAIL, (place.address, at, why))

    async def forget(self, addresses: Sequence[str]) -> None:
        """See ``Custody``."""
        if addresses:
            async with self._writer.transaction() as db:
                await _forget(db, addresses)

    async def tidy(self, limit: int = ADDRESSES) -> None:
        """Drop the variants of earlier runs that were looked at longest ago."""
        async with self._writer.transaction() as db:
            stale = [address for (address,) in await db.execute_fetchall(STALE, (limit,))]
            await _forget(db, stale)

    async def approve(self, address: str, digest: str, by: By) -> str:
        """See ``Custody``."""
        async with self._writer.transaction() as db:
            entry = next(iter(await read_entries(db, address)), None)
            version = entry.version(digest) if entry else None
            refused = self._refused(entry, version)
            if entry and version and not refused:
                await _decide(db, entry, version, Standing.APPROVED, by)
                await _serve(db, entry, version.hash)
                await log(db, entry, version.hash, "approved", by)
            return refused

    async def roll_back(self, address: str, digest: str, by: By) -> str:
        """See ``Custody``."""
        async with self._writer.transaction() as db:
            entry = next(iter(await read_entries(db, address)), None)
            target = _target(entry, digest) if entry else None
            refused = self._refused(entry, target)
            if refused == UNKNOWN_VERSION and not digest:
                return "no earlier version of it was ever served"
            if entry and target and not refused:
                present = entry.version(entry.live)
                if present and present.hash == target.hash:
                    return "that version is served already"
                if present:
                    await _decide(db, entry, present, Standing.REJECTED, by)
                    await log(db, entry, present.hash, "rejected", by)
                await _decide(db, entry, target, Standing.APPROVED, by)
                await _serve(db, entry, target.hash)
                await log(db, entry, target.hash, "rolled back to", by)
            return refused

    def _refused(self, entry: ScriptEntry | None, version: Version | None) -> str:
        if entry is None:
            return UNKNOWN_ADDRESS
        if self._judge.policy.pin(entry.vendor, entry.address) is not None:
            return "its vendor is pinned: change scripts.pins in the configuration"
        return "" if version else UNKNOWN_VERSION

    async def log(self) -> list[LogLine]:
        """See ``Custody``."""
        async with self._writer.reading() as db:
            return [LogLine(*row) for row in await db.execute_fetchall(LINES)]

    async def broken_line(self) -> int:
        """See ``Custody``."""
        return first_broken(await self.log())


def _target(entry: ScriptEntry, digest: str) -> Version | None:
    """Return the version to go back to: the one that was served before, unless it is named."""
    if digest:
        return entry.version(digest)
    earlier = [v for v in entry.versions if v.standing in SERVED and v.hash != entry.live]
    return max(earlier, key=lambda each: each.served_at, default=None)


async def _decide(
    db: aiosqlite.Connection, entry: ScriptEntry, version: Version, standing: Standing, by: By
) -> None:
    served = by.at if standing is Standing.APPROVED else version.served_at
    decided = replace(
        version, standing=standing, decided_at=by.at, decided_by=by.who, served_at=served
    )
    await db.execute(PUT, (entry.address, *columns(decided)))


async def _serve(db: aiosqlite.Connection, entry: ScriptEntry, digest: str) -> None:
    await db.execute(LIVE, (entry.address, digest))


async def _forget(db: aiosqlite.Connection, addresses: Sequence[str]) -> None:
    rows = [(address,) for address in addresses]
    await many(db, FORGET_ADDRESS, rows)
    await many(db, FORGET_VERSIONS, rows)
    await db.execute(STRAYS)
