"""Waiting for a pixel: what it sends arrives when the browser finds the time."""

import asyncio

from firsthand.sandbox.role import Event
from firsthand.sandbox.stand_in import StandIn


async def seen(stand_in: StandIn, name: str, account: str = "") -> Event:
    """Return the first event of that name that the pixel sent, once it is there."""
    for _ in range(200):
        for event in stand_in.pixel_events:
            if event.name == name and account in {"", event.account}:
                return event
        await asyncio.sleep(0.05)
    raise AssertionError(f"no {name} among {[event.name for event in stand_in.pixel_events]}")
