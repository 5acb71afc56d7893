"""Asks a vendor for a script and has the answer examined: an arrival, or why there is none."""

import asyncio
from dataclasses import dataclass

from aiohttp import ClientSession

from firsthand.edge.examining import Examiner, source
from firsthand.edge.shelf import File, packed, unpacked
from firsthand.edge.upstream import NONE, Fetched, Unchanged, Unusable, Validators, fetch
from firsthand.rules.scriptdiff import Profile
from firsthand.rules.scriptdoor import Asked
from firsthand.store.custody import Arrival, Custody, Place, ScriptEntry


@dataclass(frozen=True, slots=True)
class Taken:
    """A good answer, and the file that it makes."""

    arrival: Arrival
    file: File


def place(wanted: Asked) -> Place:
    """Return where a script belongs."""
    patterns = "".join((*wanted.script.hosts, *wanted.script.paths))
    own = bool(wanted.own)
    fixed = own and "*" not in patterns
    return Place(wanted.address, wanted.vendor, wanted.family, own, fixed)


class Intake:
    """Asks for scripts. ``suffix`` is the sandbox's, see ``upstream.fetch``."""

    def __init__(self, session: ClientSession, custody: Custody, suffix: str) -> None:
        self._session = session
        self._custody = custody
        self._suffix = suffix
        self._examiner = Examiner()

    async def ask(self, wanted: Asked, entry: ScriptEntry | None) -> Taken | Unchanged | Unusable:
        """Return what the vendor serves now. ``entry`` is what is known of the address."""
        known = _validators(entry, wanted)
        got = await fetch(self._session, wanted, self._suffix, known=known)
        return await self._examined(wanted, got) if isinstance(got, Fetched) else got

    async def _examined(self, wanted: Asked, got: Fetched) -> Taken | Unusable:
        edits, said = wanted.script.edits, got.validators
        origin = source(got.body, edits)
        seen = await self._seen(origin)
        if seen is None:
            read = await self._examiner.examine(got.body, edits)
            if isinstance(read, Unusable):
                return read
            seen = await asyncio.to_thread(packed, read.body), read.profile
        file, profile = seen
        arrival = Arrival(
            place=place(wanted),
            hash=file.hash,
            digest=file.digest,
            source=origin,
            etag=said.etag,
            modified=said.modified,
            profile=profile,
            br=file.br,
        )
        return Taken(arrival, file)

    async def _seen(self, origin: str) -> tuple[File, Profile] | None:
        """Return what an earlier examination of the same bytes gave."""
        try:
            found = await self._custody.examined(origin)
            br = await self._custody.body(found[0]) if found else None
        except OSError:  # only spares work: the arrival itself tells of a broken disk
            return None
        if found is None or br is None:
            return None
        file = await asyncio.to_thread(unpacked, br, found[0])
        return (file, found[1]) if file else None


def _validators(entry: ScriptEntry | None, wanted: Asked) -> Validators:
    """Return what the vendor said of the version that it served last.

    With listed edits the whole file is wanted: a new edit changes what is made of the same bytes.
    """
    if entry is None or not entry.versions or wanted.script.edits:
        return NONE
    newest = entry.versions[0]
    return Validators(newest.etag, newest.modified)
