from aiohttp import ClientSession

from firsthand.admin.audit import LINES_ON_A_PAGE
from firsthand.store.audit import Act
from tests.admin.listener import AUTH, JSON, Listener
from tests.admin.sample import HOSTILE, NOW


async def test_lines_newest_first_and_the_older_ones_behind(
    listener: Listener, client: ClientSession
) -> None:
    for n in range(LINES_ON_A_PAGE + 3):
        await listener.audit.note("ada", Act.REPLAY, "all", at=NOW + n, n=n)
    address = f"{listener.address}/audit"
    async with client.get(address, headers=JSON) as answer:
        lines = (await answer.json())["lines"]
    assert [line["n"] for line in lines] == list(range(LINES_ON_A_PAGE + 2, 2, -1))
    async with client.get(address, headers=AUTH) as answer:
        assert f'href="/audit?before={lines[-1]["id"]}"' in await answer.text()
    async with client.get(f"{address}?before={lines[-1]['id']}", headers=JSON) as answer:
        assert [line["n"] for line in (await answer.json())["lines"]] == [2, 1, 0]
    for strange in ("x", "-1", "9" * 30, "\u0661"):
        async with client.get(address, params={"before": strange}, headers=JSON) as answer:
            assert len((await answer.json())["lines"]) == LINES_ON_A_PAGE


async def test_nothing_and_hostile_texts(listener: Listener, client: ClientSession) -> None:
    async with client.get(f"{listener.address}/audit", headers=AUTH) as answer:
        assert "Nothing is noted yet" in await answer.text()
    await listener.audit.note(HOSTILE, Act.APPROVE, HOSTILE, at=NOW)
    async with client.get(f"{listener.address}/audit", headers=AUTH) as answer:
        page = await answer.text()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
