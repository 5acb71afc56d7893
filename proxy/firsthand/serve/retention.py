"""How long things are kept, by the configuration; the process that leads enforces it hourly."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from firsthand.config.load import Config
from firsthand.serve.plan import now
from firsthand.store.contract import Keeping, Retention
from firsthand.store.custody import Custody
from firsthand.vendor import Vendor

log = logging.getLogger(__name__)

PURGE_S = 3_600.0
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MONTH_MS = 31 * DAY_MS


def limits(config: Config) -> Retention:
    """Return what ``[retention]`` and ``delivery.keep_hours`` say, in milliseconds."""
    kept = config.retention
    return Retention(
        queue=config.delivery.keep_hours * HOUR_MS + DAY_MS,
        dead=kept.dead_days * DAY_MS,
        unreadable=kept.unreadable_days * DAY_MS,
        withdrawals=kept.withdrawal_days * DAY_MS,
        twins=kept.event_days * DAY_MS,
        hours=kept.hourly_days * DAY_MS,
        days=kept.daily_months * MONTH_MS,
    )


def windows(vendors: Mapping[str, Vendor]) -> dict[str, int]:
    """Return for how many ms each vendor takes an event key for the same event."""
    unit = timedelta(milliseconds=1)
    return {key: vendor.dedup.window // unit for key, vendor in vendors.items()}


async def keep(keeping: Keeping, kept: Callable[[], Retention]) -> None:
    """Delete at once and then every hour what is too old by then, until cancelled."""
    while True:
        try:
            await keeping.purge(kept(), now=now())
        except OSError as error:
            log.error("retention: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
        await asyncio.sleep(PURGE_S)


async def keep_scripts(custody: Custody) -> None:
    """Drop at once and then every hour the variants that nobody asks for, until cancelled."""
    while True:
        try:
            await custody.tidy()
        except OSError as error:
            log.error("scripts: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
        await asyncio.sleep(PURGE_S)
