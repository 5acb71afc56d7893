"""mitmdump as a command, the addon in it, the sandbox's vendors and a real edge behind it."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.addons.inspecting import COMMAND, GRANTED, Browser, Found, inspect

EMAIL = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
CLICK = "IwAR2F4dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk"
PURCHASE = (
    "/tr/?id=1234567890123456&ev=Purchase&eid=order-991&cd[value]=49.90&cd[currency]=EUR"
    f"&ud[em]={EMAIL}&dl=http%3A%2F%2Fshop.localhost%2Fthanks%3Ffbclid%3D{CLICK}"
)
COLLECT = (
    "/g/collect?v=2&tid=G-DEMO000001&cid=1717171717.1616161616&_p=77"
    "&dl=http%3A%2F%2Fshop.localhost%2F"
)
BROWSER = "fb.1.1795400000000.42424242"
SECRETS = (EMAIL, CLICK, "order-991", "1717171717", "ada@example.com", BROWSER)


async def traffic(browser: Browser) -> list[int]:
    own = {"Cookie": f"{GRANTED}; _fbp={BROWSER}"}
    return [
        await browser.shop(),
        await browser.vendor("www.facebook.com", PURCHASE, headers={"Cookie": "fr=0abc"}),
        await browser.vendor(
            "www.google-analytics.com", COLLECT, data="en=page_view\r\nen=ada@example.com"
        ),
        await browser.vendor("connect.facebook.net", "/en_US/fbevents.js"),
        await browser.vendor("www.facebook.com", "/elsewhere?id=1234567890123456"),
        await browser.tracking(f"/www.facebook.com{PURCHASE}", headers=own),
        await browser.tracking("/www.facebook.com/elsewhere"),
        await browser.vendor("www.facebook.com", "/tr/?id=1&ev="),
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return asyncio.run(inspect(traffic, tmp_path_factory.mktemp("decode")))


def label(found: Found, **wanted: Any) -> dict[str, Any]:
    fits = [line for line in found.labels if wanted.items() <= line.items()]
    assert len(fits) == 1, (wanted, found.labels)
    return fits[0]


def test_requests_are_answered_as_without_it(found: Found) -> None:
    assert found.statuses == [200, 200, 204, 200, 404, 204, 404, 200]


def test_a_direct_beacon_is_labelled(found: Found) -> None:
    line = label(found, vendor="meta", event="Purchase", way="direct")
    assert line["account"] == "1234567890123456"
    assert line["page"] == "shop.localhost"
    assert line["status"] == 200
    assert line["match"] == ["email", "user_agent"]
    assert {"commerce", "contact", "order_id", "page", "ad_id", "browser_id"} <= set(line["kinds"])


def test_the_same_beacon_through_the_tracking_host(found: Found) -> None:
    line = label(found, vendor="meta", event="Purchase", way="proxied")
    assert line["host"] == "www.facebook.com"
    assert line["account"] == "1234567890123456"
    assert {"commerce", "contact", "browser_id"} <= set(line["kinds"])


def test_each_event_of_a_batch_has_its_line(found: Found) -> None:
    names = [line["event"] for line in found.labels if line["vendor"] == "ga4"]
    assert names == ["page_view", "(custom)"]


def test_a_script_is_labelled_and_says_nothing_of_the_visitor(found: Found) -> None:
    line = label(found, use="script")
    assert (line["vendor"], line["event"]) == ("meta", "")
    assert line["kinds"] == ["network"]


def test_a_beacon_that_cannot_be_read_is_labelled_all_the_same(found: Found) -> None:
    assert label(found, use="beacon", event="")["account"] == ""


def test_nothing_but_doors_is_labelled(found: Found) -> None:
    assert len(found.labels) == 6


def test_no_value_is_written_or_said(found: Found) -> None:
    assert not [secret for secret in SECRETS if secret in found.written + found.said]


def test_the_terminal_has_the_labels(found: Found) -> None:
    assert "meta 1234567890123456 Purchase direct: " in found.said


async def test_a_file_that_cannot_be_written_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").mkdir()
    started = await asyncio.create_subprocess_exec(
        COMMAND,
        *("--listen-port", "0"),
        env=os.environ | {"INSPECT_FOLDER": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await started.communicate()
    assert started.returncode != 0
    assert "decode_out: Is a directory" in said.decode()


def test_lines_are_json_objects_of_one_shape(found: Found) -> None:
    shapes = {json.dumps(sorted(line)) for line in found.labels}
    assert len(shapes) == 1
