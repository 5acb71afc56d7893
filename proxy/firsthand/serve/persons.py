"""What a person may ask for: what is stored of them, and that it goes.

Works beside a running server, which carries the erasure out between two of its calls, and without
one: then this process does, under the lock by which only one process delivers.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from firsthand.errors import ConfigError
from firsthand.rules import keeper
from firsthand.rules.clickids import cookie_name
from firsthand.rules.site import Site
from firsthand.serve.consenting import happened, hashes
from firsthand.serve.lead import delivering_parts
from firsthand.serve.plan import Plan, now, plan
from firsthand.serve.retention import kept, limits
from firsthand.store.sqlite.book import open_book
from firsthand.store.sqlite.delivering import Delivering
from firsthand.store.sqlite.files import ledger_lock, ledger_path, outbox_path
from firsthand.store.sqlite.outbox import open_outbox
from firsthand.store.sqlite.subjects import SqliteSubjects, open_subjects
from firsthand.store.subjects import Erasure, Found, Person, Stored
from firsthand.vendor import IdCookie

OWN_OUTBOX = 1_000_000
"""The outbox of commands: workers have small numbers."""
ROUNDS = 3
LOOK_S = 0.1
PATIENCE_S = 60.0
FLIGHT_S = 1.0
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was found, and how much of it is left, as it was being sent at that moment."""

    found: dict[str, int]
    left: dict[str, int]
    barred: bool

    def told(self) -> dict[str, Any]:
        """Return it for a program: counts only."""
        removed = {what: n - self.left[what] for what, n in self.found.items()}
        return {
            "found": self.found,
            "removed": removed,
            "left": self.left,
            "barred": self.barred,
        }


def person(site: Site, *, cookie: str, event: str) -> Person:
    """Return what somebody's events are found by. Raises ``ConfigError``.

    ``cookie`` is ``NAME=VALUE``, of our own cookie or of a vendor's; ``event`` an event key.
    """
    if bool(cookie) == bool(event):
        raise ConfigError("give --cookie NAME=VALUE or --event KEY, one of them")
    if event:
        return Person(event_key=event)
    name, _, value = cookie.partition("=")
    if name == keeper.name(site):
        held = keeper.decode([value], site)
        if held is None:
            raise ConfigError(f"--cookie: this {name} is not one of this site's: its seal is wrong")
        ids = [told for own, each in held.ids.items() for told in _told(site, own, each.value)]
        return Person(subjects=keeper.subjects(held, site), values=tuple(dict.fromkeys(ids)))
    values = tuple(dict.fromkeys(_told(site, name, value)))
    if not values:
        known = ", ".join([keeper.name(site), *sorted(_names(site))])
        raise ConfigError(f"--cookie: NAME=VALUE of one of {known}, as the browser has it")
    return Person(values=values)


def _told(site: Site, name: str, value: str) -> Iterator[str]:
    """Yield what a vendor's cookie gives the fields of an event."""
    for own, row in _rows(site):
        if own == name and row.field and re.fullmatch(row.pattern, value):
            yield from filter(None, (row.to_field(value), value))


def _names(site: Site) -> set[str]:
    return {name for name, row in _rows(site) if row.field}


def _rows(site: Site) -> Iterator[tuple[str, IdCookie]]:
    for key, account in site.accounts:
        for row in site.vendors[key].cookies:
            yield cookie_name(row, account), row


async def export(path: Path, *, cookie: str, event: str) -> dict[str, Any]:
    """Return all that is stored of a person, readable, with when it ends."""
    made = _plan(path)
    whose = person(made.site, cookie=cookie, event=event)
    async with _looking(made) as subjects:
        found = await subjects.find(whose)
    async with open_book(made.folder, made.config.store.durability) as book:
        keys = {event} if event else {one.event_key for one in _beacons(found)}
        receipts = [
            orjson.loads(receipt.line)
            for key in sorted(keys)
            for receipt in await book.find(hashes(made.site, key))
        ]
    return {
        "waiting": [_stored(one) for one in found.waiting],
        "given_up": [_stored(one) for one in found.dead],
        "events": [happened(one) for one in found.events],
        "unreadable_lines": len(found.unreadable),
        "receipts": receipts,
        "kept_for_days": _kept_for(made),
    }


