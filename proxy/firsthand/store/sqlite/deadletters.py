"""Events that were given up, and their way back into the queue.

Works beside a running server, on a connection of its own: every step is one transaction, and what
the delivering process keeps in memory does not depend on these rows.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from firsthand.model import Beacon, Client, Reason, Server
from firsthand.store.contract import DeadLetter, Durability, Lane, Wanted
from firsthand.store.sqlite.codec import UNREADABLE, decode
from firsthand.store.sqlite.database import LEDGER, Writer, many, opened
from firsthand.store.sqlite.endings import as_json
from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.tally import Tally

# A letter whose event is deleted already can neither be named nor sent again.
FIND = """
SELECT dead.id, twins.id, vendor, account, dead.at, dead_at, dead.server, dead.reason, message,
  attempts, client, twins.server = dead.server, body
FROM dead CROSS JOIN lanes ON lanes.id = lane CROSS JOIN twins ON twins.id = twin
WHERE dead.id > :after AND dead_at >= :since
  AND (:vendor = '' OR vendor = :vendor) AND (:account = '' OR account = :account)
  AND (:reason = '' OR dead.reason = :reason)
  AND (:event = '' OR twin = CAST(:event AS INTEGER))
ORDER BY dead.id LIMIT :limit"""
RETURNING = """
SELECT dead.id, dead.lane, twins.id, twins.series, twins.at, twins.client, twins.server,
  twins.reason, twins.arm, twins.client_amount, twins.client_currency, twins.server_amount,
  twins.server_currency
FROM json_each(?) AS wanted CROSS JOIN dead ON dead.id = wanted.value
CROSS JOIN lanes ON lanes.id = dead.lane
CROSS JOIN twins ON twins.id = dead.twin AND twins.server = dead.server
LEFT JOIN tombstones ON tombstones.subject = dead.subject AND tombstones.vendor = lanes.vendor
  AND tombstones.at >= dead.at
WHERE tombstones.at IS NULL"""
REQUEUE = """
INSERT INTO queue (lane, twin, at, due_at, replayed_at, subject, body)
SELECT lane, twin, at, ?1, ?1, subject, body FROM dead WHERE id = ?2"""
DISINTER = "DELETE FROM dead WHERE id = ?"
QUEUED_AGAIN = "UPDATE twins SET server = ?, reason = '' WHERE id = ?"
LANE_COUNTS = "UPDATE lanes SET waiting = waiting + ?1, dead = dead - ?1 WHERE id = ?2"


@dataclass(frozen=True, slots=True)
class _Ended:
    """Where a letter's twin stands, as a ``tally.Counted``."""

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


@asynccontextmanager
async def open_deadletters(
    folder: Path, durability: Durability
) -> AsyncIterator["SqliteDeadLetters"]:
    """Yield the dead letters of a data folder. Raises ``ConfigError`` on an unusable file."""
    path = ledger_path(folder)
    async with opened(path, LEDGER, durability) as db:
        yield SqliteDeadLetters(Writer(db, path))


class SqliteDeadLetters:
    """``contract.DeadLetters``."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def find(self, wanted: Wanted, *, after: int = 0, limit: int = 100) -> list[DeadLetter]:
        """Return letters, those of earlier burial first; ``after`` is the last row of a page."""
        told = {
            "after": after,
            "since": wanted.since,
            "vendor": wanted.vendor,
            "account": wanted.account,
            "reason": wanted.reason,
            "event": wanted.event,
            "limit": limit,
        }
        async with self._writer.reading() as db:
            return [_letter(*row) for row in await db.execute_fetchall(FIND, told)]

    async def replay(self, rows: Sequence[int], *, now: int) -> int:
        """Put letters back into their lanes, due at once; return how many went."""
        tally, queued = Tally(), Server.QUEUED.value
        async with self._writer.transaction() as db:
            found = list(await db.execute_fetchall(RETURNING, (as_json(rows),)))
            for was in (_Ended(*row[3:]) for row in found):
                tally.twin(was, -1)
                tally.twin(replace(was, server=queued, reason=Reason.NONE.value), 1)
            await many(db, REQUEUE, [(now, row[0]) for row in found])
            await many(db, DISINTER, [(row[0],) for row in found])
            await many(db, QUEUED_AGAIN, [(queued, row[2]) for row in found])
            lanes = Counter(row[1] for row in found)
            await many(db, LANE_COUNTS, [(n, lane) for lane, n in lanes.items()])
            await tally.write(db)
        return len(found)


def _letter(row: int, twin: int, vendor: str, account: str, *rest: Any) -> DeadLetter:  # noqa: ANN401 - columns
    at, dead_at, server, reason, message, attempts, client, ended, body = rest
    return DeadLetter(
        row=row,
        event=str(twin),
        lane=Lane(vendor, account),
        at=at,
        dead_at=dead_at,
        server=Server(server),
        reason=Reason(reason),
        message=message,
        attempts=attempts,
        client=Client(client),
        ended=bool(ended),
        beacon=_beacon(body),
    )


def _beacon(body: bytes) -> Beacon | None:
    try:
        return decode(body)
    except UNREADABLE:
        return None
