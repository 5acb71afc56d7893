"""A visitor who refuses, accepts, takes it back: at each consent platform that the shop plays."""

import asyncio
from typing import Any

import pytest

from firsthand.sandbox.shop.platforms import PLATFORMS
from tests.journeys.conftest import Start, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

IDENTIFYING = {"fh_keep", "_fbp", "_fbc", "_ga"}
VENDORS = ("meta", "ga4")


def purchases(world: World, vendor: str) -> list[Any]:
    wanted = {"Purchase", "purchase"}
    return [one for one in world.sandbox.vendor(vendor).events if one.name in wanted]


async def change(world: World, choice: str) -> None:
    await world.page.locator("#privacy-choices").click()
    await world.choose(choice)


SWITCHES = {"consent_mode": "&fh=on"}  # only the page itself can tell what was chosen
OTHERS = tuple(set(PLATFORMS) - {"onetrust", "cookiebot"})


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - set(OTHERS)))
async def test_refused_accepted_and_taken_back(start: Start, platform: str) -> None:
    async with start("server", f'[consent]\nauthority = "{platform}"\n') as world:
        await world.visit(f"/shop?platform={platform}&fbclid=IwAR1a-b_c")
        await world.choose("none")
        await world.buy()
        await asyncio.sleep(1)  # nothing can be waited for: it must not come
        assert not world.vendor_requests
        assert not [vendor for vendor in VENDORS if world.sandbox.vendor(vendor).calls]
        assert not await world.cookie_names() & IDENTIFYING

        await world.visit("/shop?fbclid=IwAR1a-b_c")
        await change(world, "all")
        order = await world.buy()
        for vendor in VENDORS:
            await world.until(lambda vendor=vendor: purchases(world, vendor), vendor)
        assert purchases(world, "meta")[0].key == order
        assert {"fh_keep", "_fbp", "_fbc"} <= await world.cookie_names()

        await change(world, "none")
        await world.until(lambda: gone(world), "the ids to be deleted")
        await world.buy()
        await asyncio.sleep(1)  # nothing can be waited for: it must not come
        assert [len(purchases(world, vendor)) for vendor in VENDORS] == [1, 1]
        assert not world.vendor_requests


async def test_strings_and_consent_mode_accepted_refused_and_analytics_alone(start: Start) -> None:
    async with start("server") as world:
        for platform in sorted(OTHERS):
            world.sandbox.reset()
            await world.context.clear_cookies()
            landing = f"/shop?platform={platform}{SWITCHES.get(platform, '')}&fbclid=IwAR1a-b_c"
            await world.visit(landing)
            await world.choose("analytics")
            await world.buy()
            await asyncio.sleep(1)  # nothing can be waited for: it must not come
            assert not [vendor for vendor in VENDORS if world.sandbox.vendor(vendor).calls], (
                platform
            )
            assert not await world.cookie_names() & {"fh_keep", "_fbp", "_fbc"}, platform

            await world.visit(landing)
            await change(world, "all")
            order = await world.buy()
            for vendor in VENDORS:
                await world.until(lambda vendor=vendor: purchases(world, vendor), vendor)
            assert purchases(world, "meta")[0].key == order

            await change(world, "none")
            await world.until(lambda: gone(world), "the ids to be deleted")
            await world.buy()
            await asyncio.sleep(1)  # nothing can be waited for: it must not come
            assert [len(purchases(world, vendor)) for vendor in VENDORS] == [1, 1], platform
            assert not world.vendor_requests


async def gone(world: World) -> bool:
    return not await world.cookie_names() & {"fh_keep", "_fbp", "_fbc"}
