"""The script custody of a data folder, opened by a command beside a running server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from firsthand.config.load import load
from firsthand.config.secret import site_secret
from firsthand.config.site import site
from firsthand.errors import ConfigError
from firsthand.rules.scriptjudge import Judge, judge_of
from firsthand.rules.site import Site
from firsthand.serve.plan import data_folder
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from firsthand.store.sqlite.files import scripts_path


@dataclass(frozen=True, slots=True)
class Custodian:
    """The custody, and what the configuration says of it."""

    custody: SqliteCustody
    judge: Judge
    site: Site


@asynccontextmanager
async def custodian(path: Path) -> AsyncIterator[Custodian]:
    """Yield the custody that belongs to a configuration file. Raises ``ConfigError``."""
    config = load(path)
    folder = data_folder(config, path)
    if not scripts_path(folder).exists():
        raise ConfigError(f"{folder}: no script was served yet; start: firsthand serve")
    built = site(config, secret=site_secret(config, folder), file=str(path))
    judge = judge_of(built)
    async with open_custody(folder, judge, durability=config.store.durability) as custody:
        yield Custodian(custody, judge, built)
