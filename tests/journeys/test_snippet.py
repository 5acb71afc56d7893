"""A purchase that the demo shop tells twice, by its pixels and by fh.js: each event is one."""

import asyncio
from collections import Counter

import pytest

from tests.journeys.conftest import Start, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

LANDING = "/shop?fh=on&utm_source=facebook&fbclid=IwAR1a-b_c"
# Shelf, product, basket, checkout and thanks are five views.
META = Counter(PageView=5, ViewContent=1, AddToCart=1, InitiateCheckout=1, Purchase=1)
GA4 = Counter(page_view=5, view_item=1, add_to_cart=1, begin_checkout=1, purchase=1)


def received(world: World, vendor: str) -> Counter[str]:
    """Return how often a vendor's API took each event."""
    return Counter(event.name for event in world.sandbox.vendor(vendor).events)


@pytest.mark.parametrize("mode", ["server", "both"])
async def test_told_by_pixel_and_snippet_it_is_one_event(start: Start, mode: str) -> None:
    async with start(mode) as world:
        await world.visit(LANDING)
        await world.choose("all")
        order = await world.buy()
        await world.rest()
        collected = [url for url in world.requests if url.endswith("/fh/collect")]
        assert collected

        def counted() -> tuple[Counter[str], Counter[str]]:
            return received(world, "meta"), received(world, "ga4")

        def arrived() -> bool:
            meta, ga4 = counted()
            return meta >= META and ga4 >= GA4

        await world.until(arrived, what=f"{order} {counted()}")
        await asyncio.sleep(1)  # a second copy would have come by now
        meta, ga4 = counted()
        assert {name: meta[name] for name in META} == META
        assert {name: ga4[name] for name in GA4} == GA4
        (bought,) = (
            event for event in world.sandbox.vendor("meta").events if event.name == "Purchase"
        )
        assert bought.key == order


async def test_refused_the_page_asks_and_tells_nothing(start: Start) -> None:
    async with start("server") as world:
        await world.visit(LANDING)
        await world.choose("none")
        order = await world.buy()
        await world.rest()
        own = {url.partition("?")[0].rpartition("/fh")[2] for url in world.requests if "/fh" in url}
        assert own == {".js", "/consent"}, order
        assert not world.vendor_requests
        assert not received(world, "meta")
        assert not received(world, "ga4")
        assert await world.cookie_names() & {"_fbp", "_fbc", "_ga", "fh_keep"} == set()
