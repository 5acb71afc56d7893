from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.edge.intake import Intake, Taken, place
from firsthand.edge.upstream import Unchanged, Unusable
from firsthand.rules.scriptjudge import judge_of
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from firsthand.vendor import Edit
from tests.custody import CONFIG, FBEVENTS, GTAG, wanted
from tests.edge.vendor_stand_in import GOOD, Vendor, client, reply, torn, vendor
from tests.samples import NOW, shop

FILE = wanted(FBEVENTS)


@asynccontextmanager
async def asking(folder: Path) -> AsyncIterator[tuple[Intake, SqliteCustody, Vendor]]:
    async with (
        vendor() as here,
        client() as session,
        open_custody(folder, judge_of(shop())) as custody,
    ):
        yield Intake(session, custody, here.suffix), custody, here


async def test_an_answer_is_examined_and_said_where_it_belongs(tmp_path: Path) -> None:
    async with asking(tmp_path) as (intake, _, here):
        here.answer = reply(GOOD, 'ETag: "v1"', "Last-Modified: Tue, 24 Nov 2026 00:00:00 GMT")
        taken = await intake.ask(FILE, None)
        assert isinstance(taken, Taken)
        assert taken.file.plain == GOOD
        assert taken.arrival.place == place(FILE)
        assert (taken.arrival.etag, taken.arrival.modified[:3]) == ('"v1"', "Tue")
        assert taken.arrival.profile.size == len(GOOD)


async def test_the_vendor_is_asked_by_what_it_said_last(tmp_path: Path) -> None:
    async with asking(tmp_path) as (intake, custody, here):
        here.answer = reply(GOOD, 'ETag: "v1"')
        taken = await intake.ask(FILE, None)
        assert isinstance(taken, Taken)
        entry = await custody.arrived(taken.arrival, at=NOW)
        here.answer = torn(b"", status=304)
        assert await intake.ask(FILE, entry) == Unchanged()
        edited = replace(FILE, script=replace(FILE.script, edits=(Edit("a", "b", "why"),)))
        assert await intake.ask(edited, entry) == Unusable("status 304"), "edits need the file"


async def test_the_same_bytes_are_examined_once_at_all_their_addresses(tmp_path: Path) -> None:
    async with asking(tmp_path) as (intake, custody, _):
        taken = await intake.ask(FILE, None)
        assert isinstance(taken, Taken)
        told = replace(taken.arrival.profile, names=frozenset({"cookie"}))
        await custody.arrived(replace(taken.arrival, profile=told), at=NOW)
        again = await intake.ask(wanted(FBEVENTS.replace("en_US", "de_DE")), None)
        assert isinstance(again, Taken)
        assert again.arrival.profile == told, "it was read again"
        assert again.file == taken.file
        await custody._writer._db.execute("UPDATE bodies SET br = x'00'")
        broken = await intake.ask(FILE, None)
        assert isinstance(broken, Taken)
        assert broken.arrival.profile == taken.arrival.profile, "a broken copy was trusted"


async def test_listed_edits_are_made(tmp_path: Path) -> None:
    script = replace(FILE.script, edits=(Edit("facebook", "faceb00k", "why"),), sentinels=())
    async with asking(tmp_path) as (intake, _, _):
        taken = await intake.ask(replace(FILE, script=script), None)
        assert isinstance(taken, Taken)
        assert taken.file.plain == GOOD.replace(b"facebook", b"faceb00k")


async def test_what_does_not_parse_is_not_taken(tmp_path: Path) -> None:
    async with asking(tmp_path) as (intake, _, here):
        here.answer = reply(GOOD + b"}")
        got = await intake.ask(FILE, None)
        assert isinstance(got, Unusable)
        assert got.reason.startswith("does not parse")


@pytest.mark.parametrize(
    ("address", "own", "fixed"),
    [
        (FBEVENTS, True, False),
        (f"{FBEVENTS}?v=2.9.1", False, False),
        (GTAG, True, True),
        (f"{GTAG}&l=other", False, False),
        (CONFIG, True, True),
        (f"{CONFIG}?v=2.9.1", False, False),
    ],
)
def test_places(address: str, own: bool, fixed: bool) -> None:  # noqa: FBT001 - a row of the table
    made = place(wanted(address))
    assert (made.address, made.own, made.fixed) == (address, own, fixed)
    assert made.family == place(wanted(address.partition("?v=")[0].partition("&l=")[0])).family
