"""A person is found in queue, dead letters and ledger, by cookie and by event key, and goes.

With a server that runs, without one, and while a lane has their event in its hands.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from firsthand.errors import ConfigError
from firsthand.model import Accepted, Beacon, Reason, Server
from firsthand.rules import keeper
from firsthand.rules.keeper import Keeper, Kept
from firsthand.serve.persons import erase, export, person
from firsthand.serve.plan import now, plan
from firsthand.store.contract import Durability, Lane, Settled
from firsthand.store.rollups import Slice
from firsthand.store.sqlite.delivering import Delivering
from firsthand.store.sqlite.files import ledger_path, outbox_paths
from firsthand.store.sqlite.ledger import open_ledger
from firsthand.store.sqlite.outbox import open_outbox
from tests.samples import PIXEL
from tests.serve.buried import buried
from tests.serve.test_lead import leading
from tests.serve.test_plan import written
from tests.serve.test_replaying import META, letter

LANE = Lane("meta", PIXEL)
FBP = "fb.1.1795000000000.1234567890"
NOTHING = {"waiting": 0, "dead_letters": 0, "events": 0, "unreadable_lines": 0}
FAR = 2**50


class Jane:
    """A browser that the site knows: its cookie, and the subject that stands for it."""

    def __init__(self, config: Path) -> None:
        site = plan(config).site
        kept = Keeper("jane's browser", {"_fbp": Kept(FBP, 1_795_000_000_000)}, 20_000)
        self.cookie = f"{keeper.name(site)}={keeper.encode(kept, site)}"
        self.subject = keeper.subject(kept, site)

    def event(self, number: int, **given: object) -> Beacon:
        return letter(number, **{"subject": self.subject, **given})


@asynccontextmanager
async def full(config: Path, jane: Jane) -> AsyncIterator[Delivering]:
    """Yield a folder with events of Jane's and others': waiting, given up, accepted, unreadable."""
    async with buried(config, [jane.event(0), letter(100, subject="other")]) as parts:
        async with open_outbox(
            plan(config).folder, 1, clock=now, durability=Durability.PROCESS
        ) as outbox:
            await outbox.put([jane.event(1), letter(101, subject="other")])
            await parts.mover.move(now=now())
            leased = await parts.queue.lease(LANE, now=now(), limit=9, for_ms=1000)
            await parts.queue.settle([Settled(one.row, Accepted()) for one in leased], now=now())
            await outbox.put([jane.event(2), letter(102, subject="other")])
            await parts.mover.move(now=now())
        yield parts


def damage(config: Path, subject: str) -> None:
    """Leave a line that no version can read, as an interrupted downgrade would."""
    with sqlite3.connect(ledger_path(plan(config).folder)) as db:
        line = b"x" + orjson.dumps({"subject": subject})
        db.execute("INSERT INTO unreadable (at, line) VALUES (?, ?)", (now(), line))


def everything(config: Path) -> bytes:
    """Return every byte of what tables hold that may hold a person's."""
    with sqlite3.connect(ledger_path(plan(config).folder)) as db:
        tables = ("queue", "dead", "unreadable", "twins", "traces")
        rows = [row for table in tables for row in db.execute(f"SELECT * FROM {table}")]
    return repr(rows).encode()


async def states(config: Path) -> dict[tuple[str, str], int]:
    async with open_ledger(plan(config).folder) as ledger:
        found = await ledger.counts(Slice(since=0, until=FAR))
    told: dict[tuple[str, str], int] = {}
    for one in found:
        told[one.server, one.reason] = told.get((one.server, one.reason), 0) + one.n
    return told


async def test_by_cookie_without_a_server(tmp_path: Path) -> None:
    config = written(tmp_path, META)
    jane = Jane(config)
    async with full(config, jane):
        pass
    damage(config, jane.subject)
    done = await erase(config, cookie=jane.cookie, event="")
    assert done.found == {"waiting": 1, "dead_letters": 1, "events": 3, "unreadable_lines": 1}
    assert done.left == NOTHING
    assert done.told()["removed"] == done.found
    assert jane.subject.encode() not in everything(config)
    assert b"canary-order-1'" not in everything(config)
    again = await erase(config, cookie=jane.cookie, event="")
    assert again.found == NOTHING
    assert again.barred
    assert outbox_paths(plan(config).folder) == []
    # Others are untouched, and the dropped event is accounted for as such.
    assert await states(config) == {
        (Server.REFUSED, Reason.BAD_EVENT): 2,
        (Server.ACCEPTED, Reason.NONE): 2,
        (Server.QUEUED, Reason.NONE): 1,
        (Server.WITHHELD, Reason.ERASED): 1,
    }


async def test_by_event_key_only_that_event_goes(tmp_path: Path) -> None:
    config = written(tmp_path, META)
    jane = Jane(config)
    async with full(config, jane):
        pass
    for number, found in (
        (0, {"waiting": 0, "dead_letters": 1, "events": 1}),
        (1, {"waiting": 0, "dead_letters": 0, "events": 1}),
        (2, {"waiting": 1, "dead_letters": 0, "events": 1}),
    ):
        done = await erase(config, cookie="", event=f"canary-order-{number}")
        assert done.found == NOTHING | found
        assert done.left == NOTHING
        assert not done.barred
    assert (await states(config))[Server.WITHHELD, Reason.ERASED] == 1


