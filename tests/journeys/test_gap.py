"""A reference day at a shop: all that can go wrong, in known numbers, each under a name of its own.

From hit to report through the real rules, outbox, ledger and queue; the vendor's word is a script.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from firsthand.admin.causes import GAP, Cause, cause, note_cause
from firsthand.admin.figures import where
from firsthand.admin.report import AccountReport, build
from firsthand.admin.rows import collect, span
from firsthand.model import (
    Accepted,
    Client,
    Expired,
    Hit,
    Mode,
    Origin,
    Outcome,
    Reason,
    Refused,
)
from firsthand.rules.respond import respond
from firsthand.rules.site import Account, Site, WhenBlocked
from firsthand.store.contract import Lane, Settled
from firsthand.store.rollups import Slice
from firsthand.vendors import VENDORS
from tests.events import KEY, page_hit, raw, server_hit
from tests.factories import NOW as MOVED
from tests.samples import ANALYTICS_ONLY, NOW, PIXEL, REFUSED, copied, meta_hit, shop
from tests.store.backends import FAR, Backend, open_sqlite

OK, FAILED, UNKNOWN = Client.OK, Client.FAILED, Client.UNKNOWN
META = VENDORS["meta"]
SITE = replace(
    shop(),
    ingest_key=KEY.encode(),
    accounts={("meta", PIXEL): Account(META, PIXEL, Mode.BOTH, META.settings())},
    vendors={"meta": META},
)
OVER = span("24h", now=MOVED + 60_000)
LANE = Lane("meta", PIXEL)
IMPLIED = replace(SITE, when_blocked=WhenBlocked.WITHHOLD)
DOWN = Expired(Reason.VENDOR_DOWN, "")
BAD = Refused(Reason.BAD_EVENT, "")


@dataclass
class Day:
    """What happens, and the true cause of each event that does not match, by event name."""

    hits: list[tuple[Hit, Site]] = field(default_factory=list)
    truth: dict[str, Counter[Cause]] = field(default_factory=dict)
    ends: dict[str, Outcome | None] = field(default_factory=dict)

    def happens(
        self,
        n: int,
        name: str,
        outcome: Client = OK,
        *,
        why: Cause | None = None,
        end: Outcome | None = Accepted(),  # noqa: B008 - frozen
        cookie: str = "",
        bot: int = 0,
        site: Site = SITE,
    ) -> None:
        """Have the pixel send ``n`` events of a name, and the page post copies."""
        for number in range(n):
            hit = meta_hit(name, eid=f"{name}-{number}", **({"cookie": cookie} if cookie else {}))
            self.hits.append((replace(copied(hit, outcome), bot=bot), site))
        self._true(n, name, why, end)

    def tells(
        self,
        n: int,
        name: str,
        kind: str,
        origin: Origin,
        *,
        why: Cause | None = None,
        end: Outcome | None = Accepted(),  # noqa: B008 - frozen
        at: int = NOW // 1000 - 10,
    ) -> None:
        """Have fh.js or the shop's server tell ``n`` events: these alone, if no pixel does."""
        make = page_hit if origin is Origin.SNIPPET else server_hit
        for number in range(n):
            order = {"transaction_id": f"{name}-{number}"}
            page = {"page_url": "https://shop.example.com/thanks"}
            told = raw(kind, id=f"{name}-{number}", timestamp=at, properties=order | page)
            self.hits.append((make(told), SITE))
        self._true(n, name, why, end)

    def _true(self, n: int, name: str, why: Cause | None, end: Outcome | None) -> None:
        self.ends[name] = end
        self.truth.setdefault(name, Counter())
        if why is not None:
            self.truth[name][why] += n


