"""One order page with all eleven pixels: what the vendors get without us, and what with us.

Recorded once for the whole module. Values that differ between two visits without us (ids, times) are
compared by their presence alone.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Request

from firsthand.rules.doors import Doors, Use
from firsthand.vendors import VENDORS
from tests.journeys.conftest import World, world

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOORS = Doors(VENDORS.values())
CUSTOMER = {
    "em": "jane.doe@example.com",
    "ph": "+49 30 1234567",
    "fn": "Jane",
    "ln": "Doe",
    "street": "Lindenweg 12",
    "zp": "10115",
    "ct": "Berlin",
    "country": "DE",
}
ORDER = """async ([prefix, customer]) => {
  const post = (path, form) => fetch(prefix + path, {method: 'POST', body: new URLSearchParams(form)});
  await post('/basket', {sku: 'MUG-01'});
  return (await post('/checkout', customer)).url }"""

# The page's own addresses and the order's number are told apart from what the pixels make up.
PAGE = re.compile(r"(https?://)?(?:trk\.)?shop\.localhost:\d+(?:/plain)?|ORD-[0-9A-F]+|/plain/")
HEX_KEY = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")
# observed.md calls it the one thing that gtag tells of where it came from.
FROM_ELSEWHERE = {"gtm"}


@dataclass(frozen=True)
class Sent:
    """One request of a pixel. ``says``: query and body, flat, JSON inside them too."""

    place: str
    method: str
    says: dict[str, str]

    def shape(self, volatile: set[tuple[str, str]]) -> tuple[str, str, frozenset[tuple[str, str]]]:
        """Return what two visits have in common."""
        told = ((name, "*" if (self.place, name) in volatile else value) for name, value in
                self.says.items())
        return self.place, self.method, frozenset(told)


@dataclass
class Visit:
    """What one visit to the order page brought."""

    vendors: list[Sent] = field(default_factory=list)
    moved: list[Sent] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def beacons(self) -> list[Sent]:
        return [each for each in self.vendors if use(each.place) is Use.BEACON]


def use(place: str) -> Use | None:
    host, slash, path = place.partition("/")
    found = DOORS.find(host, slash + path)
    return found.use if found else None


def flat(text: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values of a query, a form or JSON, and of JSON inside a value."""
    try:
        told = json.loads(text) if text[:1] in {"{", "["} else None
    except json.JSONDecodeError:
        told = None
    if isinstance(told, dict | list):
        members = told.items() if isinstance(told, dict) else enumerate(told)
        for key, value in members:
            inner = value if isinstance(value, str) else json.dumps(value)
            yield from flat(inner, f"{name}.{key}")
    else:
        yield name, PAGE.sub("…", text)


def fields(query: str, body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    form = parse_qsl(body, keep_blank_values=True) if re.match(r"[\w.%\[\]]+=", body) else []
    for key, value in [*parse_qsl(query, keep_blank_values=True), *form]:
        found.update(flat(value, key))
    if body and not form:
        found.update(flat(body, "body"))
    return found


def taken(here: World) -> list[Sent]:
    """Return what reached the vendors' hosts from a browser."""
    found = []
    for vendor in VENDORS:
        stand_in = here.sandbox.vendor(vendor)
        for seen in (*stand_in.beacons, *stand_in.others, *stand_in.scripts):
            ask = seen.ask
            if "sec-fetch-mode" in ask.headers:
                found.append(Sent(ask.host + ask.path, ask.method, fields(ask.query, ask.text)))
    return found


def moved(requests: list[Request]) -> Iterator[Sent]:
    """Yield what reached the tracking host in place of a vendor."""
    for request in requests:
        parts = urlsplit(request.url)
        place = parts.path.removeprefix("/")
        if parts.netloc.startswith("trk.") and use(place) in {Use.BEACON, Use.SINK, Use.NEVER}:
            yield Sent(place, request.method, fields(parts.query, request.post_data or ""))


Prepare = Callable[[BrowserContext], Any]


@asynccontextmanager
async def visiting(here: World, browser: Browser, seen: Visit) -> AsyncIterator[tuple[BrowserContext, Page, list[Request]]]:
    """A fresh visitor, whose complaints are noted."""
    here.sandbox.reset()
    context = await browser.new_context()
    requests: list[Request] = []
    context.on("request", lambda request: requests.append(request))
    page = await context.new_page()
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: seen.complaints.append(said.text) if said.type == "error" else None,
    )
    yield context, page, requests
    await context.close()


async def order(here: World, page: Page, prefix: str) -> str:
    """Place an order without opening a page that has pixels; return the order page's address."""
    await page.goto(f"{here.sandbox.shop_url}/")
    address: str = await page.evaluate(ORDER, [prefix, CUSTOMER])
    return address


async def rest(holds: Callable[[], object], count: Callable[[], int]) -> None:
    """Wait until ``holds``, and then until nothing has come for a while."""
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.05)
    seen = -1
    while seen != count():
        seen = count()
        await asyncio.sleep(0.7)


async def visit(here: World, browser: Browser, choice: list[Any], *, plain: bool = False, least: int = 0, late: bool = False, prepare: Prepare | None = None) -> Visit:
    """Look at an order page and leave it. ``least``: how many requests there are to wait for."""
    seen = Visit()
    async with visiting(here, browser, seen) as (context, page, requests):
        if prepare:
            await prepare(context)
        if not late:
            await context.add_cookies(choice)
        await page.goto(await order(here, page, "/plain" if plain else ""))
        if late:
            await rest(lambda: any("/fh/consent" in each.url for each in requests), lambda: len(requests))
            assert not taken(here)
            await page.locator('[data-consent="all"]').click()

        def came() -> int:
            copies = sum("/fh/copy" in each.url for each in requests)
            return max(len(taken(here)), copies, len(list(moved(requests))))

        await rest(lambda: came() >= least, lambda: len(requests) + came())
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
        await rest(lambda: True, lambda: len(requests) + came())
        seen.vendors = taken(here)
        seen.moved = list(moved(requests))
        seen.copies = [json.loads(each.post_data or "") for each in requests if each.url.endswith("/fh/copy")]
        seen.code = [each.url for each in requests if "fh=" in each.url]
    return seen
