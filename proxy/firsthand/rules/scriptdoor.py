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
_VERSION = re.compile(r"live|[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which script is asked for: ``query`` is the vendor's (raw), ``version`` ours.

    ``version`` is empty for the loader, ``live`` for the approved file, else a file's hash.
    """

    vendor: str
    host: str
    path: str
    query: str
    version: str
    script: Script

    @property
    def address(self) -> str:
        """The vendor's address without its scheme: what copies are kept under."""
        return f"{self.host}{self.path}" + (f"?{self.query}" if self.query else "")


def asked(found: Found, host: str, path: str, query: str, site: Site) -> Asked:
    """Return what a script address asks for. Raises ``BadHit`` for what no grammar allows."""
    script = found.script
    if script is None or (found.account and not _known(found.account, script, site)):
        raise BadHit(404, "unknown_account")
    version = ""
    kept: dict[str, str] = {}
    for name, value, spelled in _told(query):
        if name == VERSION:
            if not _VERSION.fullmatch(value):
                raise BadHit(404, "script_version")
            version = value
        elif name in script.query:
            if not _allowed(script.query[name], value, script, site):
                raise BadHit(404, "script_query")
            kept.setdefault(name, f"{name}={spelled}")
    return Asked(found.vendor, host, path, "&".join(kept.values()), version, script)


def _known(account: str, script: Script, site: Site) -> bool:
    if site.any_account:
        return True
    return any(
        account == each.id and script in each.vendor.scripts for each in site.accounts.values()
    )


def _allowed(pattern: str, value: str, script: Script, site: Site) -> bool:
    if pattern == "{account}":
        return _known(value, script, site)
    if pattern == "{site}":
        return value in site.hosts
    return re.fullmatch(pattern, value) is not None


def _told(query: str) -> Iterator[tuple[str, str, str]]:
    """Yield names, values, and values as the query spells them: vendors compare their spelling."""
    for part in query.split("&", MAX_PAIRS)[:MAX_PAIRS]:
        for name, value in query_pairs(part):
            yield name, value, part.partition("=")[2]
