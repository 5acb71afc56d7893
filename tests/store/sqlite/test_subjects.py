"""Whose events they are is told by keyed hashes, also where another visitor had the same key."""

from pathlib import Path

import pytest

from firsthand.model import Accepted
from firsthand.store.contract import Durability
from firsthand.store.sqlite import subjects as module
from firsthand.store.sqlite.subjects import open_subjects
from firsthand.store.subjects import Found, Person
from tests.store.backends import event, open_sqlite

SECRET = b"secret"


async def found(folder: Path, person: Person, *secrets: bytes) -> Found:
    async with open_subjects(folder, Durability.PROCESS, secrets or (SECRET,)) as looking:
        return await looking.find(person)


async def test_what_was_delivered_is_found_by_its_visitor(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(0, subject="jane"), event(1, subject="joe"), event(2))
        await store.settle_all(Accepted())
        jane = Person(subjects=("jane",))
        assert [one.id for one in (await found(tmp_path, jane)).events] == [1]
        assert [one.id for one in (await found(tmp_path, jane, b"new", SECRET)).events] == [1]
        assert (await found(tmp_path, jane, b"another")).events == []


async def test_a_key_that_two_visitors_have_tells_them_apart(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        for who in ("jane", "joe", "ann"):
            await store.take(event(0, subject=who, event_key="lead"))
        await store.settle_all(Accepted())
        for number, who in enumerate(("jane", "joe", "ann"), 1):
            told = await found(tmp_path, Person(subjects=(who,)))
            assert [one.id for one in told.events] == [number]
        assert len((await found(tmp_path, Person(event_key="lead"))).events) == 3


async def test_many_events_are_looked_through_in_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEP", 2)
    async with open_sqlite(tmp_path) as store:
        await store.take(*(event(n, subject="jane" if n % 3 else "joe") for n in range(9)))
        assert len((await found(tmp_path, Person(subjects=("jane",)))).events) == 6


async def test_nobody_has_nothing(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(0))
        told = await found(tmp_path, Person(subjects=("",)))
        assert not any(told.counts().values())
