"""The closed tables of addresses: which vendor, if any, an address belongs to, and as what.

A pattern is literal but for ``*`` (one or more characters, in a path none of them ``/``) and
``{account}`` (letters, digits, ``_`` and ``-``). Nothing outside these tables is ever answered.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from firsthand.errors import BadHit
from firsthand.vendor import Door, Script, Vendor


class Use(StrEnum):
    """What an address is for."""

    BEACON = "beacon"
    SCRIPT = "script"
    SINK = "sink"  # no event of its own to send to an API: answered 204, counted
    NEVER = "never"  # frames that talk by postMessage: not ours to answer


@dataclass(frozen=True, slots=True)
class Found:
    """A door: its use, the vendor's key, for a script its grammar and the account in its path.

    ``says`` is the JSON that a vendor's script wants to hear here; empty: nothing in particular.
    ``asks``: what the vendor itself answers is worth having. ``relayed``: a sink that is passed on
    in mode ``relay``.
    """

    use: Use
    vendor: str
    script: Script | None = None
    account: str = ""
    says: bytes = b""
    asks: bool = False
    relayed: bool = False


_HOLES = re.compile(r"(\*|\{account\})")
_HOST_HOLE = {"*": r"[a-z0-9.-]+", "{account}": r"[A-Za-z0-9_-]+"}
_PATH_HOLE = {"*": r"[^/]+", "{account}": r"(?P<account>[A-Za-z0-9_-]+)"}


def _pattern(text: str, holes: dict[str, str]) -> str:
    return "".join(holes.get(part) or re.escape(part) for part in _HOLES.split(text))


class Doors:
    """All addresses of some vendors. Build once, at start."""

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        self._exact: dict[tuple[str, str], Found] = {}
        self._patterns: list[tuple[re.Pattern[str], Found]] = []
        for vendor in vendors:
            self._add(vendor.beacons, Found(Use.BEACON, vendor.key))
            self._add(vendor.sinks, Found(Use.SINK, vendor.key))
            self._add(vendor.never, Found(Use.NEVER, vendor.key))
            for script in vendor.scripts:
                self._add((script,), Found(Use.SCRIPT, vendor.key, script))

    def _add(self, doors: Sequence[Door | Script], found: Found) -> None:
        for door in doors:
            here = found
            if isinstance(door, Door):
                here = replace(found, says=door.says, asks=door.asks, relayed=door.relayed)
            for host in door.hosts:
                for path in door.paths:
                    self._add_one(host, path, here)

    def _add_one(self, host: str, path: str, found: Found) -> None:
        if not _HOLES.search(host + path):
            self._exact.setdefault((host, path), found)
            return
        pattern = f"{_pattern(host, _HOST_HOLE)} {_pattern(path, _PATH_HOLE)}"
        self._patterns.append((re.compile(pattern), found))

    def find(self, host: str, path: str) -> Found | None:
        """Return the door at an address (lower-case host, raw path), or ``None``."""
        found = self._exact.get((host, path))
        if found is not None:
            return found
        address = f"{host} {path}"
        for pattern, candidate in self._patterns:
            match = pattern.fullmatch(address)
            if match:
                return replace(candidate, account=match.groupdict().get("account", ""))
        return None


def split(target: str) -> tuple[str, str, str]:
    """Return vendor host, vendor path and query of a target like ``/host/path?query``.

    Raises ``BadHit`` for a path with escapes, dot segments or empty ones: it is no door.
    """
    path, _, query = target.partition("?")
    if "%" in path or "//" in path or "/." in path or "\\" in path:
        raise BadHit(404, "unknown_path")
    host, slash, rest = path[1:].partition("/")
    return host, slash + rest, query.partition("#")[0]
