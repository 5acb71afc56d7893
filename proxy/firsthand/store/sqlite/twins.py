"""The two paths of one event, and what another beacon of the same event changes in them. Pure.

A key stands for one event until its vendor would take it for a new one, and for one visitor: where
another visitor's browser sends the same key, that is an event of its own under a key of its own. So
neither a site that gives all its leads one key loses them, nor whoever guesses an order's key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from firsthand.model import Beacon, Client, Origin, Reason, Server, Verdict
from firsthand.store.sqlite.tally import (
    CLASHES,
    CLIENT_PATH,
    DAY_MS,
    MADE,
    REPEATED,
    SERVER_PATH,
    TOTAL,
    Tally,
)
from firsthand.store.sqlite.twinkeys import own_key

WINDOW_MS = 7 * DAY_MS
"""How long a key stands for one event where its vendor says nothing."""
SHORTEST_WINDOW_MS = DAY_MS
"""However early a vendor forgets a key: a shop's server that sends again in vain comes once."""
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
    """A row of ``twins``; ``seen`` is the bit set of the ways it came by.

    ``owner`` is empty as long as no browser has told it.
    """

    id: int
    key: bytes
    owner: bytes
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

    ``windows``  by vendor, for how many ms a key stands for one event.
    ``fresh`` and ``changed`` are to be written, ``waiting`` to be queued; the ids in ``retired``
    lose their key, ``aged`` are new and without one; ``told`` holds, by twin, the beacon that its
    trace shows.
    """

    known: Mapping[bytes, Twin]
    next_id: int
    tally: Tally
    windows: Mapping[str, int] = field(default_factory=dict)
    fresh: dict[bytes, Twin] = field(default_factory=dict)
    changed: dict[bytes, Twin] = field(default_factory=dict)
    retired: set[int] = field(default_factory=set)
    aged: list[Twin] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    told: dict[int, Beacon] = field(default_factory=dict)

    def add(self, key: bytes, series: int, beacon: Beacon, body: bytes, owner: bytes = b"") -> None:
        """Take the next beacon; ``body`` is its JSON, ``owner`` what ``owner_of`` says of it."""
        under, twin = self._place(key, beacon, owner)
        if twin is not None:
            self._again(twin, beacon, body, owner)
            return
        if under != key:
            self.tally.key_health(beacon.at, series, CLASHES)
        self._retire(under)
        self._first(under, series, beacon, body, owner)

    def _place(self, key: bytes, beacon: Beacon, owner: bytes) -> tuple[bytes, Twin | None]:
        """Return under which key a beacon stands, and its event's twin if that is known."""
        holder = self._holder(key)
        lasting = self._lasting(holder, beacon)
        if holder is None or not owner or holder.owner in {b"", owner}:
            return key, lasting
        own = own_key(key, owner)
        mine = self._lasting(self._holder(own), beacon)
        return (own, mine) if mine or lasting else (key, None)

    def _holder(self, key: bytes) -> Twin | None:
        twin = self.fresh.get(key) or self.changed.get(key) or self.known.get(key)
        return None if twin is None or twin.id in self.retired else twin

    def _lasting(self, twin: Twin | None, beacon: Beacon) -> Twin | None:
        """Return a twin if it is young enough for a beacon to be of the same event."""
        if twin is None:
            return None
        window = max(self.windows.get(beacon.vendor) or WINDOW_MS, SHORTEST_WINDOW_MS)
        return twin if beacon.at - twin.at <= window else None

    def _retire(self, key: bytes) -> None:
        """Take the key from the twin that had it."""
        if key in self.fresh:
            self.aged.append(self.fresh.pop(key))
        elif (twin := self._holder(key)) is not None:
            self.retired.add(twin.id)

    def _first(self, key: bytes, series: int, beacon: Beacon, body: bytes, owner: bytes) -> None:
        twin = Twin(
            id=self.next_id,
            key=key,
            owner=owner,
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

    def _again(self, twin: Twin, beacon: Beacon, body: bytes, owner: bytes) -> None:
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
            owner=twin.owner or owner,
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
