import asyncio

import pytest

from firsthand.edge.shelf import OWN
from firsthand.edge.turns import FETCHES, WAITING, Turns
from firsthand.errors import BadHit
from firsthand.rules.scriptdoor import Asked
from firsthand.vendor import Script

GRAMMAR = Script(("a.example",), ("/*.js",))


def asked(path: str, own: str = "") -> Asked:
    return Asked("acme", "a.example", path, "", "", GRAMMAR, own)


def test_the_first_of_a_door_and_account_is_the_sites_own() -> None:
    turns = Turns()
    first, second = asked("/one.js", "door"), asked("/two.js", "door")
    assert not turns.claim(asked("/x.js"))
    assert turns.claim(first)
    assert not turns.claim(second)
    assert turns.is_own(first)
    turns.give_up(second)
    assert turns.is_own(first)
    turns.give_up(first)
    assert turns.claim(second)


def test_there_are_only_so_many_of_them() -> None:
    turns = Turns()
    for number in range(OWN):
        assert turns.claim(asked(f"/{number}.js", f"door {number}"))
    assert not turns.claim(asked("/more.js", "one more"))
    assert turns.claim(asked("/0.js", "door 0"))


async def test_others_wait_for_a_turn_and_not_too_many_of_them() -> None:
    turns, go = Turns(), asyncio.Event()
    under_way: list[str] = []

    async def fetch(wanted: Asked) -> None:
        async with turns.turn(wanted):
            under_way.append(wanted.path)
            await go.wait()

    async with asyncio.TaskGroup() as tasks:
        for number in range(WAITING):
            tasks.create_task(fetch(asked(f"/{number}.js")))
        while len(under_way) < FETCHES:
            await asyncio.sleep(0)
        with pytest.raises(BadHit, match="script_busy"):
            await fetch(asked("/more.js"))
        assert len(under_way) == FETCHES
        own = tasks.create_task(fetch(asked("/own.js", "door")))
        while "/own.js" not in under_way:
            await asyncio.sleep(0)
        go.set()
        await own
    assert len(under_way) == WAITING + 1
    await fetch(asked("/again.js"))
