"""What the end of waiting beacons changes: twins, roll-ups, dead letters, lanes, traces.

Every function runs inside the queue's transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiosqlite
import orjson

from firsthand.model import Pending, Reason, Server
from firsthand.rules.outcomes import ENDS_ACCEPTED, ENDS_DEAD, bucket, server_state
from firsthand.store.contract import Settled
from firsthand.store.sqlite.database import many
from firsthand.store.sqlite.pairs import Dedups, Pair, verdict
from firsthand.store.sqlite.tally import Tally

STANDING = """
SELECT queue.id, queue.lane, queue.at, twins.id, tombstones.at IS NOT NULL,
  series.vendor, series.name, series.account = series.destination, twins.made,
  twins.series, twins.at, twins.client, twins.server, twins.reason, twins.arm,
  twins.client_amount, twins.client_currency, twins.server_amount, twins.server_currency
FROM json_each(?) AS wanted CROSS JOIN queue ON queue.id = wanted.value
CROSS JOIN twins ON twins.id = queue.twin CROSS JOIN lanes ON lanes.id = queue.lane
CROSS JOIN series ON series.id = twins.series
LEFT JOIN tombstones ON tombstones.subject = queue.subject AND tombstones.vendor = lanes.vendor
  AND tombstones.at >= queue.at"""
SET_STATE = """
UPDATE twins SET server = ?, reason = ?, accepted_ms = coalesce(?, accepted_ms) WHERE id = ?"""
DEQUEUE = "DELETE FROM queue WHERE id = ?"
BURY = """
INSERT INTO dead (lane, twin, at, dead_at, server, reason, message, attempts, subject, body)
SELECT lane, twin, at, ?, ?, ?, ?, attempts, subject, body FROM queue WHERE id = ?"""
UNBURY = "DELETE FROM dead WHERE id = ?"
FEWER_DEAD = "UPDATE lanes SET dead = dead - ? WHERE id = ?"
ASK_LATER = "UPDATE queue SET due_at = ?, ticket = ? WHERE id = ?"
RETRY = "UPDATE queue SET due_at = ?, attempts = attempts + 1 WHERE id = ?"
LANE_COUNTS = "UPDATE lanes SET waiting = waiting - ?, dead = dead + ? WHERE id = ?"
SET_TRACE = "UPDATE traces SET call = ?, reply = ?, message = ? WHERE twin = ?"
SET_MESSAGE = "UPDATE traces SET message = ? WHERE twin = ?"


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiting beacon and where its twin stands; from ``series`` on it is a ``tally.Counted``.

    ``withdrawn``: its visitor has withdrawn since; ``one_account``: both paths tell one account.
    """

    row: int
    lane: int
    arrived_at: int
    twin: int
    withdrawn: int
    vendor: str
    name: str
    one_account: int
    made: int
    series: int
    at: int
    client: str
    server: str
    reason: str
    arm: str
    client_amount: int
    client_currency: str
    server_amount: int
    server_currency: str


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to it: the twin's new state; ``accepted_ms`` where the vendor took it."""

    standing: Standing
    server: Server
    reason: Reason
    accepted_ms: int | None = None

    @property
    def buried(self) -> bool:
        """Whether a dead letter is kept."""
        return self.server in ENDS_DEAD and not self.standing.withdrawn


async def end(
    db: aiosqlite.Connection, done: Iterable[Settled], *, now: int, dedups: Dedups | None = None
) -> None:
    """Settle beacons; rows that wait no more are left out. Raises ``TypeError`` on no end.

    ``dedups`` tells how vendors count what both paths told them; where nothing is accepted, nobody
    asks.
    """
    ended = {one.row: one for one in done}
    states = {one.row: server_state(one.outcome) for one in ended.values()}
    steps = [
        _step(standing, *states[standing.row], now=now) for standing in await _standings(db, ended)
    ]
    await _change_twins(db, steps, dedups or Dedups())
    await _bury(db, steps, ended, now)
    await _leave(db, steps, ended, now)
    await many(db, SET_TRACE, _traces(steps, ended))


