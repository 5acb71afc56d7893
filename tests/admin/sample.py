"""A ledger and a queue in memory, and a day at a made-up shop to fill them with."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from firsthand.admin.causes import DELIVERED, WOULD
from firsthand.admin.rows import DAY_MS, HOUR_MS
from firsthand.model import Client, Mode, Origin, Reason, Server
from firsthand.rules.holdout import Arm
from firsthand.rules.site import Account, Site
from firsthand.store.contract import Backlog, EventRow, Lane, Leased, Settled, Trace
from firsthand.store.rollups import (
    ArmCount,
    Count,
    Course,
    Coverage,
    Fact,
    Latency,
    NoteCount,
    Slice,
    What,
    Worth,
)
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.samples import shop

NOW = 1_795_514_400_000  # 2026-11-24T10:00:00Z
META, GA4 = "1234567890123456", "G-ABCDEFGH12"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class _Row(Protocol):
    @property
    def vendor(self) -> str: ...
    @property
    def account(self) -> str: ...


_R = TypeVar("_R", bound=_Row)


def _is_of(row: _Row, of: Slice) -> bool:
    return of.vendor in {"", row.vendor} and of.account in {"", row.account}


def _told(rows: list[_R], of: Slice) -> list[_R]:
    """Return the rows of a span that roll-ups can tell: it starts with an hour, or a day."""
    is_whole = of.since < of.until and of.since % (DAY_MS if of.by_day else HOUR_MS) == 0
    return [row for row in rows if _is_of(row, of)] if is_whole else []


@dataclass
class MemoryLedger:
    """The contract's ``Ledger`` over lists. A trace is kept for every listed event."""

    rows: list[Count] = field(default_factory=list)
    noted: list[NoteCount] = field(default_factory=list)
    covered: list[Coverage] = field(default_factory=list)
    took: list[Latency] = field(default_factory=list)
    worths: list[Worth] = field(default_factory=list)
    drawn: list[ArmCount] = field(default_factory=list)
    known: list[Fact] = field(default_factory=list)
    listed: list[EventRow] = field(default_factory=list)
    traces: dict[str, Trace] = field(default_factory=dict)

    async def overview(self, of: Slice) -> list[Count]:
        return [replace(row, at=0, name="") for row in await self.counts(of)]

    async def courses(self, of: Slice) -> list[Course]:
        found: dict[tuple[int, str, str], Counter[str]] = defaultdict(Counter)
        for row in await self.counts(of):
            add = found[row.at, row.vendor, row.account]
            done = row.server in DELIVERED | WOULD
            add.update(total=row.n, browser=row.n * (row.client is _OK), server=row.n * done)
            add.update(both=row.n * (row.client is _OK and done))
        names = ("total", "browser", "server", "both")
        return [Course(*key, *(add[name] for name in names)) for key, add in found.items()]

    async def counts(self, of: Slice) -> list[Count]:
        step = DAY_MS if of.by_day else HOUR_MS
        rows = [row for row in self.rows if of.since <= row.at < of.until and _is_of(row, of)]
        return [replace(row, at=row.at - row.at % step) for row in rows]

    async def worth(self, of: Slice) -> list[Worth]:
        return _told(self.worths, of)

    async def arms(self, of: Slice) -> list[ArmCount]:
        return _told(self.drawn, of)

    async def notes(self, of: Slice) -> list[NoteCount]:
        return _told(self.noted, of)

    async def coverage(self, of: Slice) -> list[Coverage]:
        return _told(self.covered, of)

    async def latency(self, of: Slice) -> list[Latency]:
        return _told(self.took, of)

    async def facts(self, of: Slice) -> list[Fact]:
        return _told(self.known, of)

    async def events(
        self, *, limit: int = 100, vendor: str = "", server: str = "", before: int = 0
    ) -> list[EventRow]:
        fitting = [
            row
            for row in self.listed
            if vendor in {"", row.vendor}
            and server in {"", row.server}
            and (not before or row.at < before)
        ]
        return sorted(fitting, key=lambda row: -row.at)[:limit]

    async def trace(self, event: str) -> Trace | None:
        return self.traces.get(event)


