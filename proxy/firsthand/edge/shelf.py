"""The last good copies of vendor scripts, by address and by hash, in memory and on disk.

The number of addresses is bounded; the one used longest ago goes first. ``load`` and ``save`` touch
the disk alone, so they may run in a thread; all else belongs to the loop.
"""

import gzip
import os
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path

import brotli
import orjson
from cachetools import LRUCache

VERSIONS = 5
ADDRESSES = 128


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


class Shelf:
    """Keeps up to ``VERSIONS`` files an address; the newest is the live one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: LRUCache[str, OrderedDict[str, File]] = LRUCache(ADDRESSES)
        folder.mkdir(parents=True, exist_ok=True)

    def live(self, address: str) -> File | None:
        """Return the newest good copy."""
        kept = self._kept.get(address)
        return next(reversed(kept.values())) if kept else None

    def version(self, address: str, digest: str) -> File | None:
        """Return the copy of that hash."""
        return self._kept.get(address, OrderedDict()).get(digest)

    def put(self, address: str, file: File) -> None:
        """Make ``file`` the live copy."""
        kept = self._versions(address)
        kept[file.hash] = file
        kept.move_to_end(file.hash)
        while len(kept) > VERSIONS:
            kept.popitem(last=False)

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

    def _versions(self, address: str) -> OrderedDict[str, File]:
        if address not in self._kept:
            self._kept[address] = OrderedDict()
        return self._kept[address]

    def _path(self, address: str, suffix: str) -> Path:
        name = blake2b(address.encode(), digest_size=12).hexdigest()
        return self._folder / f"{name}.{suffix}"
