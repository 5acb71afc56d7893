"""The certificates of the public listener: chosen by the name a browser asks for, changed in place.

A connection keeps what it began with, so a renewed certificate cuts none. What cannot be used
changes nothing: the pair before it is served on.
"""

import logging
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from firsthand.edge.certificates import Facts, Loaded, Pair, context, load
from firsthand.errors import BadCertificate

log = logging.getLogger(__name__)

NOT_OURS = ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


@dataclass(frozen=True, slots=True)
class Held:
    """One pair: what is served of it, and why its files as they are now are not."""

    pair: Pair
    served: Loaded | None = None
    why: str = ""
    seen: tuple[tuple[int, ...], ...] = ()

    @property
    def facts(self) -> Facts | None:
        """What the served certificate says."""
        return self.served.facts if self.served else None


class Keyring:
    """Looks after pairs. ``context`` is the listener's; it chooses among them by name."""

    def __init__(self, pairs: Iterable[Pair], clock: Callable[[], int]) -> None:
        self._clock = clock
        self._names: dict[str, ssl.SSLContext] = {}
        self.held: tuple[Held, ...] = ()
        self.context = context()
        self.context.sni_callback = self._choose
        self.use(pairs)

    def use(self, pairs: Iterable[Pair]) -> None:
        """Serve these from now on; of those that were served before, what is loaded stays."""
        known = {each.pair: each for each in self.held}
        self.held = tuple(known.get(pair, Held(pair)) for pair in pairs)
        self.look()

    def look(self) -> None:
        """Take what has changed on the disk and can be used."""
        self.held = tuple(self._looked(each) for each in self.held)
        self._names = {
            name: each.served.context
            for each in reversed(self.held)
            if each.served
            for name in each.served.facts.names
        }

    @property
    def unsettled(self) -> bool:
        """Whether files that are there cannot be used, and nothing is served in their place."""
        return any(not each.served and () not in each.seen for each in self.held)

    def find(self, name: str) -> ssl.SSLContext | None:
        """Return what answers for a host's name."""
        plain = name.lower().removesuffix(".")
        return self._names.get(plain) or self._names.get(f"*.{plain.partition('.')[2]}")

    def _choose(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> int | None:
        """Give a connection its certificate; who names no host gets the first one."""
        found = self.find(name) if name else next(iter(self._first()), None)
        if found is None:
            return NOT_OURS
        connection.context = found
        return None

    def _first(self) -> Iterable[ssl.SSLContext]:
        return (each.served.context for each in self.held if each.served)

    def _looked(self, held: Held) -> Held:
        seen = _stamp(held.pair)
        # One that could not be used is tried again: what was wrong can be the clock, or a right.
        if seen == held.seen and not held.why:
            return held
        try:
            loaded = load(held.pair, now=self._clock())
        except BadCertificate as bad:
            if str(bad) != held.why:
                log.error("certificate not taken: %s", bad)  # noqa: TRY400 - the operator's matter
            return Held(held.pair, held.served, str(bad), seen)
        if held.facts != loaded.facts:
            log.info("certificate %s of %s is served", loaded.facts.serial, loaded.facts.names[0])
        return Held(held.pair, loaded, "", seen)


def _stamp(pair: Pair) -> tuple[tuple[int, ...], ...]:
    """Return what changes when a file is written or replaced; nothing for one that is missing."""
    stamps: list[tuple[int, ...]] = []
    for path in (pair.certificate, pair.key):
        try:
            told = path.stat()
        except OSError:
            stamps.append(())
        else:
            stamps.append((told.st_ino, told.st_size, told.st_mtime_ns))
    return tuple(stamps)
