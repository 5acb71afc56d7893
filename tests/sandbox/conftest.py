"""A sandbox on a free port, a client that speaks to its hosts, and Chromium."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from firsthand.sandbox.role import Ask
from firsthand.sandbox.server import Sandbox
from tests.sandbox.asking import Client, MakeAsk

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NOW = 1_795_500_000_000


@pytest.fixture
def make_ask() -> MakeAsk:
    def make(**given: Any) -> Ask:
        values: dict[str, Any] = {
            "method": "GET",
            "host": "www.facebook.com",
            "path": "/tr/",
            "query": "",
            "headers": {},
            "cookies": (),
            "body": b"",
            "at": NOW,
            "scheme": "http",
            "suffix": ".vendors.localhost:8090",
        }
        return Ask(**{**values, **given})

    return make


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=lambda: NOW) as running:
        yield running


@pytest_asyncio.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Client(session, sandbox)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM
        )
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def live() -> AsyncIterator[Sandbox]:
    """A sandbox in the browser's loop, with the real clock."""
    async with Sandbox() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    faults: list[str] = []
    opened = await context.new_page()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    await context.close()
    assert not faults
