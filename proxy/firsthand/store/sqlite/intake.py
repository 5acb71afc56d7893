"""Enters what an outbox row holds into the ledger, inside the mover's transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import aiosqlite
import orjson

from firsthand.model import Beacon, Kind
from firsthand.rules.trace import KindOf, mask, verdict_words
from firsthand.store.sqlite.codec import Group
from firsthand.store.sqlite.database import many
from firsthand.store.sqlite.erasing import erase
from firsthand.store.sqlite.leases import Leases
from firsthand.store.sqlite.pairs import Dedups
from firsthand.store.sqlite.series import LANES, MAX_TEXT, SERIES, Bounds, Key, Numbered
from firsthand.store.sqlite.tally import Tally, note_key
from firsthand.store.sqlite.twinkeys import order_key, own_key, owner_of, twin_key
from firsthand.store.sqlite.twins import Arrivals, Told, Twin, Waiting
from firsthand.store.sqlite.withdrawing import withdraw

TRACES = 2_000
"""Traces are kept of so many of the newest twins."""

# :keys is one blob of keys, 16 bytes each.
KNOWN = """
WITH RECURSIVE wanted (rest) AS (
  SELECT :keys UNION ALL SELECT substr(rest, 17) FROM wanted WHERE length(rest) > 16
)
SELECT id, key, owner, series, at, origin, seen, client, client_ms, server, reason,
  client_keys, server_keys, verdict, bot, accepted_ms, made, signs, arm,
  client_amount, client_currency, server_amount, server_currency
