"""A made-up vendor, its API on loopback, and a queue in memory: what the delivery tests share."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from aiohttp import web

from firsthand.convert import text
from firsthand.delivery.auth import Secret
from firsthand.delivery.pace import Clock, Pace
from firsthand.delivery.sender import HttpSender, Timeouts
from firsthand.mapping import nest
from firsthand.model import (
    Accepted,
    Amend,
    Beacon,
    Call,
    Client,
    Hit,
    Kind,
    Mode,
    Origin,
    Outcome,
    Pending,
    Purpose,
    Reading,
    Reason,
    Recorded,
    Refused,
    Reply,
    Split,
    TryLater,
    Verdict,
    Warned,
)
from firsthand.rules.retry import Policy
from firsthand.rules.site import Account
from firsthand.store.contract import Backlog, Lane, Leased, Moved, Settled
from firsthand.vendor import Auth, Dedup, Field, Limits, Vendor

JANE = "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d"  # hashed
TOKEN = "acme-token-0123456789"
HOST = "api.acme.test"
LANE = Lane("acme", "A-1")
EARLIER = time.time_ns() // 1_000_000 - 60_000


@dataclass(frozen=True, slots=True)
class Settings:
    path: str = "v1"


def _read(_hit: Hit) -> Iterator[Reading]:
    yield from ()


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    if any(one.name == "unwritable" for one in beacons):
        raise KeyError("jane@example.com")
    events = [{"name": one.name, "key": one.event_key} | nest(one.fields) for one in beacons]
    url = f"https://{HOST}/{settings.path}/{beacons[0].to}?at={now}"
    body = json.dumps({"events": events}).encode()
    return Call("acme", beacons[0].to, "POST", url, {"Content-Type": "application/json"}, body)


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    if reply.status in {401, 403, 429} or reply.status >= 500:
        return [_later(reply)] * len(beacons)
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return [TryLater(Reason.BROKEN_REPLY, "not JSON")] * len(beacons)
    if answer.get("crash"):
        raise ZeroDivisionError("jane@example.com")
    if answer.get("odd"):
        return []
    message = answer.get("message", "")
    made: dict[str, Outcome] = {
        "taken": Accepted(),
        "warned": Warned(message),
        "refused": Refused(Reason.BAD_EVENT, message),
        "split": Split(Reason.BAD_EVENT, message),
        "amend": Amend(("user.click",), message=message),
        "pending": Pending("ticket-1", 60.0),
    }
    if "each" in answer:
        return [made[one] for one in answer["each"]]
    return [made[answer["result"]]] * len(beacons)


def _later(reply: Reply) -> Outcome:
    reasons = {401: Reason.AUTH, 403: Reason.SETUP, 429: Reason.RATE_LIMIT}
    after = reply.headers.get("retry-after")
    reason = reasons.get(reply.status, Reason.VENDOR_DOWN)
    return TryLater(reason, reply.body.decode(), float(after) if after else None)


def probe(call: Call) -> Call | None:
    return replace(call, url=call.url.replace("/v1/", "/check/"))


def judge_probe(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    ok = reply.status == 200
    outcome = Recorded(validated=True) if ok else Refused(Reason.BAD_EVENT, reply.body.decode())
    return [outcome] * len(beacons)


ACME = Vendor(
    key="acme",
    title="Acme",
    purpose=Purpose.MARKETING,
    account_pattern=r"A-\d+",
    account_example="A-1",
    beacons=(),
    scripts=(),
    never=(),
    sinks=(),
    fields=(
        Field("em", "user.email", Kind.CONTACT, text),
        Field("clk", "user.click", Kind.AD_ID, text),
        Field("ua", "user.agent", Kind.NETWORK, text),
        Field("v", "value", Kind.COMMERCE, text),
        Field("dl", "page", Kind.PAGE, text),
    ),
    click_ids=(),
    cookies=(),
    event_names={},
    settings=Settings,
    auth=Auth.BEARER,
    token_help="",
    limits=Limits(
        max_batch=4,
        max_bytes=10_000,
        max_age=timedelta(days=7),
        calls_per_second=1_000,
        in_flight=2,
    ),
    dedup=Dedup("event key", timedelta(days=2)),
    versions=(),
    read=_read,
    write=write,
    judge=judge,
    batch_key=lambda beacon: beacon.site,
    api_hosts=(HOST,),
    probe=probe,
    judge_probe=judge_probe,
)


def make_account(mode: Mode = Mode.SERVER, vendor: Vendor = ACME) -> Account:
    return Account(vendor, "A-1", mode, Settings())


def make_limits(**changes: Any) -> Vendor:
    return replace(ACME, limits=replace(ACME.limits, **changes))


def make_beacon(name: str = "purchase", number: int = 1, **changes: Any) -> Beacon:
    fields = {
        "user.email": JANE,
        "user.click": f"click.{number}.abcdef",
        "user.agent": "Browser/1.0 (Odd; x64)",
        "value": 12.5,
        "page": "https://shop.test/thanks?order=secret",
    }
    at = EARLIER
    made = Beacon(
        id=f"b{number}",
        site="shop",
        vendor="acme",
        account="A-1",
        to="A-1",
        name=name,
        canonical="purchase",
        event_key=f"order-{number}",
        key_made=False,
        fields=fields,
        verdict=Verdict(analytics=True, marketing=True, explicit=True),
        origin=Origin.PIXEL,
        client=Client.NONE,
        client_ms=0,
        client_keys=0,
        server_keys=0,
        subject=f"s{number}",
        at=at,
        event_at=at,
        bot=0,
        shape="",
    )
    return replace(made, **changes)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Hands:
    """A clock moved by hand; draws are always the whole of the bound."""

    def __init__(self) -> None:
        self.at = now_ms()

    def __call__(self) -> int:
        return self.at

    def clock(self, draw: float = 1.0) -> Clock:
        return Clock(self, lambda: draw)


CLOCK = Clock(now_ms)
BRISK = Pace(
    linger_ms=0,
    idle_ms=5,
    retry=Policy(base_ms=2, cap_ms=10),
    probe=Policy(base_ms=2, cap_ms=10),
)


@dataclass(slots=True)
class Place:
    """A token's place that a test fills."""

    value: str = TOKEN

    def read(self) -> Secret | None:
        return Secret(self.value) if self.value else None

    def remedy(self) -> str:
        return "set the environment variable ACME_TOKEN to the token"


