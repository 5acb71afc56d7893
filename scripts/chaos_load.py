"""A site under load: beacons of two pixels and events of the shop's server, each with a known key.

What counts as answered is what the sender may rely on: 200 or 204 for a beacon, ``accepted`` for an
event of a batch. The shop's server sends a batch without an answer again, with the same ids.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from firsthand.sandbox import meta, tiktok

INGEST_KEY = "chaos-ingest-key-0123456789abcdef"
FORM = "application/x-www-form-urlencoded"
STORED = frozenset({200, 204})
TICK_S = 0.1
BATCH = 10
ROUND = 4 + BATCH
"""Events of one round: two beacons of each pixel, a batch of the shop's server."""
TRIES = 4
PAUSE_S = 0.4
SPOILT_EVERY = 25
AT_ONCE = 100

Key = tuple[str, str]
"""Vendor and event key."""


@dataclass(slots=True)
class Load:
    """``asked``, ``answered``: what was sent, what was taken; ``spoilt``: what no vendor may take.

    ``statuses`` counts answers, -1 where there was none. ``sent_at`` is the loop's time of sending.
    """

    port: int
    prefix: str
    clock: Callable[[], int]
    rate: int = 150
    spoil: bool = False
    asked: set[Key] = field(default_factory=set)
    answered: set[Key] = field(default_factory=set)
    spoilt: set[Key] = field(default_factory=set)
    statuses: dict[int, int] = field(default_factory=dict)
    sent_at: dict[Key, float] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: "count[int]" = field(default_factory=count)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def stop(self) -> None:
        """Have ``run`` end once what is under way has its answer."""
        self._stop.set()

    async def run(self) -> None:
        """Send ``rate`` events a second until stopped."""
        headers = {"Host": f"trk.shop.localhost:{self.port}", "User-Agent": "chaos"}
        connector, patience = TCPConnector(limit=AT_ONCE), ClientTimeout(10)
        async with (
            ClientSession(headers=headers, connector=connector, timeout=patience) as session,
            asyncio.TaskGroup() as tasks,
        ):
            due = 0.0
            while not self._stop.is_set():
                due += self.rate * TICK_S / ROUND
                while due >= 1:
                    due -= 1
                    self._round(session, tasks)
                await asyncio.sleep(TICK_S)

    def _round(self, session: ClientSession, tasks: asyncio.TaskGroup) -> None:
        for _ in range(2):
            tasks.create_task(self._limited(self._pixel_of_meta(session)))
            tasks.create_task(self._limited(self._pixel_of_tiktok(session)))
        tasks.create_task(self._limited(self._server(session)))

    async def _limited(self, sending: Awaitable[None]) -> None:
        async with self._room:
            await sending

    def _key(self, *vendors: str) -> str:
        key = f"{self.prefix}-{next(self._numbers)}"
        now = asyncio.get_running_loop().time()
        for vendor in vendors:
            self.asked.add((vendor, key))
            self.sent_at[vendor, key] = now
        return key

    def _cookies(self) -> dict[str, str]:
        return {"Cookie": f"fh_consent=1.a1m1.{self.clock() // 1000 - 60}.fh"}

    async def _pixel_of_meta(self, session: ClientSession) -> None:
        key, event = self._key("meta"), "PageView"
        if self.spoil and len(self.asked) % SPOILT_EVERY == 0:
            event = "Purchase"  # without a value: Meta refuses the whole call for it
            self.spoilt.add(("meta", key))
        query = {
            "id": meta.PIXEL,
            "ev": event,
            "eid": key,
            "dl": "http://shop.localhost/",
            "ts": str(self.clock()),
        }
        path = "/www.facebook.com/tr/"
        await self._beacon(session, path, ("meta", key), urlencode(query), FORM)

    async def _pixel_of_tiktok(self, session: ClientSession) -> None:
        key = self._key("tiktok")
        user = {"anonymous_id": "2cX9kLmQ0rStUvWxYzAbCdEfGh7.tt.1"}
        page = {"url": "http://shop.localhost/"}
        context = {"pixel": {"code": tiktok.PIXEL}, "user": user, "page": page}
        body = {"event": "Pageview", "event_id": key, "context": context, "properties": {}}
        path = "/analytics.tiktok.com/api/v2/pixel"
        await self._beacon(session, path, ("tiktok", key), json.dumps(body), "text/plain")

    async def _beacon(
        self, session: ClientSession, path: str, key: Key, body: str, content_type: str
    ) -> None:
        """Send once, by POST: the client repeats a GET, each time as a new visitor."""
        address = f"http://127.0.0.1:{self.port}{path}"
        headers = {**self._cookies(), "Content-Type": content_type}
        try:
            async with session.post(address, data=body, headers=headers) as answer:
                self._count(answer.status)
                if answer.status in STORED:
                    self.answered.add(key)
        except (ClientError, OSError, TimeoutError):
            self._count(-1)

    async def _server(self, session: ClientSession) -> None:
        keys = [self._key("meta", "tiktok") for _ in range(BATCH)]
        body = json.dumps([self._event(key) for key in keys])
        for _ in range(TRIES):
            if await self._post(session, keys, body):
                return
            await asyncio.sleep(PAUSE_S)

    async def _post(self, session: ClientSession, keys: Sequence[str], body: str) -> bool:
        headers = {"Authorization": f"Bearer {INGEST_KEY}", "Content-Type": "application/json"}
        address = f"http://127.0.0.1:{self.port}/fh/events"
        try:
            async with session.post(address, data=body, headers=headers) as answer:
                self._count(answer.status)
                if answer.status not in STORED:
                    return False
                told = json.loads(await answer.read())["events"]
        except (ClientError, OSError, TimeoutError):
            self._count(-1)
            return False
        for key, one in zip(keys, told, strict=True):
            if one["status"] == "accepted":
                self.answered |= {("meta", key), ("tiktok", key)}
        return True

    def _event(self, key: str) -> dict[str, object]:
        consent = {"analytics": "granted", "marketing": "granted"}
        plain = {"email": [f"{key}@example.com"]}
        return {
            "data_set_id": "chaos",
            "id": key,
            "timestamp": self.clock() // 1000,
            "event_type": "purchase",
            "value": 49.9,
            "currency_code": "EUR",
            "user_data": {"event_user_agent": "chaos"},
            "properties": {"transaction_id": key, "page_url": "https://shop.localhost/thanks"},
            "ext": {"firsthand": {"consent": consent, "plain": plain}},
        }

    def _count(self, status: int) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
