"""Delivers one lane: lease, batch, call, settle, over and over, until it is told to finish.

As many loops as calls may be in flight; one at a time takes work, so that lingering and probing are
done once. Every call follows close upon its lease, because the lease is where withdrawals act: what
waits for company goes back meanwhile, and so do the halves of a batch that was refused whole.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiolimiter import AsyncLimiter

from firsthand.delivery import relay
from firsthand.delivery.batch import Batch, batches, choose, fit, probe
from firsthand.delivery.breaker import HOLDS, Breaker, State
from firsthand.delivery.exchange import Answer, Way
from firsthand.delivery.pace import Clock, Pace
from firsthand.delivery.settling import Settler
from firsthand.delivery.tally import Tally
from firsthand.model import Beacon, Call, Mode, Outcome, Reason, TryLater
from firsthand.rules.site import Account
from firsthand.store.contract import Lane, Leased, Queue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LaneState:
    """How a lane stands, for the operator. No identifiers, no tokens."""

    lane: Lane
    mode: Mode
    state: State
    reason: Reason
    message: str
    until: int


class Runner:
    """One lane at work. ``way`` is live, shadow or relay; no line here knows which."""

    def __init__(  # noqa: PLR0913 - what a lane works with
        self,
        queue: Queue,
        account: Account,
        way: Way,
        *,
        pace: Pace,
        clock: Clock,
        tally: Tally | None = None,
    ) -> None:
        self.lane = Lane(account.vendor.key, account.id)
        self._queue = queue
        self._account = account
        self._limits = account.limits
        self._way = way
        self._pace = pace
        self._clock = clock
        self._settler = Settler(queue, account, pace=pace, clock=clock, tally=tally or Tally())
        self._breaker = Breaker(pace.probe)
        self._limiter = _limiter(self._limits.calls_per_second)
        self._permitted = False
        self._most = self._limits.max_batch
        self._turn = asyncio.Lock()
        self._awake = asyncio.Event()
        self._arrived = 0
        self._wanted = 1
        self._busy: set[int] = set()
        self._finishing = False
        self.leaving = False

    async def run(self) -> None:
        """Deliver until ``finish``. Raises what the queue raises; can be run again then."""
        self._breaker.unused()
        self._busy.clear()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._limits.in_flight):
                    group.create_task(self._work())
        finally:
            await self._way.close()

    def nudge(self, moved: int) -> None:
        """Tell that up to ``moved`` beacons came; wakes the lane once they can make a batch."""
        self._arrived += moved
        if self._arrived >= self._wanted:
            self._awake.set()

    def finish(self) -> None:
        """Have ``run`` end as soon as nothing more can go out now. Nothing lingers any more."""
        self._finishing = True
        self._awake.set()

    def leave(self) -> None:
        """Have ``run`` end after the calls that are out; what else is leased goes back."""
        self.leaving = True
        self.finish()

    def state(self) -> LaneState:
        """Return how the lane stands."""
        breaker, mode = self._breaker, self._account.mode
        return LaneState(
            self.lane, mode, breaker.state, breaker.reason, breaker.message, breaker.until
        )

    async def _work(self) -> None:
        while ready := await self._take():
            leased_at = self._clock.now()
            size, whole = sum(map(len, ready)), True
            for place, batch in enumerate(ready):
                if place:
                    await self._limiter.acquire()
                stale = self._clock.now() - leased_at > self._pace.fresh_ms
                if stale or self.leaving or self._breaker.state is State.OPEN:
                    await self._settler.give_back(batch)
                else:
                    whole &= await self._deliver(batch)
                self._busy.difference_update(one.row for one in batch)
            if whole and size >= self._most:
                self._most = min(self._most * 2, self._limits.max_batch)
            self._awake.set()

    async def _take(self) -> list[Batch]:
        """Return batches that go now; an empty list when the lane is finished."""
        async with self._turn:
            while not self.leaving and await self._may_call():
                ready, wait_ms, wanted = await self._lease()
                if ready or self._finishing:
                    self._permitted = False
                    return ready
                await self._rest(wait_ms, wanted)
        return []

    async def _may_call(self) -> bool:
        """Return true once a call may go out, false when the lane is to finish before that."""
        while wait_ms := self._breaker.closed_for(self._clock.now()):
            if self.leaving or (self._finishing and self._breaker.state is State.OPEN):
                return False
            await self._rest(min(wait_ms, self._pace.idle_ms), sys.maxsize)
            if self._breaker.reason in HOLDS and self._way.new_token():
                self._breaker.try_now(self._clock.now())
        if not self._permitted:
            await self._limiter.acquire()
            self._permitted = True
        return True

    async def _lease(self) -> tuple[list[Batch], int, int]:
        """Return batches that go now; else how long to wait, or for how many more beacons."""
        self._arrived = 0
        now, most, probing = self._clock.now(), self._most, self._breaker.enter()
        alive = await self._settler.sift(await self._lease_free(now, most))
        groups = batches(alive, lambda beacon: relay.batch_key(self._account, beacon))
        linger_ms = 0 if self._finishing else self._pace.linger_ms
        choice = (
            probe(groups) if probing else choose(groups, most=most, now=now, linger_ms=linger_ms)
        )
        await self._settler.give_back(choice.back)
        self._busy.update(one.row for batch in choice.ready for one in batch)
        if not choice.ready:
            self._breaker.unused()
        if not alive:
            return [], self._pace.idle_ms, 1
        # When the lease was full, more beacons make no batch fuller: it holds the oldest ones.
        return choice.ready, choice.wait_ms, most - len(alive) or sys.maxsize

    async def _lease_free(self, now: int, most: int) -> list[Leased]:
        """Return due beacons that are not out already: a clock set forward ends every lease."""
        leased = await self._queue.lease(self.lane, now=now, limit=most, for_ms=self._pace.lease_ms)
        if self._busy:
            await self._settler.give_back([one for one in leased if one.row in self._busy])
            leased = [one for one in leased if one.row not in self._busy]
        return leased

    async def _deliver(self, batch: Batch, *, amended: bool = False) -> bool:
        """Call once for as much of ``batch`` as fits; say whether the vendor took it unsplit."""
        asks = bool(batch[0].ticket)
        write = self._question(batch[0].ticket) if asks else self._write
        fitted = fit(batch, write, self._limits.max_bytes)
        await self._settler.give_back(fitted.rest)
        batch = fitted.batch
        if isinstance(fitted.made, Call):
            go = self._way.ask if asks else self._way.go
            answer = await go(fitted.made, [one.beacon for one in batch])
            self._watch(batch, answer.outcomes)
        else:
            answer = Answer([fitted.made] * len(batch))
            self._breaker.unused()
        plan = await self._settler.settle(batch, answer, amended=amended)
        if plan.split:
            self._most = max(len(batch) // 2, 1)
        if plan.amend:
            await self._limiter.acquire()
            await self._deliver(plan.amend, amended=True)
        return not plan.split

    async def _rest(self, wait_ms: int, wanted: int) -> None:
        """Wait until woken, or until ``wanted`` beacons may have come, at most ``wait_ms``."""
        self._wanted = wanted
        if self._arrived < wanted:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_ms / 1000):
                    await self._awake.wait()
        self._awake.clear()

    def _write(self, beacons: Sequence[Beacon]) -> Call:
        return relay.write(self._account, beacons, now=self._clock.now())

    def _question(self, ticket: str) -> Callable[[Sequence[Beacon]], Call]:
        """Return how to write the question what became of the beacons of one ticket."""
        ask, settings = self._account.vendor.ask, self._account.settings
        assert ask is not None, "sift leaves no ticket where nobody can be asked"
        return lambda beacons: ask(ticket, beacons, settings)

    def _watch(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        """Tell the breaker how a call went, and the log when that changes how the lane stands.

        A vendor's message may repeat what it was sent: it is masked before anybody sees it.
        """
        failed = [one for one in outcomes if isinstance(one, TryLater)]
        before = self._breaker.state
        if len(failed) < len(outcomes):
            self._breaker.success()
        else:
            why = self._settler.quieted(batch, failed[0])
            self._breaker.failure(why, now=self._clock.now(), draw=self._clock.draw())
        breaker, after = self._breaker, self._breaker.state
        if after is State.OPEN and before is State.CLOSED:
            log.warning("%s %s: held, %s %s", *self._name(), breaker.reason, breaker.message)
        elif after is State.CLOSED and before is not State.CLOSED:
            log.info("%s %s: delivers again", *self._name())

    def _name(self) -> tuple[str, str]:
        return self.lane.vendor, self.lane.account


def _limiter(calls_per_second: float) -> AsyncLimiter:
    if calls_per_second < 1:
        return AsyncLimiter(1, 1 / calls_per_second)
    return AsyncLimiter(calls_per_second, 1)
