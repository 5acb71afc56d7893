"""Visitors over forty made-up days, through a real server into the ledger, and what is told."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest
from aiohttp import ClientSession
from rich.console import Console

from firsthand.doctor.live import Back, Measured, as_json, backs, measure, show
from firsthand.errors import ConfigError
from firsthand.rules.returns import DAY_MS, Sighting
from firsthand.serve.edge import open_edge
from firsthand.serve.plan import Plan, now, plan
from firsthand.store.contract import Durability, ReturnCount
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock
from tests.doctor.setup import written
from tests.journeys.conftest import free_port

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/26.0 Safari/605.1.15"
)
BEACON = (
    "/www.facebook.com/tr/?id=1234567890123456&ev=PageView&ts={at}&eid={key}"
    "&dl=https%3A%2F%2Fshop.example.com%2F"
)
FIRST = now() - 45 * DAY_MS


@dataclass
class World:
    """A server whose clock is made up."""

    port: int
    session: ClientSession
    at: int = FIRST
    said: list[str] = field(default_factory=list)


@dataclass
class Visitor:
    """A browser. ``keeps``: for how many days it keeps what an answer sets, at most."""

    world: World
    agent: str
    keeps: int = 400
    choice: str = "a1m1"
    jar: dict[str, tuple[str, int]] = field(default_factory=dict)
    number: int = field(default_factory=count().__next__)

    async def visit(self, day: int, *, pages: int = 2, together: int = 1) -> None:
        """Look at pages on a day; of each come ``together`` beacons at the same time."""
        self.world.at = FIRST + day * DAY_MS
        for _ in range(pages):
            self.world.at += 60_000
            held = self._held()
            answers = await asyncio.gather(*(self._beacon(held) for _ in range(together)))
            for line in (line for lines in answers for line in lines):
                name, _, value = line.partition(";")[0].partition("=")
                self.jar[name] = (value, self.world.at)

    def _held(self) -> str:
        oldest = self.world.at - (self.keeps * DAY_MS)
        kept = [f"{name}={value}" for name, (value, at) in self.jar.items() if at >= oldest]
        decided = (FIRST - DAY_MS) // 1000
        return "; ".join([f"fh_consent=1.{self.choice}.{decided}.fh", *kept])

    async def _beacon(self, cookies: str) -> list[str]:
        target = BEACON.format(at=self.world.at, key=f"{self.number}-{self.world.at}")
        headers = {
            "Host": "trk.shop.example.com",
            "Cookie": cookies,
            "User-Agent": self.agent,
            "Sec-Fetch-Site": "same-site",
        }
        url = f"http://127.0.0.1:{self.world.port}{target}"
        async with self.world.session.get(url, headers=headers) as answer:
            return list(answer.headers.getall("Set-Cookie", ()))


@asynccontextmanager
async def world(path: Path) -> AsyncIterator[World]:
    made = plan(path)
    async with ClientSession() as session:
        here = World(made.config.listen.port, session)
        clocked = replace(made, front=replace(made.front, clock=lambda: here.at))
        async with open_edge(clocked, 0, lambda: None):
            yield here
    await moved(made)


async def moved(made: Plan) -> None:
    """Do what the delivering process does with the outboxes."""
    held = ledger_lock(made.folder)
    assert held is not None
    try:
        async with open_delivering(
            made.folder,
            held,
            secret=made.site.secret,
            kinds={},
            windows={},
            durability=Durability.PROCESS,
        ) as parts:
            await parts.mover.move(now=now())
    finally:
        held.release()


def configured(folder: Path) -> Path:
    return written(folder, site=f"[listen]\nport = {free_port()}")


def told(made: Measured) -> dict[tuple[str, int], tuple[int, int] | None]:
    return {
        (each.family, each.after): (each.rate.hits, each.rate.of) if each.rate else None
        for each in made.backs
    }


async def test_what_each_family_brings_back(tmp_path: Path) -> None:
    path = configured(tmp_path)
    async with world(path) as here:
        for agent, keeps in ((CHROME, 90), (SAFARI, 7)):
            for returns in ((1,), (7,), (8,), (40,), ()):
                visitor = Visitor(here, agent, keeps)
                await visitor.visit(0, together=3)
                for day in returns:
                    await visitor.visit(day, together=3)
    # Who lost the keeper gets another, which is held in its turn: on day 8, on day 40.
    assert told(await measure(path)) == {
        ("chromium", 1): (4, 9),
        ("chromium", 7): (3, 8),
        ("chromium", 8): (2, 8),
        ("chromium", 30): (1, 8),
        ("safari", 1): (2, 9),
        ("safari", 7): (1, 8),
        ("safari", 8): (0, 8),
        ("safari", 30): (0, 8),
    }


async def test_refused_and_single_requests_are_in_no_count(tmp_path: Path) -> None:
    path = configured(tmp_path)
    async with world(path) as here:
        once = Visitor(here, CHROME)
        await once.visit(0, pages=1, together=4)
        await once.visit(3, pages=1)
        refusing = Visitor(here, CHROME, choice="a0m0")
        await refusing.visit(0)
        await refusing.visit(3)
        assert not refusing.jar
    assert (await measure(path)).backs == ()


async def test_before_the_first_start_there_is_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing is recorded yet"):
        await measure(written(tmp_path))


def counted(day: int, after: int, n: int, family: str = "ios") -> ReturnCount:
    return ReturnCount(Sighting(day, family, after), n)


def test_only_days_long_enough_ago_count() -> None:
    counts = [counted(100, 0, 10), counted(100, 7, 2), counted(95, 0, 5), counted(95, 8, 1)]
    by_after = {each.after: each for each in backs(counts, today=103)}
    found = {after: (each.rate.hits, each.rate.of) for after, each in by_after.items() if each.rate}
    assert found == {1: (3, 15), 7: (1, 5), 8: (1, 5)}
    assert by_after[30] == Back("ios", 30, None)


def test_it_is_told_with_its_method_and_its_limits() -> None:
    made = Measured("shop", 2, tuple(backs([counted(1, 0, 4), counted(1, 8, 1)], today=40)))
    out = io.StringIO()
    show(made, Console(file=out, width=200))
    assert "25" in out.getvalue()
    assert "compare the families" in out.getvalue()
    row = as_json(made)["returns"][2]
    assert (row["family"], row["after_days"], row["held"], row["back"]) == ("ios", 8, 4, 1)
    assert row["low"] < row["share"] == 0.25 < row["high"]
    show(Measured("shop", 0, ()), Console(file=out))
    assert "No keeper has been shown yet" in out.getvalue()
