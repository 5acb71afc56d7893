"""The sample of a listening edge: what a file on the disk holds of who came by."""

import asyncio
import json
from pathlib import Path

from aiohttp import ClientSession

from firsthand.rules.respond import respond
from firsthand.serve.edge import open_edge
from firsthand.serve.plan import Plan, plan
from firsthand.serve.recording import WAITING, Recorder, caps, sweep
from firsthand.store.sqlite.recent import Caps, open_recent, recent_lines, recent_path
from tests.journeys.conftest import free_port
from tests.samples import ANALYTICS_ONLY, GRANTED, REFUSED, meta_hit
from tests.serve.test_plan import written

ON = "[recording]\nkeep_hours = 2\nmost_hits = 7\nmost_mb = 3\n"
CANARY = "4f9c2b7a-canary-88123"
MAIL = "canary.bird@mail.example"


def made(folder: Path, more: str = ON) -> Plan:
    return plan(written(folder, f"[listen]\nport = {free_port()}\n{more}"))


def beacon(made: Plan) -> str:
    account = made.config.model_dump()["meta"][0]["account"]
    return (
        f"http://127.0.0.1:{made.config.listen.port}/www.facebook.com/tr/?id={account}&ev=Purchase"
        f"&eid={CANARY}&ud[em]={MAIL}&cd[who]={CANARY}&fbp=fb.1.1795400333444.881234567"
        f"&dl=https%3A%2F%2Fshop.example.com%2F%3Fwho%3D{CANARY}"
    )


async def visit(made: Plan, cookie: str) -> None:
    headers = {
        "Host": made.site.tracking_host,
        "Cookie": f"{cookie}; _fbp=fb.1.1795400333444.881234567; session={CANARY}",
        "User-Agent": f"Mozilla/5.0 {CANARY}",
        "Referer": f"https://shop.example.com/{CANARY}",
        "Sec-Fetch-Site": "same-site",
    }
    async with ClientSession() as session, session.get(beacon(made), headers=headers) as answer:
        assert answer.status == 204


async def taken(folder: Path) -> list[bytes]:
    async with asyncio.timeout(20):
        while not (lines := await recent_lines(folder)):
            await asyncio.sleep(0.02)
    return lines


async def test_a_visit_is_kept_without_who_it_was(tmp_path: Path) -> None:
    here = made(tmp_path)
    async with open_edge(here, 0, lambda: None):
        for cookie in (REFUSED, ANALYTICS_ONLY, "none=1"):
            await visit(here, cookie)
        await visit(here, GRANTED)
        lines = await taken(here.folder)
    assert len(lines) == 1
    told = json.loads(lines[0])
    assert told["url"].startswith(f"{here.site.tracking_url}/www.facebook.com/tr/?id=")
    kept = b"".join(each.read_bytes() for each in here.folder.glob("recent.db*")) + lines[0]
    for each in (CANARY, "canary", "881234567", "4f9c2b7a"):
        assert each.encode() not in kept


async def test_off_nothing_is_written_and_what_there_was_goes(tmp_path: Path) -> None:
    here = made(tmp_path, "")
    async with open_recent(here.folder) as file:
        await file.add([b"of an earlier configuration"], Caps(10**15, 9, 999), now=1)
    recorder = Recorder(here, lambda _: None)
    hit = meta_hit()
    recorder.note(hit, respond(hit, here.site))
    await recorder.write()
    async with asyncio.TaskGroup() as tasks:
        sweeping = tasks.create_task(sweep(lambda: here))
        async with asyncio.timeout(20):
            while await recent_lines(here.folder):
                await asyncio.sleep(0.02)
        sweeping.cancel()
    assert b"earlier" not in recent_path(here.folder).read_bytes()


async def test_the_sample_is_bounded_and_its_faults_are_counted(tmp_path: Path) -> None:
    here = made(tmp_path)
    assert caps(here.config) == Caps(2 * 3_600_000, 7, 3_000_000)
    counted: list[str] = []
    recorder = Recorder(here, counted.append)
    hit = meta_hit(id=here.config.model_dump()["meta"][0]["account"])
    for _ in range(3 * WAITING):
        recorder.note(hit, respond(hit, here.site))
    recent_path(here.folder).mkdir()
    await recorder.write()
    assert counted == ["not_recorded"]
    recent_path(here.folder).rmdir()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(recorder.run())
        for _ in range(3 * WAITING):
            recorder.note(hit, respond(hit, here.site))
        assert len(await taken(here.folder)) == WAITING
        recorder.note(hit, respond(hit, here.site))
        recorder.use(made(tmp_path, ""))  # what waited under another configuration is let go
        await recorder.write()
        assert len(await recent_lines(here.folder)) == WAITING
        running.cancel()
