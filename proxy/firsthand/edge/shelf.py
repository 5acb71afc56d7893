"""The last good copies of vendor scripts, by address and by hash, in memory and on disk.

The number of addresses is bounded. Who makes up variants of a script pushes out variants of the
same door, the one used longest ago first, and never the site's own. ``load``, ``save`` and ``drop``
touch the disk alone, so they may run in a thread; all else belongs to the loop.
"""

import gzip
import os
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path

import brotli
import orjson

VERSIONS = 5
ADDRESSES = 128
"""Variants, all doors together."""
OWN = 64
"""Addresses that are the site's own: one for each script of an account."""


@dataclass(frozen=True, slots=True)
class File:
    """A file ready to be served. ``hash`` is 32 hex digits of its SHA-256."""

    hash: str
    plain: bytes
    br: bytes
    gzip: bytes


def packed(body: bytes) -> File:
    """Return ``body`` with its encodings, made once. Slow for large files: not for the loop."""
    return File(
        sha256(body).hexdigest()[:32],
        body,
        brotli.compress(body, quality=9),
        gzip.compress(body, 9, mtime=0),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """The copies of an address by their hashes, the newest last."""

    door: str
    own: bool
    files: OrderedDict[str, File]


class Shelf:
    """Keeps up to ``VERSIONS`` files an address; the newest is the live one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, _Place] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        self._tidy()

    def live(self, address: str) -> File | None:
        """Return the newest good copy."""
        place = self._kept.get(address)
        if place is None:
            return None
        self._kept.move_to_end(address)
        return next(reversed(place.files.values()))

    def version(self, address: str, digest: str) -> File | None:
        """Return the copy of that hash."""
        place = self._kept.get(address)
        return place.files.get(digest) if place else None

    def put(self, address: str, file: File, *, door: str, own: bool = False) -> list[str]:
        """Make ``file`` the live copy; return the addresses that had to go for it.

        ``door`` is the pattern that the address fits, ``own`` says that it is not to go.
        """
        place = self._kept.setdefault(address, _Place(door, own, OrderedDict()))
        place.files[file.hash] = file
        place.files.move_to_end(file.hash)
        while len(place.files) > VERSIONS:
            place.files.popitem(last=False)
        return list(self._make_room(address))

    def _make_room(self, new: str) -> Iterator[str]:
        variants = {
            address: place.door
            for address, place in self._kept.items()
            if not place.own and address != new
        }
        while len(variants) >= ADDRESSES:
            ((crowded, _),) = Counter(variants.values()).most_common(1)
            oldest = next(address for address, door in variants.items() if door == crowded)
            del variants[oldest], self._kept[oldest]
            yield oldest

    def load(self, address: str) -> File | None:
        """Return the copy of an earlier run from disk, if there is a whole one."""
        try:
            entry = orjson.loads(self._path(address, "json").read_bytes())
            body = self._path(address, "js").read_bytes()
        except (OSError, orjson.JSONDecodeError):
            return None
        file = packed(body)
        return file if entry == {"address": address, "hash": file.hash} else None

    def save(self, address: str, file: File) -> None:
        """Keep ``file`` for the next run. Raises ``OSError``.

        Files are replaced whole: a torn copy must not survive a crash. Workers share the folder, so
        each has drafts of its own.
        """
        entry = orjson.dumps({"address": address, "hash": file.hash})
        for suffix, body in (("js", file.plain), ("json", entry)):
            path = self._path(address, suffix)
            draft = path.with_suffix(f".{suffix}.{os.getpid()}")
            draft.write_bytes(body)
            draft.replace(path)

    def drop(self, address: str) -> None:
        """Delete the copy of an address. Raises ``OSError``."""
        for suffix in ("json", "js"):
            self._path(address, suffix).unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Delete what an earlier run left beyond what this one could keep: the oldest first."""
        found = sorted(self._folder.glob("*.json"), key=_age)
        for entry in found[ADDRESSES + OWN :]:
            entry.unlink(missing_ok=True)
            entry.with_suffix(".js").unlink(missing_ok=True)

    def _path(self, address: str, suffix: str) -> Path:
        name = blake2b(address.encode(), digest_size=12).hexdigest()
        return self._folder / f"{name}.{suffix}"


def _age(path: Path) -> float:
    """Return what is smaller for a newer file; another worker may have deleted it."""
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
