"""Beacons through mitmdump become cases: real HTTP, and ``explain`` reads what was kept."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firsthand.vendors import VENDORS
from tests.addons.inspecting import COMMAND, GRANTED, Browser, inspect
from tests.vendors.test_cases import hit_of, told

EMAIL = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
CLICK = "IwAR2F4dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk"
BROWSER = "fb.1.1795400000000.42424242"
SECRETS = (EMAIL, CLICK, BROWSER, "order-991", "1717171717", "ada@example.com", "0abcdefgh")
PAGE = {"Referer": "http://shop.localhost/"}
PURCHASE = (
    "/tr/?id=1234567890123456&ev=Purchase&eid=order-991&cd[value]=49.90&cd[currency]=EUR"
    f"&ud[em]={EMAIL}&fbp={BROWSER}&dl=http%3A%2F%2Fshop.localhost%2Fthanks%3Ffbclid%3D{CLICK}"
)
COLLECT = (
    "/g/collect?v=2&tid=G-DEMO000001&cid=1717171717.1616161616&_p=77"
    "&dl=http%3A%2F%2Fshop.localhost%2F"
)


@dataclass(frozen=True)
class Recorded:
    """What stands in the folder."""

    folder: Path
    said: str

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        return {
            str(path.relative_to(self.folder)): json.loads(path.read_text())
            for path in sorted(self.folder.glob("*/*.json"))
        }

    @property
    def hits(self) -> str:
        return (self.folder / "hits.jsonl").read_text()


async def traffic(browser: Browser) -> list[int]:
    own = {"Cookie": f"{GRANTED}; _fbp={BROWSER}"}
    facebook = "www.facebook.com"
    copy = json.dumps({"url": f"https://{facebook}{PURCHASE}", "method": "GET"})
    return [
        await browser.shop(headers=own),
        await browser.vendor(facebook, PURCHASE, headers=PAGE | {"Cookie": "fr=0abcdefgh"}),
        await browser.tracking("/fh/copy", data=copy.encode(), headers=own),
        await browser.tracking(f"/{facebook}{PURCHASE}", headers=own | PAGE),
        await browser.vendor("connect.facebook.net", "/en_US/fbevents.js", headers=PAGE),
        await browser.vendor(
            "www.google-analytics.com",
            COLLECT,
            data="en=page_view\r\nen=ada@example.com",
            headers=PAGE,
        ),
    ]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    top = tmp_path_factory.mktemp("record")
    folder = top / "cases"
    found = asyncio.run(inspect(traffic, top / "seen", "--set", f"record_out={folder}"))
    return Recorded(folder, found.said)


def test_each_beacon_is_a_file_and_neither_scripts_nor_copies_are(recorded: Recorded) -> None:
    assert list(recorded.files) == [
        "ga4/page_view_1.json",
        "meta/purchase_1.json",
        "meta/purchase_2.json",
    ]
    assert "record: 3 beacons saved" in recorded.said


def test_nobody_is_in_it(recorded: Recorded) -> None:
    text = recorded.hits + json.dumps(recorded.files)
    assert not [secret for secret in SECRETS if secret in text]


def test_it_is_a_case_as_the_tests_have_them(recorded: Recorded) -> None:
    for name, case in recorded.files.items():
        vendor = VENDORS[name.partition("/")[0]]
        readings = [told(each) for each in vendor.read(hit_of(case["hit"]))]
        assert json.loads(json.dumps(readings)) == case["readings"]
    fields = recorded.files["meta/purchase_1.json"]["readings"][0]["fields"]
    assert fields["custom_data.value"] == 49.9


def test_explain_reads_the_hits_and_the_visitors_choice(recorded: Recorded) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "firsthand", "explain", "--json"],
        input=recorded.hits.encode(),
        capture_output=True,
        check=True,
    )
    decisions = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["consent"]["marketing"] for each in decisions] == [True] * 3
    assert decisions[0]["beacons"][0]["name"] == "Purchase"


async def test_a_folder_that_cannot_be_made_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    started = await asyncio.create_subprocess_exec(
        COMMAND,
        *("--listen-port", "0", "--set", f"record_out={tmp_path / 'taken'}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": "/usr/bin:/bin", "INSPECT_FOLDER": str(tmp_path)},
    )
    said, _ = await started.communicate()
    assert started.returncode != 0
    assert "record_out: " in said.decode()
