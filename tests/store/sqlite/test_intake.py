from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import orjson
import pytest
import pytest_asyncio

from firsthand.model import Kind, Note, Warned
from firsthand.rules.trace import KindOf
from firsthand.store.contract import Durability, Settled
from firsthand.store.sqlite import intake as module
from firsthand.store.sqlite.codec import Group, encode
from firsthand.store.sqlite.database import LEDGER, opened
from firsthand.store.sqlite.intake import Intake
from firsthand.store.sqlite.leases import Leases
from firsthand.store.sqlite.pairs import Dedups
from firsthand.store.sqlite.queue import SqliteQueue
from tests.factories import NOW
from tests.store.backends import LATER, event, kind_of, open_sqlite
from tests.store.sqlite.plans import large_scans

CANARY = "canary"
PERSONAL = {"queue", "dead", "tombstones", "unreadable"}
"""The tables that may hold personal data, as the schema says."""


@pytest_asyncio.fixture
async def db(tmp_path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with opened(tmp_path / "a.db", LEDGER, Durability.PROCESS) as connection:
        yield connection


async def take(db: aiosqlite.Connection, intake: Intake, group: Group) -> None:
    await db.execute("BEGIN")
    await intake.take(db, group, now=LATER)
    await db.execute("COMMIT")


def made(**kinds: KindOf) -> Intake:
    return Intake(b"s", kinds, Dedups(), Leases())


async def one(db: aiosqlite.Connection, sql: str) -> object:
    ((value,),) = await db.execute_fetchall(sql)
    return value


def group(*numbers: int) -> Group:
    return Group(beacons=[(beacon := event(n), encode(beacon)) for n in numbers])


async def dump(db: aiosqlite.Connection) -> dict[str, str]:
    tables = await db.execute_fetchall("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {
        name: str(list(await db.execute_fetchall(f"SELECT * FROM {name}"))) for (name,) in tables
    }


async def test_the_ledger_holds_no_identifiers(tmp_path: Path) -> None:
    fields = {
        "email": f"{CANARY}1",
        "ip": f"{CANARY}2",
        "page": f"https://shop.example/?mail={CANARY}3#{CANARY}4",
        "free.key": [f"{CANARY}5", {f"{CANARY}6": f"{CANARY}7"}],
        f"free.{CANARY}@example.com": 1,
        "value": f"mail {CANARY}8@example.com",
    }
    beacon = event(
        0,
        event_key=f"{CANARY}9",
        subject=f"{CANARY}10",
        id=f"{CANARY}11",
        fields=fields,
        order=f"{CANARY}13",
    )
    other = event(1, vendor="unknown", fields={"value": f"{CANARY}12"})
    name = event(2, name=f"{CANARY}@example.com")
    async with open_sqlite(tmp_path) as store:
        await store.take(beacon, beacon, other, name)
        queue = store.queue
        assert isinstance(queue, SqliteQueue)
        waiting = await store.lease()
        for end in ("before", "after"):
            tables = await dump(queue._writer._db)
            assert CANARY in tables["queue"] or end == "after"
            for table in tables.keys() - PERSONAL:
                assert CANARY not in tables[table], table
            done = [Settled(one.row, Warned("odd")) for one in waiting]
            await queue.settle(done, now=LATER)


async def test_traces_are_kept_of_the_newest_alone(
    db: aiosqlite.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRACES", 3)
    intake = made(acme=kind_of)
    await take(db, intake, group(1, 2))
    await take(db, intake, group(3, 4))
    assert [row[0] for row in await db.execute_fetchall("SELECT twin FROM traces")] == [2, 3, 4]
    await take(db, intake, group(*range(5, 15)))
    assert [row[0] for row in await db.execute_fetchall("SELECT twin FROM traces")] == [12, 13, 14]
    await take(db, intake, group(1))
    assert await one(db, "SELECT count(*) FROM traces") == 3


async def test_fields_of_an_unknown_vendor_are_all_masked(db: aiosqlite.Connection) -> None:
    intake = made(other=lambda _: Kind.TECHNICAL)
    beacon = event(1, fields={"a": "text"})
    await take(db, intake, Group(beacons=[(beacon, encode(beacon))]))
    assert orjson.loads(str(await one(db, "SELECT fields FROM traces"))) == {"a": "<4 characters>"}


async def test_what_was_learnt_in_a_lost_transaction_is_forgotten(
    db: aiosqlite.Connection,
) -> None:
    intake = made()
    await db.execute("BEGIN")
    await intake.take(db, group(1), now=LATER)
    await db.execute("ROLLBACK")
    intake.forget()
    await take(db, intake, group(1))
    assert await one(db, "SELECT count(*) FROM twins JOIN series ON series.id = series") == 1
    assert await one(db, "SELECT waiting FROM lanes JOIN queue ON lanes.id = lane") == 1


async def test_notes_are_bounded_like_events(db: aiosqlite.Connection) -> None:
    notes = [(Note("acme", "A-1", f"name {n}", "r" * 500), 2, NOW) for n in range(300)]
    await take(db, made(), Group(notes=notes))
    assert await one(db, "SELECT sum(n) FROM notes WHERE by_day = 0") == 600
    assert await one(db, "SELECT count(*) FROM series") == 201
    assert await one(db, "SELECT max(length(reason)) FROM notes") == 100


async def test_many_known_twins_are_found_by_index(db: aiosqlite.Connection) -> None:
    intake = made()
    await take(db, intake, group(*range(400)))
    await take(db, intake, group(*range(200, 600)))
    assert await one(db, "SELECT count(*) FROM twins") == 600
    assert await one(db, "SELECT sum(n) FROM notes WHERE by_day = 0") == 200
    assert await large_scans(db, module.KNOWN, {"keys": b"x" * 32}) == []
    assert await large_scans(db, module.LAST_TWIN, ()) == []
    assert await large_scans(db, module.RETIRE_TWIN, (1,)) == []
    assert await large_scans(db, module.DROP_TRACES, (1,)) == []
