"""A visitor who comes back weeks later: made-up days for browser, page, server and vendors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext

from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.server import clock as machine_ms
from firsthand.vendors import VENDORS
from tests.journeys.conftest import ENVIRONMENT, TOP, World, free_port, serving, with_all
from tests.journeys.test_everybody import CLICKS, LANDING, bare, holding, texts

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY_S = 86_400
PAGE_CLOCK = """
  const ahead = %d, Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
"""


class Days:
    """How many days have gone by, for everything but the machine."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ahead_ms = 0
        file.write_bytes(bytes(8))

    def go(self, days: int) -> None:
        self.ahead_ms += days * DAY_S * 1000
        with self.file.open("r+b") as file:  # in place: a server has it mapped
            file.write(self.ahead_ms.to_bytes(8, "big", signed=True))

    def clock(self) -> int:
        return machine_ms() + self.ahead_ms


async def opened(browser: Browser, world: World, days: Days, state: Any = None) -> None:
    """Open the browser on the saved profile, in the days as they are."""
    context: BrowserContext = await browser.new_context(storage_state=state)
    await context.add_init_script(PAGE_CLOCK % days.ahead_ms)
    world.context, world.page = context, await context.new_page()
    context.on("request", lambda request: world.requests.append(request.url))
    context.on("weberror", lambda error: world.errors.append(str(error.error)))


async def reopened(browser: Browser, world: World, days: Days, after: int, *, safari: bool) -> None:
    """Close the browser, let days go by, and open it: without the cookies that ended meanwhile, in
    ``safari`` without any that a script can write, and without their storage.

    Source: WebKit's "Full Third-Party Cookie Blocking and More" (2020-03-24), read 2026-11-20:
    all script-writable storage of a site is deleted after seven days without interaction.
    """
    state: Any = await world.context.storage_state()
    await world.context.close()
    days.go(after)
    kept = []
    for cookie in state["cookies"]:
        left = cookie["expires"] - after * DAY_S
        if left * 1000 > machine_ms() and (cookie["httpOnly"] or not safari):
            kept.append({**cookie, "expires": left})
    state = {"cookies": kept, "origins": [] if safari else state["origins"]}
    await opened(browser, world, days, state)


@asynccontextmanager
async def begun(folder: Path, browser: Browser) -> AsyncIterator[tuple[World, Days]]:
    edge, admin = free_port(), free_port()
    days = Days(folder / "clock")
    tracking = f"http://trk.shop.localhost:{edge}"
    path = f"{TOP / 'scripts' / 'chaos_clock'}:{ENVIRONMENT['PYTHONPATH']}"
    env = {**ENVIRONMENT, "PYTHONPATH": path, "CHAOS_CLOCK": str(days.file)}
    async with Sandbox(tracking_url=tracking, vendors=tuple(VENDORS), clock=days.clock) as sandbox:
        config = with_all(folder, "server", edge, admin, sandbox)
        world: Any = World(sandbox, config, edge, admin, None, None)  # type: ignore[arg-type]
        await opened(browser, world, days)
        async with serving(config, env=env):
            yield world, days
            await world.context.close()
        assert not world.errors


@pytest.mark.parametrize(("after", "safari"), [(30, False), (8, True)])
async def test_a_purchase_days_later_carries_every_click(
    tmp_path: Path, chromium: Browser, after: int, *, safari: bool
) -> None:
    async with begun(tmp_path, chromium) as (world, days):
        await world.visit(LANDING)
        await world.choose("all")
        await world.until(lambda: has_all(world), "the ids as cookies")
        await reopened(chromium, world, days, after, safari=safari)
        if safari:
            assert await world.cookie_names() == {"fh_keep"}
            await world.visit("/shop")
            await world.choose("all")
            await world.until(lambda: has_all(world), "the ids from the keeper")
        order = await world.buy()
        for vendor, (_, click) in CLICKS.items():
            found = await world.until(lambda: holding(world, vendor, order), what=vendor)  # noqa: B023
            words = texts(found[0].data)
            assert any(bare(click) in bare(word) for word in words), f"{vendor} {words}"


async def has_all(world: World) -> bool:
    found = {cookie["name"]: cookie["value"] for cookie in await world.context.cookies()}
    text = bare(" ".join(found.values()))
    return "fh_keep" in found and all(bare(click) in text for _, click in CLICKS.values())
