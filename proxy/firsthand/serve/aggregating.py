"""Writes down, once an hour is over, what may be told of it; until then it is in memory only."""

import asyncio
import logging
import sys
from collections.abc import Callable

from firsthand.config.load import Config
from firsthand.rules.aggregate import HOUR_MS, Window
from firsthand.serve.plan import now
from firsthand.store.aggregates import Aggregates

log = logging.getLogger(__name__)

LOOK_S = 60.0
MONTH_MS = 31 * 24 * HOUR_MS


async def aggregate(
    window: Window, kept: Aggregates, config: Callable[[], Config], look_s: float = LOOK_S
) -> None:
    """Write hours that are over, until cancelled; then of the last one what is enough already."""
    try:
        while True:
            await write(window, kept, config(), before=now() // HOUR_MS * HOUR_MS)
            await asyncio.sleep(look_s)
    finally:
        await write(window, kept, config(), before=sys.maxsize)


async def write(window: Window, kept: Aggregates, config: Config, *, before: int) -> None:
    """Write the hours that began before ``before``. What the disk does not take is lost: it is
    best effort, and nothing of it may wait for longer."""
    rows = window.close(k=config.aggregates.k, before=before)
    if not config.aggregates.enabled:
        return
    try:
        if rows:
            await kept.add(rows)
            await kept.purge(before=now() - config.retention.aggregate_months * MONTH_MS)
    except OSError as error:
        log.error("aggregates not written: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
