"""A script's address, checked against its grammar -> the address at the vendor, or a 404.

Accounts and sites in an address come from the configuration; variants are bounded; whatever else a
query holds is dropped, so that nothing of a visitor's request reaches a vendor or a cache key.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from firsthand.errors import BadHit
from firsthand.mapping import MAX_PAIRS, query_pairs
from firsthand.rules.doors import Found
from firsthand.rules.site import Site
from firsthand.vendor import Script

VERSION = "fh"
LIVE = "live"
_ACCOUNT = "{account}"
_VERSION = re.compile(r"live|[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which script is asked for: ``query`` is the vendor's (raw), ``version`` ours.

    ``version`` is empty for the loader, ``live`` for the approved file, else a file's hash.
    ``own`` names the account's plain script, whose query holds nothing but accounts; it is empty
    for a variant, of which a visitor can make up many. ``accounts`` are those that it names.
    """

    vendor: str
    host: str
    path: str
    query: str
    version: str
    script: Script
    own: str = ""
    accounts: tuple[str, ...] = ()

    @property
    def door(self) -> str:
        """The pattern that the address fits: what may be logged, as no visitor chose it."""
        return _door(self.script)

    @property
    def family(self) -> str:
        """Door and accounts, by which a file is known whose address changes with each release."""
        return " ".join([self.door, *self.accounts])

    @property
    def address(self) -> str:
        """The vendor's address without its scheme: what copies are kept under."""
        return f"{self.host}{self.path}" + (f"?{self.query}" if self.query else "")


def asked(found: Found, host: str, path: str, query: str, site: Site) -> Asked:
    """Return what a script address asks for. Raises ``BadHit`` for what no grammar allows."""
    script = found.script
    if script is None or (found.account and not _known(found.account, script, site)):
        raise BadHit(404, "unknown_account")
    version, vendor = "", found.vendor
    kept: dict[str, str] = {}
    accounts = [found.account] if found.account else []
    for name, value, spelled in _told(query):
        if name == VERSION:
            if not _VERSION.fullmatch(value):
                raise BadHit(404, "script_version")
            version = value
        elif name in script.query:
            if not _allowed(script.query[name], value, script, site):
                raise BadHit(404, "script_query")
            if script.query[name] == _ACCOUNT:
                vendor = _owner(value, script, site) or vendor
                accounts.append(value)
            kept.setdefault(name, f"{name}={spelled}")
    own = ""
    if all(script.query[name] == _ACCOUNT for name in kept):
        named = [part for part in (host, path) if part in script.hosts + script.paths]
        own = " ".join([_door(script), *named, *accounts])
    kept_query = "&".join(kept.values())
    return Asked(vendor, host, path, kept_query, version, script, own, tuple(accounts))


def _door(script: Script) -> str:
    return f"{script.hosts[0]}{script.paths[0]}"


def _known(account: str, script: Script, site: Site) -> bool:
    return site.any_account or bool(_owner(account, script, site))


def _owner(account: str, script: Script, site: Site) -> str:
    """Return the key of the vendor that an account's script belongs to, "" where nobody knows it.

    Vendors may share a script's address: the account tells whose code, and whose consent, it is.
    """
    for each in site.accounts.values():
        vendor = each.vendor
        form = vendor.tag_pattern or vendor.account_pattern
        mine = account in vendor.tags(each.id) or (
            site.any_account and re.fullmatch(form, account) is not None
        )
        if mine and script in vendor.scripts:
            return vendor.key
    return ""


def _allowed(pattern: str, value: str, script: Script, site: Site) -> bool:
    if pattern == _ACCOUNT:
        return _known(value, script, site)
    if pattern == "{site}":
        return value in site.hosts
    return re.fullmatch(pattern, value) is not None


def _told(query: str) -> Iterator[tuple[str, str, str]]:
    """Yield names, values, and values as the query spells them: vendors compare their spelling."""
    for part in query.split("&", MAX_PAIRS)[:MAX_PAIRS]:
        for name, value in query_pairs(part):
            yield name, value, part.partition("=")[2]
