"""Looks at the alert rules every minute, in the process that leads, and tells the webhook."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from firsthand.admin.causes import DELIVERED, WOULD
from firsthand.admin.custody import script_rows
from firsthand.admin.readings import Account, Seen, readings
from firsthand.config.alerts import Alerting
from firsthand.delivery.breaker import State
from firsthand.delivery.webhook import Webhook
from firsthand.delivery.worker import Delivery
from firsthand.model import Reason, Server
from firsthand.rules.alerts import Alert, On, firing
from firsthand.rules.site import Site
from firsthand.serve.alertbook import read_book, write_book
from firsthand.store.contract import Ledger
from firsthand.store.custody import Custody
from firsthand.store.rollups import Count, Slice

log = logging.getLogger(__name__)

LOOK_S = 60.0
HOUR_MS = 3_600_000
_TOOK = frozenset(each.value for each in DELIVERED | WOULD | {Server.SENT})


class Alarm:
    """``use`` gives it the configuration; ``run`` looks until cancelled.

    ``posts`` counts tries to tell the webhook: ``sent``, ``failed``, ``given_up``.
    """

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        custody: Custody,
        clock: Callable[[], int],
    ) -> None:
        self._folder, self._ledger, self._custody = folder, ledger, custody
        self._clock = clock
        self._book = read_book(folder)
        self._took: Mapping[Account, int] = {}
        self._alerting = Alerting()
        self._site: Site | None = None
        self._webhook: Webhook | None = None
        self._retired: list[Webhook] = []
        self.delivery: Delivery | None = None
        self.posts = Counter({"sent": 0, "failed": 0, "given_up": 0})

    def use(self, alerting: Alerting, site: Site) -> None:
        """Look by these rules from the next look on."""
        if self._webhook is not None and alerting.webhook != self._alerting.webhook:
            self._retired.append(self._webhook)
            self._webhook = None
        if alerting.webhook and self._webhook is None:
            self._webhook = Webhook(alerting.webhook)
        self._alerting, self._site = alerting, site

    def alerts(self) -> tuple[Alert, ...]:
        """Return what fires, the oldest first."""
        return tuple(sorted(self._book.firing.values(), key=lambda each: (each.since, each.key)))

    def levels(self) -> dict[tuple[str, str], int]:
        """Return for how many accounts each rule fires, by rule and vendor; 0 is told too."""
        vendors = self._site.vendors if self._site else ()
        levels = {
            (rule.name, vendor): 0
            for rule in self._alerting.rules
            for vendor in vendors
            if rule.vendor in {"", vendor}
        }
        for rule, vendor, _ in self._book.firing:
            levels[rule, vendor] = levels.get((rule, vendor), 0) + 1
        return levels

    async def run(self) -> None:
        """Look at once and then every minute, until cancelled."""
        try:
            while True:
                try:
                    await self.look()
                except OSError as error:
                    log.error("alerts: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
                await self.post()
                await asyncio.sleep(LOOK_S)
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the webhook's connections."""
        for webhook in filter(None, (*self._retired, self._webhook)):
            await webhook.close()

    async def look(self) -> None:
        """Evaluate every rule once and keep what came of it. Raises ``OSError``."""
        site, rules, now = self._site, self._alerting.rules, self._clock()
        if site is None or not (rules or self._book.firing):
            return
        seen = await self._see(site, now)
        fires = firing(rules, readings(rules, site, seen, now=now), self._book.firing, now=now)
        self._book.turn(fires, site=site.name, told=self._webhook is not None, now=now)
        self.posts["given_up"] += self._book.trim()
        write_book(self._folder, self._book)

    async def post(self) -> None:
        """Try every letter once, in their order; one that is not taken waits for the next look."""
        for webhook in self._retired:
            await webhook.close()
        self._retired.clear()
        for letter in list(self._book.letters) if self._webhook else ():
            why = await self._webhook.post(letter.body.encode()) if self._webhook else ""
            if not why:
                self._book.letters.remove(letter)
                self.posts["sent"] += 1
            elif self._book.failed(letter):
                self.posts["given_up"] += 1
                log.error("alerts: the webhook took no letter in many tries (%s); given up", why)
            else:
                self.posts["failed"] += 1
            write_book(self._folder, self._book)
            if why:
                return

    async def _see(self, site: Site, now: int) -> Seen:
        rules = self._alerting.rules
        hours = {rule.hours for rule in rules if rule.on not in _UNCOUNTED}
        scripts = any(rule.on is On.SCRIPT_HELD for rule in rules)
        return Seen(
            counts={each: await self._counts(each, now) for each in sorted(hours)},
            accepted_at=self._accepted(site, now),
            held=await self._held(site) if scripts else {},
            failing=self._failing(site),
        )

    async def _counts(self, hours: int, now: int) -> Mapping[Account, list[Count]]:
        since = now - hours * HOUR_MS
        found: dict[Account, list[Count]] = defaultdict(list)
        for row in await self._ledger.overview(Slice(since - since % HOUR_MS, now + 1)):
            found[row.vendor, row.account].append(row)
        return found

    def _accepted(self, site: Site, now: int) -> Mapping[Account, int]:
        """Note whose count has grown since the last look. A new account starts now."""
        took: Counter[Account] = Counter()
        ended = self.delivery.tally.ended if self.delivery else {}
        for (vendor, account, state, _), n in ended.items():
            took[vendor, account] += n if state in _TOOK else 0
        told = self._book.accepted_at
        for key, configured in site.accounts.items():
            lanes = ((key[0], lane) for lane in {configured.id, configured.second} - {""})
            grew = any(took[lane] > self._took.get(lane, 0) for lane in lanes)
            told[key] = now if grew or key not in told else told[key]
        self._took = took
        self._book.accepted_at = {key: told[key] for key in site.accounts}
        return self._book.accepted_at

    async def _held(self, site: Site) -> Mapping[str, int]:
        rows = script_rows(await self._custody.entries(), site)
        return Counter(row.entry.vendor for row in rows if row.waiting)

    def _failing(self, site: Site) -> frozenset[Account]:
        states = self.delivery.states() if self.delivery else ()
        held = {
            (each.lane.vendor, each.lane.account)
            for each in states
            if each.state is not State.CLOSED and each.reason is Reason.AUTH
        }
        return frozenset(
            key
            for key, account in site.accounts.items()
            if {(key[0], account.id), (key[0], account.second)} & held
        )


_UNCOUNTED = frozenset({On.NO_ACCEPTED, On.SCRIPT_HELD, On.TOKEN_FAILING})
