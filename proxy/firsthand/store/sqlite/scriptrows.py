"""Rows of the script custody -> records, and back."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import aiosqlite
import orjson

from firsthand.rules.custody import Standing
from firsthand.rules.scriptdiff import Finding, Profile, Severity
from firsthand.store.custody import LogLine, ScriptEntry, Version

ENTRIES = """
SELECT address, vendor, family, own, live, checked_at, trouble, trouble_since FROM addresses
WHERE address = ?1 OR ?1 = '' ORDER BY vendor, address"""
VERSIONS = """
SELECT address, hash, digest, size, source, etag, modified, first_seen, last_seen, standing,
  decided_at, decided_by, served_at, against, findings, profile
FROM versions WHERE address = ?1 OR ?1 = '' ORDER BY last_seen DESC, first_seen DESC, hash"""
PUT = """
INSERT OR REPLACE INTO versions (address, hash, digest, size, source, etag, modified, first_seen,
  last_seen, standing, decided_at, decided_by, served_at, against, findings, profile)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


async def read_entries(db: aiosqlite.Connection, address: str = "") -> list[ScriptEntry]:
    """Return one address, or all of them."""
    versions: dict[str, list[Version]] = {}
    for row in await db.execute_fetchall(VERSIONS, (address,)):
        versions.setdefault(row[0], []).append(version(row))
    return [
        entry(row, versions.get(row[0], ()))
        for row in await db.execute_fetchall(ENTRIES, (address,))
    ]


def entry(row: Any, versions: Iterable[Version]) -> ScriptEntry:  # noqa: ANN401 - a row of ENTRIES
    """Return an address from its row."""
    address, vendor, family, own, live, checked_at, trouble, since = row
    return ScriptEntry(
        address=address,
        vendor=vendor,
        family=family,
        own=bool(own),
        live=live,
        checked_at=checked_at,
        trouble=trouble,
        trouble_since=since,
        versions=tuple(versions),
    )


def version(row: Any) -> Version:  # noqa: ANN401 - a row of VERSIONS
    """Return a version from its row."""
    return Version(
        hash=row[1],
        digest=row[2],
        size=row[3],
        source=row[4],
        etag=row[5],
        modified=row[6],
        first_seen=row[7],
        last_seen=row[8],
        standing=Standing(row[9]),
        decided_at=row[10],
        decided_by=row[11],
        served_at=row[12],
        against=row[13],
        findings=tuple(_finding(each) for each in orjson.loads(row[14])),
        profile=profile(orjson.loads(row[15])),
    )


def _finding(said: Mapping[str, str]) -> Finding:
    return Finding(Severity(said["severity"]), said["kind"], said["text"])


def columns(of: Version) -> tuple[Any, ...]:
    """Return what ``PUT`` takes behind the address."""
    return (
        of.hash, of.digest, of.size, of.source, of.etag, of.modified, of.first_seen, of.last_seen,
        of.standing, of.decided_at, of.decided_by, of.served_at, of.against,
        orjson.dumps(of.findings).decode(), orjson.dumps(told(of.profile)).decode(),
    )  # fmt: skip


def profile(said: Mapping[str, Any]) -> Profile:
    """Return a profile from what ``told`` made."""
    return Profile(
        said["size"],
        frozenset(said["hosts"]),
        frozenset(said["names"]),
        frozenset(said["maybe"]),
        tuple(said["failed"]),
    )


def told(of: Profile) -> dict[str, Any]:
    """Return a profile as plain values, in an order of their own."""
    return {
        "size": of.size,
        "hosts": sorted(of.hosts),
        "names": sorted(of.names),
        "maybe": sorted(of.maybe),
        "failed": of.failed,
    }


def chained(before: str, line: Iterable[Any]) -> str:
    """Return the hash over a line (without id and chain) and all before it."""
    return sha256(before.encode() + orjson.dumps(list(line))).hexdigest()


def first_broken(lines: Iterable[LogLine]) -> int:
    """Return the id of the first line that does not follow from those before it, 0 for none."""
    before, expected = "", 1
    for each in lines:
        parts = (each.at, each.who, each.what, each.vendor, each.address, each.hash, each.reason)
        if each.id != expected or each.chain != chained(before, parts):
            return each.id
        before, expected = each.chain, each.id + 1
    return 0
