"""Config -> Site: what the rules work with. What cannot work stops the start here."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from publicsuffixlist import PublicSuffixList

from firsthand.config.load import Config, accounts
from firsthand.config.policyversion import version
from firsthand.config.schema import VENDOR_SECTIONS, AccountSection, ScriptsSection, SiteSection
from firsthand.config.secret import ingest_key, old_secrets
from firsthand.errors import ConfigError
from firsthand.model import Mode
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.custody import Policy as Pinning
from firsthand.rules.custody import ScriptPolicy
from firsthand.rules.doors import Doors, Use
from firsthand.rules.site import Account, Location, Site
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS

_ADDRESS = re.compile(r"[0-9.]+|.*:.*:.*")


def site(config: Config, *, secret: bytes, file: str) -> Site:
    """Return the site. Raises ``ConfigError`` for what can never work."""
    built = _site(config, secret, file)
    return dataclasses.replace(built, policy=version(built))


def _site(config: Config, secret: bytes, file: str) -> Site:
    section = config.site
    tracking = section.tracking_host.partition(":")[0]
    if section.scheme == "http" and not _is_local(tracking):
        raise ConfigError(f"{file}: site.scheme: http is only for names under .localhost")
    _no_strangers(section, tracking, file)
    built = [_account(key, each, file) for key, each in accounts(config)]
    _some(built, file)
    _no_twins(built, file)
    _check_holdout(section, built, file)
    _no_guess(config, built, file)
    vendors = {each.vendor.key: each.vendor for each in built}
    return Site(
        name=section.name,
        hosts=frozenset(host.partition(":")[0] for host in section.hosts),
        origins=frozenset(f"{section.scheme}://{host}" for host in section.hosts),
        tracking_host=section.tracking_host,
        tracking_url=f"{section.scheme}://{section.tracking_host}{section.base_path}",
        cookie_domain=_cookie_domain(section, tracking, file),
        accounts={(each.vendor.key, each.id): each for each in built},
        vendors=vendors,
        doors=Doors(vendors.values()),
        tables=Site.tables_of(vendors),
        relays=Site.relays_of(vendors),
        consent=_policy(config, file),
        secret=secret,
        old_secrets=old_secrets(config),
        place_headers=(config.listen.country_header, config.listen.region_header),
        ingest_key=ingest_key(config),
        page_contacts=config.ingest.page_contacts,
        base_path=section.base_path,
        vendor_suffix=section.vendor_suffix,
        gate_scripts=section.gate_scripts,
        click_days=section.click_days,
        when_blocked=section.when_blocked,
        bots=section.bots,
        bot_score=section.bot_score,
        holdout=section.holdout,
        scripts=_scripts(config.scripts, vendors, Doors(vendors.values()), file),
    )


def _policy(config: Config, file: str) -> Policy:
    section: Any = config
    given = section.consent.model_dump()
    groups = {name: Groups(**each) for name, each in given["groups"].items()}
    sources = [source.key for source in SOURCES if source.cookies]
    renamable = [source.key for source in SOURCES if source.groups is not None]
    _known(groups, renamable, f"{file}: consent.groups")
    numbered = [source.key for source in SOURCES if source.numbered]
    texts = [key for key, each in groups.items() if each.version]
    for name, each in groups.items():
        _known(each.vendors, VENDORS, f"{file}: consent.groups.{name}.vendors")
    _known(texts, numbered, f"{file}: consent.groups, version")
    _known(filter(None, [given["authority"]]), sources, f"{file}: consent.authority")
    vendors = {*VENDORS, *Policy().social_vendors}
    _known(given["social_vendors"], vendors, f"{file}: consent.social_vendors")
    for name in ("tcf_ids", "ac_ids"):
        _known(given[name], VENDORS, f"{file}: consent.{name}")
    try:
        policy = Policy(**{**given, "groups": groups})
    except ValueError as error:
        raise ConfigError(f"{file}: consent.{error}") from None
    if policy.by_place and not (config.listen.country_header and config.listen.trusted_proxies):
        raise ConfigError(
            f"{file}: consent.by_place: nobody says where visitors are; name the header of your"
            " front in listen.country_header, and the front in listen.trusted_proxies"
        )
    return policy


def _scripts(
    section: ScriptsSection, vendors: Mapping[str, Vendor], doors: Doors, file: str
) -> ScriptPolicy:
    """Return which versions are served. Raises ``ConfigError`` for what would do nothing."""
    _known(section.vendors, VENDORS, f"{file}: scripts.vendors")
    _known(section.purposes, VENDORS, f"{file}: scripts.purposes")
    policy = ScriptPolicy(section.policy, section.vendors, section.pins, section.purposes)
    pinned = {key for key in vendors if policy.of(key) is Pinning.PIN}
    for address in section.pins:
        host, slash, path = address.partition("?")[0].partition("/")
        found = doors.find(host, slash + path)
        if found is None or found.use is not Use.SCRIPT:
            raise ConfigError(
                f'{file}: scripts.pins: "{address}" is no script of a configured vendor; write host'
                " and path at the vendor, as firsthand scripts list does"
            )
        pinned -= {key for key, each in vendors.items() if found.script in each.scripts}
    if pinned:
        raise ConfigError(
            f"{file}: scripts: the policy of {', '.join(sorted(pinned))} is pin and no hash of its"
            " scripts is in scripts.pins, so nothing would be served; name one, or use hold"
        )
    return policy


def _known(given: Iterable[str], known: Iterable[str], where: str) -> None:
    """Raise ``ConfigError`` on a name that nothing answers to: it would do nothing, unseen."""
    names = sorted(known)
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(names)}"
            raise ConfigError(f'{where}: "{name}" is not known; {hint}')


def _account(key: str, section: Any, file: str) -> Account:  # noqa: ANN401 - made by create_model
    vendor = VENDORS[key]
    where = f"{file}: {key} {section.account}"
    for name in filter(None, (section.account, section.second)):
        if not re.fullmatch(vendor.account_pattern, name):
            raise ConfigError(
                f'{where}: "{name}" is not an account of {vendor.title};'
                f" one looks like {vendor.account_example}"
            )
    _check_both(vendor, section, where)
    refuse_relay(vendor, section, where)
    _check_needed(vendor, section, where)
    common = set(AccountSection.model_fields)
    own = {
        name: getattr(section, name)
        for name in VENDOR_SECTIONS[key].model_fields
        if name not in common
    }
    return Account(
        vendor=vendor,
        id=section.account,
        mode=section.mode,
        settings=vendor.settings(**own),
        second=section.second,
        forward_limited=section.forward_limited,
        bots=section.bots or None,
        location=section.location,
    )


def _no_guess(config: Config, built: list[Account], file: str) -> None:
    """Refuse a rough location that nobody tells, or that the vendor takes no such of."""
    listen = config.listen
    for each in built:
        where = f'{file}: {each.vendor.key} {each.id}: location = "{each.location}"'
        if each.location is Location.ADDRESS:
            continue
        if each.vendor.place is None or each.mode is Mode.RELAY:
            raise ConfigError(
                f"{where}: {each.vendor.title} takes no place instead of the address"
                f"{' in mode relay' if each.vendor.place else ''}; leave it out"
            )
        if not listen.country_header or not listen.trusted_proxies:
            raise ConfigError(
                f"{where}: nobody says where visitors are; name the header of your front in"
                " listen.country_header, and the front in listen.trusted_proxies"
            )


def _check_needed(vendor: Vendor, section: Any, where: str) -> None:  # noqa: ANN401 - see _account
    """Refuse an account without a setting whose metadata has a ``needed``, an example of it.

    The API needs it, which a relay does not use.
    """
    if section.mode is Mode.RELAY:
        return
    for each in dataclasses.fields(vendor.settings):
        if each.metadata.get("needed") and not getattr(section, each.name):
            raise ConfigError(f"{where}: {each.name}: is required. {each.metadata['doc']}")


def _check_both(vendor: Vendor, section: Any, where: str) -> None:  # noqa: ANN401 - see above
    if section.mode is Mode.BOTH and vendor.dedup.events is not None and not section.second:
        names = ", ".join(sorted(vendor.dedup.events)) or "nothing"
        raise ConfigError(
            f"{where}: mode both counts events twice: {vendor.title} deduplicates only {names};"
            " name a second account for the rest (second = ...), or use shadow or server"
        )
    if section.second == section.account:
        raise ConfigError(f"{where}: second is the account itself")


def refuse_relay(vendor: Vendor, section: Any, where: str) -> None:  # noqa: ANN401 - see above
    """Refuse mode relay where no request is known that stands for the vendor's beacons."""
    if section.mode is Mode.RELAY and vendor.relay is None:
        raise ConfigError(
            f"{where}: mode relay: beacons of {vendor.title} cannot be passed on"
            f" ({vendor.unrelayed or 'no request is known that stands for them'}); use server"
        )