async def put_off(
    db: aiosqlite.Connection, rows: Iterable[int], *, due_at: int, reason: Reason, message: str
) -> None:
    """Have beacons wait until ``due_at``, with one more attempt; their twins show ``reason``."""
    steps = [
        Step(standing, Server(standing.server), reason) for standing in await _standings(db, rows)
    ]
    await _change_twins(db, steps, Dedups())
    await many(db, RETRY, [(due_at, step.standing.row) for step in steps])
    await many(db, SET_MESSAGE, [(message, step.standing.twin) for step in steps])


async def unbury(db: aiosqlite.Connection, rows: Iterable[tuple[int, int]]) -> None:
    """Delete dead letters, given as (row, lane)."""
    rows = list(rows)
    await many(db, UNBURY, [(row,) for row, _ in rows])
    fewer = Counter(lane for _, lane in rows)
    await many(db, FEWER_DEAD, [(n, lane) for lane, n in fewer.items()])


def as_json(rows: Iterable[int]) -> str:
    """Return row ids as the parameter of ``json_each``, each once."""
    return orjson.dumps(list(dict.fromkeys(rows))).decode()


async def _standings(db: aiosqlite.Connection, rows: Iterable[int]) -> list[Standing]:
    return [Standing(*row) for row in await db.execute_fetchall(STANDING, (as_json(rows),))]


def _step(standing: Standing, server: Server, reason: Reason, *, now: int) -> Step:
    took = max(0, now - standing.arrived_at) if server in ENDS_ACCEPTED else None
    return Step(standing, server, reason, took)


async def _change_twins(db: aiosqlite.Connection, steps: Sequence[Step], dedups: Dedups) -> None:
    tally = Tally()
    rows: list[tuple[Any, ...]] = []
    for step in steps:
        was, server, reason = step.standing, step.server.value, step.reason.value
        if step.accepted_ms is not None:
            tally.accepted(was.at, was.series, bucket(step.accepted_ms))
        elif (was.server, was.reason) == (server, reason):
            continue
        tally.twin(was, -1)
        tally.twin(replace(was, server=server, reason=reason), 1)
        _pair(tally, step, dedups)
        rows.append((server, reason, step.accepted_ms, was.twin))
    await many(db, SET_STATE, rows)
    await tally.write(db)


def _pair(tally: Tally, step: Step, dedups: Dedups) -> None:
    """Count how the vendor sees a pair of which the browser's request was there first."""
    was = step.standing
    told = Pair(
        vendor=was.vendor,
        name=was.name,
        one_account=bool(was.one_account),
        made=bool(was.made),
        client=was.client,
        server=step.server.value,
        apart_ms=step.accepted_ms or 0,
    )
    what = verdict(told, dedups)
    if what is not None:
        tally.fact(was.at, was.series, what, was.twin)


async def _bury(
    db: aiosqlite.Connection, steps: Iterable[Step], ended: Mapping[int, Settled], now: int
) -> None:
    dead = [
        (now, step.server.value, step.reason.value, ended[row].outcome.message, row)
        for step in steps
        if step.buried and (row := step.standing.row)
    ]
    await many(db, BURY, dead)


async def _leave(
    db: aiosqlite.Connection, steps: Iterable[Step], ended: Mapping[int, Settled], now: int
) -> None:
    """Take settled beacons out of the lane; those whose final word comes later stay in it."""
    gone: Counter[int] = Counter()
    dead: Counter[int] = Counter()
    rows: list[tuple[int]] = []
    later: list[tuple[int, str, int]] = []
    for step in steps:
        row, lane, outcome = step.standing.row, step.standing.lane, ended[step.standing.row].outcome
        if isinstance(outcome, Pending):
            later.append((now + int(outcome.after_s * 1000), outcome.ticket, row))
            continue
        rows.append((row,))
        gone[lane] += 1
        dead[lane] += step.buried
    await many(db, DEQUEUE, rows)
    await many(db, LANE_COUNTS, [(n, dead[lane], lane) for lane, n in gone.items()])
    await many(db, ASK_LATER, later)


def _traces(steps: Iterable[Step], ended: Mapping[int, Settled]) -> list[tuple[str, str, str, int]]:
    ends = ((step.standing.twin, ended[step.standing.row]) for step in steps)
    return [(end.call, end.reply, end.outcome.message, twin) for twin, end in ends]
