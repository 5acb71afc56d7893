"""A worker to be killed: acknowledges beacons and prints each, while it moves and trims.

``python crash_child.py FOLDER ROUND``; a line on standard output is an acknowledgement.
"""

import asyncio
import sys
from pathlib import Path

from firsthand.store.contract import Durability, Mover, Outbox
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock
from firsthand.store.sqlite.outbox import open_outbox
from tests.factories import NOW
from tests.store.backends import event

CLIENTS = 32


async def acknowledge(outbox: Outbox, numbers: range) -> None:
    for number in numbers:
        await outbox.put([event(number)])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


async def carry(outbox: Outbox, mover: Mover) -> None:
    while True:
        await mover.move(now=NOW)
        await outbox.trim()


async def main(folder: Path, turn: int) -> None:
    held = ledger_lock(folder)
    assert held is not None
    async with (
        open_outbox(folder, turn % 2, clock=lambda: NOW, durability=Durability.PROCESS) as outbox,
        open_delivering(
            folder, held, secret=b"s", kinds={}, windows={}, durability=Durability.PROCESS
        ) as parts,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(carry(outbox, parts.mover))
        for client in range(CLIENTS):
            first = turn * 1_000_000 + client * 10_000
            group.create_task(acknowledge(outbox, range(first, first + 10_000)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