def _check_holdout(section: SiteSection, built: list[Account], file: str) -> None:
    """Refuse a holdout that nobody could be in: only with both paths can one be left out."""
    if section.holdout and not any(each.mode is Mode.BOTH for each in built):
        raise ConfigError(
            f"{file}: site.holdout: no account is in mode both, so nobody has a server path to do"
            " without; use 0 until one is"
        )


def _some(built: list[Account], file: str) -> None:
    """Refuse a site without accounts: it would answer, and do nothing."""
    if not built:
        raise ConfigError(
            f"{file}: no account is configured, so nothing would be tracked; add a table of one"
            f" of: {', '.join(f'[[{key}]]' for key in VENDORS)}"
        )


def _no_twins(built: list[Account], file: str) -> None:
    seen = set()
    for each in built:
        name = (each.vendor.key, each.id)
        if name in seen:
            raise ConfigError(f"{file}: {each.vendor.key} {each.id}: is listed twice")
        seen.add(name)


def _cookie_domain(section: SiteSection, tracking: str, file: str) -> str:
    """Return the Domain of cookies: never a public suffix, an address or a foreign domain."""
    own = _registrable(tracking)
    if own is None:
        raise ConfigError(
            f"{file}: site.tracking_host: {tracking} cannot carry cookies for the site:"
            " use a name below the site's registrable domain"
        )
    domain = section.cookie_domain or own
    if _registrable(domain) is None:
        raise ConfigError(
            f"{file}: site.cookie_domain: {domain} is a public suffix or an address; use {own}"
        )
    pages = () if _is_local(tracking) else section.hosts
    for host in (tracking, *(page.partition(":")[0] for page in pages)):
        if host != domain and not host.endswith(f".{domain}"):
            raise ConfigError(
                f"{file}: site.cookie_domain: {domain} does not cover {host}; use {own}"
            )
    return domain


def _no_strangers(section: SiteSection, tracking: str, file: str) -> None:
    """Refuse pages of another registrable domain: their cookies never reach the tracking host."""
    own = _registrable(tracking)
    if own is None or _is_local(tracking):
        return
    for host in section.hosts:
        name = host.partition(":")[0]
        if _registrable(name) != own:
            raise ConfigError(
                f"{file}: site.tracking_host: {tracking} is third-party on {name}: no cookie of"
                f" its pages belongs to {own}; use a name below {name}'s own registrable domain,"
                " in a file of its own for each such domain"
            )


def _is_local(host: str) -> bool:
    return host.endswith(".localhost")


def _registrable(host: str) -> str | None:
    """Return the registrable domain; under .localhost the last two labels; ``None``: none."""
    if _is_local(host):
        return ".".join(host.split(".")[-2:])
    if _ADDRESS.fullmatch(host):
        return None
    return PublicSuffixList().privatesuffix(host)
