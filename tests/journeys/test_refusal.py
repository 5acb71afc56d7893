"""A running server, hits full of marks, every vendor and every consent source: refused, no byte of
a mark is in a request to a vendor, in the log, in a database or on a page.

The marked hits and the platforms' cookies are those of ``tests/rules/test_canaries.py``; here they
are sent to ``firsthand serve`` over a socket, and all that it wrote is read as bytes.
"""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

from aiohttp import ClientSession, TCPConnector
from yarl import URL

from firsthand.model import Hit
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import Seen
from firsthand.serve.plan import now
from firsthand.vendors import VENDORS
from tests.journeys.conftest import free_port, serving, with_all
from tests.rules.test_canaries import EXAMPLES, GROUPS, MARK, Marked, marked

IP = "198.51.100.78"
PAGES = ("report", "events", "delivery", "consent", "scripts", "metrics")
ACCOUNT = re.compile(r'^account = "[^"]*"', re.MULTILINE)
AT_ONCE = 32


@dataclass
class Place:
    """A server under way, and all that leaves it."""

    edge: int
    admin: int
    folder: Path
    log: Path
    received: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"


@cache
def hits() -> dict[str, tuple[Marked, str]]:
    """Return a marked hit of each vendor, and the account that it names."""
    found = {}
    for key, vendor in VENDORS.items():
        first = marked(key)[0]
        found[key] = (first, next(iter(vendor.read(first.hit))).account)
    return found


def configured(folder: Path, edge: int, admin: int, sandbox: Sandbox) -> Path:
    """Write the configuration with every vendor's account of its hit, and the platforms' groups."""
    path = with_all(folder, "server", edge, admin, sandbox)
    head, *sections = path.read_text().split("[[")
    head = head.replace('hosts = ["', 'hosts = ["shop.example.com", "')
    head = head.replace("page_crowd = 1 ", "page_crowd = 10 ")
    head = head.replace("[listen]", '[listen]\ntrusted_proxies = ["127.0.0.1/32"]')
    for index, section in enumerate(sections):
        key = section.partition("]]")[0]
        sections[index] = ACCOUNT.sub(f'account = "{hits()[key][1]}"', section)
    groups = "".join(
        f"[consent.groups.{key}]\n"
        + "".join(
            f"{name} = {json.dumps(list(getattr(each, name)))}\n"
            for name in ("analytics", "marketing", "social")
        )
        for key, each in GROUPS.items()
    )
    path.write_text("[[".join([f"{head}\n{groups}", *sections]))
    return path


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Place]:
    edge, admin = free_port(), free_port()
    place = Place(edge, admin, folder, folder / "log")

    def heard(_vendor: str, seen: Seen, _port: int) -> None:
        place.received.append(repr(seen.ask))

    async with Sandbox(vendors=tuple(VENDORS), heard=heard) as sandbox:
        config = configured(folder, edge, admin, sandbox)
        with place.log.open("ab") as file:
            async with serving(config, stderr=file):
                yield place


async def send(place: Place, all_hits: Iterable[tuple[Hit, str]]) -> list[int]:
    """Send hits with their ``Cookie`` headers; return the statuses."""
    answers = []
    async with ClientSession(connector=TCPConnector(limit=AT_ONCE)) as session:
        for hit, cookie in all_hits:
            url = f"http://127.0.0.1:{place.edge}/{hit.host}{hit.path}?{hit.query}"
            headers = {
                "Host": f"trk.shop.localhost:{place.edge}",
                "X-Forwarded-For": IP,
                **{name: value for name, value in hit.headers.items() if name != "origin"},
                "Cookie": cookie,
            }
            made = session.request(
                hit.method,
                URL(url, encoded=True),
                headers=headers,
                data=hit.body or None,
                skip_auto_headers=("User-Agent", "Content-Type"),
            )
            async with made as answer:
                answers.append(answer.status)
    return answers