@dataclass
class MemoryQueue:
    """The contract's ``Queue`` with nothing but a backlog."""

    state: list[Backlog] = field(default_factory=list)

    async def lanes(self) -> list[Lane]:
        return [each.lane for each in self.state if each.waiting]

    async def lease(self, lane: Lane, *, now: int, limit: int, for_ms: int) -> list[Leased]:
        raise NotImplementedError

    async def settle(self, done: Sequence[Settled], *, now: int) -> None:
        raise NotImplementedError

    async def retry(
        self, rows: Sequence[int], *, due_at: int, reason: Reason, message: str
    ) -> None:
        raise NotImplementedError

    async def release(self, rows: Sequence[int]) -> None:
        raise NotImplementedError

    async def backlog(self) -> list[Backlog]:
        return self.state


def make_site(*accounts: Account) -> Site:
    given = accounts or (account("meta", META, Mode.BOTH), account("ga4", GA4, Mode.SHADOW))
    return replace(
        shop(),
        name="shop.example.com",
        accounts={(each.vendor.key, each.id): each for each in given},
    )


def account(vendor: str, name: str, mode: Mode, second: str = "") -> Account:
    known: Vendor = VENDORS[vendor]
    return Account(known, name, mode, known.settings(), second=second)


def count(
    n: int,
    client: Client,
    server: Server,
    reason: Reason = Reason.NONE,
    *,
    name: str = "Purchase",
    of: tuple[str, str] = ("meta", META),
) -> Count:
    return Count(NOW - 2 * HOUR_MS, *of, name, client, server, reason, n)


_OK, _FAILED, _UNKNOWN, _NONE = Client.OK, Client.FAILED, Client.UNKNOWN, Client.NONE
_A_DAY = (
    # share of events, browser, server in mode ``both``, in shadow, reason
    (0.862, _OK, Server.ACCEPTED, Server.RECORDED, Reason.NONE),
    (0.012, _OK, Server.WARNED, Server.VALIDATED, Reason.NONE),
    (0.058, _FAILED, Server.ACCEPTED, Server.RECORDED, Reason.NONE),
    (0.014, _FAILED, Server.WITHHELD, Server.WITHHELD, Reason.BLOCKED),
    (0.016, _OK, Server.WITHHELD, Server.WITHHELD, Reason.CONSENT),
    (0.006, _OK, Server.WITHHELD, Server.WITHHELD, Reason.BOT),
    (0.004, _OK, Server.REFUSED, Server.REFUSED, Reason.BAD_EVENT),
    (0.003, _OK, Server.QUEUED, Server.QUEUED, Reason.NONE),
    (0.018, _UNKNOWN, Server.ACCEPTED, Server.RECORDED, Reason.NONE),
    (0.005, _NONE, Server.ACCEPTED, Server.RECORDED, Reason.NONE),
    (0.002, _OK, Server.DEAD, Server.DEAD, Reason.FAULT),
)
_META = {"PageView": 4810, "ViewContent": 1730, "AddToCart": 412, "InitiateCheckout": 208}
_META |= {"Purchase": 131, HOSTILE: 3}
_GA4 = {"page_view": 5120, "view_item": 1790, "add_to_cart": 431, "begin_checkout": 215}
_GA4 |= {"purchase": 134}
_KEYS = {
    "email": (0.21, 0.34),
    "phone": (0.08, 0.08),
    "external_id": (0.19, 0.33),
    "click_id": (0.42, 0.61),
    "browser_id": (0.93, 0.98),
    "ip": (0.0, 0.99),
    "user_agent": (0.0, 0.99),
}


