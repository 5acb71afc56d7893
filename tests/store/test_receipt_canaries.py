"""Full consent, and none: no byte of any identifier is in the receipts' file, or in its export.

The hits are those of the vendors' cases, marked wherever a mark fits (``tests/rules``).
"""

from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.edge.crowd import Crowd
from firsthand.rules.decide import decide
from firsthand.store.contract import Durability
from firsthand.store.sqlite.book import open_book
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock
from firsthand.store.sqlite.outbox import open_outbox
from firsthand.vendor import Vendor
from tests.factories import NOW
from tests.rules.test_canaries import MARK, SITE, Marked, _with, leaks, marked, stored, vendors
from tests.samples import GRANTED

CROWD = 9


async def kept(folder: Path, vendor: Vendor, cookies: str) -> tuple[bytes, int]:
    """Return the files of the receipts and their export after all marked hits, and how many."""
    held = ledger_lock(folder)
    assert held is not None
    crowd, n = Crowd(CROWD), 0
    async with (
        open_outbox(folder, 0, clock=lambda: NOW, durability=Durability.PROCESS) as outbox,
        open_delivering(
            folder, held, secret=b"secret", kinds={}, windows={}, durability=Durability.PROCESS
        ) as parts,
        open_book(folder, Durability.PROCESS) as book,
    ):
        for found in marked(vendor.key):
            decision = decide(_with(found.hit, cookies), SITE, vendor)
            for ended in decision.ended:
                outbox.count(ended.note)
                if ended.choice is not None:
                    outbox.count(crowd.told(ended.choice, found.hit.ip))
            await outbox.put(decision.beacons, withdrawn=decision.withdrawn)
            n += len(decision.beacons)
        await outbox.put([], [])
        await outbox.close()
        await parts.mover.move(now=NOW)
        exported = b"".join([line async for line in book.lines()])
        files = [path.read_bytes() for path in folder.glob("receipts.db*")]
    held.release()
    return b"".join([exported, *files]), n


@vendors
@pytest.mark.parametrize("cookies", [GRANTED, "fh_consent=1.a0m0.1795400000.fh", ""])
async def test_receipts_hold_no_identifier(tmp_path: Path, vendor: Vendor, cookies: str) -> None:
    written, n = await kept(tmp_path, vendor, cookies)
    assert written.count(b'"kind":"event"') == n
    assert bool(n) == (cookies == GRANTED)
    text = written.decode("latin-1")
    for found in marked(vendor.key):
        assert leaks(text, found) == []


def test_the_marks_would_be_found() -> None:
    found: Marked = marked("meta")[0]
    decision = decide(_with(found.hit, GRANTED), replace(SITE, policy="x"), SITE.vendors["meta"])
    assert MARK in stored(decision)
