"""Config -> Site: what the rules work with. What cannot work stops the start here."""

import os
import re
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from publicsuffixlist import PublicSuffixList

from firsthand.config.load import Config, accounts
from firsthand.config.schema import VENDOR_SECTIONS, AccountSection, Source
from firsthand.errors import ConfigError
from firsthand.model import Mode
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.doors import Doors
from firsthand.rules.site import Account, Site
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS

SECRET_BYTES = 32
_ADDRESS = re.compile(r"[0-9.]+|.*:.*:.*")


def read_secret(source: Source, key: str) -> str:
    """Return a secret, or an empty string if its variable is not set or its file not there.

    Raises ``ConfigError`` when a file can be read by others, or both places are named.
    """
    if source.env and source.file:
        raise ConfigError(f"{key}: name an env or a file, not both")
    if source.env:
        return os.environ.get(source.env, "").strip()
    path = Path(source.file)
    if not source.file or not path.is_file():
        return ""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigError(f"{key}: {path} can be read by others; run: chmod 600 {path}")
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {path} cannot be read ({type(error).__name__})") from None


def given_secret(source: Source, key: str) -> str:
    """Return a configured secret, empty if none is named.

    Raises ``ConfigError`` when a place is named and nothing is there: an empty key would verify
    what anybody writes.
    """
    given = read_secret(source, key)
    if not given and (source.env or source.file):
        raise ConfigError(f"{key}: is named but empty; set it, or leave it out")
    return given


def site_secret(config: Config, folder: Path) -> bytes:
    """Return the key of every hash: as configured, else the data folder's own."""
    return named_secret(config.site.secret, "site.secret", folder / "secret").encode()


def admin_token(config: Config, folder: Path) -> str:
    """Return what opens the admin pages: as configured, else the data folder's own."""
    return named_secret(config.admin.token, "admin.token", folder / "admin-token")


def named_secret(source: Source, key: str, kept: Path) -> str:
    """Return a configured secret, or the one in ``kept``, which is made at the first start.

    Raises ``ConfigError`` like ``given_secret``, and when the data folder cannot keep it.
    """
    given = given_secret(source, key)
    if given:
        return given
    try:
        if not kept.exists():
            _make(kept)
        return kept.read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"store.path: {kept.parent} cannot keep {key} ({error.strerror})"
        ) from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(SECRET_BYTES), "utf-8")
    # A hard link fails where another process was first: then its secret is the one.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def site(config: Config, *, secret: bytes, file: str) -> Site:
    """Return the site. Raises ``ConfigError`` for what can never work."""
    section = config.site
    tracking = section.tracking_host.partition(":")[0]
    if section.scheme == "http" and not _is_local(tracking):
        raise ConfigError(f"{file}: site.scheme: http is only for names under .localhost")
    built = [_account(key, each, file) for key, each in accounts(config)]
    _no_twins(built, file)
    vendors = {each.vendor.key: each.vendor for each in built}
    return Site(
        name=section.name,
        hosts=frozenset(host.partition(":")[0] for host in section.hosts),
        origins=frozenset(f"{section.scheme}://{host}" for host in section.hosts),
        tracking_host=section.tracking_host,
        tracking_url=f"{section.scheme}://{section.tracking_host}{section.base_path}",
        cookie_domain=_cookie_domain(section.cookie_domain, tracking, file),
        accounts={(each.vendor.key, each.id): each for each in built},
        vendors=vendors,
        doors=Doors(vendors.values()),
        tables=Site.tables_of(vendors),
        consent=_policy(config, file),
        secret=secret,
        old_secrets=tuple(
            old.encode()
            for source in section.old_secrets
            if (old := given_secret(source, "site.old_secrets"))
        ),
        base_path=section.base_path,
        vendor_suffix=section.vendor_suffix,
        gate_scripts=section.gate_scripts,
        when_blocked=section.when_blocked,
    )


def _policy(config: Config, file: str) -> Policy:
    section: Any = config
    given = section.consent.model_dump()
    groups = {name: Groups(**each) for name, each in given["groups"].items()}
    sources = [source.key for source in SOURCES]
    _known(groups, sources, f"{file}: consent.groups")
    _known(filter(None, [given["authority"]]), sources, f"{file}: consent.authority")
    vendors = {*VENDORS, *Policy().social_vendors}
    _known(given["social_vendors"], vendors, f"{file}: consent.social_vendors")
    try:
        return Policy(**{**given, "groups": groups})
    except ValueError as error:
        raise ConfigError(f"{file}: consent.{error}") from None


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
    )


def _check_both(vendor: Vendor, section: Any, where: str) -> None:  # noqa: ANN401 - see above
    if section.mode is Mode.BOTH and vendor.dedup.events is not None and not section.second:
        names = ", ".join(sorted(vendor.dedup.events)) or "nothing"
        raise ConfigError(
            f"{where}: mode both counts events twice: {vendor.title} deduplicates only {names};"
            " name a second account for the rest (second = ...), or use shadow or server"
        )
    if section.second == section.account:
        raise ConfigError(f"{where}: second is the account itself")


def _no_twins(built: list[Account], file: str) -> None:
    seen = set()
    for each in built:
        name = (each.vendor.key, each.id)
        if name in seen:
            raise ConfigError(f"{file}: {each.vendor.key} {each.id}: is listed twice")
        seen.add(name)


def _cookie_domain(given: str, tracking: str, file: str) -> str:
    """Return the Domain of cookies: never a public suffix, an address or a foreign domain."""
    own = _registrable(tracking)
    if own is None:
        raise ConfigError(
            f"{file}: site.tracking_host: {tracking} cannot carry cookies for the site:"
            " use a name below the site's registrable domain"
        )
    domain = given or own
    if _registrable(domain) is None:
        raise ConfigError(
            f"{file}: site.cookie_domain: {domain} is a public suffix or an address; use {own}"
        )
    if tracking != domain and not tracking.endswith(f".{domain}"):
        raise ConfigError(
            f"{file}: site.cookie_domain: {domain} does not cover {tracking}; use {own}"
        )
    return domain


def _is_local(host: str) -> bool:
    return host.endswith(".localhost")


def _registrable(host: str) -> str | None:
    """Return the registrable domain; under .localhost the last two labels; ``None``: none."""
    if _is_local(host):
        return ".".join(host.split(".")[-2:])
    if _ADDRESS.fullmatch(host):
        return None
    return PublicSuffixList().privatesuffix(host)
