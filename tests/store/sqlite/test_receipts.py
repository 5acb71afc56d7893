"""Receipts of what an outbox holds: each once, whatever crashes; refusals; retention."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from firsthand.model import Note, Origin, Reason, Verdict
from firsthand.rules.chain import Head
from firsthand.rules.receipts import event_hash
from firsthand.rules.standing import Choice, Stand
from firsthand.store.contract import Durability
from firsthand.store.receipts import Early, Kept, StandCount
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock, receipts_path
from firsthand.store.sqlite.outbox import open_outbox
from firsthand.store.sqlite.receipts import MAX_PAGES
from tests.factories import NOW, make_beacon
from tests.store.backends import DAY_MS, FAR, event
from tests.store.books import SECRET, Books, open_books

HOUR = 3_600_000
MONTH = 31 * DAY_MS
KEPT = Kept(receipts=13 * MONTH, counts=13 * MONTH)
NOBODY = Verdict(analytics=False, marketing=False, explicit=False)
POLICY = {"version": "one", "configuration": {}}


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    async with open_books(tmp_path) as opened:
        yield opened


async def kinds(books: Books) -> dict[str, int]:
    found = await books.checked()
    assert found.findings == []
    return found.kinds


async def test_every_granted_event_has_one_receipt(books: Books) -> None:
    await books.take(event(0), event(1))
    await books.take(event(2))
    assert await kinds(books) == {"event": 3}
    for number in range(3):
        (found,) = await books.book.find([event_hash(SECRET, "shop", f"key-{number}")])
        assert found.holds
        assert found.seq == number + 1


async def test_rows_that_come_again_are_known(books: Books) -> None:
    """After a crash between this file and the ledger, the mover brings rows again, divided anew."""
    rows = [books.row(event(number)) for number in range(4)]
    await books.enter(rows[:3])
    await books.enter(rows[:2])
    await books.enter(rows[1:4])
    assert await kinds(books) == {"event": 4}


async def test_each_outbox_has_a_cursor_of_its_own(books: Books) -> None:
    await books.enter([books.row(event(0))], "one")
    await books.enter([(1, NOW, books.rows[0][2])], "two")
    assert await kinds(books) == {"event": 2}
    await books.receipts.forget("one")
    with sqlite3.connect(receipts_path(books.folder)) as db:
        assert db.execute("SELECT outbox FROM cursors").fetchall() == [("two",)]


async def test_a_file_is_gone_on_with(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        row = books.row(event(0))
        await books.enter([row])
        before = await books.receipts.head()
    async with open_books(tmp_path) as books:
        await books.enter([row, (2, NOW, books.row(event(1))[2])])
        assert (await books.checked(before)).findings == []
        assert await kinds(books) == {"event": 2}


async def test_what_was_not_granted_is_counted_by_the_hour(books: Books) -> None:
    note = Note("meta", "1", "Purchase", Reason.CONSENT)
    await books.take((note, 2), make_beacon(verdict=NOBODY, withheld=Reason.FAULT))
    await books.take((note, 3), at=NOW + 60_000)
    await books.receipts.tidy(KEPT, now=NOW + HOUR)
    assert await kinds(books) == {}
    await books.receipts.tidy(KEPT, now=NOW + HOUR + 5 * 60_000)
    assert await kinds(books) == {"refused": 2}
    told = [orjson.loads(line) async for line in books.book.lines()][1:-1]
    hour = {"hour": "2026-11-24T10:00:00Z"}
    assert [one["what"] for one in told] == [
        hour | {"vendor": "acme", "name": "(custom)", "reason": "fault", "n": 1},
        hour | {"vendor": "meta", "name": "Purchase", "reason": "consent", "n": 5},
    ]
    await books.receipts.tidy(KEPT, now=NOW + 5 * HOUR)
    assert await kinds(books) == {"refused": 2}


async def test_a_policy_is_entered_when_it_changes(books: Books) -> None:
    other = {"version": "two", "configuration": {}}
    for policy in (POLICY, POLICY, other, POLICY):
        await books.receipts.declare(policy, now=NOW)
    assert await kinds(books) == {"policy": 3}


async def test_retention_takes_the_beginning_away_and_the_chain_holds(books: Books) -> None:
    await books.receipts.declare(POLICY, now=NOW)
    await books.take(event(0, at=NOW), event(1, at=NOW))
    old = await books.receipts.head()
    await books.take(event(2, at=NOW + 2 * DAY_MS))
    kept = Kept(receipts=DAY_MS, counts=DAY_MS)
    await books.receipts.tidy(kept, now=NOW + DAY_MS - 1)
    assert await kinds(books) == {"policy": 1, "event": 3}
    await books.receipts.tidy(kept, now=NOW + 2 * DAY_MS)
    found = await books.checked(old)
    assert found.findings == []
    assert found.after == old
    # The policy that holds is told again: the record that told it is gone.
    assert found.kinds == {"event": 1, "policy": 1, "pruned": 1}
    await books.receipts.tidy(kept, now=NOW + 2 * DAY_MS)
    assert (await books.checked()).kinds == found.kinds
    await books.take(event(3, at=NOW + 2 * DAY_MS))
    assert (await books.checked(old)).findings == []


async def test_all_of_it_may_be_too_old(books: Books) -> None:
    await books.take(event(0))
    before = await books.receipts.head()
    await books.receipts.tidy(KEPT, now=NOW + 20 * MONTH)
    found = await books.checked(before)
    assert found.findings == []
    assert found.kinds == {"pruned": 1}
    with sqlite3.connect(receipts_path(books.folder)) as db:
        assert db.execute("SELECT kind FROM whats").fetchall() == [("pruned",)]


async def test_counts_are_kept_for_as_long_as_they_are_to_be(books: Books) -> None:
    await books.take((Choice(Stand.UNDECIDED, "none", "/"), 1))
    await books.receipts.tidy(KEPT, now=NOW + 13 * MONTH - HOUR)
    assert await books.book.early(since=0, until=FAR)
    await books.receipts.tidy(KEPT, now=NOW + 13 * MONTH + HOUR)
    assert await books.book.early(since=0, until=FAR) == []
    assert await books.book.stands(since=0, until=FAR) == []


async def test_how_visitors_stood_is_counted(books: Books) -> None:
    early = Choice(Stand.UNDECIDED, "none", "/cart")
    told = event(1, origin=Origin.BACKEND)
    await books.take(event(0), told, (early, 2), (Choice(Stand.REFUSED, "onetrust"), 3))
    await books.take((early, 1), at=NOW + HOUR)
    hour = NOW - NOW % HOUR
    assert await books.book.stands(since=NOW, until=FAR) == [
        StandCount(hour, Stand.GRANTED, 1),
        StandCount(hour, Stand.REFUSED, 3),
        StandCount(hour, Stand.UNDECIDED, 2),
        StandCount(hour + HOUR, Stand.UNDECIDED, 1),
    ]
    assert await books.book.early(since=NOW, until=FAR) == [Early("/cart", "none", 3)]


async def test_pages_that_visitors_make_up_are_bounded(books: Books) -> None:
    made_up = [(Choice(Stand.UNDECIDED, "none", f"/{n}"), 1) for n in range(MAX_PAGES + 50)]
    await books.take(*made_up)
    found = {one.page: one.n for one in await books.book.early(since=0, until=FAR)}
    assert len(found) == MAX_PAGES + 1
    assert found["(other)"] == 50


async def test_a_change_in_the_file_is_found(books: Books) -> None:
    await books.take(event(0), event(1))
    head = await books.receipts.head()
    with sqlite3.connect(receipts_path(books.folder)) as db:
        db.execute("UPDATE records SET at = at + 1000 WHERE seq = 1")
    assert (await books.checked()).findings == ["line 2, record 1: was changed"]
    (found,) = await books.book.find([event_hash(SECRET, "shop", "key-0")])
    assert not found.holds
    with sqlite3.connect(receipts_path(books.folder)) as db:
        db.execute("DELETE FROM records WHERE seq = 2")
    assert "head 2: the file ends before it, at record 1" in (await books.checked(head)).findings


async def test_nothing_is_queued_before_its_receipt_stands(tmp_path: Path) -> None:
    """Where receipts cannot be written, nothing is moved; nothing is lost either."""
    held = ledger_lock(tmp_path)
    assert held is not None
    async with (
        open_outbox(tmp_path, 0, clock=lambda: NOW, durability=Durability.PROCESS) as outbox,
        open_delivering(
            tmp_path, held, secret=SECRET, kinds={}, windows={}, durability=Durability.PROCESS
        ) as parts,
        open_books(tmp_path) as books,
    ):
        await outbox.put([event(0)])
        with sqlite3.connect(receipts_path(tmp_path)) as db:
            db.execute("ALTER TABLE records RENAME TO away")
        with pytest.raises(OSError, match="records"):
            await parts.mover.move(now=NOW)
        assert await parts.queue.lanes() == []
        with sqlite3.connect(receipts_path(tmp_path)) as db:
            db.execute("ALTER TABLE away RENAME TO records")
        assert await parts.mover.move(now=NOW) == 1
        assert (await books.checked()).kinds == {"event": 1}
        assert await parts.receipts.head() != Head(0, "")
    held.release()
