"""A data folder in which some events were given up, as a running server leaves it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from firsthand.model import Beacon, Outcome, Reason, Refused
from firsthand.serve.plan import now, plan
from firsthand.store.contract import Durability, Lane, Settled
from firsthand.store.sqlite.delivering import Delivering, open_delivering
from firsthand.store.sqlite.files import ledger_lock
from firsthand.store.sqlite.outbox import open_outbox

REFUSED = Refused(Reason.BAD_EVENT, "no such event")


@asynccontextmanager
async def buried(
    path: Path, beacons: Sequence[Beacon], outcome: Outcome = REFUSED
) -> AsyncIterator[Delivering]:
    """Yield the delivering parts of the configuration ``path`` after ``beacons`` ended so."""
    made = plan(path)
    held = ledger_lock(made.folder)
    assert held is not None
    async with (
        open_outbox(made.folder, 0, clock=now, durability=Durability.PROCESS) as outbox,
        open_delivering(
            made.folder,
            held,
            secret=made.site.secret,
            kinds={key: table.kind for key, table in made.site.tables.items()},
            windows={},
            durability=Durability.PROCESS,
        ) as parts,
    ):
        await outbox.put(beacons)
        await parts.mover.move(now=now())
        for lane in {Lane(one.vendor, one.to) for one in beacons}:
            leased = await parts.queue.lease(lane, now=now(), limit=1000, for_ms=1000)
            await parts.queue.settle([Settled(one.row, outcome) for one in leased], now=now())
        yield parts
    held.release()
