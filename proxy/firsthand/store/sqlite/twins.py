"""The two paths of one event, and what another beacon of the same event changes in them. Pure.

A key stands for one event until its vendor would take it for a new one, and for one visitor: where
another visitor's browser sends the same key, that is an event of its own under a key of its own. So
neither a site that gives all its leads one key loses them, nor whoever guesses an order's key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from firsthand.model import Beacon, Client, Origin, Reason, Server, Verdict
from firsthand.rules.bots import BotSign
from firsthand.store.rollups import What
from firsthand.store.sqlite.pairs import Dedups, Pair, verdict
from firsthand.store.sqlite.tally import CLIENT_PATH, DAY_MS, SERVER_PATH, Tally
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
_BROWSERS = frozenset({Origin.PIXEL, Origin.COPY})
"""Ways by which the browser's own request to the vendor is known."""
_SIGNS = {
    BotSign.SAYS_SO: What.SAYS_SO,
    BotSign.NAMELESS: What.NAMELESS,
    BotSign.BARE: What.BARE,
    BotSign.RATE: What.RATE,
    BotSign.INSTANT: What.INSTANT,
}
_SEEN = {Origin.PIXEL: 1, Origin.COPY: 2, Origin.SNIPPET: 4, Origin.BACKEND: 8}


@dataclass(frozen=True, slots=True)
class Twin:
    """A row of ``twins``; ``seen`` is the bit set of the ways it came by.

    ``owner`` is empty as long as no browser has told it. ``order_key`` is read of no row that
    exists: the ledger is asked for orders by themselves.
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
    accepted_ms: int | None = None
    made: int = 0
    signs: int = 0
    arm: str = ""
    client_amount: int = 0
    client_currency: str = ""
    server_amount: int = 0
    server_currency: str = ""
    order_key: bytes | None = None


def better(known: str, told: Client) -> str:
    """Return the client outcome that says more; a retry that came through makes it ``ok``."""
    return told.value if _RANK[told] > _RANK[Client(known)] else known


def verdict_bits(verdict: Verdict) -> int:
    """Return a verdict as the ledger keeps it: 1 analytics, 2 marketing, 4 explicit."""
    return verdict.analytics + 2 * verdict.marketing + 4 * verdict.explicit


@dataclass(frozen=True, slots=True)
class Told:
    """A beacon and what it is known by: ``owner`` as ``owner_of`` says, ``order_key`` likewise;
    ``body`` is its JSON."""

    key: bytes
    series: int
    beacon: Beacon
    body: bytes
    owner: bytes = b""
    order_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A beacon that goes to its lane; ``body`` is its JSON."""

    twin: int
    beacon: Beacon
    body: bytes