def carried(hit: Hit) -> str:
    pairs = ((name, value) for name, values in hit.cookies.items() for value in values)
    return "; ".join(f"{name}={value}" for name, value in pairs)


async def listening(port: int) -> None:
    """Wait until the pages are there: delivery does not wait for them."""
    async with asyncio.timeout(60):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("localhost", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


async def shown(place: Place) -> list[str]:
    await listening(place.admin)
    token = (place.data / "admin-token").read_text()
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    texts = []
    async with ClientSession(headers=headers) as session:
        for page in PAGES:
            async with session.get(f"http://localhost:{place.admin}/{page}") as answer:
                texts.append(await answer.text())
    return texts


def written(place: Place) -> Iterator[tuple[str, bytes]]:
    """Yield every file that the server has written, the log too."""
    yield "log", place.log.read_bytes()
    for path in sorted(place.data.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


def found_in(place: Place, pages: list[str], words: Iterable[str]) -> set[str]:
    """Return the places in which one of ``words`` stands."""
    everything = {
        **{f"file {name}": data for name, data in written(place)},
        "vendors": "\n".join(place.received).encode(),
        "pages": "\n".join(pages).encode(),
    }
    wanted = [word.encode() for word in words]
    return {name for name, data in everything.items() if any(word in data for word in wanted)}


def counted(place: Place) -> dict[str, set[str]]:
    """Return the reasons for which events of each vendor ended."""
    ended: dict[str, set[str]] = {key: set() for key in VENDORS}
    with closing(sqlite3.connect(place.data / "ledger.db")) as ledger:
        rows = ledger.execute("SELECT vendor, reason FROM notes JOIN series ON series = id")
        for vendor, reason in rows:
            if vendor:
                ended[vendor].add(reason)
    return ended


def answered(choice: str) -> list[tuple[Hit, str]]:
    """Return every vendor's marked hit with every source's ``denied`` or ``analytics``."""
    return [
        (found.hit, f"{carried(found.hit)}; {getattr(each, choice)}")
        for (found, _), each in product(hits().values(), EXAMPLES.values())
    ]


def rows(place: Place) -> list[tuple[str | int, ...]]:
    """Return the rows of the aggregates: number and page, then all that is not the page."""
    with closing(sqlite3.connect(place.data / "aggregates.db")) as kept:
        return kept.execute(
            "SELECT n, path, name, country, device, source, medium, campaign, currency"
            " FROM aggregates"
        ).fetchall()


async def test_refused_no_byte_of_it_is_anywhere(tmp_path: Path) -> None:
    secrets = {word for found, _ in hits().values() for word in found.secrets}
    async with running(tmp_path) as place:
        assert set(await send(place, answered("denied"))) <= {200, 204}
        pages = await shown(place)
    assert found_in(place, pages, {MARK, IP, *secrets}) == set()
    assert not place.received
    # They all came as far as the gate, which ended them.
    assert counted(place) == {vendor: {"consent"} for vendor in VENDORS}
    assert not rows(place)
    # Analytics alone: numbers that many share, in which nothing is marked but a page.
    async with running(tmp_path) as place:
        assert set(await send(place, answered("analytics"))) <= {200, 204}
        pages = await shown(place)
    assert found_in(place, pages, {MARK}) == {"file aggregates.db"}
    assert found_in(place, pages, {IP, *secrets}) == set()
    assert not place.received
    assert counted(place)["ga4"] == {"consent", "aggregate_only"}
    assert rows(place)
    for n, _, *others in rows(place):
        assert n >= 10
        assert MARK not in str(others)
    # The same hits with a yes are found: a search that finds nothing has looked.
    yes = f"fh_consent=1.a1m1.{now() // 1000}.fh"
    async with running(tmp_path) as place:
        granted = [(found.hit, yes) for found, _ in hits().values()]
        assert set(await send(place, granted)) <= {200, 204}
    assert {"vendors", "file ledger.db"} <= found_in(place, [], {MARK})
