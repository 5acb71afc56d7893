"""The private listener on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from firsthand.admin.app import app
from firsthand.admin.guard import Part
from firsthand.rules.site import Site
from tests.admin.sample import NOW, MemoryLedger, MemoryQueue, full_ledger, full_queue, make_site

TOKEN = "correct-horse-battery-staple-correct-horse-bat"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
JSON = AUTH | {"Accept": "application/json"}


@dataclass
class Listener:
    """Where it listens, and what a test may turn while it runs."""

    address: str = ""
    now: int = NOW
    parts: list[Part] = field(default_factory=lambda: [Part("ledger", ok=True)])


@asynccontextmanager
async def listening(
    ledger: MemoryLedger | None = None, queue: MemoryQueue | None = None, site: Site | None = None
) -> AsyncIterator[Listener]:
    """Serve the sample day, unless told otherwise."""
    listener = Listener()

    async def health() -> tuple[Part, ...]:
        return tuple(listener.parts)

    made = app(
        ledger=full_ledger() if ledger is None else ledger,
        queue=full_queue() if queue is None else queue,
        site=site or make_site(),
        token=TOKEN,
        hosts=frozenset({"127.0.0.1", "admin.example.com"}),
        health=health,
        clock=lambda: listener.now,
    )
    runner = web.AppRunner(made)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        listener.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield listener
    finally:
        await runner.cleanup()
