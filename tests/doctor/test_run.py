from pathlib import Path

import pytest

from firsthand.doctor.finding import Result
from firsthand.doctor.run import LOOKS, examine
from firsthand.errors import ConfigError
from firsthand.rules.layout import Verdict
from tests.doctor.nameserver import answering
from tests.doctor.setup import of, written

ZONE = {
    "shop.example.com": ("A 203.0.113.10",),
    "www.example.com": ("A 198.51.100.1",),
    "trk.shop.example.com": ("A 203.0.113.11",),
}


async def test_promises_go_by_the_worst_page_host(tmp_path: Path) -> None:
    one = written(tmp_path)
    async with answering(ZONE) as server:
        good = await examine(one, resolver=server, only=["dns"])
        two = written(tmp_path, hosts='"shop.example.com", "www.example.com"')
        bad = await examine(two, resolver=server, only=["dns"])
    assert (good.verdict, good.result) == (Verdict.NEAR, Result.OK)
    assert (bad.verdict, bad.result) == (Verdict.FAR, Result.WARN)
    assert {finding.check for finding in good.findings} == {"dns", "safari"}
    keeper = [each for each in bad.promises if each.cookie.name == "fh_keep"]
    assert {each.browser.name: each.most for each in keeper} == {
        "Safari": 7,
        "Chromium": 90,
        "Firefox": 90,
        "Brave": 90,
    }


async def test_only_what_is_wanted_is_looked_at(tmp_path: Path) -> None:
    async with answering(ZONE) as server:
        made = await examine(written(tmp_path), resolver=server, only=["versions", "tokens"])
    assert {finding.check for finding in made.findings} == {"token", "version"}
    assert of(made, "version")[0].result is Result.OK
    with pytest.raises(ConfigError, match="--only: one of dns, "):
        await examine(written(tmp_path), only=["dsn"])


async def test_everything_is_looked_at_and_told_in_order(tmp_path: Path) -> None:
    async with answering({}) as server:
        made = await examine(written(tmp_path), resolver=server)
    checks = list(dict.fromkeys(finding.check for finding in made.findings))
    assert checks == [
        *("dns", "safari", "certificate", "clock", "reach", "consent", "cookies"),
        *("token", "version", "ports", "disk", "permissions"),
    ]
    assert len(LOOKS) == 9
    assert made.result is Result.FAIL
    for finding in made.findings:
        assert finding.found
        assert finding.remedy or finding.result is not Result.FAIL


def test_the_page_about_it_knows_every_check_and_verdict() -> None:
    page = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text("utf-8")
    for word in (*LOOKS, *(verdict.value for verdict in Verdict)):
        assert f"`{word}`" in page
