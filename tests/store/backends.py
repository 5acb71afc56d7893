"""Opens each storage backend for the tests; a backend is a few parts behind the contract."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from firsthand.model import Accepted, Beacon, Kind, Outcome
from firsthand.store.contract import (
    DeadLetters,
    Durability,
    Keeping,
    Lane,
    Leased,
    Ledger,
    Mover,
    Outbox,
    Queue,
    Settled,
)
from firsthand.store.rollups import Slice, What
from firsthand.store.sqlite.deadletters import open_deadletters
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock
from firsthand.store.sqlite.outbox import open_outbox
from tests.factories import NOW, make_beacon

LANE = Lane("acme", "A-1")
LATER = NOW + 1_000
LEASE_MS = 60_000
FAR = 2**50
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Backend:
    """``outboxes``: one for each of two edge workers; ``outbox`` is the first."""

    outboxes: Sequence[Outbox]
    mover: Mover
    queue: Queue
    ledger: Ledger
    keeping: Keeping
    letters: DeadLetters

    @property
    def outbox(self) -> Outbox:
        return self.outboxes[0]

    async def take(self, *beacons: Beacon) -> None:
        await self.outbox.put(beacons)
        await self.mover.move(now=LATER)

    async def lease(self, limit: int = 100, *, now: int = LATER) -> list[Leased]:
        return await self.queue.lease(LANE, now=now, limit=limit, for_ms=LEASE_MS)

    async def settle_all(self, outcome: Outcome | None = None, *, now: int = LATER) -> None:
        leased = await self.lease(now=now)
        done = [Settled(one.row, outcome or Accepted()) for one in leased]
        await self.queue.settle(done, now=now)

    async def states(self, *, by_day: bool = False) -> dict[tuple[str, str, str], int]:
        found: dict[tuple[str, str, str], int] = {}
        for one in await self.ledger.counts(Slice(since=0, until=FAR, by_day=by_day)):
            key = (one.client.value, one.server.value, one.reason.value)
            found[key] = found.get(key, 0) + one.n
        return found

    async def facts(self, *, by_day: bool = False) -> dict[What, int]:
        found: dict[What, int] = {}
        for one in await self.ledger.facts(Slice(since=0, until=FAR, by_day=by_day)):
            found[one.what] = found.get(one.what, 0) + one.n
        return found

    async def notes(self) -> dict[tuple[str, str], int]:
        found = await self.ledger.notes(Slice(since=0, until=FAR))
        return {(one.name, one.reason): one.n for one in found}


Open: TypeAlias = Callable[[Path], AbstractAsyncContextManager[Backend]]

KINDS = {"email": Kind.CONTACT, "ip": Kind.NETWORK, "page": Kind.PAGE, "value": Kind.COMMERCE}


def kind_of(path: str) -> Kind:
    return KINDS.get(path, Kind.CUSTOM)


@asynccontextmanager
async def open_sqlite(folder: Path) -> AsyncIterator[Backend]:
    held = ledger_lock(folder)
    assert held is not None
    async with AsyncExitStack() as stack:
        stack.callback(held.release)
        outboxes = [
            await stack.enter_async_context(
                open_outbox(folder, number, clock=lambda: NOW, durability=Durability.PROCESS)
            )
            for number in range(2)
        ]
        parts = await stack.enter_async_context(
            open_delivering(
                folder,
                held,
                secret=b"secret",
                kinds={"acme": kind_of},
                windows={"brief": 2 * DAY_MS, "forgetful": 60_000},
                durability=Durability.PROCESS,
            )
        )
        letters = await stack.enter_async_context(open_deadletters(folder, Durability.PROCESS))
        yield Backend(outboxes, parts.mover, parts.queue, parts.ledger, parts.keeping, letters)


BACKENDS: dict[str, Open] = {"sqlite": open_sqlite}


def beacons(n: int, **given: object) -> list[Beacon]:
    return [event(number, **given) for number in range(n)]


def event(number: int = 0, **given: object) -> Beacon:
    defaults = {"id": f"{number:032x}", "event_key": f"key-{number}", "at": NOW + number}
    return make_beacon(**{**defaults, **given})


def keys(leased: Iterable[Leased]) -> list[str]:
    return [one.beacon.event_key for one in leased]
