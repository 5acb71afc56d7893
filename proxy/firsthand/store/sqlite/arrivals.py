"""A vendor's answer -> what is kept and decided, inside one transaction of the script custody."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import aiosqlite
import orjson

from firsthand.rules.custody import SERVED, Case, Standing, decide
from firsthand.rules.scriptdiff import Profile, has_alarm, united
from firsthand.rules.scriptjudge import Judge
from firsthand.store.custody import (
    POLICY,
    VARIANT_VERSIONS,
    VERSIONS,
    Arrival,
    By,
    ScriptEntry,
    Version,
)
from firsthand.store.sqlite.scriptrows import PUT, chained, columns, profile, read_entries

KEEP = "INSERT OR IGNORE INTO bodies (hash, br) VALUES (?, ?)"
MEET = """
INSERT INTO addresses (address, vendor, family, own, checked_at) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (address) DO UPDATE SET vendor = ?2, family = ?3, own = max(own, ?4), checked_at = ?5,
  trouble = '', trouble_since = 0"""
LIVE = "UPDATE addresses SET live = ?2 WHERE address = ?1"
FAMILY = """
SELECT hash, standing, profile, hash = live FROM versions JOIN addresses USING (address)
WHERE family = ? AND address != ?"""
LAST = "SELECT chain FROM decisions ORDER BY id DESC LIMIT 1"
LOG = """
INSERT INTO decisions (at, who, what, vendor, address, hash, reason, chain)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
DROP = "DELETE FROM versions WHERE address = ? AND hash = ?"
STRAYS = "DELETE FROM bodies WHERE hash NOT IN (SELECT hash FROM versions)"


@dataclass(frozen=True, slots=True)
class _Family:
    """Other addresses of the same door and account: what was decided there about these bytes, and
    what all that is served there can do together."""

    standings: frozenset[Standing]
    profile: Profile | None


async def arrive(db: aiosqlite.Connection, judge: Judge, arrival: Arrival, at: int) -> ScriptEntry:
    """Keep a version and decide about it; return the address as it is then."""
    place, address = arrival.place, arrival.place.address
    await db.execute(MEET, (address, place.vendor, place.family, place.own, at))
    (before,) = await read_entries(db, address)
    live = before.version(before.live)
    if live is not None and live.hash == arrival.hash:
        version, moves = _still(live, arrival, at), False
    else:
        version, moves = _judged(before, arrival, await _family(db, arrival), judge, at)
    await db.execute(PUT, (address, *columns(version)))
    await db.execute(KEEP, (arrival.hash, arrival.br))
    if moves:
        await db.execute(LIVE, (address, arrival.hash))
    await _log_policy(db, before, version, moves=moves)
    (after,) = await read_entries(db, address)
    await _prune(db, after, {after.live, judge.policy.pin(after.vendor, address)})
    return after


async def _family(db: aiosqlite.Connection, arrival: Arrival) -> _Family:
    rows = list(await db.execute_fetchall(FAMILY, (arrival.place.family, arrival.place.address)))
    same = {Standing(standing) for digest, standing, _, _ in rows if digest == arrival.hash}
    served = (profile(orjson.loads(told)) for _, _, told, is_live in rows if is_live)
    return _Family(frozenset(same), united(served))


def _still(live: Version, arrival: Arrival, at: int) -> Version:
    """Return the version that is served already, seen once more."""
    seen = max(at, live.last_seen)
    return replace(
        live,
        source=arrival.source,
        etag=arrival.etag,
        modified=arrival.modified,
        last_seen=seen,
        profile=arrival.profile,
    )


def _judged(
    before: ScriptEntry, arrival: Arrival, family: _Family, judge: Judge, at: int
) -> tuple[Version, bool]:
    """Return a version with what is decided about it, and whether it goes live."""
    vendor = arrival.place.vendor
    old, live = before.version(arrival.hash), before.version(before.live)
    base = live.profile if live else family.profile
    findings = judge.findings(vendor, base, arrival.profile)
    standing, moves = decide(
        Case(
            policy=judge.policy.of(vendor),
            hash=arrival.hash,
            pin=judge.policy.pin(vendor, before.address),
            past=old.standing if old else None,
            elsewhere=family.standings,
            known=base is not None,
            chosen=_chosen(live, old),
            alarm=has_alarm(findings),
            broken=bool(arrival.profile.failed),
        )
    )
    same = old is not None and old.standing is standing
    version = Version(
        hash=arrival.hash,
        digest=arrival.digest,
        size=arrival.profile.size,
        source=arrival.source,
        etag=arrival.etag,
        modified=arrival.modified,
        first_seen=old.first_seen if old else at,
        last_seen=at,
        standing=standing,
        decided_at=old.decided_at if old and same else at,
        decided_by=old.decided_by if old and same else POLICY,
        served_at=at if moves else old.served_at if old else 0,
        against=live.hash if live else "",
        findings=findings,
        profile=arrival.profile,
    )
    return version, moves


def _chosen(live: Version | None, old: Version | None) -> bool:
    """Say whether a person chose what is served after having had a chance to see ``old``."""
    if live is None or old is None:
        return False
    return live.standing is Standing.APPROVED and live.decided_at >= old.first_seen


async def _log_policy(
    db: aiosqlite.Connection, before: ScriptEntry, version: Version, *, moves: bool
) -> None:
    """Log what a policy decided, but for a variant's first version: visitors make those up."""
    old = before.version(version.hash)
    if not moves and old is not None and old.standing is version.standing:
        return
    if version.standing is Standing.FIRST and not before.own and not before.versions:
        return
    reason = "; ".join(each.text for each in version.findings)[:500]
    by = By(POLICY, reason, version.last_seen)
    what = "served again" if old is not None and old.standing in SERVED else str(version.standing)
    await log(db, before, version.hash, what, by)


async def log(db: aiosqlite.Connection, entry: ScriptEntry, digest: str, what: str, by: By) -> None:
    """Add a line to the log, chained to those before it."""
    line = (by.at, by.who, what, entry.vendor, entry.address, digest, by.reason)
    before = next((chain for (chain,) in await db.execute_fetchall(LAST)), "")
    await db.execute(LOG, (*line, chained(before, line)))


async def _prune(db: aiosqlite.Connection, entry: ScriptEntry, needed: set[str | None]) -> None:
    """Drop the versions that were seen longest ago, never one that is needed or approved."""
    limit = VERSIONS if entry.own else VARIANT_VERSIONS
    spare = [
        each.hash
        for each in entry.versions[limit:]
        if each.hash not in needed and each.standing is not Standing.APPROVED
    ]
    await drop(db, ((entry.address, digest) for digest in spare))


async def drop(db: aiosqlite.Connection, versions: Iterable[tuple[str, str]]) -> None:
    """Delete versions (address, hash), and bodies that none is left of."""
    gone = list(versions)
    if gone:
        await db.executemany(DROP, gone)
        await db.execute(STRAYS)
