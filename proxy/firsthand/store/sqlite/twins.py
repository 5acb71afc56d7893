"""The two paths of one event, and what another beacon of the same event changes in them. Pure."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from firsthand.model import Beacon, Client, Origin, Reason, Server, Verdict
from firsthand.store.sqlite.tally import (
    CLIENT_PATH,
    MADE,
    REPEATED,
    SERVER_PATH,
    TOTAL,
    Tally,
)

KEY_BYTES = 16
_RANK = {
    Client.NONE: 0,
    Client.FIRED: 1,
    Client.UNKNOWN: 2,
    Client.FAILED: 3,
    Client.OK: 4,
}
_SEEN = {Origin.PIXEL: 1, Origin.COPY: 2, Origin.SNIPPET: 4, Origin.BACKEND: 8}


@dataclass(frozen=True, slots=True)
class Twin:
    """A row of ``twins``; ``seen`` is the bit set of the ways it came by."""

    id: int
    key: bytes
    series: int
    at: int
    origin: str
    seen: int
    client: str
    client_ms: int
    server: str
    reason: str
    client_keys: int
    server_keys: int
    verdict: int
    bot: int


def twin_key(secret: bytes, beacon: Beacon) -> bytes:
    """Return the keyed hash by which beacons of one event are known: 16 bytes.

    An event without a key is nobody's twin; its own id stands in.
    """
    key = beacon.event_key or f"\n{beacon.id}"
    parts = (beacon.site, beacon.vendor, beacon.account, beacon.name, key)
    return hmac.digest(secret, "\0".join(parts).encode(), "sha256")[:KEY_BYTES]


def better(known: str, told: Client) -> str:
    """Return the client outcome that says more; a retry that came through makes it ``ok``."""
    return told.value if _RANK[told] > _RANK[Client(known)] else known


def verdict_bits(verdict: Verdict) -> int:
    """Return a verdict as the ledger keeps it: 1 analytics, 2 marketing, 4 explicit."""
    return verdict.analytics + 2 * verdict.marketing + 4 * verdict.explicit


@dataclass(frozen=True, slots=True)
class Waiting:
    """A beacon that goes to its lane; ``body`` is its JSON."""

    twin: int
    beacon: Beacon
    body: bytes


@dataclass(slots=True)
class Arrivals:
    """What a batch of beacons does to the twins. ``known`` holds those that exist already.

    ``fresh`` and ``changed`` are to be written, ``waiting`` to be queued; ``told`` holds, by twin,
    the beacon that its trace shows.
    """

    known: Mapping[bytes, Twin]
    next_id: int
    tally: Tally
    fresh: dict[bytes, Twin] = field(default_factory=dict)
    changed: dict[bytes, Twin] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    told: dict[int, Beacon] = field(default_factory=dict)

    def add(self, key: bytes, series: int, beacon: Beacon, body: bytes) -> None:
        """Take the next beacon; ``body`` is its JSON."""
        twin = self.fresh.get(key) or self.changed.get(key) or self.known.get(key)
        if twin is None:
            self._first(key, series, beacon, body)
        else:
            self._again(twin, beacon, body)

    def _first(self, key: bytes, series: int, beacon: Beacon, body: bytes) -> None:
        twin = Twin(
            id=self.next_id,
            key=key,
            series=series,
            at=beacon.at,
            origin=beacon.origin.value,
            seen=_SEEN[beacon.origin],
            client=beacon.client.value,
            client_ms=beacon.client_ms,
            server=(Server.WITHHELD if beacon.withheld else Server.QUEUED).value,
            reason=beacon.withheld.value,
            client_keys=beacon.client_keys,
            server_keys=beacon.server_keys,
            verdict=verdict_bits(beacon.verdict),
            bot=beacon.bot,
        )
        self.next_id += 1
        self.fresh[key] = twin
        self._count_first(twin, key_made=beacon.key_made)
        self._follow(twin, beacon, body)

    def _count_first(self, twin: Twin, *, key_made: bool) -> None:
        tally, at, series = self.tally, twin.at, twin.series
        tally.state(at, series, twin.client, twin.server, twin.reason, n=1)
        tally.keys(at, series, CLIENT_PATH, twin.client_keys)
        tally.keys(at, series, SERVER_PATH, twin.server_keys)
        tally.key_health(at, series, TOTAL)
        if key_made:
            tally.key_health(at, series, MADE)

    def _again(self, twin: Twin, beacon: Beacon, body: bytes) -> None:
        """Take a further beacon of an event: it is never sent twice, its outcome may be better."""
        client = better(twin.client, beacon.client)
        improved = client != twin.client
        opens = twin.server == Server.WITHHELD and not beacon.withheld
        if not improved and not opens:
            why = beacon.withheld or Reason.DUPLICATE
            self.tally.note(beacon.at, twin.series, why.value)
            if not beacon.withheld and twin.seen & _SEEN[beacon.origin]:
                self.tally.key_health(twin.at, twin.series, REPEATED)
        after = replace(
            twin,
            seen=twin.seen | _SEEN[beacon.origin],
            client=client,
            client_ms=beacon.client_ms if improved else twin.client_ms,
            client_keys=twin.client_keys | beacon.client_keys,
        )
        if opens:
            after = self._opened(after, beacon)
        self._keep(twin, after)
        if opens:
            self._follow(after, beacon, body)

    def _opened(self, twin: Twin, beacon: Beacon) -> Twin:
        return replace(
            twin,
            server=Server.QUEUED.value,
            reason="",
            server_keys=twin.server_keys | beacon.server_keys,
            verdict=verdict_bits(beacon.verdict),
        )

    def _keep(self, before: Twin, after: Twin) -> None:
        tally, at, series = self.tally, before.at, before.series
        if after == before:
            return
        tally.state(at, series, before.client, before.server, before.reason, n=-1)
        tally.state(at, series, after.client, after.server, after.reason, n=1)
        tally.keys(at, series, CLIENT_PATH, after.client_keys & ~before.client_keys)
        tally.keys(at, series, SERVER_PATH, after.server_keys & ~before.server_keys)
        where = self.fresh if after.key in self.fresh else self.changed
        where[after.key] = after

    def _follow(self, twin: Twin, beacon: Beacon, body: bytes) -> None:
        self.told[twin.id] = beacon
        if twin.server == Server.QUEUED:
            self.waiting.append(Waiting(twin.id, beacon, body))
