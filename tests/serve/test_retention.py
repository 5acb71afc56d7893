import asyncio
import logging
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from firsthand.rules.scriptjudge import judge_of
from firsthand.serve.plan import plan
from firsthand.serve.retention import Bookkeeping, keep, keep_scripts, kept, limits, windows
from firsthand.store.contract import Retention
from firsthand.store.receipts import Kept
from firsthand.store.sqlite.custody import open_custody
from firsthand.vendors import VENDORS
from tests.samples import shop
from tests.serve.test_plan import written
from tests.serve.test_worker import ports
from tests.store.books import Books, open_books

HOUR = 3_600_000
DAY = 24 * HOUR
MONTHS = Kept(receipts=403 * DAY, counts=403 * DAY)


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


def test_receipts_are_kept_for_longer_where_visitors_opt_out(tmp_path: Path) -> None:
    def months(more: str) -> int:
        return kept(plan(written(tmp_path, f"{ports()}{more}")).config).receipts // (31 * DAY)

    assert months("") == 13
    assert months('[consent]\nrule_set = "optout"\n') == 24
    assert months('[consent]\nrule_set = "optout"\n[retention]\nreceipt_months = 60\n') == 60
    assert months("[retention]\nreceipt_months = 6\n") == 6


async def test_a_new_policy_is_entered_at_once_and_the_head_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = shop()
    two = replace(one, policy="two", gate_scripts=False)
    async with open_books(tmp_path) as books:
        keeping = Bookkeeping(books.receipts, one, MONTHS)
        with caplog.at_level(logging.INFO):
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(keeping.run())
                await told(books, 1)
                keeping.use(two, MONTHS)
                await told(books, 2)
                task.cancel()
        assert (await books.checked()).findings == []
    (line,) = [text for text in caplog.messages if "head" in text]
    assert re.fullmatch(r"consent receipts: head 1:[0-9a-f]{64}", line)


async def told(books: Books, policies: int) -> None:
    async with asyncio.timeout(20):
        while (await books.checked()).kinds.get("policy", 0) < policies:
            await asyncio.sleep(0.02)


async def test_receipts_that_cannot_be_kept_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_books(tmp_path) as books:
        await books.receipts._writer._db.execute("PRAGMA query_only=ON")
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(Bookkeeping(books.receipts, shop(), MONTHS).run())
            while not caplog.messages:
                await asyncio.sleep(0.01)
            assert not task.done()
            task.cancel()
    assert caplog.messages[0].startswith("consent receipts: Read-only file system")
