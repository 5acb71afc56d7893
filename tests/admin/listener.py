"""The private listener on loopback."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from firsthand.admin.app import app
from firsthand.admin.guard import Desk, Part
from firsthand.admin.metrics import Figures
from firsthand.admin.rows import HOUR_MS
from firsthand.admin.sessions import Keys
from firsthand.rules.alerts import Alert
from firsthand.rules.scriptjudge import judge_of
from firsthand.rules.site import Site
from firsthand.rules.standing import Choice, Stand
from firsthand.store.contract import Durability
from firsthand.store.sqlite.aggregates import open_aggregates
from firsthand.store.sqlite.audit import SqliteAudit, open_audit
from firsthand.store.sqlite.book import open_book
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from tests.admin.sample import (
    HOSTILE,
    NOW,
    MemoryLedger,
    MemoryQueue,
    full_ledger,
    full_queue,
    make_site,
)
from tests.custody import fill
from tests.store.backends import event
from tests.store.books import open_books

TOKEN = "correct-horse-battery-staple-correct-horse-bat"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
JSON = AUTH | {"Accept": "application/json"}


@dataclass
class Listener:
    """Where it listens, and what a test may turn while it runs."""

    custody: SqliteCustody
    audit: SqliteAudit
    desk: Desk
    address: str = ""
    now: int = NOW
    parts: list[Part] = field(default_factory=lambda: [Part("ledger", ok=True)])
    figures: Figures = field(default_factory=lambda: Figures(NOW))
    firing: tuple[Alert, ...] = ()


async def fill_book(folder: Path) -> None:
    """Enter what a morning brought: yes, no, too early, on pages that visitors made up too."""
    async with open_books(folder) as books:
        await books.take(event(0), event(1, at=NOW - HOUR_MS))
        await books.take(
            (Choice(Stand.UNDECIDED, "none", "/cart"), 12),
            (Choice(Stand.UNDECIDED, "onetrust", HOSTILE), 3),
            (Choice(Stand.UNDECIDED, "none", "(other)"), 1),
            (Choice(Stand.REFUSED, "onetrust"), 7),
        )


@asynccontextmanager
async def listening(
    ledger: MemoryLedger | None = None,
    queue: MemoryQueue | None = None,
    site: Site | None = None,
    *,
    scripts: bool = True,
    keys: Keys = Keys(),  # noqa: B008 - frozen
) -> AsyncIterator[Listener]:
    """Serve the sample day, unless told otherwise; the custody is a real one."""
    shop = site or make_site()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        custody = await stack.enter_async_context(open_custody(folder, judge_of(shop)))
        book = await stack.enter_async_context(open_book(folder, Durability.PROCESS))
        audit = await stack.enter_async_context(open_audit(folder, Durability.PROCESS))
        if scripts:
            await fill(custody, NOW)
            await fill_book(folder)

        async def health() -> tuple[Part, ...]:
            return tuple(listener.parts)

        async def figures() -> Figures:
            return listener.figures

        desk = Desk(
            ledger=full_ledger() if ledger is None else ledger,
            queue=full_queue() if queue is None else queue,
            custody=custody,
            book=book,
            audit=audit,
            site=shop,
            token=TOKEN,
            keys=keys,
            hosts=frozenset({"127.0.0.1", "admin.example.com"}),
            health=health,
            figures=figures,
            clock=lambda: listener.now,
            aggregates=await stack.enter_async_context(open_aggregates(folder)),
            alerts=lambda: listener.firing,
        )
        listener = Listener(custody, audit, desk)
        runner = web.AppRunner(app(desk))
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        listener.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield listener
