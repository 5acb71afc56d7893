"""How the server is, asked of its parts: for ``/readyz`` and ``/metrics``."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from firsthand.admin.guard import Part
from firsthand.admin.metrics import Figures, Spread
from firsthand.delivery.breaker import HOLDS, State
from firsthand.delivery.tally import Spread as Took
from firsthand.delivery.worker import Delivery
from firsthand.edge.keyring import Held, Keyring
from firsthand.model import Server
from firsthand.rules.outcomes import BUCKETS_MS
from firsthand.serve.alarm import Alarm
from firsthand.serve.notice import Notice, read_notice
from firsthand.serve.plan import now
from firsthand.store.contract import Mover, Outbox, Queue
from firsthand.store.meter import BUCKETS_S, read_meters

MIB = 1024 * 1024
ROOM = 64 * MIB
"""Bytes that have to be free: below, outboxes and ledger fail soon."""


class Health:
    """Asks the parts of the process that leads; what is not there yet does not work."""

    def __init__(self, folder: Path, *, room: int = ROOM) -> None:
        self._folder = folder
        self._room = room
        self.outbox: Outbox | None = None
        self.keyring: Keyring | None = None
        self.mover: Mover | None = None
        self.delivery: Delivery | None = None
        self.alarm: Alarm | None = None

    async def parts(self) -> tuple[Part, ...]:
        """Return every part and whether it works.

        A lane that waits for its token and a configuration that was not taken are told, and turn
        nothing red: events are taken and kept, and another machine would do no better.
        """
        strangers = self.delivery.strangers() if self.delivery else []
        return (
            _part("disk", "little room is left", self._full()),
            *self._storage(),
            Part("delivery", self.delivery is not None),
            Part("accounts", not strangers, "events of unknown accounts wait" if strangers else ""),
            Part("lanes", ok=True, detail="; ".join(self._held())),
            Part("reload", ok=True, detail=_reload(read_notice(self._folder))),
            *self._certificates(),
        )

    def _certificates(self) -> Iterator[Part]:
        """Yield how TLS is, where it ends here: red while nothing that browsers take is served.

        A renewed one that cannot be used, or does not come, is told and turns nothing red yet.
        """
        if self.keyring is None:
            return
        told = [(each, told_of(each, now())) for each in self.keyring.held]
        served = all(each.facts is not None and now() < each.facts.ends for each, _ in told)
        yield Part("tls", served, "; ".join(why for _, why in told if why))

    def _storage(self) -> Iterator[Part]:
        """Yield how storing went the last time, step by step."""
        put = self.outbox.last_error if self.outbox else ""
        trim = self.outbox.trim_error if self.outbox else ""
        move = self.mover.last_error if self.mover else ""
        failing = read_meters(self._folder).failing
        if failing and not put:
            put = f"{failing} workers cannot write; the log says why"
        yield _part("outbox", "what arrives is not stored", put)
        yield _part("mover", "what is stored is not moved to delivery", move)
        yield _part("trim", "what was moved is not deleted", trim)

    def _held(self) -> Iterator[str]:
        """Yield the lanes that wait for an operator, and for what."""
        for lane in self.delivery.states() if self.delivery else ():
            if lane.state is not State.CLOSED and lane.reason in HOLDS:
                yield f"{lane.lane.vendor} {lane.lane.account}: held, {lane.reason}"

    async def figures(self, queue: Queue) -> Figures:
        """Return the figures of the moment. Raises ``OSError`` when the ledger cannot be read."""
        delivery, mover, meters = self.delivery, self.mover, read_meters(self._folder)
        backlog = await queue.backlog()
        notice = read_notice(self._folder)
        parts = {part.name: part.ok for part in await self.parts()}
        if delivery is None or mover is None:
            return Figures(now(), backlog, disk_free=self._free(), parts=parts)
        ended = Counter(delivery.tally.ended)
        for (vendor, account, reason), n in mover.moved.withheld.items():
            ended[vendor, account, Server.WITHHELD.value, reason] += n
        return Figures(
            now=now(),
            backlog=backlog,
            taken=mover.moved.taken,
            ended=ended,
            retried=delivery.tally.retried,
            noted=mover.moved.noted,
            breakers={(s.lane.vendor, s.lane.account): s.state.value for s in delivery.states()},
            states=[state.value for state in State],
            acked=Spread(BUCKETS_S, meters.acked, meters.seconds),
            delivered={vendor: _spread(took) for vendor, took in delivery.tally.took.items()},
            not_stored=meters.errors,
            disk_free=self._free(),
            parts=parts,
            reloads=notice.count,
            reload_ok=not notice.why,
            alerts=self.alarm.levels() if self.alarm else {},
            posts=self.alarm.posts if self.alarm else {},
        )

    def _full(self) -> str:
        return "" if self._free() > self._room else f"less than {self._room // MIB} MiB"

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free


def told_of(held: Held, at: int) -> str:
    """Return what is to be said of a certificate, empty where all is well."""
    facts = held.facts
    if facts is None:
        return f"no certificate is served: {held.why}"
    until = f"{datetime.fromtimestamp(facts.ends / 1000, UTC):%Y-%m-%d}"
    if held.why:
        return f"the one until {until} is served on, as the one on the disk is not: {held.why}"
    if at >= facts.ends:
        return f"the certificate of {facts.names[0]} expired on {until}"
    # Renewed after two thirds of its life, so with a sixth left that has failed for some time.
    if (facts.ends - at) * 6 < facts.ends - facts.begins:
        return f"the certificate of {facts.names[0]} ends on {until}, and is not renewed yet"
    return ""


def _spread(took: Took) -> Spread:
    return Spread([ms / 1000 for ms in BUCKETS_MS], took.counts, took.total_ms / 1000)


def _part(name: str, trouble: str, cause: str) -> Part:
    return Part(name, not cause, f"{trouble}: {cause}" if cause else "")


def _reload(notice: Notice) -> str:
    """Say that the file was not taken. Not why: that quotes the file, and anyone may read this."""
    return "not taken, the configuration before it runs; the log says why" if notice.why else ""
