"""How long things are kept, by the configuration; the process that leads enforces it hourly."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from firsthand.config.load import Config
from firsthand.config.policyversion import described
from firsthand.rules.consent.policy import RuleSet
from firsthand.rules.site import Site
from firsthand.serve.plan import now
from firsthand.store.contract import Keeping, Retention
from firsthand.store.custody import Custody
from firsthand.store.receipts import Kept
from firsthand.store.sqlite.receipts import SqliteReceipts
from firsthand.vendor import Vendor

log = logging.getLogger(__name__)

PURGE_S = 3_600.0
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MONTH_MS = 31 * DAY_MS
OPT_IN_MONTHS, OPT_OUT_MONTHS = 13, 24


def limits(config: Config) -> Retention:
    """Return what ``[retention]`` and ``delivery.keep_hours`` say, in milliseconds."""
    section = config.retention
    return Retention(
        queue=config.delivery.keep_hours * HOUR_MS + DAY_MS,
        dead=section.dead_days * DAY_MS,
        unreadable=section.unreadable_days * DAY_MS,
        withdrawals=section.withdrawal_days * DAY_MS,
        twins=section.event_days * DAY_MS,
        hours=section.hourly_days * DAY_MS,
        days=section.daily_months * MONTH_MS,
        notes=section.refusal_months * MONTH_MS,
    )


def kept(config: Config) -> Kept:
    """Return what ``[retention]`` says of the consent book.

    Receipts last as long as what they prove may be asked about: a consent's own life and a margin
    where visitors opt in; where they opt out, requests are on record for two years (California,
    11 CCR 7101).
    """
    section, consent = config.retention, _consent(config)
    default = OPT_OUT_MONTHS if consent is RuleSet.OPTOUT else OPT_IN_MONTHS
    return Kept(
        receipts=(section.receipt_months or default) * MONTH_MS,
        counts=section.refusal_months * MONTH_MS,
    )


def _consent(config: Any) -> Any:  # noqa: ANN401 - made by create_model
    return config.consent.rule_set


def windows(vendors: Mapping[str, Vendor]) -> dict[str, int]:
    """Return for how many ms each vendor takes an event key for the same event."""
    unit = timedelta(milliseconds=1)
    return {key: vendor.dedup.window // unit for key, vendor in vendors.items()}


def deduplicated(vendors: Mapping[str, Vendor]) -> dict[str, frozenset[str]]:
    """Return the events that a vendor counts once, of those that do not do so with all."""
    told = {key: vendor.dedup.events for key, vendor in vendors.items()}
    return {key: events for key, events in told.items() if events is not None}


async def keep(keeping: Keeping, kept: Callable[[], Retention]) -> None:
    """Delete at once and then every hour what is too old by then, until cancelled."""
    while True:
        try:
            await keeping.purge(kept(), now=now())
        except OSError as error:
            log.error("retention: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
        await asyncio.sleep(PURGE_S)


class Bookkeeping:
    """Keeps the consent book: the policy that holds, closed hours, what is too old, and its head in
    the log once a day, where somebody else may keep it.
    """

    def __init__(self, receipts: SqliteReceipts, site: Site, kept_: Kept) -> None:
        self._receipts = receipts
        self._changed = asyncio.Event()
        self._told_on = 0
        self._site, self._kept = site, kept_

    def use(self, site: Site, kept_: Kept) -> None:
        """Enter the policy of ``site`` at once, and keep by ``kept_``."""
        self._site, self._kept = site, kept_
        self._changed.set()

    async def run(self) -> None:
        """Look at once, every hour, and whenever the policy has changed, until cancelled."""
        while True:
            self._changed.clear()
            try:
                await self._receipts.declare(described(self._site), now=now())
                await self._receipts.tidy(self._kept, now=now())
                await self._tell()
            except OSError as error:
                log.error("consent receipts: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
            with suppress(TimeoutError):
                async with asyncio.timeout(PURGE_S):
                    await self._changed.wait()

    async def _tell(self) -> None:
        today = now() // DAY_MS
        if today != self._told_on:
            self._told_on = today
            log.info("consent receipts: head %s", await self._receipts.head())


async def keep_scripts(custody: Custody) -> None:
    """Drop at once and then every hour the variants that nobody asks for, until cancelled."""
    while True:
        try:
            await custody.tidy()
        except OSError as error:
            log.error("scripts: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
        await asyncio.sleep(PURGE_S)
