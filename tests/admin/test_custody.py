from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.admin.custody import ScriptRow, script_rows
from firsthand.rules.custody import Policy, ScriptPolicy
from firsthand.rules.scriptjudge import judge_of
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from tests.custody import CONFIG, FBEVENTS, GTAG, UET, digest, fill, without_doors
from tests.samples import NOW, shop


@pytest.fixture
async def custody(tmp_path: Path) -> AsyncIterator[SqliteCustody]:
    async with open_custody(tmp_path, judge_of(shop())) as opened:
        await fill(opened, NOW)
        yield opened


async def rows(custody: SqliteCustody, policy: ScriptPolicy | None = None) -> dict[str, ScriptRow]:
    site = replace(shop(), scripts=policy or ScriptPolicy())
    found = script_rows(await custody.entries(), site)
    return {row.entry.address: row for row in found}


async def test_what_needs_somebody_stands_first(custody: SqliteCustody) -> None:
    found = await rows(custody)
    assert list(found)[-1] == GTAG
    assert [row.needs_somebody for row in found.values()] == [True, True, True, False]


@pytest.mark.parametrize(
    ("address", "state"),
    [
        (GTAG, "The vendor's present version is served."),
        (FBEVENTS, "A new version is held; the version before is served."),
        (CONFIG, "The vendor's answer cannot be taken (status 500); the last good copy is served."),
        (UET, "The vendor's answer cannot be taken (not a script); nothing is served."),
    ],
)
async def test_states_in_a_sentence(custody: SqliteCustody, address: str, state: str) -> None:
    assert (await rows(custody))[address].state == state


async def test_versions_say_who_decided_and_what_can_be_done(custody: SqliteCustody) -> None:
    found = await rows(custody)
    held, served = found[FBEVENTS].versions
    assert (held.standing, held.can_approve, held.can_go_back) == ("held", True, False)
    assert "names a host that is not the vendor's: cards.example" in held.alarms
    assert served.is_served
    assert not served.can_approve
    assert not served.can_go_back
    assert served.standing.startswith("trusted on first use")
    chosen, before = found[CONFIG].versions
    assert (chosen.standing, before.can_go_back) == ("approved by jane", True)


async def test_under_a_pin_there_is_nothing_to_do(custody: SqliteCustody) -> None:
    pin = (await rows(custody))[FBEVENTS].versions[1].version.digest
    found = await rows(custody, ScriptPolicy(Policy.PIN, pins={FBEVENTS: pin}))
    row = found[FBEVENTS]
    assert row.served
    assert row.served.version.hash == digest("one")
    for each in (each for one in found.values() for each in one.versions):
        assert not each.can_approve
        assert not each.can_go_back
    assert found[GTAG].state == "Nothing is served."


async def test_a_vendor_that_is_gone_is_shown_by_its_key(custody: SqliteCustody) -> None:
    found = script_rows(await custody.entries(), without_doors(shop()))
    assert {row.title for row in found} == {"meta", "ga4", "microsoft"}
