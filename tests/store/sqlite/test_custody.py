"""Custody in a real file: what lasts, what is bounded, who may decide what."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiosqlite
import pytest

from firsthand.errors import ConfigError
from firsthand.rules.custody import Policy, ScriptPolicy, Standing
from firsthand.rules.scriptjudge import judge_of
from firsthand.store.custody import By, Place, ScriptEntry
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from tests.custody import CONFIG, FBEVENTS, GTAG, PLAIN, SKIMMER, arrival, digest
from tests.samples import NOW, shop

JUDGE = judge_of(shop())
BY = By("jane", "because", NOW + 500)
NOWHERE = Place("a.example/x.js", "meta", "a family", own=False, fixed=False)


@pytest.fixture
async def custody(tmp_path: Path) -> AsyncIterator[SqliteCustody]:
    async with open_custody(tmp_path, JUDGE) as opened:
        yield opened


async def entry(custody: SqliteCustody, address: str = FBEVENTS) -> ScriptEntry:
    found = await custody.entry(address)
    assert found is not None
    return found


async def test_what_arrived_lasts(tmp_path: Path) -> None:
    async with open_custody(tmp_path, JUDGE) as custody:
        made = await custody.arrived(arrival(etag='"v1"'), at=NOW)
    async with open_custody(tmp_path, JUDGE) as again:
        assert await again.entries() == [made]
        assert await again.entry(FBEVENTS) == made
        assert await again.entry(GTAG) is None
        assert await again.lives() == {FBEVENTS: digest("one")}
        assert await again.body(digest("one")) == arrival().br
        assert await again.body(digest("two")) is None
        assert await again.examined("source of one") == (digest("one"), PLAIN)
        assert await again.examined("source of two") is None
    (version,) = made.versions
    assert (version.first_seen, version.last_seen, version.served_at) == (NOW, NOW, NOW)
    assert (version.etag, version.standing) == ('"v1"', Standing.FIRST)


async def test_seen_again_keeps_its_first_day_and_its_decision(custody: SqliteCustody) -> None:
    first = await custody.arrived(arrival(), at=NOW)
    again = await custody.arrived(arrival(etag='"v2"'), at=NOW + 9)
    await custody.unchanged(FBEVENTS, digest("one"), at=NOW + 20)
    (version,) = (await entry(custody)).versions
    assert version == replace(first.versions[0], last_seen=NOW + 20, etag='"v2"')
    assert again.checked_at == NOW + 9
    assert (await entry(custody)).checked_at == NOW + 20


async def test_findings_stay_as_they_were_when_it_came(custody: SqliteCustody) -> None:
    await custody.arrived(arrival(), at=NOW)
    await custody.arrived(arrival(text="skimmer", profile=SKIMMER), at=NOW + 1)
    held = (await entry(custody)).version(digest("skimmer"))
    assert held
    assert (held.standing, held.against, held.served_at) == (Standing.HELD, digest("one"), 0)
    assert not await custody.approve(FBEVENTS, held.hash, BY)
    await custody.arrived(arrival(text="skimmer", profile=SKIMMER), at=NOW + 600)
    now = (await entry(custody)).version(digest("skimmer"))
    assert now
    assert (now.findings, now.against) == (held.findings, held.against)
    assert (now.standing, now.decided_by, now.decided_at) == (Standing.APPROVED, "jane", BY.at)


async def test_versions_are_bounded_and_what_was_approved_stays(custody: SqliteCustody) -> None:
    await custody.arrived(arrival(text="0"), at=NOW)
    await custody.approve(FBEVENTS, digest("0"), BY)
    for number in range(1, 40):
        await custody.arrived(arrival(text=f"{number}"), at=NOW + 1000 + number)
    kept = {each.hash for each in (await entry(custody)).versions}
    assert kept == {digest(f"{n}") for n in (0, *range(20, 40))}
    assert await custody.body(digest("1")) is None, "its bytes are gone with it"
    assert await custody.body(digest("0")) is not None


async def test_what_is_served_is_never_dropped(custody: SqliteCustody) -> None:
    variant = f"{FBEVENTS}?v=2.9.1"
    await custody.arrived(arrival(variant, "served"), at=NOW)
    for number in range(12):
        await custody.arrived(arrival(variant, f"{number}", SKIMMER), at=NOW + 1 + number)
    found = await entry(custody, variant)
    assert found.live == digest("served")
    assert len(found.versions) == 6
    assert await custody.body(digest("served")) is not None


async def test_forgetting_spares_what_a_person_decided(custody: SqliteCustody) -> None:
    for address in (FBEVENTS, GTAG, CONFIG):
        await custody.arrived(arrival(address, address), at=NOW)
    await custody.approve(GTAG, digest(GTAG), BY)
    await custody.forget([FBEVENTS, GTAG, "unknown"])
    assert {each.address for each in await custody.entries()} == {GTAG, CONFIG}
    assert await custody.body(digest(FBEVENTS)) is None
    await custody.forget([])


async def test_tidying_drops_the_variants_looked_at_longest_ago(custody: SqliteCustody) -> None:
    await custody.arrived(arrival(), at=NOW - 1)
    for number in range(6):
        await custody.arrived(arrival(f"{FBEVENTS}?v=2.9.{number}"), at=NOW + number)
    await custody.tidy(limit=2)
    left = {each.address for each in await custody.entries()}
    assert left == {FBEVENTS, f"{FBEVENTS}?v=2.9.4", f"{FBEVENTS}?v=2.9.5"}


async def test_trouble_has_a_first_day(custody: SqliteCustody) -> None:
    await custody.failed(NOWHERE, "status 500", at=NOW)
    assert await custody.entries() == [], "addresses that visitors make up are not listed"
    await custody.failed(replace(NOWHERE, fixed=True), "status 500", at=NOW)
    await custody.failed(replace(NOWHERE, fixed=True), "status 404", at=NOW + 5)
    found = await entry(custody, NOWHERE.address)
    assert (found.trouble, found.trouble_since, found.checked_at) == ("status 404", NOW, NOW + 5)
    assert (found.versions, found.live) == ((), "")
    await custody.arrived(arrival(at=NOWHERE), at=NOW + 9)
    found = await entry(custody, NOWHERE.address)
    assert (found.trouble, found.trouble_since) == ("", 0)


async def test_another_process_is_noticed(tmp_path: Path, custody: SqliteCustody) -> None:
    before = await custody.revision()
    assert await custody.revision() == before
    async with open_custody(tmp_path, JUDGE) as other:
        await other.arrived(arrival(), at=NOW)
    assert await custody.revision() != before


@pytest.mark.parametrize(
    ("address", "version", "refused"),
    [
        ("a.example/x.js", "one", "no such address"),
        (FBEVENTS, "three", "no such version"),
    ],
)
async def test_what_is_not_there_cannot_be_served(
    custody: SqliteCustody, address: str, version: str, refused: str
) -> None:
    await custody.arrived(arrival(), at=NOW)
    assert refused in await custody.approve(address, digest(version), BY)
    assert refused in await custody.roll_back(address, digest(version), BY)
    assert [line.what for line in await custody.log()] == ["first"]


async def test_going_back_needs_something_to_go_back_to(custody: SqliteCustody) -> None:
    await custody.arrived(arrival(), at=NOW)
    assert "no earlier version" in await custody.roll_back(FBEVENTS, "", BY)
    assert "served already" in await custody.roll_back(FBEVENTS, digest("one"), BY)
    await custody.arrived(arrival(text="skimmer", profile=SKIMMER), at=NOW + 1)
    assert "no earlier version" in await custody.roll_back(FBEVENTS, "", BY), "it was held"


async def test_going_back_goes_to_what_was_served_before(custody: SqliteCustody) -> None:
    for number in range(3):
        await custody.arrived(arrival(text=f"{number}"), at=NOW + number)
    assert not await custody.roll_back(FBEVENTS, "", BY)
    found = await entry(custody)
    assert found.live == digest("1")
    assert found.servable(ScriptPolicy()) == {digest("0"), digest("1")}
    rejected = found.version(digest("2"))
    assert rejected
    assert (rejected.standing, rejected.decided_by) == (Standing.REJECTED, "jane")
    assert not await custody.approve(FBEVENTS, digest("2"), BY)
    assert (await entry(custody)).live == digest("2")


async def test_under_a_pin_nobody_decides_here(tmp_path: Path) -> None:
    policy = ScriptPolicy(Policy.PIN, pins={FBEVENTS: "ab" * 32})
    async with open_custody(tmp_path, replace(JUDGE, policy=policy)) as custody:
        made = await custody.arrived(arrival(), at=NOW)
        assert (made.live, made.served(policy), made.servable(policy)) == ("", "", frozenset())
        assert "pinned" in await custody.approve(FBEVENTS, digest("one"), BY)
        assert "pinned" in await custody.roll_back(FBEVENTS, digest("one"), BY)


async def test_the_log_only_grows_and_tells_of_tampering(custody: SqliteCustody) -> None:
    for number in range(3):
        await custody.arrived(arrival(text=f"{number}"), at=NOW + number)
    assert await custody.broken_line() == 0
    db = custody._writer._db
    for change in ("UPDATE decisions SET who = 'x'", "DELETE FROM decisions"):
        with pytest.raises(aiosqlite.IntegrityError, match="decisions are not"):
            await db.execute(change)
    await db.execute("DROP TRIGGER decisions_stay")
    await db.execute("DROP TRIGGER decisions_remain")
    await db.execute("UPDATE decisions SET reason = 'x' WHERE id = 2")
    assert await custody.broken_line() == 2
    await db.execute("DELETE FROM decisions WHERE id <= 2")
    assert await custody.broken_line() == 3


async def test_a_variants_first_version_is_not_logged(custody: SqliteCustody) -> None:
    variant = f"{FBEVENTS}?v=2.9.1"
    await custody.arrived(arrival(variant), at=NOW)
    assert await custody.log() == []
    await custody.arrived(arrival(variant, "two"), at=NOW)
    assert [line.what for line in await custody.log()] == ["auto"]


async def test_a_disk_that_takes_nothing_is_an_os_error(custody: SqliteCustody) -> None:
    await custody._writer._db.execute("PRAGMA query_only=ON")
    with pytest.raises(OSError, match="Read-only"):
        await custody.arrived(arrival(), at=NOW)
    assert await custody.entries() == []


async def test_a_file_that_is_none_of_ours_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "scripts.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(ConfigError, match=r"scripts\.db.*Remedy"):
        async with open_custody(tmp_path, JUDGE):
            pass
