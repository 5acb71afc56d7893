"""Mode relay: the pixel's beacons end here and go on as our own requests, made anew."""

import asyncio
from hashlib import sha256
from typing import Any

import pytest
from playwright.async_api import Response

from firsthand.sandbox import ga4, meta
from firsthand.sandbox.role import Answer, Event, Way
from firsthand.sandbox.stand_in import Says, Seen
from firsthand.vendors import VENDORS
from tests.journeys.conftest import Start, World
from tests.journeys.test_everybody import LANDING, texts

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMAIL = sha256(b"jane.doe@example.com").hexdigest()
OURS = {"accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"}


def relayed(world: World, vendor: str, name: str) -> Any:
    """Return the request that a vendor's beacon door got of an event, and the event."""
    for seen in world.sandbox.vendor(vendor).beacons:
        for event in seen.events:
            if event.name == name:
                return seen, event
    return None


def is_ours(seen: Seen) -> bool:
    """Say whether a request has nothing of the browser's but its user agent."""
    return seen.ask.headers.keys() <= OURS and not seen.ask.cookies


async def sent(world: World, vendor: str, name: str) -> Any:
    return (await world.figures(vendor, name)).get("relayed")


async def test_a_purchase_goes_on_as_a_request_of_our_own(start: Start) -> None:
    async with start("relay") as world:
        await world.visit()
        await world.choose("all")
        order = await world.buy()
        seen, event = await world.until(lambda: relayed(world, "meta", "Purchase"))
        agent = await world.page.evaluate("navigator.userAgent")
        assert is_ours(seen)
        assert seen.ask.headers["user-agent"] == agent
        assert (event.account, event.key) == (meta.PIXEL, order)
        assert event.data["cd[value]"] == "14.9"
        assert event.data["ud[em]"] == EMAIL
        assert event.data["fbc"].endswith(".IwAR1a-b_c")
        seen, event = await world.until(lambda: relayed(world, "ga4", "purchase"))
        assert is_ours(seen)
        assert seen.ask.headers["user-agent"] == agent
        assert event.account == ga4.MEASUREMENT
        assert event.data["ep.transaction_id"] == order
        assert event.data["_uip"] == "::"  # the visitor comes from this machine
        assert event.data["cid"]
        assert await world.until(lambda: relayed(world, "ga4", "page_view"))
        assert not world.vendor_requests
        for vendor, name in (("meta", "Purchase"), ("ga4", "purchase")):
            assert await world.until(lambda v=vendor, n=name: sent(world, v, n)) == 1
            figures = await world.figures(vendor, name)
            assert (figures["server"]["sent"], figures["server"]["accepted"]) == (1, 0)
            assert (figures["match"], figures["alone"]) == (None, 0)
            assert not world.sandbox.vendor(vendor).calls
            assert not world.sandbox.vendor(vendor).probes


async def test_a_door_that_is_down_loses_nothing(start: Start) -> None:
    async with start("relay") as world:
        down = Says(Answer(503, b"", {"retry-after": "1"}))
        world.sandbox.vendor("meta").misbehave(down, times=2, on=Way.BEACON)
        await world.visit()
        await world.choose("all")
        order = await world.buy()

        seen = await world.until(lambda: relayed(world, "meta", "Purchase"))
        assert seen[1].key == order
        assert [each.status for each in world.sandbox.vendor("meta").beacons].count(503) == 2

        async def whole() -> Any:
            figures = await world.figures("meta", "PageView")
            return figures.get("relayed") == figures.get("total", -1)

        assert await world.until(whole)


def holding(world: World, vendor: str, order: str) -> list[Event]:
    """Return what a vendor's doors got that names the order, plain or as Reddit hashes it."""
    names = (order, sha256(order.encode()).hexdigest())
    return [
        event
        for seen in world.sandbox.vendor(vendor).beacons
        for event in seen.events
        if any(name in word for word in (event.key, *texts(event.data)) for name in names)
    ]


async def test_a_purchase_is_relayed_to_every_vendor(start: Start) -> None:
    async with start("relay", everybody=True) as world:
        heard: list[Response] = []
        world.page.on("response", lambda got: "/user/" in got.url and heard.append(got))
        await world.visit(LANDING)
        await world.choose("all")
        order = await world.buy()
        for vendor in VENDORS:

            def bought(vendor: str = vendor) -> list[Event]:
                return holding(world, vendor, order)

            await world.until(bought, what=f"{vendor}: {order}")
        await asyncio.sleep(1)  # a request of the browser's own would have come by now
        assert not world.vendor_requests
        for vendor in VENDORS:
            stand_in = world.sandbox.vendor(vendor)
            assert not stand_in.calls, vendor
            assert all(is_ours(seen) for seen in stand_in.beacons), vendor
        others = world.sandbox.vendor("pinterest").others
        asked = [seen for seen in others if seen.ask.path.startswith("/user")]
        assert asked
        assert all(is_ours(seen) for seen in asked)
        last = heard[-1]
        assert await last.json() == {"isEu": True}
        assert not {"pin-unauth", "epik"} & (await last.all_headers()).keys()
