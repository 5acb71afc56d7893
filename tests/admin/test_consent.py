"""The page of consent, for people and for programs."""

from aiohttp import ClientSession

from tests.admin.listener import AUTH, JSON, Listener
from tests.admin.sample import HOSTILE


async def test_for_programs(client: ClientSession, listener: Listener) -> None:
    async with client.get(f"{listener.address}/consent", headers=JSON) as answer:
        told = await answer.json()
    assert (told["total"], told["undecided"]) == (25, 16)
    assert [sum(one[stand] for one in told["moments"]) for stand in ("granted", "refused")] == [
        2,
        7,
    ]
    assert [(one["page"], one["source"], one["n"]) for one in told["too_early"]] == [
        ("/cart", "none", 12),
        (HOSTILE, "onetrust", 3),
        ("(other)", "none", 1),
    ]
    assert told["head"].startswith("2:")


async def test_for_people(client: ClientSession, listener: Listener) -> None:
    async with client.get(f"{listener.address}/consent?span=7d", headers=AUTH) as answer:
        said = await answer.text()
    assert answer.status == 200
    assert "16 of 25 events, 64.0%, came before anybody had said yes or no" in said
    assert "/cart" in said
    assert HOSTILE not in said
    assert said.count("<table>") == 2
    assert said.count('role="img"') == 1


async def test_it_needs_the_token(client: ClientSession, listener: Listener) -> None:
    async with client.get(f"{listener.address}/consent") as answer:
        assert answer.status == 401
