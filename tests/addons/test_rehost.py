"""A shop that knows nothing of Firsthand, tried through it: mitmproxy, Chromium, a real server."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from firsthand.sandbox.server import Sandbox
from tests.addons.inspecting import COMMAND, LISTENING
from tests.journeys.conftest import World, chromium, free_port, serving, written

__all__ = ["chromium"]

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' http://*.vendors.localhost:*;"
    " style-src 'self' 'unsafe-inline'; connect-src http://*.vendors.localhost:*; img-src *;"
    " form-action *; frame-src *"
)
LATE = """address => {
  const script = document.createElement('script');
  script.src = address;
  document.head.append(script);
}"""
in_chromium = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Tried:
    """What a visit through Firsthand was like."""

    tracking: str
    sources: list[str] = field(default_factory=list)
    policy: str = ""
    requests: list[str] = field(default_factory=list)
    late_body: bytes = b""
    secure: int = 0
    figures: dict[str, object] = field(default_factory=dict)
    leaks: list[dict[str, object]] = field(default_factory=list)
    said: str = ""
    plain: bytes = b""


@asynccontextmanager
async def rehosting(folder: Path, config: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """Run scripts/inspect for a configuration; yield the proxy's address, and what it will say."""
    running = await asyncio.create_subprocess_exec(
        COMMAND,
        *("--listen-port", "0", "--set", "vendor_suffix=.vendors.localhost"),
        *("--set", f"rehost_config={config}"),
        env=os.environ | {"INSPECT_FOLDER": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert running.stdout is not None
    said: list[str] = []
    while not (listening := LISTENING.search("".join(said))):
        line = await running.stdout.readline()
        assert line, said
        said.append(line.decode())
    try:
        yield f"http://127.0.0.1:{listening[1]}", said
    finally:
        running.terminate()
        rest, _ = await running.communicate()
        said.append(rest.decode())


async def look(world: World, tried: Tried, through: str) -> None:
    """Visit the shop that loads its tags from the vendors, as a visitor who agrees."""
    page = world.page
    answer = await page.goto(f"{world.sandbox.shop_url}/plain/shop")
    assert answer is not None
    tried.policy = answer.headers["content-security-policy"]
    await load_late(page, world, tried)
    await world.choose("all")
    await page.goto(f"{world.sandbox.shop_url}/plain/product/MUG-01")
    await world.rest()
    await seen_by_firsthand(world, tried)
    sources = "all => all.map(each => each.src)"
    tried.sources = await page.eval_on_selector_all("script[src]", sources)
    tried.requests = list(world.requests)
    async with aiohttp.ClientSession() as session:
        secure = f"https://{tried.tracking}/fh/consent"
        async with session.get(secure, proxy=through, ssl=False) as told:
            tried.secure = told.status
        host = {"Host": f"shop.localhost:{world.sandbox.port}"}
        straight = f"http://127.0.0.1:{world.sandbox.port}/plain/shop"
        async with session.get(straight, headers=host) as plain:
            tried.plain = await plain.read()


async def seen_by_firsthand(world: World, tried: Tried) -> None:
    async def figures() -> dict[str, object]:
        found = await world.figures("meta", "ViewContent")
        return found if found.get("would_match") or found.get("matched") else {}

    tried.figures = await world.until(figures, "a product view on both paths")


async def load_late(page: Page, world: World, tried: Tried) -> None:
    """Load a tag's script as a tag manager does: its address is in no page's text."""
    address = f"http://connect.facebook.net{world.sandbox.suffix}/en_US/fbevents.js?late=1"
    async with page.expect_response(lambda answer: "late=1" in answer.url) as coming:
        await page.evaluate(LATE, address)
    tried.late_body = await (await coming.value).body()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tried(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Tried]:
    folder = tmp_path_factory.mktemp("rehost")
    edge, admin = free_port(), free_port()
    made = Tried(f"trk.shop.localhost:{edge}")
    async with Sandbox() as sandbox:
        sandbox.policy = POLICY
        config = written(folder, "shadow", "", edge, admin, sandbox)
        async with serving(config), rehosting(folder, config) as (through, said):
            context = await chromium.new_context(proxy={"server": through})
            page = await context.new_page()
            world = World(sandbox, config, edge, admin, context, page)
            page.on("request", lambda request: world.requests.append(request.url))
            await look(world, made, through)
            await context.close()
        made.said = "".join(said)
    lines = (folder / "leaks.jsonl").read_text().splitlines()
    made.leaks = [json.loads(line) for line in lines]
    yield made


@in_chromium
async def test_the_tags_load_through_firsthand(tried: Tried) -> None:
    us = f"http://{tried.tracking}/"
    assert any(
        each.startswith(f"{us}connect.facebook.net/en_US/fbevents.js") for each in tried.sources
    )
    assert any(
        each.startswith(f"{us}www.googletagmanager.com/gtag/js?id=") for each in tried.sources
    )


@in_chromium
async def test_the_shop_itself_was_not_changed(tried: Tried) -> None:
    assert tried.tracking.encode() not in tried.plain


@in_chromium
async def test_both_paths_are_compared_before_anybody_changed_the_site(tried: Tried) -> None:
    assert tried.figures
    assert any(f"{tried.tracking}/fh/copy" in each for each in tried.requests)


@in_chromium
async def test_the_policy_lets_firsthand_in_and_keeps_what_was_there(tried: Tried) -> None:
    us = f"http://{tried.tracking}"
    assert f"script-src 'self' 'unsafe-inline' http://*.vendors.localhost:* {us};" in tried.policy
    assert "img-src *;" in tried.policy


@in_chromium
async def test_a_script_whose_address_is_in_no_page_comes_from_firsthand_too(tried: Tried) -> None:
    assert tried.tracking.encode() in tried.late_body
    assert "connect.facebook.net" in tried.said.partition("rehost: ")[2]
    assert "is in no page's text" in tried.said


@in_chromium
async def test_the_tracking_hosts_name_and_certificate_need_not_exist(tried: Tried) -> None:
    assert tried.secure == 200


@in_chromium
async def test_nothing_was_missed_by_the_swap(tried: Tried) -> None:
    """What leaves with the page is not looked at: the browser is closed before its copy went."""
    missed = [line for line in tried.leaks if line["finding"] == "direct"]
    shown = {"PageView", "ViewContent", "page_view", "view_item"}
    assert [each for each in missed if each["use"] == "script" or each["event"] in shown] == []


@in_chromium
async def test_in_mode_server_the_pages_beacons_end_at_firsthand(
    chromium: Browser, tmp_path: Path
) -> None:
    edge, admin = free_port(), free_port()
    async with Sandbox() as sandbox:
        config = written(tmp_path, "server", "", edge, admin, sandbox)
        async with serving(config), rehosting(tmp_path, config) as (through, _):
            context = await chromium.new_context(proxy={"server": through})
            page = await context.new_page()
            world = World(sandbox, config, edge, admin, context, page)
            await page.goto(f"{sandbox.shop_url}/plain/shop")
            await page.locator('[data-consent="all"]').click()
            meta = sandbox.vendor("meta")
            await world.until(lambda: [one for one in meta.events if one.name == "PageView"])
            assert meta.pixel_events == []
            await context.close()


async def test_a_configuration_that_is_none_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text("[site]\n")
    started = await asyncio.create_subprocess_exec(
        COMMAND,
        *("--listen-port", "0", "--set", f"rehost_config={tmp_path / 'shop.toml'}"),
        env=os.environ | {"INSPECT_FOLDER": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await started.communicate()
    assert started.returncode != 0
    assert f"rehost_config: {tmp_path / 'shop.toml'}: KeyError: 'hosts'" in said.decode()
