"""Configuration file -> what every process knows before it starts."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from firsthand.admin.sessions import Keys
from firsthand.config.alerts import Alerting, alerting
from firsthand.config.load import Config, accounts, loads, read
from firsthand.config.secret import admin_token, site_secret
from firsthand.config.section import Source
from firsthand.config.signin import keys
from firsthand.config.site import site
from firsthand.delivery.auth import EnvToken, FileToken, Token
from firsthand.delivery.worker import Outlet
from firsthand.edge.bots import Watch
from firsthand.edge.requests import Front
from firsthand.errors import ConfigError
from firsthand.rules.site import Site
from firsthand.rules.wanted import wanted
from firsthand.serve.tls import Tls, tls_of
from firsthand.store.contract import Lane

SANDBOX_CONFIG = Path(__file__).parents[3] / "conf" / "sandbox.toml"


def now() -> int:
    """Return the time in Unix milliseconds: the one place where the clock is read."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a process needs to start. ``folder`` is the data folder, ``text`` what ``path`` held."""

    path: Path
    text: str
    config: Config
    folder: Path
    site: Site
    front: Front
    outlets: dict[Lane, Outlet]
    tls: Tls
    alerting: Alerting
    token: str = field(repr=False)
    keys: Keys

    @property
    def has_tls(self) -> bool:
        """Whether visitors' TLS ends here, not at a front server."""
        return bool(self.config.listen.https_port)

    @property
    def report_url(self) -> str:
        """The report's address, token included where that opens it."""
        admin = self.config.admin
        token = "" if self.keys.users else f"?token={self.token}"
        return f"http://{admin.hosts[0]}:{admin.port}/report{token}"


def plan(path: Path, text: str | None = None) -> Plan:
    """Return the plan of a configuration file. Raises ``ConfigError``.

    ``text`` stands in for what the file holds: a worker gets what its supervisor has read.
    """
    text = read(path) if text is None else text
    return build(path, text, loads(text, str(path)))


def build(path: Path, text: str, config: Config) -> Plan:
    """Return the plan of a configuration that is read already. Raises ``ConfigError``."""
    folder = data_folder(config, path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{path}: store.path: {folder}: {error.strerror}") from error
    built = site(config, secret=site_secret(config, folder), file=str(path))
    return Plan(
        path,
        text,
        config,
        folder,
        built,
        _front(config, built),
        _outlets(config, built),
        tls_of(config, path, folder),
        alerting(config, str(path)),
        admin_token(config, folder),
        keys(config, secret=built.secret, file=str(path)),
    )


def data_folder(config: Config, path: Path) -> Path:
    """Return the data folder; a relative one starts at the file's own folder."""
    return (path.parent / config.store.path).resolve()


def _front(config: Config, built: Site) -> Front:
    try:
        trusted = tuple(ip_network(each) for each in config.listen.trusted_proxies)
    except ValueError as error:
        raise ConfigError(f"listen.trusted_proxies: {error}") from error
    return Front(
        hosts=frozenset({built.tracking_host}),
        wanted=wanted(built),
        clock=now,
        signs=Watch().signs,
        base_path=built.base_path,
        trusted=trusted,
        forwarded=config.listen.forwarded_header,
        country=config.listen.country_header,
        region=config.listen.region_header,
    )


def _outlets(config: Config, built: Site) -> dict[Lane, Outlet]:
    return {
        Lane(key, outlet.account.id): outlet
        for key, section in accounts(config)
        for outlet in _of_account(key, section, built)
    }


def _of_account(key: str, section: Any, built: Site) -> Iterator[Outlet]:  # noqa: ANN401 - made by create_model
    account = built.accounts[key, section.account]
    yield Outlet(account, token_in(section.token))
    if account.second:
        yield Outlet(replace(account, id=account.second, second=""), token_in(section.second_token))


def token_in(source: Source) -> Token:
    """Return the place where a configured token is found."""
    return FileToken(Path(source.file)) if source.file else EnvToken(source.env or "(not named)")