def full_ledger() -> MemoryLedger:
    """Return the ledger of the day: Meta in mode ``both``, GA4 in shadow."""
    ledger = MemoryLedger()
    for name, total in _META.items():
        _add(ledger, total, name, ("meta", META), column=2)
    for name, total in _GA4.items():
        _add(ledger, total, name, ("ga4", GA4), column=3)
    ledger.noted = [
        NoteCount("meta", META, "PageView", "mirror", 61),
        NoteCount("meta", META, "", "consent", 940),
        NoteCount("", "", "", "too_large", 4),
    ]
    ledger.covered = [
        Coverage("meta", META, "Purchase", path, key, int(7294 * share[path == "server"]))
        for path in ("client", "server")
        for key, share in _KEYS.items()
    ]
    for path in ("client", "server"):
        ledger.covered.append(Coverage("ga4", GA4, "purchase", path, "browser_id", 7690))
    hour = NOW - 2 * HOUR_MS
    ledger.took = [
        Latency("meta", META, "Purchase", hour, up_to_ms, n)
        for up_to_ms, n in ((500, 2100), (1000, 4300), (2000, 420), (5000, 40))
    ]
    meta = ("meta", META, "Purchase")
    ledger.known = [
        Fact(*meta, What.TOTAL, 7294),
        Fact(*meta, What.MADE, 12),
        Fact(*meta, What.REPEATED, 3),
        Fact(*meta, What.JOINED, 41),
        Fact(*meta, What.PAIR_ONCE, 6371, "1"),
        Fact(*meta, What.PAIR_MISSING, 12, "2"),
        Fact(*meta, What.PAIR_CHANGED, 2, "7"),
        Fact(*meta, What.CLASHES, 1, "4"),
        Fact(*meta, What.SUSPECT, 44),
        Fact(*meta, What.SAYS_SO, 44),
        Fact(*meta, What.BARE, 9),
        Fact("ga4", GA4, "purchase", What.TOTAL, 7690),
        Fact("ga4", GA4, "purchase", What.MADE, 7556),
    ]
    got = ((_OK, Server.ACCEPTED, Reason.NONE), 113), ((_FAILED, Server.ACCEPTED, Reason.NONE), 8)
    ledger.worths = [
        Worth(hour, *meta, state, "EUR", n, n * 499_000, n * 499_000) for state, n in got
    ]
    ledger.drawn = [
        ArmCount(*meta, Arm.TREATED, _OK, Server.ACCEPTED, 113),
        ArmCount(*meta, Arm.TREATED, _FAILED, Server.ACCEPTED, 8),
        ArmCount(*meta, Arm.HELD, _OK, Server.WITHHELD, 5),
    ]
    ledger.listed = [_event(number) for number in range(140)]
    ledger.traces = {row.id: _trace(row) for row in ledger.listed}
    return ledger


def _add(ledger: MemoryLedger, total: int, name: str, of: tuple[str, str], *, column: int) -> None:
    for row in _A_DAY:
        share, client, reason = row[0], row[1], row[4]
        server = (row[2], row[3])[column - 2]
        n = round(total * share)
        if n:
            ledger.rows.append(count(n, client, server, reason, name=name, of=of))


def _event(number: int) -> EventRow:
    is_ga4 = number % 3 == 0
    client, server, reason = [
        (_OK, Server.ACCEPTED, Reason.NONE),
        (_OK, Server.ACCEPTED, Reason.NONE),
        (_FAILED, Server.WITHHELD, Reason.BLOCKED),
        (_UNKNOWN, Server.ACCEPTED, Reason.NONE),
        (_OK, Server.REFUSED, Reason.BAD_EVENT),
    ][number % 5]
    return EventRow(
        id=f"{number:032x}",
        at=NOW - number * 37_211,
        vendor="ga4" if is_ga4 else "meta",
        account=GA4 if is_ga4 else META,
        to=GA4 if is_ga4 else META,
        name=[*_GA4][number % 5] if is_ga4 else [*_META][number % 6],
        origin=Origin.COPY,
        client=client,
        server=server,
        reason=reason,
        accepted_ms=740 + number if server is Server.ACCEPTED else None,
    )


def _trace(row: EventRow) -> Trace:
    return Trace(
        event=row,
        shape="POST form, 31 parameters, 4 unlisted",
        verdict="analytics yes, marketing yes, explicit (OneTrust)",
        fields='{"event_name":"Purchase","custom_data.value":129.9,"custom_data.currency":"EUR",'
        '"custom_data.contents":[{"id":"SKU-17","quantity":1}],"user_data.em":"***",'
        '"user_data.fbp":"***","event_source_url":"https://shop.example.com/thanks"}',
        call='{"method":"POST","url":"https://graph.facebook.com/v26.0/1234567890123456/events",'
        '"body":{"data":[{"event_name":"Purchase","event_id":"***","user_data":{"em":"***"}}]}}',
        reply='{"status":200,"body":{"events_received":1,"fbtrace_id":"***"}}',
        message="Invalid parameter" if row.server is Server.REFUSED else "",
    )


def full_queue() -> MemoryQueue:
    return MemoryQueue(
        [
            Backlog(Lane("meta", META), 22, NOW - 4200, 29),
            Backlog(Lane("ga4", GA4), 0, 0, 0),
        ],
    )
