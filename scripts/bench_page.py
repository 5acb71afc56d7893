"""How fast a page with eleven vendors' tags loads: without us, in mode server, in mode shadow.

The three pages differ in nothing but the address in each tag. They are loaded in turns, so that
whatever else the machine does hits all alike; each load has a visitor of its own, who said yes on a
page before, and who then comes back to the page.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession, web

from firsthand.rules.doors import Doors, Use
from firsthand.sandbox.server import VENDOR_SUFFIX, Sandbox, find_roles
from firsthand.vendors import VENDORS
from scripts.bench import free_port
from scripts.bench_browser import Visitor, Wire, chromium, visitor

TOP = Path(__file__).parents[1]
DOORS = Doors(VENDORS.values())
WITHOUT = "without"
MODES = ("server", "shadow")
SHOWN = "/product/MUG-01"
TIMES = ("load event", "first beacon", "every vendor's first")
VISITS = ("first visit", "next page")
ANYWHERE = "http://tracking.invalid"
LOADED = "performance.getEntriesByType('navigation')[0].loadEventStart"
SENT = """performance.getEntriesByType('resource')
  .map(({ name, startTime }) => [name, startTime])"""
CONSENTED = "document.cookie.includes('Opt')"
YES = """document.querySelector('[data-consent="all"]').click()"""
PATIENCE_S = 20
REST_S = 0.3  # what a page still does must not fall into the next load

Figures = dict[tuple[str, str, str], list[float]]
"""Milliseconds by visit, variant and what was timed."""


@asynccontextmanager
async def shop(pages: Mapping[str, bytes]) -> AsyncIterator[int]:
    """Serve the pages under a port of their own, from memory: what is measured is not the shop."""

    async def answer(request: web.BaseRequest) -> web.Response:
        kind, _ = guess_type(request.path)
        body = pages.get(request.path, b"")
        return web.Response(body=body, content_type=kind or "text/html", charset="utf-8")

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@asynccontextmanager
async def firsthand(folder: Path, mode: str, shop_port: int, vendors: int) -> AsyncIterator[str]:
    """Serve all vendors in one mode; yield the tracking host."""
    edge = free_port()
    text = (TOP / "conf" / "sandbox-all.toml").read_text("utf-8")
    text = text.replace(f"{VENDOR_SUFFIX}:8090", f"{VENDOR_SUFFIX}:{vendors}")
    for shipped, used in (("8090", shop_port), ("8080", edge), ("8081", free_port())):
        text = text.replace(shipped, str(used))
    text = text.replace("../var/sandbox-all", mode).replace('"both"', f'"{mode}"')
    config = folder / f"{mode}.toml"
    config.write_text(text, "utf-8")
    tokens = {f"SANDBOX_{role.key.upper()}_TOKEN": role.token for role in find_roles()}
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firsthand", "serve", "--config", str(config)),
        env={**os.environ, **tokens, "PYTHONPATH": str(TOP / "proxy")},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        while line := await server.stdout.readline():
            if line.startswith(b"Stop with"):
                break
        yield f"trk.shop.localhost:{edge}"
    finally:
        server.terminate()
        await server.wait()


async def fetched(sandbox: Sandbox, path: str) -> bytes:
    """Return what the demo shop answers."""
    address = f"http://127.0.0.1:{sandbox.port}{path}"
    headers = {"Host": f"shop.localhost:{sandbox.port}"}
    async with ClientSession(headers=headers) as session, session.get(address) as answer:
        return await answer.read()


def vendor_of(address: str, tracking: str) -> str:
    """Return whose beacon an address is, at the vendor or at our host; "" if it is none."""
    parts = urlsplit(address)
    place = parts.netloc.partition(VENDOR_SUFFIX)[0] + parts.path
    host, slash, path = (parts.path[1:] if parts.netloc == tracking else place).partition("/")
    found = DOORS.find(host, slash + path)
    return found.vendor if found and found.use is Use.BEACON else ""


async def timed(page: Visitor, address: str, tracking: str) -> dict[str, float]:
    """Load the page; return what ``TIMES`` lists, in milliseconds after its start."""
    await page.open(address)
    load, first = 0.0, dict[str, float]()
    async with asyncio.timeout(PATIENCE_S):
        while not load or len(first) < len(VENDORS):
            await asyncio.sleep(0.2)
            load = await page.ask(LOADED)
            first = firsts(await page.ask(SENT), tracking)
    await asyncio.sleep(REST_S)
    return dict(zip(TIMES, (load, min(first.values()), max(first.values())), strict=True))


def firsts(sent: Iterable[tuple[str, float]], tracking: str) -> dict[str, float]:
    """Return when each vendor's first beacon was sent."""
    found: dict[str, float] = {}
    for address, at in sent:
        vendor = vendor_of(address, tracking)
        if vendor:
            found[vendor] = min(at, found.get(vendor, at))
    return found


