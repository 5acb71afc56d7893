"""Runs scripts/inspect against a sandbox and a tracking host, with real HTTP through it."""

import asyncio
import json
import os
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from firsthand.browser.rules import rules_of
from firsthand.edge.answers import Answers
from firsthand.edge.app import Edge
from firsthand.edge.bots import Watch
from firsthand.edge.intake import Intake
from firsthand.edge.requests import Front
from firsthand.edge.scripts import Scripts
from firsthand.edge.server import Server
from firsthand.edge.supply import Supply
from firsthand.explain import sample
from firsthand.rules.scriptjudge import judge_of
from firsthand.rules.wanted import wanted
from firsthand.sandbox.server import Sandbox, clock
from firsthand.store.meter import Meter
from firsthand.store.sqlite.custody import open_custody
from tests.edge.conftest import Kept

COMMAND = Path(__file__).parents[2] / "scripts" / "inspect"
LISTENING = re.compile(r"proxy listening at 127\.0\.0\.1:([0-9]+)")
# mitmproxy has no other clock than the real one, and a consent grows old.
DECIDED = clock() // 1000 - 3600
GRANTED = f"fh_consent=1.a1m1.{DECIDED}.fh"
LATER = f"fh_consent=1.a1m1.{DECIDED + 7200}.fh"
REFUSED = f"fh_consent=1.a0m0.{DECIDED}.fh"


@dataclass(frozen=True)
class Browser:
    """Sends requests through mitmproxy, as a browser that was told to use it."""

    session: aiohttp.ClientSession
    through: str
    sandbox: Sandbox
    tracking_port: int

    async def vendor(self, host: str, target: str, **given: Any) -> int:
        return await self._ask(f"{host}{self.sandbox.suffix}", target, **given)

    async def tracking(self, target: str, **given: Any) -> int:
        return await self._ask(f"trk.shop.localhost:{self.tracking_port}", target, **given)

    async def shop(self, target: str = "/", **given: Any) -> int:
        return await self._ask(f"shop.localhost:{self.sandbox.port}", target, **given)

    async def elsewhere(self, **given: Any) -> int:
        return await self._ask(f"other.localhost:{self.sandbox.port}", "/", **given)

    async def _ask(self, host: str, target: str, **given: Any) -> int:
        method = "POST" if "data" in given else "GET"
        address = URL(f"http://{host}{target}", encoded=True)
        async with self.session.request(method, address, proxy=self.through, **given) as answer:
            await answer.read()
            return answer.status


@dataclass(frozen=True)
class Found:
    """What a run left behind. ``said`` is all that stood on the terminal."""

    labels: list[dict[str, Any]]
    leaks: list[dict[str, Any]]
    said: str
    written: str
    statuses: list[int]


Traffic = Callable[[Browser], Awaitable[list[int]]]


async def inspect(traffic: Traffic, folder: Path, *more: str) -> Found:
    """Run ``traffic`` through the addons and return what they made of it."""
    async with Sandbox() as sandbox, tracking_host(folder) as port:
        running = await asyncio.create_subprocess_exec(
            COMMAND,
            *("--listen-port", "0", "--set", "vendor_suffix=.vendors.localhost"),
            *more,
            env=os.environ | {"INSPECT_FOLDER": str(folder)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert running.stdout is not None
        said = ""
        while not (listening := LISTENING.search(said)):
            line = await running.stdout.readline()
            assert line, said
            said += line.decode()
        through = f"http://127.0.0.1:{listening[1]}"
        try:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
                statuses = await traffic(Browser(session, through, sandbox, port))
        finally:
            with suppress(ProcessLookupError):
                running.terminate()
            rest, _ = await running.communicate()
    labels, leaks = (folder / f"{name}.jsonl" for name in ("labels", "leaks"))
    return Found(
        labels=lines(labels),
        leaks=lines(leaks),
        said=said + rest.decode(),
        written=labels.read_text() + leaks.read_text(),
        statuses=statuses,
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@asynccontextmanager
async def tracking_host(folder: Path) -> AsyncIterator[int]:
    """Run an edge for the sandbox's shop, every account allowed; yield its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    name = f"trk.shop.localhost:{port}"
    site = replace(sample(), hosts=frozenset({"shop.localhost"}), tracking_host=name)
    front = Front(frozenset({name}), wanted(site), clock, Watch().signs)
    folder.mkdir(exist_ok=True)
    async with aiohttp.ClientSession() as session, open_custody(folder, judge_of(site)) as custody:
        intake = Intake(session, custody, site.vendor_suffix)
        supply = Supply(site.scripts, intake, custody, lambda _reason: None, clock)
        scripts = Scripts(site, rules_of(site), supply)
        answers = Answers(session, (), "", lambda _reason: None)
        app = Edge(site, front, Kept(), scripts, answers, lambda: None, meter=Meter())
        runner = web.ServerRunner(Server(app.handle, count=app.count))
        await runner.setup()
        await web.SockSite(runner, listening).start()
        yield port
        await runner.cleanup()
