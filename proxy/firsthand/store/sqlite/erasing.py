"""Carries an erasure out, inside the mover's transaction: queue, dead letters, events, traces.

What waits ends as withheld, for the reason ``erased``, so that the roll-ups still add up; then its
event goes too. What a lane has in its hands is left to it: it may have been sent a moment ago.
"""

from collections.abc import Collection

import aiosqlite

from firsthand.model import Reason, Withheld
from firsthand.store.contract import Settled
from firsthand.store.sqlite.database import many
from firsthand.store.sqlite.endings import as_json, end, unbury
from firsthand.store.sqlite.keeping import DELETE_TRACE
from firsthand.store.sqlite.withdrawing import BAR
from firsthand.store.subjects import Erasure
from firsthand.vendors import VENDORS

TWINS_OF = "SELECT twin FROM json_each(?) AS wanted CROSS JOIN queue ON queue.id = wanted.value"
BURIED = (
    "SELECT dead.id, lane FROM json_each(?) AS wanted CROSS JOIN dead ON dead.id = wanted.value"
)
LANES = "SELECT DISTINCT vendor FROM lanes"
# The last one stays, without what it could be found by: the next one's id follows from it.
FORGET_TWIN = "UPDATE twins SET key = NULL, owner = x'' WHERE id = ?"
DELETE_TWIN = "DELETE FROM twins WHERE id = ? AND id < (SELECT max(id) FROM twins)"
DELETE_LINE = "DELETE FROM unreadable WHERE id = ?"


async def erase(
    db: aiosqlite.Connection, erasure: Erasure, *, in_flight: Collection[int], now: int
) -> None:
    """Delete what an erasure names, and bar its subjects at every vendor."""
    flying = [row for row in erasure.queue if row in in_flight]
    rows = await db.execute_fetchall(TWINS_OF, (as_json(flying),))
    staying = {twin for (twin,) in rows}
    ended = [Settled(row, Withheld(Reason.ERASED)) for row in erasure.queue if row not in in_flight]
    if ended:
        await end(db, ended, now=now)
    buried = await db.execute_fetchall(BURIED, (as_json(erasure.dead),))
    await unbury(db, [(row, lane) for row, lane in buried])
    going = [(twin,) for twin in erasure.twins if twin not in staying]
    for sql in (DELETE_TRACE, FORGET_TWIN, DELETE_TWIN):
        await many(db, sql, going)
    await many(db, DELETE_LINE, [(line,) for line in erasure.lines])
    vendors = {vendor for (vendor,) in await db.execute_fetchall(LANES)} | VENDORS.keys()
    bars = [(one, vendor, erasure.at) for one in erasure.subjects for vendor in sorted(vendors)]
    await many(db, BAR, bars)
