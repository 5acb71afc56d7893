"""Decisions about arrivals beside what is there already, in a real file."""

from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.rules.custody import Policy, ScriptPolicy, Standing
from firsthand.rules.scriptjudge import Judge, judge_of
from firsthand.store.custody import By
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from tests.custody import CONFIG, FBEVENTS, PLAIN, SKIMMER, arrival, digest
from tests.samples import NOW, shop

V1, V2, V3 = (f"{CONFIG}?v=2.9.{number}" for number in (1, 2, 3))


def judge(policy: Policy) -> Judge:
    return replace(judge_of(shop()), policy=ScriptPolicy(policy))


async def standing(custody: SqliteCustody, address: str, text: str) -> Standing:
    entry = await custody.entry(address)
    found = entry.version(digest(text)) if entry else None
    assert found
    return found.standing


@pytest.mark.parametrize(
    ("policy", "text", "told", "expected"),
    [
        (Policy.AUTO, "two", PLAIN, Standing.AUTO),
        (Policy.AUTO, "two", SKIMMER, Standing.HELD),
        (Policy.AUTO, "two", replace(PLAIN, size=1_000_000), Standing.AUTO),
        (Policy.HOLD, "two", PLAIN, Standing.HELD),
        (Policy.HOLD, "one", PLAIN, Standing.AUTO),
    ],
)
async def test_a_new_name_of_a_family_is_judged_by_what_was_served_of_it(
    tmp_path: Path, policy: Policy, text: str, told: object, expected: Standing
) -> None:
    async with open_custody(tmp_path, judge(policy)) as custody:
        await custody.arrived(arrival(V1), at=NOW)
        made = await custody.arrived(arrival(V2, text, told), at=NOW + 1)  # type: ignore[arg-type]
        assert await standing(custody, V2, text) is expected
        assert bool(made.live) is (expected is not Standing.HELD)


async def test_what_was_rejected_once_is_not_served_under_another_name(tmp_path: Path) -> None:
    async with open_custody(tmp_path, judge(Policy.AUTO)) as custody:
        await custody.arrived(arrival(V1), at=NOW)
        await custody.arrived(arrival(V1, "two"), at=NOW + 1)
        assert not await custody.roll_back(V1, "", By("jane", "", NOW + 2))
        made = await custody.arrived(arrival(V2, "two"), at=NOW + 3)
        assert (made.live, await standing(custody, V2, "two")) == ("", Standing.HELD)


async def test_a_held_family_member_is_no_measure(tmp_path: Path) -> None:
    async with open_custody(tmp_path, judge(Policy.AUTO)) as custody:
        await custody.arrived(arrival(V1), at=NOW)
        await custody.arrived(arrival(V2, "skimmer", SKIMMER), at=NOW + 1)
        await custody.arrived(arrival(V3, "other", SKIMMER), at=NOW + 2)
        assert await standing(custody, V3, "other") is Standing.HELD


async def test_a_version_that_comes_back_is_served_again_unless_a_person_chose_another(
    tmp_path: Path,
) -> None:
    async with open_custody(tmp_path, judge(Policy.AUTO)) as custody:
        for text in ("one", "two", "one"):
            made = await custody.arrived(arrival(text=text), at=NOW)
            assert made.live == digest(text)
        assert [line.what for line in await custody.log()] == ["first", "auto", "served again"]
        assert not await custody.approve(FBEVENTS, digest("two"), By("jane", "", NOW + 1))
        made = await custody.arrived(arrival(text="one"), at=NOW + 2)
        assert made.live == digest("two")
        made = await custody.arrived(arrival(text="three"), at=NOW + 3)
        assert made.live == digest("three")


async def test_a_first_version_that_lacks_a_listed_edit_is_held(tmp_path: Path) -> None:
    async with open_custody(tmp_path, judge(Policy.AUTO)) as custody:
        lacking = replace(PLAIN, failed=("tr.",))
        made = await custody.arrived(arrival(profile=lacking), at=NOW)
        assert (made.live, made.versions[0].standing) == ("", Standing.HELD)
        assert [each.kind for each in made.versions[0].findings] == ["edit"]
        assert (await custody.log())[0].reason == "lacks the text of a listed edit: tr."