Handler = Callable[[web.Request, list[dict[str, Any]]], Awaitable[web.StreamResponse]]


def answer(result: str = "taken", **more: Any) -> web.Response:
    return web.json_response({"result": result} | more)


async def taken(_request: web.Request, _events: list[dict[str, Any]]) -> web.StreamResponse:
    return answer()


@dataclass(slots=True)
class Seen:
    """A request as the API got it."""

    path: str
    headers: dict[str, str]
    query: str
    events: list[dict[str, Any]]


@dataclass(slots=True)
class Api:
    """Acme's API; ``script`` answers the first calls, ``handler`` the rest."""

    suffix: str = ""
    handler: Handler = taken
    script: list[Handler] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        events = json.loads(body)["events"] if body else []
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(request.path, headers, request.query_string, events))
        handler = self.script.pop(0) if self.script else self.handler
        return await handler(request, events)

    def sender(self, vendor: Vendor = ACME, **timeouts: float) -> HttpSender:
        limits = Timeouts(**({"total": 5.0, "connect": 5.0, "read": 5.0} | timeouts))
        return HttpSender(vendor.api_hosts, suffix=self.suffix, timeouts=limits)

    def names(self) -> list[list[str]]:
        return [[event["name"] for event in seen.events] for seen in self.seen]


@dataclass(slots=True)
class Row:
    row: int
    lane: Lane
    beacon: Beacon
    due_at: int
    attempts: int = 0
    ticket: str = ""


class Memory:
    """Queue and mover in memory, by the words of the contract."""

    def __init__(self) -> None:
        self.outbox: list[Beacon] = []
        self.rows: dict[int, Row] = {}
        self.settled: list[Settled] = []
        self.retries: list[tuple[int, Reason, str]] = []
        self.withdrawn: set[str] = set()
        self.ended: dict[str, Settled] = {}
        self.broken = 0
        self.unsettled = 0
        self.last_error = ""
        self.moved = Moved()
        self._numbers = count(1)

    def put(self, *beacons: Beacon) -> None:
        for beacon in beacons:
            row = next(self._numbers)
            self.rows[row] = Row(row, Lane(beacon.vendor, beacon.to), beacon, due_at=0)

    def results(self) -> dict[str, Outcome]:
        return {name: settled.outcome for name, settled in self.ended.items()}

    def reasons(self) -> dict[str, tuple[type, Reason]]:
        return {name: (type(one), one.reason) for name, one in self.results().items()}

    async def move(self, *, now: int) -> int:
        del now
        beacons, self.outbox = self.outbox, []
        self.put(*beacons)
        return len(beacons)

    async def lanes(self) -> list[Lane]:
        return list(dict.fromkeys(row.lane for row in self.rows.values()))

    async def lease(self, lane: Lane, *, now: int, limit: int, for_ms: int) -> list[Leased]:
        if self.broken:
            self.broken -= 1
            raise OSError("disk")
        due = [row for row in self.rows.values() if row.lane == lane and row.due_at <= now]
        leased = []
        for row in due[:limit]:
            if row.beacon.subject in self.withdrawn:
                del self.rows[row.row]
                continue
            row.due_at = now + for_ms
            leased.append(Leased(row.row, row.beacon, row.attempts, row.ticket))
        return leased

    async def settle(self, done: Sequence[Settled], *, now: int) -> None:
        if self.unsettled:
            self.unsettled -= 1
            raise OSError(28, "No space left on device")
        for one in done:
            row = self.rows[one.row]
            if isinstance(one.outcome, Pending):
                row.due_at = now + round(one.outcome.after_s * 1000)
                row.ticket = one.outcome.ticket
            else:
                del self.rows[one.row]
            self.settled.append(one)
            self.ended[row.beacon.id] = one

    async def retry(
        self, rows: Sequence[int], *, due_at: int, reason: Reason, message: str
    ) -> None:
        self.retries.append((due_at, reason, message))
        for row in rows:
            self.rows[row].due_at = due_at
            self.rows[row].attempts += 1

    async def release(self, rows: Sequence[int]) -> None:
        for row in rows:
            self.rows[row].due_at = 0

    async def set_back(self, by_ms: int, *, now: int) -> None:
        for row in self.rows.values():
            row.due_at -= by_ms if row.due_at > now else 0

    async def backlog(self) -> list[Backlog]:
        return []


async def until(true: Callable[[], object]) -> None:
    """Return once ``true()`` is; after a minute show where every task waits, and fail."""
    try:
        async with asyncio.timeout(60):
            while not true():
                await asyncio.sleep(0.002)
    except TimeoutError:
        for task in asyncio.all_tasks():
            task.print_stack()
        raise
