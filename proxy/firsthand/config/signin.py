"""Config -> who may come into the private pages. What would let in anybody stops the start."""

import re
from collections.abc import Sequence
from ipaddress import ip_address

from firsthand.admin.passwords import unfit
from firsthand.admin.sessions import Keys, Program, User
from firsthand.config.admins import ProgramSection, UserSection
from firsthand.config.load import Config
from firsthand.config.secret import given_secret
from firsthand.errors import ConfigError

_SHA256 = re.compile(r"[0-9a-f]{64}")


def keys(config: Config, *, secret: bytes, file: str) -> Keys:
    """Return who may come in. Raises ``ConfigError``."""
    section = config.admin
    users = tuple(_user(each, file) for each in section.users)
    programs = tuple(_program(each, file) for each in section.tokens)
    _no_twins([each.name for each in users], f"{file}: admin.users")
    _no_twins([each.name for each in programs], f"{file}: admin.tokens")
    if users and (section.token.env or section.token.file):
        raise ConfigError(
            f"{file}: admin.token: opens nothing where admin.users are named; leave it out, and"
            " give programs an entry in admin.tokens: firsthand admin token"
        )
    if not users and not section.kept_private and not _is_local(section.host):
        raise ConfigError(
            f"{file}: admin.host: {section.host} can be reached from other machines, and nobody is"
            " named in admin.users; make an entry with: firsthand admin password, or use"
            " 127.0.0.1, or say admin.kept_private, where a firewall or a container's port lets"
            " this machine alone reach it"
        )
    return Keys(users, programs, secret)


def _user(section: UserSection, file: str) -> User:
    where = f"{file}: admin.users {section.name}"
    found = _hash(section, where, "firsthand admin password")
    why = unfit(found)
    if why:
        raise ConfigError(f"{where}: hash: {why}; make one with: firsthand admin password")
    return User(section.name, found, section.role)


def _program(section: ProgramSection, file: str) -> Program:
    where = f"{file}: admin.tokens {section.name}"
    found = _hash(section, where, "firsthand admin token")
    if not _SHA256.fullmatch(found):
        raise ConfigError(f"{where}: hash: is no SHA-256; make one with: firsthand admin token")
    return Program(section.name, found, section.role)


def _hash(section: UserSection | ProgramSection, where: str, remedy: str) -> str:
    """Return the hash, from where the section says it is. It is repeated in no message."""
    elsewhere = given_secret(section.hash_from, f"{where}: hash_from")
    if bool(elsewhere) == bool(section.hash):
        what = "name a hash or a hash_from, not both" if elsewhere else "hash: is required"
        raise ConfigError(f"{where}: {what}; make one with: {remedy}")
    return section.hash or elsewhere


def _no_twins(names: Sequence[str], where: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{where}: {name}: is listed twice")


def _is_local(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
