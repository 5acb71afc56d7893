"""Config -> what each account will do, what it cannot, and what is missing for it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from firsthand.config.alerts import alerting
from firsthand.config.load import Config, accounts
from firsthand.config.secret import configured_secret, configured_token, read_secret
from firsthand.config.section import Source
from firsthand.config.signin import keys
from firsthand.config.site import site
from firsthand.model import Mode
from firsthand.rules.consent.policy import Policy, RuleSet
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.consent.statement import Source as ConsentSource
from firsthand.rules.site import Account, Site
from firsthand.vendor import Vendor, relay_hosts

SOON_DAYS = 90
TRIAL_SECRET = b"only to validate; nothing is hashed with it"

NO_FRONT = (
    "no trusted proxy configured: the visitor's address is the peer's; behind a front server, name"
    " its network in listen.trusted_proxies"
)
DOES = {
    Mode.SHADOW: "the page talks to the vendor as before; we get a copy of each beacon",
    Mode.BOTH: "the page talks to the vendor as before; the server path is sent for real",
    Mode.SERVER: "beacons end here; only the server path goes to the vendor",
    Mode.RELAY: "beacons end here and go on as our own requests, made anew of validated parameters",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One account. ``missing`` keeps its lane from delivering; ``limits`` are facts to know;
    ``consent`` says where the visitors' consent is read, the same for all accounts.
    """

    vendor: str
    account: str
    mode: str
    does: tuple[str, ...]
    limits: tuple[str, ...]
    missing: tuple[str, ...]
    consent: tuple[str, ...] = ()


def check(config: Config, file: str) -> list[Finding]:
    """Return a finding for each account. Raises ``ConfigError`` for what can never start."""
    configured_secret(config)
    configured_token(config)
    keys(config, secret=TRIAL_SECRET, file=file)
    built = site(config, secret=TRIAL_SECRET, file=file)
    alerting(config, file)
    today = datetime.now(UTC).date()
    front = _front(config)
    consent = _consent(built.consent)
    return [
        replace(
            _finding(
                built.accounts[key, section.account], section, today, (*_holdout(built), *front)
            ),
            consent=consent,
        )
        for key, section in accounts(config)
    ]


def shown(findings: list[Finding]) -> list[dict[str, Any]]:
    """Return findings as plain values."""
    return [asdict(finding) for finding in findings]


def _consent(policy: Policy) -> tuple[str, ...]:
    """Return from which platform consent is read, and what its groups stand for."""
    authority = policy.authority
    read = (
        f"consent is read from {authority}; other consent cookies can only refuse, and only while"
        " it says nothing"
        if authority
        else "consent is read from every platform whose cookies come; any refusal holds"
    )
    named = [source for source in SOURCES if source.key in {authority, *policy.groups}]
    stands = (line for source in named for line in _stands_for(source, policy))
    return (read, *_rules(policy), *stands)


def _rules(policy: Policy) -> tuple[str, ...]:
    if not policy.by_place:
        return ()
    return (f"rules by the place that the front tells; {RuleSet.OPTIN} where it tells none",)


def _stands_for(source: ConsentSource, policy: Policy) -> Iterator[str]:
    if source.groups is None:
        return
    groups = policy.groups.get(source.key, source.groups)
    for purpose in ("analytics", "marketing"):
        names = ", ".join(getattr(groups, purpose))
        missing = f"nothing: name its groups in consent.groups.{source.key}"
        yield f"{source.key}: {purpose} is {names or missing}"


def _holdout(site: Site) -> tuple[str, ...]:
    """Return whom the server path leaves out on purpose, for as long as that is configured."""
    if not site.holdout:
        return ()
    share = f"{site.holdout:.1%} of the visitors who agreed"
    return (f"holdout: {share}, drawn by chance, get no server path in mode both",)


