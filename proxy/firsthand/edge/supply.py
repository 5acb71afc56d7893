"""The files of a site's scripts: from the shelf, from custody, from the vendor; kept fresh.

What a vendor serves is examined and decided upon by ``store.custody`` before a page gets it. Where
an answer cannot be taken, or is held, the version that was served before stays.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cachetools import TTLCache

from firsthand.edge.intake import Intake, Taken, place
from firsthand.edge.shelf import ADDRESSES, File, Shelf, unpacked
from firsthand.edge.turns import Turns
from firsthand.edge.upstream import Unusable
from firsthand.errors import BadHit
from firsthand.rules.custody import Policy, ScriptPolicy
from firsthand.rules.scriptdoor import Asked
from firsthand.store.custody import Custody, ScriptEntry

log = logging.getLogger(__name__)
T = TypeVar("T")

REFRESH_S = (900, 1800)
FRESH_MS = 600_000
"""What another worker has just asked the vendor for is not asked for again."""
WATCH_S = 2.0
LOOK_MS = 1000
MISSING_S = 10


class Supply:
    """The files of a site's scripts. ``run`` keeps them fresh. ``clock`` tells Unix ms."""

    def __init__(
        self,
        policy: ScriptPolicy,
        intake: Intake,
        custody: Custody,
        count: Callable[[str], None],
        clock: Callable[[], int],
    ) -> None:
        self._policy = policy
        self._intake = intake
        self._custody = custody
        self._count = count
        self._clock = clock
        self._shelf = Shelf()
        self._turns = Turns()
        self._known: dict[str, Asked] = {}
        self._lives: dict[str, str] = {}
        self._servable: dict[str, frozenset[str]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._missing: TTLCache[str, bool] = TTLCache(ADDRESSES, ttl=MISSING_S)
        self._loaded: asyncio.Queue[Asked] = asyncio.Queue()
        self._revision = 0
        self._looked = 0

    def at_hand(self, wanted: Asked) -> File | None:
        """Return the file that is served, if this process has it: nobody waits for that."""
        return self._shelf.live(wanted.address)

    async def live(self, wanted: Asked) -> File:
        """Return the file that is served; the first request of an address waits for it, once for
        all. Raises ``BadHit`` where there is none."""
        file = await self._once(
            wanted.address, lambda: self.at_hand(wanted), lambda: self._first(wanted)
        )
        if file is None:
            raise BadHit(404, "script_missing")
        return file

    async def version(self, wanted: Asked, digest: str) -> File | None:
        """Return the file of that hash, if pages may still ask for it."""
        address = wanted.address
        kept = self._shelf.version(address, digest)
        if kept is not None:
            return kept
        if digest not in self._servable.get(address, ()):
            await self._look()  # another worker may have brought it just now
        if digest not in self._servable.get(address, ()):
            return None
        return await self._once(
            f"{address} {digest}",
            lambda: self._shelf.version(address, digest),
            lambda: self._load(wanted, digest, live=False),
        )

    async def run(self) -> None:
        """Refresh for ever: at times, at once what came from the disk; watch what others decide."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._refresh_all())
            tasks.create_task(self._watch())
            while True:
                await self.refresh(await self._loaded.get())

    async def refresh(self, wanted: Asked) -> File | None:
        """Ask the vendor; return the file that is served then."""
        entry = await self._try(self._custody.entry(wanted.address))
        got = await self._intake.ask(wanted, entry)
        if isinstance(got, Taken):
            return await self._decided(wanted, got)
        if isinstance(got, Unusable):
            return await self._unusable(wanted, got)
        return await self._unchanged(wanted, entry)

    async def look(self) -> None:
        """Do what other processes decided."""
        revision = await self._try(self._custody.revision())
        if revision is None or revision == self._revision:
            return
        lives = await self._try(self._custody.lives())
        if lives is not None:
            self._revision = revision
            for address, live in lives.items():
                if address in self._missing or self._lives.get(address, live) != live:
                    await self._follow(address)

    async def _look(self) -> None:
        """Look, but not for every request that names a version that nobody has."""
        if not 0 <= self._clock() - self._looked < LOOK_MS:
            self._looked = self._clock()
            await self.look()

    async def _follow(self, address: str) -> None:
        self._missing.pop(address, None)
        wanted = self._known.get(address)
        entry = await self._try(self._custody.entry(address)) if wanted else None
        if wanted and entry:
            await self._apply(wanted, entry)

    async def _refresh_all(self) -> None:
        while True:
            await asyncio.sleep(random.uniform(*REFRESH_S))  # noqa: S311 - spreads load, no secret
            for wanted in list(self._known.values()):
                entry = await self._try(self._custody.entry(wanted.address))
                if entry is None or self._clock() - entry.checked_at >= FRESH_MS:
                    await self.refresh(wanted)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            await self.look()

    async def _once(
        self,
        key: str,
        kept: Callable[[], File | None],
        get: Callable[[], Awaitable[File | None]],
    ) -> File | None:
        """Return what is ``kept`` by then, else what ``get`` brings: once for all who wait."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                return kept() or await get()
        finally:
            # Those who wait have the lock in their hands; who comes later needs none.
            self._locks.pop(key, None)

    async def _first(self, wanted: Asked) -> File | None:
        """Return what custody has, to be refreshed soon, else the vendor's file."""
        if wanted.address in self._missing:
            return None
        self._turns.claim(wanted)
        entry = await self._try(self._custody.entry(wanted.address))
        file = await self._apply(wanted, entry) if entry else None
        if file is not None:
            self._loaded.put_nowait(wanted)
            return file
        async with self._turns.turn(wanted):
            file = await self.refresh(wanted)
        if file is None:
            self._missing[wanted.address] = True
            self._turns.give_up(wanted)
        return file

    async def _decided(self, wanted: Asked, taken: Taken) -> File | None:
        """Have custody decide; return the file that is served then."""
        try:
            entry = await self._custody.arrived(taken.arrival, at=self._clock())
        except OSError as error:
            self._tell(error)
            return await self._unrecorded(wanted, taken.file)
        if taken.file.hash not in entry.servable(self._policy):
            self._count(f"script_held_{wanted.vendor}")
            log.warning("script %s: a new version is held, see firsthand scripts", wanted.door)
        return await self._apply(wanted, entry, taken.file)

    async def _unrecorded(self, wanted: Asked, file: File) -> File | None:
        """Return what is served while custody can neither be read nor written.

        What is served stays. Where nothing is, a file is needed that would be served anyway.
        """
        kept = self._shelf.live(wanted.address)
        if kept is not None:
            return kept
        pin = self._policy.pin(wanted.vendor, wanted.address)
        if self._policy.of(wanted.vendor) is Policy.AUTO or file.hash == pin:
            await self._keep(wanted, file, live=True)
            return file
        return None

    async def _unchanged(self, wanted: Asked, entry: ScriptEntry | None) -> File | None:
        if entry is None:
            return self._shelf.live(wanted.address)
        newest = entry.versions[0].hash
        await self._try(self._custody.unchanged(wanted.address, newest, at=self._clock()))
        return await self._apply(wanted, entry)

    async def _unusable(self, wanted: Asked, got: Unusable) -> File | None:
        self._count(f"script_unusable_{wanted.vendor}")
        log.warning("script %s not taken: %s", wanted.door, got.reason)
        await self._try(self._custody.failed(place(wanted), got.reason, at=self._clock()))
        return self._shelf.live(wanted.address)

    async def _apply(
        self, wanted: Asked, entry: ScriptEntry, file: File | None = None
    ) -> File | None:
        """Serve what custody says from now on; return it. ``file`` is at hand already."""
        address, served = wanted.address, entry.served(self._policy)
        self._lives[address] = entry.live
        self._servable[address] = entry.servable(self._policy)
        self._shelf.withdraw(address, self._servable[address] | {served})
        if not served:
            return None
        if file is None or file.hash != served:
            file = self._shelf.version(address, served)
        if file is None:
            return await self._load(wanted, served, live=True)
        await self._keep(wanted, file, live=True)
        return file

    async def _load(self, wanted: Asked, digest: str, *, live: bool) -> File | None:
        br = await self._try(self._custody.body(digest))
        file = await asyncio.to_thread(unpacked, br, digest) if br else None
        if file is None:
            self._count("script_custody")
            log.error("script %s: a kept version cannot be read", wanted.door)
            return None
        await self._keep(wanted, file, live=live)
        return file

    async def _keep(self, wanted: Asked, file: File, *, live: bool) -> None:
        self._known[wanted.address] = wanted
        own = self._turns.is_own(wanted)
        gone = self._shelf.put(wanted.address, file, door=wanted.door, own=own, live=live)
        for address in gone:
            for of in (self._known, self._lives, self._servable):
                of.pop(address, None)
        if gone:
            await self._try(self._custody.forget(gone))

    async def _try(self, step: Awaitable[T]) -> T | None:
        """Return what a step of custody gives; ``None``, counted and told, if the disk fails."""
        try:
            return await step
        except OSError as error:
            self._tell(error)
            return None

    def _tell(self, error: OSError) -> None:
        self._count("script_custody")
        log.error("script custody: %s", error.strerror or type(error).__name__)