@dataclass(slots=True)
class Arrivals:
    """What a batch of beacons does to the twins. ``known`` holds those that exist already.

    ``dedups``  for how long a key stands for one event at each vendor, and for which.
    ``orders``   by order key, the newest twin that told an order: its id and when it arrived.
    ``fresh`` and ``changed`` are to be written, ``waiting`` to be queued; the ids in ``retired``
    lose their key, ``aged`` are new and without one; ``told`` holds, by twin, the beacon that its
    trace shows.
    """

    known: Mapping[bytes, Twin]
    next_id: int
    tally: Tally
    dedups: Dedups = field(default_factory=Dedups)
    orders: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    fresh: dict[bytes, Twin] = field(default_factory=dict)
    changed: dict[bytes, Twin] = field(default_factory=dict)
    retired: set[int] = field(default_factory=set)
    aged: list[Twin] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    told: dict[int, Beacon] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        """Take the next beacon."""
        under, twin = self._place(told.key, told.beacon, told.owner)
        if twin is not None:
            self._again(twin, told)
            return
        if under != told.key:
            self.tally.fact(told.beacon.at, told.series, What.CLASHES, self.next_id)
        self._retire(under)
        self._first(under, told)

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
        window = max(self.dedups.windows.get(beacon.vendor) or WINDOW_MS, SHORTEST_WINDOW_MS)
        return twin if beacon.at - twin.at <= window else None

    def _retire(self, key: bytes) -> None:
        """Take the key from the twin that had it."""
        if key in self.fresh:
            self.aged.append(self.fresh.pop(key))
        elif (twin := self._holder(key)) is not None:
            self.retired.add(twin.id)

    def _first(self, key: bytes, told: Told) -> None:
        beacon = told.beacon
        twin = Twin(
            id=self.next_id,
            key=key,
            owner=told.owner,
            series=told.series,
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
            made=int(beacon.key_made),
            signs=beacon.bot_signs,
            arm=beacon.arm,
            client_amount=beacon.amount if beacon.origin in _BROWSERS else 0,
            client_currency=beacon.currency if beacon.origin in _BROWSERS else "",
            server_amount=beacon.amount,
            server_currency=beacon.currency,
            order_key=told.order_key,
        )
        self.next_id += 1
        self.fresh[key] = twin
        self._count_first(twin)
        self._order(twin, beacon)
        self._follow(twin, beacon, told.body)

    def _count_first(self, twin: Twin) -> None:
        tally, at, series = self.tally, twin.at, twin.series
        tally.twin(twin, 1)
        tally.keys(at, series, CLIENT_PATH, twin.client_keys)
        tally.keys(at, series, SERVER_PATH, twin.server_keys)
        for what in _facts(twin):
            tally.fact(at, series, what, twin.id)

    def _order(self, twin: Twin, beacon: Beacon) -> None:
        """Count an order that came under another key before: the vendor sees two events."""
        if twin.order_key is None:
            return
        other, at = self.orders.get(twin.order_key, (twin.id, twin.at))
        window = self.dedups.windows.get(beacon.vendor) or WINDOW_MS
        if other != twin.id and twin.at - at <= max(window, SHORTEST_WINDOW_MS):
            self.tally.fact(twin.at, twin.series, What.PAIR_CHANGED, twin.id)
        self.orders[twin.order_key] = (twin.id, twin.at)

    def _again(self, twin: Twin, told: Told) -> None:
        """Take a further beacon of an event: it is never sent twice, its outcome may be better.

        Nor is it sent for a visitor whom the holdout leaves out, whoever tells it.
        """
        beacon = told.beacon
        client = better(twin.client, beacon.client)
        improved = client != twin.client
        closed = twin.server == Server.WITHHELD and twin.reason != Reason.HOLDOUT
        opens = closed and not beacon.withheld
        self._count_again(twin, beacon, news=improved or opens)
        after = replace(
            twin,
            owner=twin.owner or told.owner,
            seen=twin.seen | _SEEN[beacon.origin],
            client=client,
            client_ms=beacon.client_ms if improved else twin.client_ms,
            client_keys=twin.client_keys | beacon.client_keys,
            arm=twin.arm or beacon.arm,
            **_worth(twin, beacon),
        )
        if opens:
            after = self._opened(after, beacon)
        self._keep(twin, after)
        if improved:
            self._pair(after, beacon)
        if opens:
            self._follow(after, beacon, told.body)

    def _count_again(self, twin: Twin, beacon: Beacon, *, news: bool) -> None:
        tally, seen = self.tally, twin.seen & _SEEN[beacon.origin]
        if seen and _differs(twin, beacon):
            tally.fact(twin.at, twin.series, What.REUSED, twin.id)
        if news:
            tally.fact(twin.at, twin.series, What.IMPROVED)
            return
        tally.fact(twin.at, twin.series, What.REPEATED if seen else What.JOINED, twin.id)
        if seen or beacon.withheld:
            tally.note(beacon.at, twin.series, (beacon.withheld or Reason.DUPLICATE).value)

    def _pair(self, twin: Twin, beacon: Beacon) -> None:
        """Count how the vendor sees a pair of which the server path was there first."""
        told = Pair(
            vendor=beacon.vendor,
            name=beacon.name,
            one_account=beacon.account == beacon.to,
            made=bool(twin.made),
            client=twin.client,
            server=twin.server,
            apart_ms=max(0, beacon.at - twin.at - (twin.accepted_ms or 0)),
        )
        what = verdict(told, self.dedups)
        if what is not None:
            self.tally.fact(twin.at, twin.series, what, twin.id)

    def _opened(self, twin: Twin, beacon: Beacon) -> Twin:
        return replace(
            twin,
            server=Server.QUEUED.value,
            reason="",
            server_keys=twin.server_keys | beacon.server_keys,
            verdict=verdict_bits(beacon.verdict),
            server_amount=beacon.amount,
            server_currency=beacon.currency,
        )

    def _keep(self, before: Twin, after: Twin) -> None:
        tally, at, series = self.tally, before.at, before.series
        if after == before:
            return
        tally.twin(before, -1)
        tally.twin(after, 1)
        for twin, n in ((before, -1), (after, 1)):
            tally.keys(at, series, CLIENT_PATH, twin.client_keys, n)
            tally.keys(at, series, SERVER_PATH, twin.server_keys, n)
        where = self.fresh if after.key in self.fresh else self.changed
        where[after.key] = after

    def _follow(self, twin: Twin, beacon: Beacon, body: bytes) -> None:
        self.told[twin.id] = beacon
        if twin.server == Server.QUEUED:
            self.waiting.append(Waiting(twin.id, beacon, body))


def _facts(twin: Twin) -> Iterator[What]:
    """Yield what is counted of a twin that is new."""
    yield What.TOTAL
    if twin.made:
        yield What.MADE
    if twin.signs:
        yield What.SUSPECT
        yield from (what for sign, what in _SIGNS.items() if twin.signs & sign)


def _differs(twin: Twin, beacon: Beacon) -> bool:
    """Say whether the key came with another worth: then it names two events."""
    browser = beacon.origin in _BROWSERS
    known = twin.client_amount if browser else twin.server_amount
    currency = twin.client_currency if browser else twin.server_currency
    return bool(known and beacon.amount) and (known, currency) != (beacon.amount, beacon.currency)


def _worth(twin: Twin, beacon: Beacon) -> dict[str, Any]:
    """Return what the browser's request told, where it is only heard now."""
    if beacon.origin not in _BROWSERS or twin.client_amount:
        return {}
    return {"client_amount": beacon.amount, "client_currency": beacon.currency}