def _beacons(found: Found) -> Iterator[Any]:
    return (one.beacon for one in (*found.waiting, *found.dead) if one.beacon is not None)


def _stored(one: Stored) -> dict[str, Any]:
    beacon = one.beacon
    if beacon is None:
        return {"event": str(one.twin), "readable": False}
    return {
        "event": str(one.twin),
        "vendor": beacon.vendor,
        "account": beacon.to,
        "name": beacon.name,
        "event_key": beacon.event_key,
        "arrived_at": beacon.at,
        "fields": beacon.fields,
    }


def _kept_for(made: Plan) -> dict[str, int]:
    """Return after how many days what is stored goes by itself, at the latest."""
    ends, book = limits(made.config), kept(made.config)
    return {
        "waiting": ends.queue // DAY_MS,
        "given_up": ends.dead // DAY_MS,
        "events": ends.twins // DAY_MS,
        "unreadable_lines": ends.unreadable // DAY_MS,
        "receipts": book.receipts // DAY_MS,
    }


async def erase(path: Path, *, cookie: str, event: str) -> Erased:
    """Erase a person: what waits is dropped and counted so, what is stored is deleted.

    Raises ``ConfigError`` where a running server does not take it within a minute.
    """
    made = _plan(path)
    whose = person(made.site, cookie=cookie, event=event)
    async with _carrier(made) as carrier, _looking(made) as subjects:
        found = left = await subjects.find(whose)
        whole = Person(found.subjects, whose.event_key, whose.values)
        for _ in range(ROUNDS):
            if not any(left.counts().values()) and not (left is found and found.subjects):
                break
            await carrier.carry(_erasure(left))
            left = await subjects.find(whole)
            if left.waiting:
                # A lane has it in its hands: what comes back is dropped, what was taken is deleted.
                await asyncio.sleep(FLIGHT_S)
    return Erased(found.counts(), left.counts(), barred=bool(found.subjects))


def _erasure(found: Found) -> Erasure:
    return Erasure(
        at=now(),
        subjects=found.subjects,
        queue=tuple(one.row for one in found.waiting),
        dead=tuple(one.row for one in found.dead),
        twins=tuple(one.id for one in found.events),
        lines=tuple(found.unreadable),
    )


class _Carrier:
    """Hands an erasure to who delivers: another process, or, with its ``parts``, this one."""

    def __init__(self, made: Plan, delivering: Delivering | None) -> None:
        self._plan = made
        self._parts = delivering

    async def carry(self, erasure: Erasure) -> None:
        """Return once it is carried out."""
        durability = self._plan.config.store.durability
        async with open_outbox(
            self._plan.folder, OWN_OUTBOX, clock=now, durability=durability
        ) as outbox:
            await outbox.erase(erasure)
        if self._parts is not None:
            await self._parts.mover.move(now=now())
            return
        # Who delivers deletes an outbox that nobody owns once it has taken what it holds.
        mine = outbox_path(self._plan.folder, OWN_OUTBOX)
        for _ in range(int(PATIENCE_S / LOOK_S)):
            if not mine.exists():
                return
            await asyncio.sleep(LOOK_S)
        raise ConfigError(
            f"{self._plan.folder}: the running server has not carried it out within"
            f" {PATIENCE_S:.0f} s; it stands in {mine.name} and will be, its log says why not yet"
        )


@asynccontextmanager
async def _carrier(made: Plan) -> AsyncIterator[_Carrier]:
    """Yield who carries erasures out; without a server, after moving what it left behind."""
    async with AsyncExitStack() as stack:
        held = ledger_lock(made.folder)
        delivering = None
        if held is not None:
            stack.callback(held.release)
            delivering = await stack.enter_async_context(delivering_parts(made, held))
            await delivering.mover.move(now=now())
        yield _Carrier(made, delivering)


@asynccontextmanager
async def _looking(made: Plan) -> AsyncIterator[SqliteSubjects]:
    site, durability = made.site, made.config.store.durability
    secrets = (site.secret, *site.old_secrets)
    async with open_subjects(made.folder, durability, secrets) as subjects:
        yield subjects


def _plan(path: Path) -> Plan:
    """Return the plan of a configuration whose server has run. Raises ``ConfigError``."""
    made = plan(path)
    if not ledger_path(made.folder).exists():
        raise ConfigError(f"{made.folder}: nothing is recorded yet; start: firsthand serve")
    return made
