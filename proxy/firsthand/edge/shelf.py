"""The files of vendor scripts that this process has at hand, by address and by hash; bounded.

Who makes up variants of a script pushes out variants of the same door, the one used longest ago
first, and never the site's own. What lasts is kept by ``store.custody``.
"""

import gzip
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import brotli

from firsthand.rules.custody import HASH_DIGITS

VERSIONS = 5
ADDRESSES = 128
"""Variants, all doors together."""
OWN = 64
"""Addresses that are the site's own: one for each script of an account."""


@dataclass(frozen=True, slots=True)
class File:
    """A file ready to be served. ``hash`` is 32 hex digits of ``digest``, its SHA-256."""

    hash: str
    plain: bytes
    br: bytes
    gzip: bytes
    digest: str


def packed(body: bytes) -> File:
    """Return ``body`` with its encodings, made once. Slow for large files: not for the loop."""
    return _file(body, brotli.compress(body, quality=9))


def unpacked(br: bytes, digest: str) -> File | None:
    """Return the file of that hash from its brotli encoding, ``None`` if it is another or broken.

    Not for the loop either.
    """
    try:
        file = _file(brotli.decompress(br), br)
    except brotli.error:
        return None
    return file if file.hash == digest else None


def _file(body: bytes, br: bytes) -> File:
    digest = sha256(body).hexdigest()
    return File(digest[:HASH_DIGITS], body, br, gzip.compress(body, 9, mtime=0), digest)


@dataclass(slots=True)
class _Place:
    """The files of an address by their hashes, the one used last at the end."""

    door: str
    own: bool
    live: str = ""
    files: OrderedDict[str, File] = field(default_factory=OrderedDict)


class Shelf:
    """Keeps up to ``VERSIONS`` files an address, the live one among them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Place] = OrderedDict()

    def live(self, address: str) -> File | None:
        """Return the file that is served."""
        place = self._kept.get(address)
        if place is None:
            return None
        self._kept.move_to_end(address)
        return place.files.get(place.live)

    def version(self, address: str, digest: str) -> File | None:
        """Return the file of that hash."""
        place = self._kept.get(address)
        return place.files.get(digest) if place else None

    def put(
        self, address: str, file: File, *, door: str, own: bool = False, live: bool = True
    ) -> list[str]:
        """Take a file, as the one that is served if ``live``; return the addresses that had to go.

        ``door`` is the pattern that the address fits, ``own`` says that it is not to go.
        """
        place = self._kept.setdefault(address, _Place(door, own))
        place.files[file.hash] = file
        place.files.move_to_end(file.hash)
        if live:
            place.live = file.hash
        while len(place.files) > VERSIONS:
            del place.files[next(each for each in place.files if each != place.live)]
        return list(self._make_room(address))

    def withdraw(self, address: str, servable: frozenset[str]) -> None:
        """Drop the files of an address that are not to be served any more."""
        place = self._kept.get(address)
        for digest in [each for each in place.files if each not in servable] if place else ():
            del self._kept[address].files[digest]

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