def reference() -> Day:
    day = Day()
    day.happens(200, "PageView")
    day.happens(20, "ViewContent", UNKNOWN)  # left with the page: nobody knows, nobody claims
    day.happens(40, "AddToCart", FAILED, why=Cause.BEACON_BLOCKED)
    day.happens(15, "AddToWishlist", FAILED, why=Cause.BEACON_BLOCKED, site=IMPLIED)
    day.tells(25, "Subscribe", "subscribe", Origin.SNIPPET, why=Cause.SCRIPT_BLOCKED)
    day.tells(10, "Schedule", "schedule", Origin.BACKEND, why=Cause.SCRIPT_BLOCKED)
    day.happens(30, "Search", cookie=REFUSED, why=Cause.CONSENT_REFUSED)
    day.happens(10, "Contact", cookie=ANALYTICS_ONLY, why=Cause.CONSENT_REFUSED)
    day.happens(12, "Donate", bot=100, why=Cause.BOT)
    day.happens(5, "CustomizeProduct", FAILED, bot=100, why=Cause.BOT)
    for _ in range(2):
        day.happens(18, "FindLocation")
    day.truth["FindLocation"][Cause.DUPLICATE] += 18
    day.happens(8, "Lead", why=Cause.VENDOR_REFUSED, end=BAD)
    day.happens(3, "InitiateCheckout", UNKNOWN, why=Cause.VENDOR_REFUSED, end=BAD)
    day.happens(5, "AddPaymentInfo", why=Cause.LATE, end=DOWN)
    old = NOW // 1000 - 8 * 86_400
    day.tells(4, "Purchase", "purchase", Origin.BACKEND, why=Cause.LATE, at=old)
    day.happens(6, "StartTrial", why=Cause.STILL_QUEUED, end=None)
    day.happens(
        10, "CompleteRegistration"
    )  # told by the shop's server too: one event, no duplicate
    day.tells(10, "CompleteRegistration", "sign_up", Origin.BACKEND)
    broken = Refused(Reason.FAULT, "")
    day.happens(2, "SubmitApplication", why=Cause.UNEXPLAINED, end=broken)
    return day


async def lived(store: Backend, day: Day) -> None:
    for hit, site in day.hits:
        decision = respond(hit, site).decision
        assert decision is not None
        await store.outbox.put(decision.beacons, [each.note for each in decision.ended])
    await store.mover.move(now=NOW + 50)
    leased = await store.queue.lease(LANE, now=NOW + 50, limit=10_000, for_ms=1)
    done = [
        Settled(each.row, end) for each in leased if (end := day.ends[each.beacon.name]) is not None
    ]
    await store.queue.settle(done, now=NOW + 700)


async def given(store: Backend) -> dict[str, Counter[Cause]]:
    """Return the cause that each name's events were given."""
    found: dict[str, Counter[Cause]] = {}
    for row in await store.ledger.counts(Slice(0, FAR)):
        if where(row, Mode.BOTH) in GAP:
            why = cause(row.client, row.server, row.reason)
            found.setdefault(row.name, Counter())[why] += row.n
    for note in await store.ledger.notes(Slice(0, FAR)):
        of = note_cause(note.reason)
        if of is not None:
            found.setdefault(note.name, Counter())[of] += note.n
    return found


async def told(store: Backend) -> AccountReport:
    return build(await collect(store.ledger, store.queue, OVER), SITE, OVER).accounts[0]


async def test_at_least_95_per_cent_are_given_their_true_cause(tmp_path: Path) -> None:
    day = reference()
    async with open_sqlite(tmp_path) as store:
        await lived(store, day)
        found, meta = await given(store), await told(store)
    total = sum(sum(causes.values()) for causes in day.truth.values())
    right = sum((day.truth[name] & found.get(name, Counter())).total() for name in day.truth)
    assert total == 193
    assert right >= 0.95 * total
    # And nothing that matched, or of which nobody can know, is given a cause.
    assert sum(causes.total() for causes in found.values()) == total
    truth = sum(day.truth.values(), Counter[Cause]())
    assert {gap.cause: gap.twins + gap.notes for gap in meta.gap} == dict(truth)
    assert meta.explained is not None
    assert (meta.explained.of, meta.explained.hits) == (131, 129)


async def test_the_day_adds_up(tmp_path: Path) -> None:
    day = reference()
    async with open_sqlite(tmp_path) as store:
        await lived(store, day)
        meta = await told(store)
        notes = sum(note.n for note in await store.ledger.notes(Slice(0, FAR)))
    duplicates = 18
    assert meta.keys.received + notes - duplicates == len(day.hits)
    assert (meta.keys.repeated, meta.keys.joined) == (duplicates, 10)
    assert meta.figures.matched == 200 + 18 + 10
    assert meta.figures.unseen == 20
    assert meta.robots.withheld == 17
    assert (meta.dedup.once.n, meta.dedup.twice) == (228, 0)
    assert orjson.dumps(meta)
