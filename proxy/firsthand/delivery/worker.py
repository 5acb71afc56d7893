"""Delivery as a whole: carries outboxes into the queue, and keeps a lane running for each account.

One process does this. A lane that fails starts again; no lane waits for another.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from firsthand.delivery.auth import Token
from firsthand.delivery.exchange import Way
from firsthand.delivery.lane import LaneState, Runner
from firsthand.delivery.live import Live
from firsthand.delivery.pace import Clock, Pace
from firsthand.delivery.relay import Relay
from firsthand.delivery.sampled import Sampled
from firsthand.delivery.sender import Sender
from firsthand.delivery.shadow import Shadow
from firsthand.delivery.tally import Tally
from firsthand.model import Mode
from firsthand.rules.site import Account
from firsthand.store.contract import Lane, Mover, Queue
from firsthand.vendor import Vendor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outlet:
    """What a lane needs: the account whose events it sends, and where its token is."""

    account: Account
    token: Token


@dataclass(frozen=True, slots=True)
class Beat:
    """Seconds: between two looks into the outboxes, until a failed part starts again, to drain.

    ``step_ms``: by how much a clock has to go back to count as set back, milliseconds.
    """

    poll: float = 0.25
    restart: float = 5.0
    drain: float = 10.0
    step_ms: int = 1_000


class Delivery:
    """Runs until ``stop``. Set ``wake`` to have new beacons moved at once.

    ``outlets``  by lane: every destination an event may be addressed to, ``second`` ones too.
    ``sender``   makes the client for a lane of a vendor.
    ``check_share``  of the calls to a vendor that takes anything: checked at its test door too.
    ``tally``    counts how events ended.
    """

    def __init__(  # noqa: PLR0913 - the parts that the composition root brings together
        self,
        queue: Queue,
        mover: Mover,
        outlets: Mapping[Lane, Outlet],
        *,
        sender: Callable[[Vendor], Sender],
        clock: Clock,
        pace: Pace | None = None,
        beat: Beat | None = None,
        check_share: float = 0.0,
    ) -> None:
        self.wake = asyncio.Event()
        self.tally = Tally()
        self._queue = queue
        self._mover = mover
        self._outlets = outlets
        self._sender = sender
        self._clock = clock
        self._pace = pace or Pace()
        self._beat = beat or Beat()
        self._check_share = check_share
        self._stopped = asyncio.Event()
        self._runners: dict[Lane, Runner] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers: set[Lane] = set()
        self._latest = 0

    async def run(self) -> None:
        """Move and deliver until ``stop``, then drain within the limit."""
        async with asyncio.TaskGroup() as group:
            await self._move(group)
            for runner in self._runners.values():
                runner.finish()
            if self._tasks:
                _, late = await asyncio.wait(self._tasks, timeout=self._beat.drain)
                for task in late:
                    task.cancel()

    def stop(self) -> None:
        """Have ``run`` take what the outboxes still hold, send what can go now, and end."""
        self._stopped.set()
        self.wake.set()

    def use(
        self,
        outlets: Mapping[Lane, Outlet],
        *,
        sender: Callable[[Vendor], Sender],
        pace: Pace,
        check_share: float = 0.0,
    ) -> None:
        """Go on with other settings. Lanes to which they change nothing are not touched.

        The others end after the calls that are out, and start again as they are to be now.
        """
        before = (self._sender, self._pace, self._check_share)
        same = before == (sender, pace, check_share)
        for lane, runner in self._runners.items():
            if not same or outlets.get(lane) != self._outlets.get(lane):
                runner.leave()
        self._outlets, self._sender, self._pace = outlets, sender, pace
        self._check_share = check_share
        self._strangers.clear()
        self.wake.set()

    def states(self) -> list[LaneState]:
        """Return how each running lane stands."""
        return [runner.state() for runner in self._runners.values()]

    def strangers(self) -> list[Lane]:
        """Return lanes that hold events of accounts which are not configured: those wait."""
        return sorted(self._strangers, key=lambda lane: (lane.vendor, lane.account))

    async def _move(self, group: asyncio.TaskGroup) -> None:
        """Carry outboxes over and wake the lanes in which something waits, until stopped."""
        while True:
            last = self._stopped.is_set()
            self.wake.clear()
            try:
                await self._follow_clock()
                moved = await self._mover.move(now=self._clock.now())
                for lane in await self._queue.lanes():
                    self._nudge(lane, group, moved)
            except Exception as error:  # noqa: BLE001 - full disk, broken file: told, tried again
                _tell("moving", error)
                moved = 0
                await self._pause(self._stopped, self._beat.restart)
            if last and not moved:
                return
            if not moved:
                await self._pause(self.wake, self._beat.poll)

    async def _follow_clock(self) -> None:
        """Keep retries from waiting for as long as the clock was set back."""
        now = self._clock.now()
        back = self._latest - now
        if back > self._beat.step_ms:
            log.warning("the clock was set back by %s s", back // 1000)
            await self._queue.set_back(back, now=now)
        self._latest = now

    def _nudge(self, lane: Lane, group: asyncio.TaskGroup, moved: int) -> None:
        runner = self._runners.get(lane)
        if runner is not None:
            runner.nudge(moved)
        elif lane in self._outlets:
            runner = self._build(self._outlets[lane])
            self._runners[lane] = runner
            task = group.create_task(self._keep(runner))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif lane not in self._strangers:
            self._strangers.add(lane)
            log.warning("%s %s: not configured, its events wait", lane.vendor, lane.account)

    def _build(self, outlet: Outlet) -> Runner:
        way, account = self._way(outlet), outlet.account
        return Runner(
            self._queue, account, way, pace=self._pace, clock=self._clock, tally=self.tally
        )

    def _way(self, outlet: Outlet) -> Way:
        sender = self._sender(outlet.account.vendor)
        shadow = Shadow(outlet.account.vendor, outlet.token, sender, now=self._clock.now)
        if outlet.account.mode is Mode.SHADOW:
            return shadow
        if outlet.account.mode is Mode.RELAY and outlet.token.read() is None:
            return Relay(sender, None)  # no token is needed, so that none is waited for
        return Relay(sender, self._live(outlet, sender, shadow))

    def _live(self, outlet: Outlet, sender: Sender, shadow: Shadow) -> Way:
        live = Live(outlet.account.vendor, outlet.token, sender)
        if not (outlet.account.vendor.takes_anything and self._check_share):
            return live
        return Sampled(live, shadow, share=self._check_share, draw=self._clock.draw)

    async def _keep(self, runner: Runner) -> None:
        """Run a lane until it finishes; one that left makes room for its successor."""
        await self._keep_running(runner)
        if runner.leaving:
            del self._runners[runner.lane]
            self.wake.set()

    async def _keep_running(self, runner: Runner) -> None:
        """Run a lane until it finishes; one that fails starts again; its leases end alone."""
        while True:
            try:
                # In a task of its own: in Debian 12's Python 3.11.2 a group that fails leaves its
                # task marked as cancelled, and the pause below would end the lane for good.
                return await asyncio.create_task(runner.run())  # noqa: TID251 - awaited at once
            except Exception as error:  # noqa: BLE001 - the queue failed: told, tried again
                _tell(f"{runner.lane.vendor} {runner.lane.account}", error)
            if self._stopped.is_set() or runner.leaving:
                return None
            await self._pause(self._stopped, self._beat.restart)

    async def _pause(self, event: asyncio.Event, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


def _tell(part: str, error: Exception) -> None:
    """Log a failure by the classes of its exceptions: their texts may hold an event's values."""
    inner = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
    log.error("%s failed: %s", part, ", ".join(type(one).__name__ for one in inner))