async def test_an_event_whose_name_the_ledger_does_not_have_is_found(tmp_path: Path) -> None:
    config = written(tmp_path, META)
    jane = Jane(config)
    async with buried(config, [jane.event(0, name="x" * 300)]):
        pass
    done = await erase(config, cookie="", event="canary-order-0")
    assert done.found == NOTHING | {"dead_letters": 1, "events": 1}
    assert done.left == NOTHING


async def test_by_a_vendors_cookie(tmp_path: Path) -> None:
    config = written(tmp_path, META)
    told = letter(0, subject="", fields={"user_data.fbp": FBP})
    async with buried(config, [told, letter(1)]):
        pass
    done = await erase(config, cookie=f"_fbp={FBP}", event="")
    assert done.found == NOTHING | {"dead_letters": 1, "events": 1}
    assert FBP.encode() not in everything(config)


async def test_our_cookie_finds_what_the_shops_server_told_with_its_ids(tmp_path: Path) -> None:
    config = written(tmp_path, META)
    async with buried(config, [letter(0, subject="", fields={"user_data.fbp": FBP})]):
        pass
    done = await erase(config, cookie=Jane(config).cookie, event="")
    assert done.found == NOTHING | {"dead_letters": 1, "events": 1}


async def test_beside_a_server_that_runs(tmp_path: Path) -> None:
    """No token: the lane is held, so the event waits."""
    async with leading(tmp_path) as (_, made):
        jane = Jane(made.path)
        account = next(iter(made.site.accounts))[1]
        mine = jane.event(0, account=account, to=account)
        async with open_outbox(made.folder, 0, clock=now, durability=Durability.PROCESS) as outbox:
            await outbox.put([mine])
        async with asyncio.timeout(20):
            while not (await states(made.path)):
                await asyncio.sleep(0.05)
            done = await erase(made.path, cookie=jane.cookie, event="")
        assert done.found["events"] == 1
        assert done.left == NOTHING
        assert jane.subject.encode() not in everything(made.path)


async def moving(parts: Delivering) -> None:
    """Move as a running server does."""
    while True:
        await parts.mover.move(now=now())
        await asyncio.sleep(0.05)


async def test_what_a_lane_has_in_its_hands_is_left_to_it(tmp_path: Path) -> None:
    config = written(tmp_path, META)
    jane = Jane(config)
    async with full(config, jane) as parts, asyncio.TaskGroup() as tasks:
        flying = await parts.queue.lease(LANE, now=now(), limit=9, for_ms=600_000)
        server = tasks.create_task(moving(parts))
        done = await erase(config, cookie=jane.cookie, event="")
        assert done.left == NOTHING | {"waiting": 1, "events": 1}
        await parts.queue.release([one.row for one in flying])
        # Barred from now on: it does not go out again.
        leased = await parts.queue.lease(LANE, now=now() + 1, limit=9, for_ms=1000)
        assert [one.beacon.subject for one in leased] == ["other"]
        server.cancel()
    done = await erase(config, cookie=jane.cookie, event="")
    assert done.left == NOTHING
    assert jane.subject.encode() not in everything(config)


async def test_what_arrived_before_and_is_moved_later_goes_to_nobody(tmp_path: Path) -> None:
    config = written(tmp_path, META)
    jane = Jane(config)
    async with full(config, jane):
        pass
    late = jane.event(7)
    await erase(config, cookie=jane.cookie, event="")
    async with buried(config, [late]):
        pass
    assert (await states(config))[Server.WITHHELD, Reason.WITHDRAWN] == 1


async def test_export_tells_a_person_what_there_is(tmp_path: Path) -> None:
    config = written(tmp_path, META)
    jane = Jane(config)
    async with full(config, jane):
        told = await export(config, cookie=jane.cookie, event="")
    assert [one["event_key"] for one in told["waiting"]] == ["canary-order-2"]
    assert [one["fields"]["user_data.em"] for one in told["given_up"]] == ["canary-mail"]
    assert {one["server_path"] for one in told["events"]} == {"queued", "refused", "accepted"}
    assert len(told["receipts"]) == 2
    assert told["kept_for_days"] == {
        "waiting": 4,
        "given_up": 30,
        "events": 90,
        "unreadable_lines": 30,
        "receipts": 403,
    }
    one = await export(config, cookie="", event="canary-order-1")
    assert (len(one["events"]), len(one["receipts"]), one["waiting"]) == (1, 1, [])
    assert (await export(config, cookie="", event="nobody's"))["events"] == []


@pytest.mark.parametrize(
    ("cookie", "event", "said"),
    [
        ("", "", "one of them"),
        ("a=b", "c", "one of them"),
        ("PHPSESSID=1", "", "NAME=VALUE of one of fh_keep, .*_fbp"),
        ("_fbp=rubbish", "", "NAME=VALUE"),
        ("fh_keep=v1.x.y", "", "its seal is wrong"),
    ],
)
def test_what_names_nobody_is_told(tmp_path: Path, cookie: str, event: str, said: str) -> None:
    site = plan(written(tmp_path, META)).site
    with pytest.raises(ConfigError, match=said):
        person(site, cookie=cookie, event=event)


async def test_before_the_first_start_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing is recorded yet"):
        await erase(written(tmp_path), cookie="", event="x")