FROM wanted CROSS JOIN twins ON key = substr(rest, 1, 16)"""
ORDERS = """
WITH RECURSIVE wanted (rest) AS (
  SELECT :keys UNION ALL SELECT substr(rest, 17) FROM wanted WHERE length(rest) > 16
)
SELECT order_key, id, at FROM wanted CROSS JOIN twins ON order_key = substr(rest, 1, 16)
ORDER BY id"""
LAST_TWIN = "SELECT coalesce(max(id), 0) FROM twins"
ADD_TWIN = """
INSERT INTO twins (id, key, owner, series, at, origin, seen, client, client_ms, server, reason,
  client_keys, server_keys, verdict, bot, made, signs, arm,
  client_amount, client_currency, server_amount, server_currency, order_key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
CHANGE_TWIN = """
UPDATE twins SET owner = ?, seen = ?, client = ?, client_ms = ?, server = ?, reason = ?,
  client_keys = ?, server_keys = ?, verdict = ?, arm = ?,
  client_amount = ?, client_currency = ?, server_amount = ?, server_currency = ? WHERE id = ?"""
RETIRE_TWIN = "UPDATE twins SET key = NULL WHERE id = ?"
ENQUEUE = "INSERT INTO queue (lane, twin, at, due_at, subject, body) VALUES (?, ?, ?, ?, ?, ?)"
MORE_WAITING = "UPDATE lanes SET waiting = waiting + ? WHERE id = ?"
ADD_TRACE = "INSERT OR REPLACE INTO traces (twin, shape, verdict, fields) VALUES (?, ?, ?, ?)"
DROP_TRACES = "DELETE FROM traces WHERE twin <= ?"
ADD_RETURN = """INSERT INTO returns (day, family, after, n) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + excluded.n"""
KEEP_UNREADABLE = "INSERT INTO unreadable (at, line) VALUES (?, ?)"
UNREADABLE = ("", "", "", "", "")


class Intake:
    """``secret`` keys the twins' hashes; ``kinds`` gives, by vendor, the kind of an API path,
    ``dedups`` for how long a key stands for one event; ``leases`` tells what is being sent.
    """

    def __init__(
        self,
        secret: bytes,
        kinds: Mapping[str, KindOf],
        dedups: Dedups,
        leases: Leases,
    ) -> None:
        self._secret = secret
        self._kinds = kinds
        self._dedups = dedups
        self._leases = leases
        self._series = Numbered(SERIES)
        self._lanes = Numbered(LANES)
        self._bounds: Bounds | None = None

    def forget(self) -> None:
        """Drop what was learnt in a transaction that was undone."""
        self._series.forget()
        self._lanes.forget()
        self._bounds = None

    async def take(self, db: aiosqlite.Connection, group: Group, *, now: int) -> None:
        """Enter ``group``: twins, roll-ups, queue, traces, tombstones."""
        tally = Tally()
        series = await self._numbers(db, group)
        arrivals = await self._arrivals(db, group, series, tally)
        for note, n, at in group.notes:
            tally.note(at, series[note_key(note)], note.reason[:MAX_TEXT], n=n)
        for at, _ in group.unreadable:
            tally.note(at, series[UNREADABLE], "unreadable")
        await _write_twins(db, arrivals)
        await self._enqueue(db, arrivals.waiting, now)
        await self._trace(db, arrivals)
        await tally.write(db)
        in_flight = self._leases.in_flight(now) if group.withdrawn or group.erasures else ()
        await withdraw(db, group.withdrawn, in_flight=in_flight, now=now)
        for erasure in group.erasures:
            await erase(db, erasure, in_flight=in_flight, now=now)
        await many(db, KEEP_UNREADABLE, group.unreadable)
        seen = [(one.day, one.family[:MAX_TEXT], one.after, n) for one, n in group.sightings]
        await many(db, ADD_RETURN, seen)

    async def _numbers(self, db: aiosqlite.Connection, group: Group) -> Mapping[Key, int]:
        """Return the series of everything in ``group``, by the names it came with."""
        wanted = {_series_key(beacon) for beacon, _ in group.beacons}
        wanted |= {note_key(note) for note, _, _ in group.notes}
        if group.unreadable:
            wanted.add(UNREADABLE)
        if self._bounds is None:
            self._bounds = Bounds(await self._series.load(db))
        bounded = {key: self._bounds.within(key) for key in sorted(wanted)}
        ids = await self._series.learn(db, bounded.values())
        return {key: ids[series] for key, series in bounded.items()}

    async def _arrivals(
        self, db: aiosqlite.Connection, group: Group, series: Mapping[Key, int], tally: Tally
    ) -> Arrivals:
        told = [self._told(series, *each) for each in group.beacons]
        known = await _known(db, [each.key for each in told])
        contested = _contested(told, known)
        if contested:
            known |= await _known(db, contested)
        arrivals = Arrivals(known, 0, tally, self._dedups, await _orders(db, told))
        if told:
            ((last,),) = await db.execute_fetchall(LAST_TWIN)
            arrivals.next_id = last + 1
        for each in told:
            arrivals.add(each)
        return arrivals

    def _told(self, series: Mapping[Key, int], beacon: Beacon, body: bytes) -> Told:
        key = twin_key(self._secret, beacon)
        owner = owner_of(self._secret, key, beacon)
        order = order_key(self._secret, beacon)
        return Told(key, series[_series_key(beacon)], beacon, body, owner, order)

    async def _enqueue(
        self, db: aiosqlite.Connection, waiting: Iterable[Waiting], now: int
    ) -> None:
        # Due at its arrival, so the oldest goes first; at once where the clock was set back.
        lanes = await self._lanes.learn(db, {_lane_key(one.beacon) for one in waiting})
        rows = [
            (
                lanes[_lane_key(one.beacon)],
                one.twin,
                one.beacon.at,
                min(one.beacon.at, now),
                one.beacon.subject,
                one.body,
            )
            for one in waiting
        ]
        await many(db, ENQUEUE, rows)
        more = Counter(row[0] for row in rows)
        await many(db, MORE_WAITING, [(n, lane) for lane, n in more.items()])

    async def _trace(self, db: aiosqlite.Connection, arrivals: Arrivals) -> None:
        if not arrivals.told:
            return
        oldest = arrivals.next_id - TRACES
        rows = [
            self._trace_row(twin, beacon)
            for twin, beacon in arrivals.told.items()
            if twin >= oldest
        ]
        await many(db, ADD_TRACE, rows)
        await db.execute(DROP_TRACES, (oldest - 1,))

    def _trace_row(self, twin: int, beacon: Beacon) -> tuple[Any, ...]:
        shown = mask(beacon.fields, self._kinds.get(beacon.vendor, _unknown))
        return twin, beacon.shape, verdict_words(beacon.verdict), orjson.dumps(shown).decode()


def _unknown(_: str) -> Kind:
    return Kind.CUSTOM


def _series_key(beacon: Beacon) -> Key:
    return beacon.site, beacon.vendor, beacon.account, beacon.to, beacon.name


def _lane_key(beacon: Beacon) -> Key:
    return beacon.vendor, beacon.to


def _contested(told: Iterable[Told], known: Mapping[bytes, Twin]) -> list[bytes]:
    """Return the keys of their own of visitors whose event's key another visitor's event has."""
    holders = {key: twin.owner for key, twin in known.items() if twin.owner}
    return [
        own_key(each.key, each.owner)
        for each in told
        if each.owner and holders.setdefault(each.key, each.owner) != each.owner
    ]


async def _orders(db: aiosqlite.Connection, told: Iterable[Told]) -> dict[bytes, tuple[int, int]]:
    """Return the newest twin of each order that ``told`` name, and when it arrived."""
    blob = b"".join({each.order_key for each in told if each.order_key})
    if not blob:
        return {}
    rows = await db.execute_fetchall(ORDERS, {"keys": blob})
    return {key: (twin, at) for key, twin, at in rows}


async def _known(db: aiosqlite.Connection, keys: Iterable[bytes]) -> dict[bytes, Twin]:
    blob = b"".join(set(keys))
    if not blob:
        return {}
    rows = await db.execute_fetchall(KNOWN, {"keys": blob})
    twins = (Twin(*row) for row in rows)
    return {twin.key: twin for twin in twins}


async def _write_twins(db: aiosqlite.Connection, arrivals: Arrivals) -> None:
    fresh = [_twin_row(twin, twin.key) for twin in arrivals.fresh.values()]
    changed = [
        (
            *(twin.owner, twin.seen, twin.client, twin.client_ms, twin.server, twin.reason),
            *(twin.client_keys, twin.server_keys, twin.verdict, twin.arm),
            *(twin.client_amount, twin.client_currency),
            *(twin.server_amount, twin.server_currency, twin.id),
        )
        for twin in arrivals.changed.values()
    ]
    await many(db, RETIRE_TWIN, [(twin,) for twin in sorted(arrivals.retired)])
    await many(db, ADD_TWIN, [_twin_row(twin, None) for twin in arrivals.aged])
    await many(db, ADD_TWIN, fresh)
    await many(db, CHANGE_TWIN, changed)


def _twin_row(twin: Twin, key: bytes | None) -> tuple[Any, ...]:
    return (
        *(twin.id, key, twin.owner, twin.series, twin.at, twin.origin, twin.seen),
        *(twin.client, twin.client_ms, twin.server, twin.reason),
        *(twin.client_keys, twin.server_keys, twin.verdict, twin.bot),
        *(twin.made, twin.signs, twin.arm, twin.client_amount, twin.client_currency),
        *(twin.server_amount, twin.server_currency, twin.order_key),
    )
