"""Config -> alert rules and their webhook. What could never work stops the start here."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from firsthand.config.alertsections import AlertSection
from firsthand.config.load import Config, accounts
from firsthand.config.secret import given_secret
from firsthand.errors import ConfigError
from firsthand.rules.alerts import On, Rule

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
SHARES = frozenset({On.MATCH_RATE, On.REFUSED, On.UNEXPLAINED})


@dataclass(frozen=True, slots=True)
class Alerting:
    """The rules, and the address that is told of them ("": nobody; it may hold a secret)."""

    rules: tuple[Rule, ...] = ()
    webhook: str = field(default="", repr=False)


def alerting(config: Config, file: str) -> Alerting:
    """Return what ``[[alerts]]`` and ``[alerting]`` say. Raises ``ConfigError``."""
    vendors = {key for key, _ in accounts(config)}
    seen: set[str] = set()
    for each in config.alerts:
        where = f"{file}: alerts: {each.name}"
        if each.name in seen:
            raise ConfigError(f"{where}: two rules have that name; give each one of its own")
        if each.vendor and each.vendor not in vendors:
            known = ", ".join(sorted(vendors))
            raise ConfigError(
                f"{where}: vendor: no account of {each.vendor} is configured, only of: {known}"
            )
        seen.add(each.name)
    return Alerting(tuple(map(_rule, config.alerts)), _webhook(config, file))


def _rule(section: AlertSection) -> Rule:
    if section.on in SHARES:
        return Rule(
            section.name,
            section.on,
            section.limit,
            section.slack,
            section.hours,
            section.at_least,
            section.vendor,
        )
    limit = section.minutes if section.on is On.NO_ACCEPTED else 0
    return Rule(section.name, section.on, limit, vendor=section.vendor)


def _webhook(config: Config, file: str) -> str:
    address = given_secret(config.alerting.webhook, "alerting.webhook")
    if address and not is_webhook(address):
        raise ConfigError(
            f"{file}: alerting.webhook: the address is neither https://NAME/... nor"
            " http://127.0.0.1:PORT/... or http://localhost:PORT/..."
        )
    return address


def is_webhook(address: str) -> bool:
    """Say whether alerts may go to ``address``: https to a name, or plain on this machine."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or port == 0 or "@" in parts.netloc or not address.isprintable():
        return False
    return host in LOOPBACK if parts.scheme == "http" else parts.scheme == "https" and _named(host)


def _named(host: str) -> bool:
    # An address would be called as it stands, where a name is looked up and must be public.
    try:
        ip_address(host)
    except ValueError:
        return "." in host
    return False
