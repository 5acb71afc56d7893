"""A whole world: stand-ins and shop in this process, Firsthand as a program, Chromium."""

import asyncio
import json
import os
import random
import re
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from firsthand.sandbox import ga4, meta
from firsthand.sandbox.server import Sandbox, find_roles
from firsthand.vendors import VENDORS
from tests.browser.conftest import chromium

__all__ = ["chromium"]

TOP = Path(__file__).parents[2]
PATIENCE_S = 20
CONFIG = """
[site]
name = "demo"
hosts = ["shop.localhost:{shop}"]
tracking_host = "trk.shop.localhost:{edge}"
cookie_domain = "shop.localhost"
scheme = "http"
bots = "send"
vendor_suffix = ".vendors.localhost:{shop}"
[listen]
port = {edge}
[admin]
port = {admin}
[store]
path = "data"
[delivery]
linger_ms = 100
{more}
[[meta]]
account = "{pixel}"
mode = "{mode}"
token = {{ env = "SANDBOX_META_TOKEN" }}
[[ga4]]
account = "{measurement}"
mode = "{mode}"
second = "{second}"
token = {{ env = "SANDBOX_GA4_TOKEN" }}
second_token = {{ env = "SANDBOX_GA4_TOKEN" }}
"""
ENVIRONMENT = {
    "PYTHONPATH": str(TOP / "proxy"),
    **{f"SANDBOX_{role.key.upper()}_TOKEN": role.token for role in find_roles()},
}


def free_port() -> int:
    """Return a port below those that the system gives to connections on their way out: one of
    these would be taken again before a server has it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class World:
    """One site under way. ``requests`` are all that the page made, ``errors`` its complaints."""

    sandbox: Sandbox
    config: Path
    edge: int
    admin: int
    context: BrowserContext
    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def vendor_requests(self) -> list[str]:
        return [url for url in self.requests if "vendors.localhost" in url]

    async def visit(self, path: str = "/shop?utm_source=facebook&fbclid=IwAR1a-b_c") -> None:
        await self.page.goto(f"{self.sandbox.shop_url}{path}")
        await self.rest()

    async def choose(self, choice: str) -> None:
        """Answer the banner: ``all``, ``analytics`` or ``none``."""
        await self.page.locator(f'[data-consent="{choice}"]').click()
        await self.rest()

    async def buy(self) -> str:
        """Buy something, reading each page to its end; return the order's number."""
        await self.page.goto(f"{self.sandbox.shop_url}/product/MUG-01")
        for button in ("#add", "#to-checkout", "#buy"):
            await self.rest()
            await self.page.locator(button).click()
        return await self.page.locator("#order").inner_text()

    async def rest(self) -> None:
        """Wait until the page has asked for nothing for half a second."""
        seen = -1
        while seen != len(self.requests):
            seen = len(self.requests)
            await asyncio.sleep(0.5)

    async def report(self) -> dict[str, Any]:
        """Return the report as the page gives it to programs."""
        token = (self.config.parent / "data" / "admin-token").read_text()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        request = urllib.request.Request(f"http://localhost:{self.admin}/report", headers=headers)
        return await asyncio.to_thread(_fetch, request)

    async def figures(self, vendor: str, event: str) -> dict[str, Any]:
        """Return an event's figures in the report; empty while it has none."""
        for account in (await self.report())["accounts"]:
            for row in account["events"]:
                if account["vendor"] == vendor and row["name"] == event:
                    return row["figures"]
        return {}

    async def until(self, holds: Callable[[], Any], what: str = "") -> Any:
        """Wait until ``holds`` gives something true; ``what`` says what was waited for."""
        last = None
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            last = holds()
            if asyncio.iscoroutine(last):
                last = await last
            if last:
                return last
            await asyncio.sleep(0.05)
        raise AssertionError(f"waited in vain for {what or holds}; last: {last}")

    async def cookie_names(self) -> set[str]:
        return {cookie["name"] for cookie in await self.context.cookies()}


def _fetch(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)
    except urllib.error.URLError:
        return {"accounts": []}


@asynccontextmanager
async def serving(
    config: Path,
    *more: str,
    stdin: int | None = None,
    stderr: IO[bytes] | None = None,
    env: Mapping[str, str] = ENVIRONMENT,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``firsthand serve``; it is ready when this yields, and drained when it ends."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firsthand", "serve", "--config", str(config), *more),
        env={**os.environ, **env},
        stdin=stdin,
        stderr=stderr,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        while line := await server.stdout.readline():
            if line.startswith(b"Stop with"):
                break
        assert server.returncode is None
        yield server
    finally:
        if server.returncode is None:
            server.send_signal(signal.SIGTERM)
        ended = await asyncio.wait_for(server.wait(), 30)
        # 255 is asyncio's word for a process whose end it did not see itself
        assert ended in {0, -signal.SIGKILL, 255}


def written(folder: Path, mode: str, more: str, edge: int, admin: int, sandbox: Sandbox) -> Path:
    """Write the configuration of a site with Meta and GA4."""
    config = folder / "site.toml"
    config.write_text(
        CONFIG.format(
            shop=sandbox.port,
            edge=edge,
            admin=admin,
            mode=mode,
            more=more,
            pixel=meta.PIXEL,
            measurement=ga4.MEASUREMENT,
            second=ga4.SECOND,
        )
    )
    return config


def with_all(folder: Path, mode: str, edge: int, admin: int, sandbox: Sandbox) -> Path:
    """Write the shipped configuration with every vendor, on free ports."""
    text = (TOP / "conf" / "sandbox-all.toml").read_text()
    for shipped, free in (("8090", sandbox.port), ("8080", edge), ("8081", admin)):
        text = text.replace(shipped, str(free))
    text = text.replace("../var/sandbox-all", "data").replace('mode = "both"', f'mode = "{mode}"')
    config = folder / "site.toml"
    config.write_text(text)
    return config


@asynccontextmanager
async def world(
    folder: Path, browser: Browser, mode: str, more: str = "", *, everybody: bool = False
) -> AsyncIterator[World]:
    """Start everything in ``mode``; ``more`` is appended to the configuration."""
    edge, admin = free_port(), free_port()
    vendors = tuple(VENDORS) if everybody else ("meta", "ga4")
    tracking = f"http://trk.shop.localhost:{edge}"
    async with Sandbox(tracking_url=tracking, vendors=vendors) as sandbox:
        if everybody:
            config = with_all(folder, mode, edge, admin, sandbox)
        else:
            config = written(folder, mode, more, edge, admin, sandbox)
        context = await browser.new_context()
        page = await context.new_page()
        found = World(sandbox, config, edge, admin, context, page)
        context.on("request", lambda request: found.requests.append(request.url))
        context.on("weberror", lambda error: found.errors.append(str(error.error)))
        async with serving(config):
            yield found
            await context.close()
        assert not found.errors


Start = Callable[..., Any]


@pytest.fixture
def start(tmp_path: Path, chromium: Browser) -> Start:
    """Return what starts a world in a mode."""

    def begin(mode: str, more: str = "", *, everybody: bool = False) -> Any:
        return world(tmp_path, chromium, mode, more, everybody=everybody)

    return begin


@pytest_asyncio.fixture(loop_scope="session")
async def block_vendors() -> Callable[[BrowserContext], Any]:
    """Return what makes a context block the vendors' hosts, as an extension does."""

    async def block(context: BrowserContext) -> None:
        await context.route(re.compile(r"vendors\.localhost"), lambda route: route.abort())

    return block
