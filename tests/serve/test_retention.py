import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from firsthand.rules.scriptjudge import judge_of
from firsthand.serve.plan import plan
from firsthand.serve.retention import keep, keep_scripts, limits, windows
from firsthand.store.contract import Retention
from firsthand.store.sqlite.custody import open_custody
from firsthand.vendors import VENDORS
from tests.samples import shop
from tests.serve.test_plan import written
from tests.serve.test_worker import ports

HOUR = 3_600_000
DAY = 24 * HOUR


def test_the_defaults_are_what_the_reference_says(tmp_path: Path) -> None:
    config = plan(written(tmp_path, ports())).config
    assert limits(config) == Retention(
        queue=72 * HOUR + DAY,
        dead=30 * DAY,
        unreadable=30 * DAY,
        withdrawals=8 * DAY,
        twins=90 * DAY,
        hours=400 * DAY,
        days=775 * DAY,
        notes=403 * DAY,
    )


def test_a_withdrawal_outlives_whatever_can_wait(tmp_path: Path) -> None:
    text = f"{ports()}\n[delivery]\nkeep_hours = 168\n[retention]\nwithdrawal_days = 8\n"
    found = limits(plan(written(tmp_path, text)).config)
    assert found.withdrawals >= found.queue
    assert found.twins >= found.queue


def test_windows_are_the_vendors() -> None:
    found = windows(VENDORS)
    assert found["meta"] == timedelta(hours=48) // timedelta(milliseconds=1)
    assert found.keys() == VENDORS.keys()


class Broken:
    """A keeping whose disk is full the first time."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def purge(self, kept: Retention, *, now: int) -> None:
        assert kept.dead == 1
        assert now > 0
        self.asked.set()
        raise OSError(28, "No space left on device", "/data/ledger.db")


async def test_a_disk_that_fails_is_told_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    broken = Broken()
    with caplog.at_level(logging.ERROR):
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(keep(broken, lambda: Retention(1, 1, 1, 1, 1, 1, 1, 1)))
            await broken.asked.wait()
            await asyncio.sleep(0)
            assert not task.done()
            task.cancel()
    assert caplog.messages == ["retention: No space left on device"]


async def test_variants_of_scripts_are_tidied_and_a_disk_that_fails_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_custody(tmp_path, judge_of(shop())) as custody:
        await custody._writer._db.execute("PRAGMA query_only=ON")
        with caplog.at_level(logging.ERROR):
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(keep_scripts(custody))
                while not caplog.messages:
                    await asyncio.sleep(0.01)
                assert not task.done()
                task.cancel()
    assert caplog.messages[0].startswith("scripts: Read-only file system")
