"""Does with the beacons of a call what the vendor's outcomes ask for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from firsthand.delivery.batch import Batch
from firsthand.delivery.breaker import HOLDS
from firsthand.delivery.exchange import Answer
from firsthand.delivery.pace import Clock, Pace
from firsthand.delivery.tally import Tally
from firsthand.delivery.tracing import Tracer, Veil, quiet
from firsthand.model import (
    Accepted,
    Amend,
    Expired,
    Outcome,
    Pending,
    Reason,
    Refused,
    Split,
    TryLater,
)
from firsthand.rules.retry import Dead, after, deadline
from firsthand.rules.site import Account
from firsthand.store.contract import Leased, Queue, Settled

log = logging.getLogger(__name__)

_LOGGED_EVERY = 1_000
_SAID = {Reason.FAULT: "our own fault", Reason.READABLE: "blocked by the firewall"}


@dataclass(slots=True)
class Plan:
    """What to do with each beacon of a call.

    ``back`` goes back as if it had not been called: halves of a split batch (``split``), and all
    that waits for an operator. ``amend`` is sent again at once, without what the vendor disliked.
    """

    done: list[tuple[Leased, Outcome]] = field(default_factory=list)
    again: list[tuple[Leased, TryLater]] = field(default_factory=list)
    back: Batch = field(default_factory=list)
    amend: Batch = field(default_factory=list)
    split: bool = False


def plan(batch: Batch, outcomes: Sequence[Outcome], *, amended: bool = False) -> Plan:
    """Return what ``outcomes`` ask for. ``amended``: the batch was sent without fields already."""
    made = Plan()
    for one, outcome in zip(batch, outcomes, strict=True):
        match outcome:
            case Split() if len(batch) > 1:
                made.back.append(one)
                made.split = True
            case Amend() if not amended:
                made.amend.append(_without(one, outcome.without))
            case Split() | Amend():
                made.done.append((one, Refused(outcome.reason, outcome.message)))
            case TryLater() if outcome.reason in HOLDS:
                made.back.append(one)
            case TryLater():
                made.again.append((one, outcome))
            case Pending() if not outcome.ticket:
                made.done.append((one, replace(outcome, ticket=one.ticket)))
            case _:
                made.done.append((one, outcome))
    return made


def _given_up(one: Leased, outcome: Outcome) -> Outcome:
    """What was taken for now stays taken, unconfirmed: sent again, it would count twice."""
    return Accepted(Reason.UNCONFIRMED) if one.ticket else outcome


def _without(one: Leased, paths: Sequence[str]) -> Leased:
    fields = {path: value for path, value in one.beacon.fields.items() if path not in paths}
    return replace(one, beacon=replace(one.beacon, fields=fields))


class Settler:
    """Tells one lane's queue how its beacons ended."""

    def __init__(
        self, queue: Queue, account: Account, *, pace: Pace, clock: Clock, tally: Tally
    ) -> None:
        self._queue = queue
        self._tally = tally
        self._account = account
        self._policy = pace.retry
        self._again_s = pace.idle_ms / 1000
        self._clock = clock
        self._tracer = Tracer(account, now=clock.now)
        self._faults = dict.fromkeys(_SAID, 0)

    async def sift(self, leased: Sequence[Leased]) -> Batch:
        """Return what is to be sent or asked for; settle what is past its time."""
        now, vendor, limits = self._clock.now(), self._account.vendor, self._account.limits
        alive: Batch = []
        over: list[tuple[Leased, Outcome]] = []
        for one in leased:
            over_at = deadline(one.beacon, self._policy, limits, replayed_at=one.replayed_at)
            if now >= over_at or (one.ticket and vendor.ask is None):
                over.append((one, _given_up(one, Expired(Reason.TOO_OLD))))
            else:
                alive.append(one)
        await self._end(over, [Settled(one.row, outcome) for one, outcome in over])
        return alive

    async def settle(self, batch: Batch, answer: Answer, *, amended: bool = False) -> Plan:
        """Settle, retry and give back what ``answer`` says of ``batch``; return the plan."""
        made = plan(batch, answer.outcomes, amended=amended)
        veil = self._tracer.veil(one.beacon for one in batch)
        await self._retry(made, veil)
        settled = self._tracer.settled(made.done, reply=answer.reply, veil=veil)
        self._report_faults(settled)
        await self._noted(lambda: self._end(made.done, settled))
        await self.give_back(made.back)
        return made

    async def _end(
        self, done: Sequence[tuple[Leased, Outcome]], settled: Sequence[Settled]
    ) -> None:
        if not settled:
            return
        now = self._clock.now()
        await self._queue.settle(settled, now=now)
        for one, outcome in done:
            # An event whose vendor is asked again and again is counted as sent once.
            if not (one.ticket and isinstance(outcome, Pending)):
                self._tally.end(one.beacon, outcome, now=now)

    def quieted(self, batch: Batch, outcome: TryLater) -> TryLater:
        """Return ``outcome`` with nothing of ``batch`` in its message."""
        return quiet(outcome, self._tracer.veil(one.beacon for one in batch))

    async def give_back(self, batch: Batch) -> None:
        """Give beacons back as if they had not been leased."""
        if batch:
            await self._queue.release([one.row for one in batch])

    async def _retry(self, made: Plan, veil: Veil) -> None:
        """Give back what is due again later; what is not any more joins ``made.done``."""
        now, draw = self._clock.now(), self._clock.draw()
        due: dict[tuple[int, TryLater], list[int]] = {}
        for one, outcome in made.again:
            self._tally.again(one.beacon, outcome.reason)
            step = after(
                outcome,
                one.beacon,
                one.attempts,
                now=now,
                policy=self._policy,
                limits=self._account.limits,
                draw=draw,
                replayed_at=one.replayed_at,
            )
            if isinstance(step, Dead):
                made.done.append((one, _given_up(one, step.outcome)))
            else:
                due.setdefault((step.due_at, quiet(outcome, veil)), []).append(one.row)
        for (due_at, why), rows in due.items():
            again = partial(
                self._queue.retry, rows, due_at=due_at, reason=why.reason, message=why.message
            )
            await self._noted(again)

    async def _noted(self, note: Callable[[], Awaitable[None]]) -> None:
        """Have the queue note what became of a call, over and over while the disk refuses it.

        Until then these events stay here: given up, they would be sent again.
        """
        while True:
            try:
                return await note()
            except OSError as error:
                where = (self._account.vendor.key, self._account.id)
                log.error("%s %s: not noted, tried again: %s", *where, error.strerror)  # noqa: TRY400 - the disk's word is enough
            await asyncio.sleep(self._again_s)

    def _report_faults(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            reason, where = one.outcome.reason, (self._account.vendor.key, self._account.id)
            if reason not in _SAID:
                continue
            if self._faults[reason] % _LOGGED_EVERY == 0:
                log.error("%s %s: %s, %s", *where, _SAID[reason], one.outcome.message)
            self._faults[reason] += 1
