"""One purchase in the demo shop, delivered to all eleven vendors."""

import asyncio
from hashlib import sha256
from typing import Any

import pytest

from firsthand.sandbox.role import Event
from firsthand.vendors import VENDORS
from tests.journeys.conftest import Start, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLICKS = {
    "meta": ("fbclid", "IwAR1a-b_c"),
    "google_ads": ("gclid", "Cj0KCQiA_sample-1"),
    "tiktok": ("ttclid", "E.C.P.sample-1"),
    "snapchat": ("ScCid", "1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d"),
    "pinterest": ("epik", "dj0yJnU9c2FtcGxl"),
    "microsoft": ("msclkid", "0123456789abcdef0123456789abcdef"),
    "linkedin": ("li_fat_id", "11111111-2222-4333-8444-555555555555"),
    "reddit": ("rdt_cid", "5123456789012345678"),
    "x": ("twclid", "2-samplesamplesample0001"),
    "openai": ("oppref", "gAAAAAsample-1"),
}
LANDING = "/shop?" + "&".join(f"{name}={value}" for name, value in CLICKS.values())
AMOUNTS = ("14.9", "1490")  # OpenAI counts in cents


def holding(world: World, vendor: str, order: str) -> list[Event]:
    """Return what a vendor's API took that names the order, plain or as Reddit hashes it."""
    names = {order, sha256(order.encode()).hexdigest()}
    events = world.sandbox.vendor(vendor).events
    return [event for event in events if names & {event.key, *texts(event.data)}]


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts(each)]
    return [str(value)]


def bare(click: str) -> str:
    """Drop the dashes: Microsoft's API wants its click id as a GUID."""
    return click.replace("-", "")


@pytest.mark.parametrize("mode", ["server", "both"])
async def test_a_purchase_reaches_every_vendor(start: Start, mode: str) -> None:
    async with start(mode, everybody=True) as world:
        await world.visit(LANDING)
        await world.choose("all")
        order = await world.buy()
        for vendor in VENDORS:

            def bought(vendor: str = vendor) -> list[Event]:
                return holding(world, vendor, order)

            await world.until(bought, what=f"{vendor}: {order}")
        await asyncio.sleep(1)  # a second copy would have come by now
        for vendor in VENDORS:
            found = holding(world, vendor, order)
            assert len(found) == 1, vendor
            words = texts(found[0].data)
            assert any(word.startswith(AMOUNTS) for word in words), f"{vendor} {words}"
            _, click = CLICKS.get(vendor, ("", ""))
            assert any(bare(click) in bare(word) for word in words), f"{vendor} {words}"
            assert "EUR" in words, f"{vendor} {words}"
        if mode == "server":
            assert not world.vendor_requests
