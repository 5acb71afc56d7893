"""Enters withdrawals: what waits for the vendor ends here, dead letters go, the rest is barred.

All of it happens in the transaction that enters the tombstone. What a lane has in its hands is left
to it: it may have been sent a moment ago, and is barred when it comes back.
"""

from collections.abc import Collection, Sequence

import aiosqlite
import orjson

from firsthand.model import Reason, Withdrawal, Withheld
from firsthand.store.contract import Settled
from firsthand.store.sqlite.database import many
from firsthand.store.sqlite.endings import end, unbury

BAR = """
INSERT INTO tombstones (subject, vendor, at) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET at = max(at, excluded.at)"""
# wanted: lists of subject, vendor, time. part: the queue's parts in which something waits, as its
# index of subjects has them; each is looked into once for a subject.
QUEUED = """
WITH RECURSIVE part (n) AS (
  SELECT min(id) >> 12 FROM queue
  UNION ALL
  SELECT (SELECT min(id) >> 12 FROM queue WHERE id >= (n + 1) << 12) FROM part WHERE n IS NOT NULL
),
who (subject) AS MATERIALIZED (SELECT DISTINCT value ->> 0 FROM json_each(?1))
SELECT queue.id FROM part CROSS JOIN who
CROSS JOIN queue INDEXED BY queue_subjects
  ON queue.id >> 12 = part.n AND queue.subject = who.subject AND queue.subject != ''
CROSS JOIN lanes ON lanes.id = queue.lane
CROSS JOIN json_each(?1) AS wanted ON wanted.value ->> 0 = queue.subject
  AND wanted.value ->> 1 = lanes.vendor
WHERE queue.at <= wanted.value ->> 2"""
BURIED = """
SELECT dead.id, dead.lane FROM json_each(?) AS wanted
CROSS JOIN dead ON dead.subject = wanted.value ->> 0 AND dead.subject != ''
CROSS JOIN lanes ON lanes.id = dead.lane AND lanes.vendor = wanted.value ->> 1
WHERE dead.at <= wanted.value ->> 2"""


async def withdraw(
    db: aiosqlite.Connection,
    withdrawn: Sequence[tuple[Withdrawal, int]],
    *,
    in_flight: Collection[int],
    now: int,
) -> None:
    """Enter withdrawals with their times, inside the caller's transaction."""
    if not withdrawn:
        return
    told = [(one.subject, one.vendor, at) for one, at in withdrawn]
    wanted = (orjson.dumps(told).decode(),)
    queued = {row for (row,) in await db.execute_fetchall(QUEUED, wanted)}
    over = [Settled(row, Withheld(Reason.WITHDRAWN)) for row in sorted(queued - set(in_flight))]
    if over:
        await end(db, over, now=now)
    await unbury(db, {(row, lane) for row, lane in await db.execute_fetchall(BURIED, wanted)})
    await many(db, BAR, told)
