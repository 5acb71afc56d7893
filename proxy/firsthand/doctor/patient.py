"""What is looked at: a configuration, its site, and the ways to ask about it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from firsthand.check import TRIAL_SECRET
from firsthand.config.load import Config, load
from firsthand.config.secret import configured_secret, read_secret
from firsthand.config.section import Source
from firsthand.config.site import site
from firsthand.doctor.names import Names
from firsthand.doctor.web import Web, opened
from firsthand.rules.site import Site
from firsthand.serve.plan import data_folder


@dataclass(frozen=True, slots=True)
class Patient:
    """Everything that a check may look at or ask. ``file`` is the configuration's path; ``keyed``:
    the site's secret is the real one, not a stand-in because there is none yet."""

    file: Path
    config: Config
    folder: Path
    site: Site
    keyed: bool
    names: Names
    web: Web

    @property
    def tracking(self) -> str:
        """The tracking host's name, without a port."""
        return self.site.tracking_host.partition(":")[0]

    @property
    def pages(self) -> tuple[str, ...]:
        """The names of the pages' hosts."""
        return tuple(sorted(self.site.hosts))

    @property
    def origins(self) -> tuple[str, ...]:
        """The pages' origins: scheme, host, port."""
        return tuple(sorted(self.site.origins))


@asynccontextmanager
async def examined(file: Path, resolver: str = "") -> AsyncIterator[Patient]:
    """Yield the patient of a configuration file. Raises ``ConfigError``. Makes nothing: a data
    folder that is not there yet stays away."""
    config = load(file)
    folder = data_folder(config, file)
    secret = configured_secret(config) or _kept(folder)
    here = site(config, secret=secret.encode() or TRIAL_SECRET, file=str(file))
    names = Names(resolver)
    async with opened(names) as web:
        yield Patient(file, config, folder, here, bool(secret), names, web)


def _kept(folder: Path) -> str:
    return read_secret(Source(env="", file=str(folder / "secret")), "site.secret")
