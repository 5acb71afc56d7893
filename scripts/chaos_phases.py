"""What is broken, in turn. A phase begins with a healthy world under load and ends with one."""

import asyncio
import resource
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from firsthand.sandbox.role import Answer
from firsthand.sandbox.stand_in import Drops, Fault, Hangs, Says, Tears
from scripts.chaos_load import Load
from scripts.chaos_world import VENDORS, World

HOUR_S = 3_600
RETRY_AFTER_S = 3
SERVER_ERROR = 500
PAGE = 4_096


@dataclass(frozen=True, slots=True)
class Draw:
    """What the command line says, and the source of chance."""

    chance: Random
    seconds: float
    kills: int


Act = Callable[[World, Load, Draw], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Phase:
    """``about`` says what is broken; ``needs`` what the world needs for it."""

    name: str
    about: str
    act: Act
    spoil: bool = False
    needs: frozenset[str] = frozenset()


async def nothing(_: World, __: Load, draw: Draw) -> None:
    """Let it run, to see that the account is right when nothing breaks."""
    await asyncio.sleep(draw.seconds)


# -- kill -9 ---------------------------------------------------------------------------------------


async def kill_worker(made: World, __: Load, draw: Draw) -> None:
    """Kill workers that only answer, at random points."""
    for _ in range(draw.kills):
        await asyncio.sleep(draw.chance.uniform(0.1, 1.0))
        await made.until(lambda: made.lead() and len(made.pids()) > 1, "a worker beside the lead")
        lead = made.lead()
        made.kill(draw.chance.choice([pid for pid in made.pids() if pid != lead]))


async def kill_lead(made: World, __: Load, draw: Draw) -> None:
    """Kill the worker that delivers, at random points after it has begun to send."""
    while len(made.kills) < draw.kills:
        await made.until(made.lead, "a worker to lead")
        await _next_call(made)
        await asyncio.sleep(draw.chance.uniform(0.0, 0.6))
        if lead := made.lead():
            made.kill(lead)


async def _next_call(made: World) -> None:
    before = len(made.calls)
    await made.until(lambda: len(made.calls) > before, "a call")


async def kill_all(made: World, __: Load, draw: Draw) -> None:
    """Kill every process at once, and start again."""
    for _ in range(max(draw.kills // 5, 1)):
        await made.up()
        await asyncio.sleep(draw.chance.uniform(0.3, 1.5))
        await made.kill_all()
        made.start()


# -- the vendor ------------------------------------------------------------------------------------


def fault(what: Fault, *, every: int = 1, times: int | None = None) -> Act:
    """Return what has the vendors behave so for half of the time."""

    async def act(made: World, _: Load, draw: Draw) -> None:
        await asyncio.sleep(draw.seconds / 4)
        for vendor in VENDORS:
            made.sandbox.vendor(vendor).misbehave(what, every=every, times=times)
        first = len(made.calls)
        await asyncio.sleep(draw.seconds / 2)
        for vendor in VENDORS:
            made.sandbox.vendor(vendor).behave()
        met = made.calls[first:]
        made.notes.append(f"{sum(not call.keys for call in met)} of {len(met)} calls took nothing")
        await asyncio.sleep(draw.seconds / 4)

    return act


async def cut(made: World, _: Load, draw: Draw) -> None:
    """Close what is open, and every new connection in its handshake, for half of the time."""
    await asyncio.sleep(draw.seconds / 4)
    made.door.shut = True
    for vendor in VENDORS:
        made.sandbox.vendor(vendor).misbehave(Drops())
    await asyncio.sleep(draw.seconds / 2)
    made.notes.append(f"{made.standing('tls')} events waited, their reason in the ledger: tls")
    made.door.shut = False
    for vendor in VENDORS:
        made.sandbox.vendor(vendor).behave()
    await asyncio.sleep(draw.seconds / 4)


async def limited(made: World, _: Load, draw: Draw) -> None:
    """Answer one call with 429; count the calls that come before the time that it names."""
    await asyncio.sleep(draw.seconds / 4)
    answer = Answer(429, b"{}", {"retry-after": str(RETRY_AFTER_S)})
    for vendor in VENDORS:
        made.sandbox.vendor(vendor).misbehave(Says(answer), times=1)
    await asyncio.sleep(draw.seconds * 3 / 4)
    for vendor in VENDORS:
        mine = [call for call in made.calls if call.vendor == vendor]
        at = next((call.at for call in mine if call.status == answer.status), None)
        if at is None:
            made.notes.append(f"{vendor} was not called")
            continue
        early = sum(at + 0.5 < call.at < at + RETRY_AFTER_S - 0.1 for call in mine)
        made.notes.append(f"{vendor}: {early} calls before Retry-After was over")


async def dead(made: World, load: Load, draw: Draw) -> None:
    """Have one vendor hang; compare how fast the other gets its events before and meanwhile."""
    loop = asyncio.get_running_loop()
    alone, other = VENDORS
    start = loop.time()
    await asyncio.sleep(draw.seconds / 2)
    middle = loop.time()
    made.sandbox.vendor(other).misbehave(Hangs())
    await asyncio.sleep(draw.seconds / 2)
    end = loop.time()
    await asyncio.sleep(1)
    made.sandbox.vendor(other).behave()
    waits = made.waits(alone, load.sent_at)
    before, meanwhile = (
        sorted(wait for sent, wait in waits if since <= sent < until)
        for since, until in ((start, middle), (middle, end))
    )
    if before and meanwhile:
        was, now = before[len(before) * 19 // 20], meanwhile[len(meanwhile) * 19 // 20]
        made.notes.append(
            f"{alone}, 95 % taken within {was * 1000:.0f} ms before, {now * 1000:.0f} ms while"
            f" {other} hangs ({now / was:.2f} times)"
        )


# -- time, disk ------------------------------------------------------------------------------------


async def clock_step(made: World, _: Load, draw: Draw) -> None:
    """Step two hours forward while a vendor fails, then three back."""
    await asyncio.sleep(draw.seconds / 4)
    made.turn(2 * HOUR_S)
    for vendor in VENDORS:
        made.sandbox.vendor(vendor).misbehave(Says(Answer(500)))
    await asyncio.sleep(draw.seconds / 4)
    made.turn(-HOUR_S)
    await asyncio.sleep(1)
    for vendor in VENDORS:
        made.sandbox.vendor(vendor).behave()
    failed = sum(call.status >= SERVER_ERROR for call in made.calls)
    made.notes.append(f"{failed} calls failed before the clock was set back")
    await asyncio.sleep(draw.seconds / 4)


async def outage(made: World, load: Load, draw: Draw) -> None:
    """Fail for an hour of the server's time, a minute every half second."""
    await asyncio.sleep(draw.seconds / 4)
    for vendor in VENDORS:
        made.sandbox.vendor(vendor).misbehave(Says(Answer(503)))
    before = len(made.calls)
    for minute in range(60):
        made.turn((minute + 1) * 60)
        await asyncio.sleep(0.5)
    made.notes.append(f"{len(made.calls) - before} calls in the hour")
    for vendor in VENDORS:
        made.sandbox.vendor(vendor).behave()
    load.stop()
    for minute in range(60, 130):
        made.turn((minute + 1) * 60)
        await asyncio.sleep(0.2)


async def full_disk(made: World, load: Load, draw: Draw) -> None:
    """Leave no room where the data is, then make room again."""
    await asyncio.sleep(draw.seconds / 4)
    room = _fill(made)
    before = dict(load.statuses)
    await asyncio.sleep(draw.seconds / 2)
    room()
    refused = {
        status: n - before.get(status, 0)
        for status, n in load.statuses.items()
        if status in {202, 503} and n > before.get(status, 0)
    }
    made.notes.append(f"answers while full: {refused or 'all stored'}")
    await asyncio.sleep(draw.seconds / 4)


def _fill(made: World) -> Callable[[], None]:
    """Leave no room, and return what makes room.

    The folder has a small file system of its own, which is filled. Where nothing can be mounted no
    file may grow beyond a page: the same writes are refused, with another error.
    """
    if not made.data.is_mount():
        made.notes.append("no right to mount: a limit on the size of files instead")
        made.limit_files(PAGE)
        return lambda: made.limit_files(resource.RLIM_INFINITY)
    ballast = made.data / "ballast"
    _write_all(ballast)
    return ballast.unlink


def _write_all(ballast: Path) -> None:
    block = b"\0" * 65_536
    with ballast.open("ab", buffering=0) as file:
        while len(block):
            try:
                file.write(block)
            except OSError:
                block = block[: len(block) // 2]


async def read_only(made: World, _: Load, draw: Draw) -> None:
    """Take the right to write from the data folder's files, kill a worker, give it back."""
    await asyncio.sleep(draw.seconds / 4)
    _allow(made.data, files=0o444, folder=0o555)
    lead = made.lead()
    made.kill(draw.chance.choice([pid for pid in made.pids() if pid != lead]))
    await asyncio.sleep(draw.seconds / 2)
    made.notes.append("the server runs on" if made.running() else "the server has ended")
    _allow(made.data, files=0o600, folder=0o700)
    if not made.running():
        made.start()
    await made.up()
    await asyncio.sleep(draw.seconds / 4)


def _allow(data: Path, *, files: int, folder: int) -> None:
    data.chmod(0o700)
    for path in data.glob("*.db*"):
        path.chmod(files)
    data.chmod(folder)


PHASES = (
    Phase("nothing", "nothing breaks", nothing),
    Phase("kill-worker", "kill -9 of workers that only answer", kill_worker),
    Phase("kill-lead", "kill -9 of the worker that delivers", kill_lead),
    Phase("kill-all", "kill -9 of every process at once", kill_all),
    Phase("limit", "the vendors answer 429 with Retry-After", limited),
    Phase("error", "the vendors answer 500", fault(Says(Answer(500)))),
    Phase("seven", "the vendors answer 500 to every 14th call", fault(Says(Answer(500)), every=14)),
    Phase("garbage", "the vendors answer 200 with a page", fault(Says(Answer(200, b"<html>")))),
    Phase("torn", "answers break off, the events were taken", fault(Tears(), every=3)),
    Phase("closed", "connections close without an answer", fault(Drops())),
    Phase("handshake", "connections close in the TLS handshake", cut),
    Phase("hang", "the vendors never answer", fault(Hangs())),
    Phase("dead", "one vendor of two hangs", dead),
    Phase("bad-event", "a vendor refuses the call for one event of many", nothing, spoil=True),
    Phase("outage", "an hour of 503, in made-up time", outage),
    Phase("clock-step", "two hours forward, three back", clock_step),
    Phase("full-disk", "the file system is full", full_disk, needs=frozenset({"disk"})),
    Phase(
        "read-only",
        "database files lose their write permission",
        read_only,
        needs=frozenset({"rights"}),
    ),
)
