"""The report, read from the data folder by a process of its own, beside a running server."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from firsthand.admin.report import Report, build
from firsthand.admin.rows import Rows, Span, collect, span
from firsthand.admin.signed import public_key, signed
from firsthand.config.load import load
from firsthand.config.secret import report_key, site_secret
from firsthand.config.site import site
from firsthand.errors import ConfigError
from firsthand.rules.alerts import Alert
from firsthand.rules.site import Site
from firsthand.serve.alertbook import read_book
from firsthand.serve.owner import refuse_stranger
from firsthand.serve.plan import data_folder, now
from firsthand.store.sqlite.database import LEDGER, Writer, opened
from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.ledger import open_ledger
from firsthand.store.sqlite.queue import SqliteQueue


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is made of, read at ``now`` (Unix ms) from ``folder``."""

    rows: Rows
    site: Site
    span: Span
    folder: Path
    now: int


async def read_report(path: Path, over: str) -> Report:
    """Return the report over a span (``1h``, ``24h``, ``7d``, ``30d``). Raises ``ConfigError``."""
    read = await read_material(path, over)
    return build(read.rows, read.site, read.span)


def read_alerts(path: Path) -> list[Alert]:
    """Return what fired when the server last looked, the oldest first. Raises ``ConfigError``."""
    book = read_book(data_folder(load(path), path))
    return sorted(book.firing.values(), key=lambda alert: (alert.since, alert.key))


async def read_material(path: Path, over: str) -> Material:
    """Return what the report over a span is made of. Raises ``ConfigError``."""
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
        moment = now()
        time_span = span(over, now=moment)
        rows = await collect(ledger, queue, time_span)
        return Material(rows, built, time_span, folder, moment)


async def read_signed(path: Path, over: str) -> tuple[bytes, str]:
    """Return the signed report over a span, and its public key. Raises ``ConfigError``.

    The private key is the data folder's own, made the first time.
    """
    read = await read_material(path, over)
    refuse_stranger(read.folder)
    secret = report_key(read.folder)
    return signed(read.rows, read.site, read.span, secret, now=read.now), public_key(secret)
