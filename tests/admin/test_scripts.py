import pytest
from aiohttp import ClientSession

from firsthand.admin.scripts import LONGEST_REASON
from tests.admin.listener import AUTH, JSON, Listener
from tests.custody import CONFIG, FBEVENTS, GTAG, HOSTILE_HOST, UET, digest


async def test_the_page_and_its_json_tell_the_same(
    listener: Listener, client: ClientSession
) -> None:
    async with client.get(f"{listener.address}/scripts", headers=JSON) as answer:
        told = {row["address"]: row for row in (await answer.json())["scripts"]}
    async with client.get(f"{listener.address}/scripts", headers=AUTH) as answer:
        page = await answer.text()
    assert set(told) == {FBEVENTS, CONFIG, GTAG, UET}
    assert told[FBEVENTS]["waiting"] == digest("skimmer")
    assert told[FBEVENTS]["served"] == digest("one")
    for row in told.values():
        assert row["address"].replace("&", "&amp;") in page
        assert row["state"].replace("'", "&#39;") in page
    for words in ("keydown", "cards.example", "approved by jane", "Alarm:"):
        assert words in page
    assert HOSTILE_HOST not in page


async def test_the_export_is_a_file_to_keep(listener: Listener, client: ClientSession) -> None:
    async with client.get(f"{listener.address}/scripts/export", headers=AUTH) as answer:
        assert "attachment" in answer.headers["Content-Disposition"]
        told = await answer.json()
    assert told["log_intact"]
    assert len(told["inventory"]) == 4


@pytest.mark.parametrize(
    ("changed", "status", "detail"),
    [
        ({"act": "delete"}, 400, "neither approve nor roll back"),
        ({"act": ""}, 400, "neither"),
        ({"address": "evil.example/x.js"}, 409, "There is no such address."),
        ({"hash": "0" * 32}, 409, "There is no such version of it."),
        ({"hash": ""}, 409, "There is no such version of it."),
    ],
)
async def test_what_cannot_be_done_is_said_and_changes_nothing(
    listener: Listener, client: ClientSession, changed: dict[str, str], status: int, detail: str
) -> None:
    before = await listener.custody.entries(), await listener.custody.log()
    form = {"act": "approve", "address": FBEVENTS, "hash": digest("skimmer")} | changed
    async with client.post(f"{listener.address}/scripts", data=form, headers=JSON) as answer:
        assert answer.status == status
        assert detail in (await answer.json())["detail"]
    assert (await listener.custody.entries(), await listener.custody.log()) == before


async def test_a_reason_is_kept_and_bounded(listener: Listener, client: ClientSession) -> None:
    form = {"act": "approve", "address": FBEVENTS, "hash": digest("skimmer")}
    form["reason"] = f"  {'x' * 900}"
    async with client.post(f"{listener.address}/scripts", data=form, headers=JSON) as answer:
        assert answer.status == 200
    line = (await listener.custody.log())[-1]
    assert (line.who, line.what, line.reason) == ("admin page", "approved", "x" * LONGEST_REASON)
    assert line.at == listener.now
