"""The consent book of a data folder, opened by a command beside a running server or without one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from firsthand.config.load import load
from firsthand.config.secret import site_secret
from firsthand.config.site import site
from firsthand.errors import ConfigError
from firsthand.rules.chain import Head
from firsthand.rules.receipts import event_hash
from firsthand.rules.site import Site
from firsthand.serve.plan import data_folder
from firsthand.store.contract import Durability
from firsthand.store.sqlite.book import SqliteBook, open_book
from firsthand.store.sqlite.files import receipts_path
from firsthand.store.sqlite.subjects import open_subjects
from firsthand.store.subjects import Happened


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    folder: Path
    site: Site
    durability: Durability


def desk(path: Path) -> Desk:
    """Return what belongs to a configuration file. Raises ``ConfigError``."""
    config = load(path)
    folder = data_folder(config, path)
    if not receipts_path(folder).exists():
        raise ConfigError(f"{folder}: nothing is recorded yet; start: firsthand serve")
    built = site(config, secret=site_secret(config, folder), file=str(path))
    return Desk(folder, built, config.store.durability)


@asynccontextmanager
async def book(path: Path) -> AsyncIterator[tuple[SqliteBook, Site]]:
    """Yield the consent book of a configuration. Raises ``ConfigError``."""
    here = desk(path)
    async with open_book(here.folder, here.durability) as opened:
        yield opened, here.site


async def prove(path: Path, event_key: str) -> dict[str, Any]:
    """Return what is known of an event: its receipts, each with whether its hash holds, and what
    became of it at each vendor, as long as the ledger has it.
    """
    here = desk(path)
    secrets = (here.site.secret, *here.site.old_secrets)
    async with (
        open_book(here.folder, here.durability) as opened,
        open_subjects(here.folder, here.durability, secrets) as ledger,
    ):
        found = await opened.find(hashes(here.site, event_key))
        became = await ledger.of_key(event_key)
        end = await opened.head()
    return {
        "receipts": [{**orjson.loads(one.line), "holds": one.holds} for one in found],
        "ledger": [happened(one) for one in became],
        "head": str(end),
    }


def happened(one: Happened) -> dict[str, Any]:
    """Return an event of the ledger for a program: no identifiers."""
    return {
        "event": str(one.id),
        "arrived_at": one.at,
        "vendor": one.vendor,
        "account": one.to,
        "name": one.name,
        "browser_path": one.client or "none",
        "server_path": one.server,
        "reason": one.reason,
    }


def hashes(built: Site, event_key: str) -> list[bytes]:
    """Return what stands for an event in its receipts, under every secret the site has had."""
    secrets = (built.secret, *built.old_secrets)
    return [event_hash(secret, built.name, event_key) for secret in secrets]


async def head(path: Path) -> Head:
    """Return the end of the chain."""
    async with book(path) as (opened, _):
        return await opened.head()
