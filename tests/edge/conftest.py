"""A whole edge on a free port, with an outbox that can be looked into."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from firsthand.browser.rules import rules_of
from firsthand.edge.answers import Answers
from firsthand.edge.app import Edge
from firsthand.edge.bots import Watch
from firsthand.edge.intake import Intake
from firsthand.edge.plain import Plain
from firsthand.edge.requests import Front
from firsthand.edge.scripts import Scripts
from firsthand.edge.server import Server
from firsthand.edge.supply import Supply
from firsthand.explain import sample
from firsthand.model import Beacon, Note, Withdrawal
from firsthand.rules.returns import Sighting
from firsthand.rules.scriptjudge import judge_of
from firsthand.rules.site import Site
from firsthand.rules.standing import Choice
from firsthand.rules.wanted import wanted
from firsthand.store.meter import Meter
from firsthand.store.sqlite.custody import open_custody

NOW = 1_795_500_001_000
GRANTED = "fh_consent=1.a1m1.1795400000.fh"
REFUSED = "fh_consent=1.a0m0.1795400000.fh"
META_TARGET = (
    "/www.facebook.com/tr/?id=1234567890123456&ev=PageView&ts=1795500000123&eid=pv-1"
    "&dl=https%3A%2F%2Fshop.example.com%2F"
)


@dataclass
class Kept:
    """An outbox in memory. ``broken`` makes it refuse, as a full disk does."""

    beacons: list[Beacon] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    withdrawn: list[Withdrawal] = field(default_factory=list)
    broken: bool = False
    last_error: str = ""
    trim_error: str = ""

    async def put(
        self,
        beacons: Sequence[Beacon],
        notes: Sequence[Note] = (),
        withdrawn: Sequence[Withdrawal] = (),
    ) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise OSError(28, "No space left on device")
        self.beacons += beacons
        self.notes += notes
        self.withdrawn += withdrawn

    def count(self, note: Note | Choice | Sighting) -> None:
        if isinstance(note, Choice):
            self.choices.append(note)
        elif isinstance(note, Sighting):
            self.sightings.append(note)
        else:
            self.notes.append(note)

    async def trim(self) -> None:
        """Nothing to trim."""

    async def close(self) -> None:
        """Nothing to close."""

    def reasons(self) -> set[str]:
        return {note.reason for note in self.notes}


@dataclass
class Public:
    """A running edge, and ways to knock at it."""

    port: int
    kept: Kept
    woken: list[bool]
    meter: Meter = field(default_factory=Meter)

    async def raw(self, request: bytes, *, wait: float = 5, to_end: bool = False) -> bytes:
        """Send bytes as they are; return one answer, or all until the connection ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        await writer.drain()
        received = b""
        try:
            async with asyncio.timeout(wait):
                while chunk := await reader.read(65_536):
                    received += chunk
                    whole = b"\r\n\r\n" in received and b"Connection: close" not in received
                    if whole and not to_end:
                        break
        finally:
            writer.close()
        return received

    async def get(
        self, target: str, *headers: str, method: str = "GET", body: bytes = b""
    ) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", "Host: trk.shop.example.com", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines).encode("latin-1")
        return await self.raw(head + b"\r\n\r\n" + body)


@asynccontextmanager
async def running(
    site: Site,
    folder: Path,
    *,
    behind_front: bool = False,
    wrap: Callable[[Edge], Edge | Plain] = lambda edge: edge,
) -> AsyncIterator[Public]:
    """Run an edge for ``site`` on a free port; a front's headers are believed if told so.

    ``wrap`` makes what answers there of the edge.
    """
    kept, woken, meter = Kept(), [], Meter()
    folder.mkdir(exist_ok=True)
    front = Front(
        hosts=frozenset({"trk.shop.example.com"}),
        base_path=site.base_path,
        wanted=wanted(site),
        clock=lambda: NOW,
        signs=Watch().signs,
        trusted=(ip_network("127.0.0.1/32"),) if behind_front else (),
    )
    async with ClientSession() as session, open_custody(folder, judge_of(site)) as custody:
        intake = Intake(session, custody, site.vendor_suffix)
        supply = Supply(site.scripts, intake, custody, lambda _reason: None, lambda: NOW)
        scripts = Scripts(site, rules_of(site), supply)
        answers = Answers(session, (), "", lambda _reason: None)
        app = Edge(site, front, kept, scripts, answers, lambda: woken.append(True), meter=meter)
        runner = web.ServerRunner(Server(wrap(app).handle, count=app.count))
        await runner.setup()
        listener = web.TCPSite(runner, "127.0.0.1", 0)
        await listener.start()
        yield Public(runner.addresses[0][1], kept, woken, meter)
        await runner.cleanup()


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Public]:
    async with running(sample(), tmp_path) as public:
        yield public
