import sqlite3
from pathlib import Path

from firsthand.model import Reason, Refused
from firsthand.store.contract import Wanted
from firsthand.store.sqlite.files import ledger_path
from tests.store.backends import LATER, beacons, open_sqlite


async def test_a_letter_that_this_version_cannot_read_is_told_of(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(*beacons(1))
        await store.settle_all(Refused(Reason.BAD_EVENT))
        with sqlite3.connect(ledger_path(tmp_path)) as db:
            db.execute("UPDATE dead SET body = '{}'")
        db.close()
        (letter,) = await store.letters.find(Wanted())
        assert (letter.beacon, letter.reason) == (None, Reason.BAD_EVENT)


async def test_an_event_that_went_on_another_way_is_not_over(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(*beacons(1))
        await store.settle_all(Refused(Reason.BAD_EVENT))
        with sqlite3.connect(ledger_path(tmp_path)) as db:
            db.execute("UPDATE twins SET server = 'accepted', reason = ''")
        db.close()
        (letter,) = await store.letters.find(Wanted())
        assert not letter.ended
        assert await store.letters.replay([letter.row], now=LATER) == 0