@dataclass(frozen=True, slots=True)
class Bench:
    """What is loaded, and by whom. ``latency`` is added to every request, in milliseconds."""

    wire: Wire
    base: str
    pages: Mapping[str, str]
    tracking: Mapping[str, str]
    cookies: list[Any]
    latency: int

    async def visit(self, variant: str) -> Iterator[tuple[str, str, float]]:
        """Load a page as a new visitor, and once more as the same; return visit, name, time."""
        page = await visitor(self.wire, self.cookies, self.latency)
        found = []
        for visit in VISITS:
            times = await timed(page, f"{self.base}/{variant}", self.tracking.get(variant, ""))
            found += [(visit, name, at) for name, at in times.items()]
        await page.leave()
        return iter(found)

    async def turns(self, loads: int) -> Figures:
        """Load every page ``loads`` times, in turns; the first turn warms up and does not count."""
        figures: Figures = defaultdict(list)
        for turn in range(loads + 1):
            for variant in self.pages:
                for visit, name, at in await self.visit(variant):
                    if turn:
                        figures[visit, variant, name].append(at)
        return figures


async def consent(wire: Wire, sandbox: Sandbox) -> list[Any]:
    """Return the cookies that the shop's banner leaves after a yes."""
    page = await visitor(wire, (), 0)
    await page.open(f"{sandbox.shop_url}/plain/shop")
    async with asyncio.timeout(PATIENCE_S):
        while not await page.ask(CONSENTED):
            await asyncio.sleep(0.2)
            await page.ask(YES)
    given = await wire.call("Storage.getCookies", browserContextId=page.profile)
    await page.leave()
    return [each for each in given["cookies"] if each["name"].startswith("Opt")]


def variants(text: str, suffix: str, tracking: Mapping[str, str]) -> dict[str, str]:
    """Return the page by variant: the same but for the hosts in the tags."""
    at = re.compile(re.escape(ANYWHERE) + r"/([a-z0-9.-]+)")
    found = {WITHOUT: at.sub(rf"http://\1{suffix}", text)}
    return found | {
        mode: text.replace(ANYWHERE, f"http://{host}") for mode, host in tracking.items()
    }


async def measure(loads: int, latency: int) -> Figures:
    """Return the times of all loads."""
    pages: dict[str, bytes] = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        vendors = await stack.enter_async_context(Sandbox(0, ANYWHERE, vendors=tuple(VENDORS)))
        port = await stack.enter_async_context(shop(pages))
        servers = [firsthand(folder, mode, port, vendors.port) for mode in MODES]
        hosts = [await stack.enter_async_context(each) for each in servers]
        tracking = dict(zip(MODES, hosts, strict=True))
        text = (await fetched(vendors, SHOWN)).decode()
        for path in set(re.findall(r"/static/[a-z_.]+", text)):
            pages[path] = await fetched(vendors, path)
        made = variants(text, vendors.suffix, tracking)
        pages.update({f"/{name}": text.encode() for name, text in made.items()})
        wire = await stack.enter_async_context(chromium())
        cookies = await consent(wire, vendors)
        base = f"http://shop.localhost:{port}"
        return await Bench(wire, base, made, tracking, cookies, latency).turns(loads)


def table(figures: Figures) -> Iterator[str]:
    """Yield the medians side by side, and what each mode takes of the page without us."""
    yield "| | without, ms | server, ms | of without | shadow, ms | of without |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for visit in VISITS:
        for name in TIMES:
            plain = median(figures[visit, WITHOUT, name])
            cells = [f"{visit}, {name}", f"{plain:.0f}"]
            for mode in MODES:
                with_us = median(figures[visit, mode, name])
                cells += [f"{with_us:.0f}", f"{with_us / plain:.2f}"]
            yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=20, help="loads of each page (default 20)")
    parser.add_argument("--latency", type=int, default=0, help="added to a request, ms (default 0)")
    given = parser.parse_args()
    print("\n".join(table(asyncio.run(measure(given.loads, given.latency)))))


if __name__ == "__main__":
    main()
