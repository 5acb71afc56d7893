"""The report, read from the data folder by a process of its own, beside a running server."""

from contextlib import AsyncExitStack
from pathlib import Path

from firsthand.admin.report import Report, build
from firsthand.admin.rows import collect, span
from firsthand.config.load import load
from firsthand.config.secret import site_secret
from firsthand.config.site import site
from firsthand.errors import ConfigError
from firsthand.serve.plan import data_folder, now
from firsthand.store.sqlite.database import LEDGER, Writer, opened
from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.ledger import open_ledger
from firsthand.store.sqlite.queue import SqliteQueue


async def read_report(path: Path, over: str) -> Report:
    """Return the report over a span (``1h``, ``24h``, ``7d``, ``30d``). Raises ``ConfigError``."""
    config = load(path)
    folder = data_folder(config, path)
    ledger_file = ledger_path(folder)
    if not ledger_file.exists():
        raise ConfigError(f"{folder}: nothing is recorded yet; start: firsthand serve")
    built = site(config, secret=site_secret(config, folder), file=str(path))
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(open_ledger(folder))
        db = await stack.enter_async_context(opened(ledger_file, LEDGER, config.store.durability))
        queue = SqliteQueue(Writer(db, ledger_file))
        time_span = span(over, now=now())
        return build(await collect(ledger, queue, time_span), built, time_span)