def _front(config: Config) -> tuple[str, ...]:
    """Return what follows from how visitors reach us; over plain HTTP they do without a front."""
    listen = config.listen
    direct = config.site.scheme == "http" or not _is_loopback(listen.host)
    if direct or listen.trusted_proxies:
        return ()
    return (NO_FRONT,)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _finding(
    account: Account,
    section: Any,  # noqa: ANN401 - made by create_model
    today: date,
    everywhere: tuple[str, ...],
) -> Finding:
    vendor = account.vendor
    return Finding(
        vendor=vendor.key,
        account=account.id,
        mode=account.mode,
        does=(DOES[account.mode], *_server_path(account)),
        limits=(*_dedup(account), *_relay(account), *_api_version(account, today), *everywhere),
        missing=tuple(_missing(account, section)),
    )


def _server_path(account: Account) -> tuple[str, ...]:
    vendor = account.vendor
    if account.mode is Mode.RELAY:
        return (f"relayed beacons go to {', '.join(relay_hosts(vendor))}",)
    if account.mode is not Mode.SHADOW:
        return (f"the server path goes to {', '.join(vendor.api_hosts)}",)
    if vendor.probe:
        return ("the server path goes to the vendor's test door, where nothing is counted",)
    return ("the server path is built and recorded; the vendor has no door that counts nothing",)


def _dedup(account: Account) -> tuple[str, ...]:
    dedup = account.vendor.dedup
    if account.mode is not Mode.BOTH:
        return ()
    hours = int(dedup.window.total_seconds() // 3600)
    window = "window not published" if dedup.assumed else f"within {hours} h"
    if dedup.events is None:
        pairs = f"pairs are counted once by {dedup.key}, {window}"
        keyless = "an event to which the page gives no key is not sent beside the browser's"
        return (pairs, keyless) if dedup.from_page else (pairs,)
    names = ", ".join(sorted(dedup.events))
    return (f"only {names} is counted once ({dedup.key}); the rest goes to {account.second}",)


def _relay(account: Account) -> tuple[str, ...]:
    """Return what a relay cannot do: no door says what it makes of an event."""
    relay = account.vendor.relay
    if account.mode is not Mode.RELAY or relay is None:
        return ()
    hours = int(relay.limits.max_age.total_seconds() // 3600)
    return (
        "a beacon's door answers the same to anything: the report says sent, never accepted",
        f"an event that the door did not take within {hours} h is given up",
        "events that the shop tells itself (fh.js, /fh/events) are no beacons: they are not sent",
        *relay.losses,
    )


def _api_version(account: Account, today: date) -> tuple[str, ...]:
    relayed = account.mode is Mode.RELAY
    return () if relayed else _version(account.vendor, account.settings, today)


def _version(vendor: Vendor, settings: object, today: date) -> tuple[str, ...]:
    used = getattr(settings, "version", "")
    known = [version.name for version in vendor.versions]
    if used and used not in known:
        return (f"API version {used} is not one that we know: {', '.join(known)}",)
    for version in vendor.versions:
        if version.name != used or version.ends is None:
            continue
        days = (version.ends - today).days
        if days < SOON_DAYS:
            return (f"API version {used} ends on {version.ends} ({days} days)",)
    return ()


def _missing(account: Account, section: Any) -> list[str]:  # noqa: ANN401 - made by create_model
    wanted = [("token", section.token, account.id)]
    if account.second:
        wanted.append(("second_token", section.second_token, account.second))
    tokenless = account.mode is Mode.SHADOW and account.vendor.probe is None
    if tokenless or account.mode is Mode.RELAY:
        return []
    return [
        f"{name} of {target}: {_where(source)}. {account.vendor.token_help}"
        for name, source, target in wanted
        if not read_secret(source, f"{account.vendor.key} {target} {name}")
    ]


def _where(source: Source) -> str:
    if source.env:
        return f"environment variable {source.env} is not set"
    if source.file:
        return f"file {Path(source.file)} is empty or not there"
    return "not configured"
