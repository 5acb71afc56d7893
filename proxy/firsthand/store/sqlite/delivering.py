"""Opens what the one delivering process needs: mover, queue and ledger over one file."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from firsthand.errors import ConfigError
from firsthand.rules.trace import KindOf
from firsthand.store.contract import Durability
from firsthand.store.sqlite.database import LEDGER, Writer, opened, start_errors
from firsthand.store.sqlite.files import Held, ledger_path
from firsthand.store.sqlite.intake import Intake
from firsthand.store.sqlite.keeping import SqliteKeeping
from firsthand.store.sqlite.leases import Leases
from firsthand.store.sqlite.ledger import SqliteLedger, open_ledger
from firsthand.store.sqlite.mover import SqliteMover
from firsthand.store.sqlite.pairs import Dedups
from firsthand.store.sqlite.queue import SqliteQueue
from firsthand.store.sqlite.receipts import SqliteReceipts, open_receipts

CACHE_KIB = 16_384
# Indexes are no part of a schema's version: a file is used without them, or with others, as well.
INDEXES = (
    "DROP INDEX IF EXISTS queue_subject",
    """
CREATE INDEX IF NOT EXISTS queue_subjects ON queue (id >> 12, subject) WHERE subject != ''""",
)
"""What a ledger of an earlier Firsthand has otherwise: an index over all subjects, in which every
settled beacon is at another place. With 5 million waiting it took a third of the settling."""


@dataclass(frozen=True, slots=True)
class Delivering:
    """The parts of the delivering process."""

    mover: SqliteMover
    queue: SqliteQueue
    ledger: SqliteLedger
    keeping: SqliteKeeping
    receipts: SqliteReceipts


@asynccontextmanager
async def open_delivering(  # noqa: PLR0913 - what the process knows and the store does not
    folder: Path,
    held: Held,
    *,
    secret: bytes,
    kinds: Mapping[str, KindOf],
    windows: Mapping[str, int],
    durability: Durability,
    only: Mapping[str, frozenset[str]] | None = None,
) -> AsyncIterator[Delivering]:
    """Yield mover, queue, ledger, keeping. ``held`` is the ledger's lock (``files.ledger_lock``).

    ``secret`` keys the twins' hashes; ``kinds`` gives, by vendor, the privacy class of an API path,
    ``windows`` for how many ms an event key stands for one event (none or 0: for a week), ``only``
    the events of vendors that count no others once.
    Raises ``ConfigError`` when the ledger's file cannot be used.
    """
    if held.path.parent != folder:
        raise ConfigError(f"{held.path}: not the lock of {folder}")
    path = ledger_path(folder)
    leases = Leases()
    dedups = Dedups(windows, only or {})
    intake = Intake(secret, kinds, dedups, leases)
    async with (
        opened(path, LEDGER, durability) as db,
        open_ledger(folder) as ledger,
        open_receipts(folder, secret=secret, durability=durability) as receipts,
    ):
        await db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        with start_errors(path):
            for statement in INDEXES:
                await db.execute(statement)
        writer = Writer(db, path)
        writer.on_failure(intake.forget)
        mover = SqliteMover(folder, writer, intake, receipts)
        try:
            queue, keeping = SqliteQueue(writer, leases, dedups), SqliteKeeping(writer, leases)
            yield Delivering(mover, queue, ledger, keeping, receipts)
        finally:
            await mover.close()
