"""A purchase, from the banner to the report, in each mode and for each kind of visitor."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest

from firsthand.sandbox import ga4, meta
from firsthand.sandbox.role import Answer
from firsthand.sandbox.stand_in import Says
from tests.journeys.conftest import Start, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMAIL = sha256(b"jane.doe@example.com").hexdigest()
IDENTIFYING = {"fh_keep", "_fbp", "_fbc", "_ga", f"_ga_{ga4.MEASUREMENT.removeprefix('G-')}"}
IMPLIED = "groups=" + quote("C0001:1,C0002:1,C0003:1,C0004:1") + "&interactionCount=0"


def event(world: World, vendor: str, name: str) -> Any:
    """Return what the vendor's server API took under that name."""
    return next((one for one in world.sandbox.vendor(vendor).events if one.name == name), None)


def beacon(world: World, vendor: str, name: str) -> Any:
    """Return what the vendor got from the browser under that name."""
    stand_in = world.sandbox.vendor(vendor)
    return next((one for one in stand_in.pixel_events if one.name == name), None)


async def test_consent_given_both_paths_carry_the_purchase(start: Start) -> None:
    async with start("both") as world:
        await world.visit()
        await world.choose("all")
        order = await world.buy()
        server = await world.until(lambda: event(world, "meta", "Purchase"))
        pixel = await world.until(lambda: beacon(world, "meta", "Purchase"))
        assert server.key == pixel.key == order
        data = server.data
        assert (data["custom_data"]["value"], data["custom_data"]["currency"]) == (14.9, "EUR")
        assert data["custom_data"]["contents"][0]["id"] == "MUG-01"
        user = data["user_data"]
        assert (user["fbp"], user["fbc"]) == (pixel.data["fbp"], pixel.data["fbc"])
        assert user["fbc"].endswith(".IwAR1a-b_c")
        assert user["em"] == [EMAIL]
        bought = await world.until(lambda: event(world, "ga4", "purchase"))
        sent = await world.until(lambda: beacon(world, "ga4", "purchase"))
        assert bought.account == sent.account == ga4.MEASUREMENT
        assert bought.data["params"]["transaction_id"] == order
        assert (bought.data["params"]["value"], bought.data["params"]["currency"]) == (14.9, "EUR")
        assert bought.data["params"]["items"][0]["item_id"] == "MUG-01"
        assert bought.around["client_id"] == sent.data["cid"]
        rest = await world.until(lambda: event(world, "ga4", "page_view"))
        assert rest.account == ga4.SECOND
        for vendor, name in (("meta", "Purchase"), ("ga4", "purchase")):

            async def matched(vendor: str = vendor, name: str = name) -> Any:
                return (await world.figures(vendor, name)).get("matched")

            assert await world.until(matched) == 1
        for account in (await world.report())["accounts"]:
            assert account["figures"]["match"]["share"] == 1.0
            assert all(health["repeated"] == 0 for health in [account["keys"]])


async def test_blocked_by_the_browser_the_server_path_needs_an_explicit_yes(
    start: Start, block_vendors: Callable[..., Any]
) -> None:
    async with start("both") as world:
        await block_vendors(world.context)
        await world.visit()
        await world.choose("all")
        await world.buy()
        assert await world.until(lambda: event(world, "meta", "Purchase"))
        assert not world.sandbox.vendor("meta").beacons

        async def alone() -> Any:
            return (await world.figures("meta", "Purchase")).get("server_only")

        assert await world.until(alone) == 1
        figures = await world.figures("meta", "Purchase")
        assert figures["client"]["failed"] == 1
        assert figures["server"]["accepted"] == 1


async def test_blocked_by_the_browser_after_an_implied_yes_nothing_is_sent(
    start: Start, block_vendors: Callable[..., Any]
) -> None:
    async with start("both", '[consent]\nrule_set = "optout"\n') as world:
        await block_vendors(world.context)
        cookie = {"name": "OptanonConsent", "value": IMPLIED, "domain": ".shop.localhost"}
        await world.context.add_cookies([{**cookie, "path": "/"}])
        await world.visit()
        await world.buy()

        async def withheld() -> Any:
            return (await world.figures("meta", "Purchase")).get("server", {}).get("withheld")

        assert await world.until(withheld) == 1
        assert not world.sandbox.vendor("meta").calls
        assert not world.sandbox.vendor("ga4").calls


@pytest.mark.parametrize("mode", ["shadow", "both", "server", "relay"])
async def test_consent_refused_nothing_is_loaded_sent_or_set(start: Start, mode: str) -> None:
    async with start(mode) as world:
        await world.visit()
        await world.choose("none")
        await world.buy()
        await asyncio.sleep(1)  # nothing can be waited for: it must not come
        assert not world.vendor_requests
        assert not [url for url in world.requests if "fh=" in url]
        for vendor in ("meta", "ga4"):
            stand_in = world.sandbox.vendor(vendor)
            assert not stand_in.beacons
            assert not stand_in.calls
            assert not stand_in.probes
        assert not await world.cookie_names() & IDENTIFYING


async def test_consent_withdrawn_what_waits_is_dropped(start: Start) -> None:
    async with start("server") as world:
        down = Says(Answer(503, b"down", {}))
        for vendor in ("meta", "ga4"):
            world.sandbox.vendor(vendor).misbehave(down)
        await world.visit()
        await world.choose("all")
        await world.buy()

        async def queued() -> Any:
            return (await world.figures("meta", "Purchase")).get("server", {}).get("queued")

        await world.until(queued)
        await world.page.locator("#privacy-choices").click()
        await world.choose("none")

        async def withheld() -> Any:
            return (await world.figures("meta", "Purchase")).get("server", {}).get("withheld")

        for vendor in ("meta", "ga4"):
            world.sandbox.vendor(vendor).behave()
        assert await world.until(withheld) == 1
        assert not world.sandbox.vendor("meta").events
        assert not await world.cookie_names() & {"fh_keep", "_fbp", "_fbc"}


async def test_shadow_sends_nothing_that_counts(start: Start) -> None:
    async with start("shadow") as world:
        await world.visit()
        await world.choose("all")
        await world.buy()
        assert await world.until(lambda: beacon(world, "meta", "Purchase"))

        async def would(vendor: str, name: str) -> Any:
            return (await world.figures(vendor, name)).get("would_match")

        assert await world.until(lambda: would("meta", "Purchase")) == 1
        assert await world.until(lambda: would("ga4", "purchase")) == 1
        assert not world.sandbox.vendor("meta").calls
        assert not world.sandbox.vendor("ga4").calls
        assert world.sandbox.vendor("ga4").probes
        figures = await world.figures("meta", "Purchase")
        assert (figures["matched"], figures["match"]) == (0, None)


async def test_server_mode_never_talks_to_a_vendor_host(start: Start) -> None:
    async with start("server") as world:
        await world.visit()
        await world.choose("all")
        order = await world.buy()
        bought = await world.until(lambda: event(world, "meta", "Purchase"))
        assert bought.key == order
        assert await world.until(lambda: event(world, "ga4", "purchase"))
        assert not world.vendor_requests
        assert {"fh_keep", "_fbp", "_fbc"} <= await world.cookie_names()
        assert meta.PIXEL
