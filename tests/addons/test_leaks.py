"""The swap missed something, or somebody did not ask: mitmdump as a command, real HTTP."""

import asyncio
import json
from typing import Any

import pytest

from tests.addons.inspecting import GRANTED, LATER, REFUSED, Browser, Found, inspect

YES = {"Cookie": GRANTED}
NO = {"Cookie": REFUSED}
PAGE = {"Referer": "http://shop.localhost/"}
FACEBOOK = "www.facebook.com"
UNASKED = ["Subscribe", "StartTrial"]
EMAIL = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"


def beacon(event: str, page: str = "shop.localhost") -> str:
    return f"/tr/?id=1234567890123456&ev={event}&ud[em]={EMAIL}&dl=http%3A%2F%2F{page}%2F"


def copy_of(target: str) -> bytes:
    told = {"url": f"https://{FACEBOOK}{target}", "method": "GET", "outcome": "ok", "ms": 5}
    return json.dumps(told).encode()


async def traffic(browser: Browser) -> list[int]:
    say, track, shop = browser.vendor, browser.tracking, browser.shop
    return [
        await say(FACEBOOK, beacon("Search"), headers=PAGE),
        await shop(headers=YES),
        await say("connect.facebook.net", "/en_US/fbevents.js", headers=PAGE),
        await say(FACEBOOK, beacon("AddToCart"), headers=PAGE),
        await say(FACEBOOK, beacon("Purchase"), headers=PAGE),
        await track("/fh/copy", data=copy_of(beacon("Purchase")), headers=YES),
        await track(f"/{FACEBOOK}{beacon('Lead')}", headers=YES | PAGE),
        await say(FACEBOOK, beacon("Contact"), headers=PAGE | {"Sec-GPC": "1"}),
        await shop(headers=NO),
        await say(FACEBOOK, beacon("Donate"), headers=PAGE),
        await say("connect.facebook.net", "/en_US/fbevents.js", headers=PAGE),
        await track(f"/{FACEBOOK}{beacon('Schedule')}", headers=NO | PAGE),
        await say(FACEBOOK, beacon("Subscribe", "other.localhost")),
        await browser.elsewhere(headers={"Cookie": LATER}),
        await say(FACEBOOK, beacon("StartTrial", "third.localhost")),
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return asyncio.run(inspect(traffic, tmp_path_factory.mktemp("leaks")))


def events(found: Found, finding: str, use: str = "beacon") -> list[str]:
    lines = [line for line in found.leaks if (line["finding"], line["use"]) == (finding, use)]
    return [line["event"] for line in lines]


def finding(found: Found, kind: str, event: str) -> dict[str, Any]:
    return next(line for line in found.leaks if (line["finding"], line["event"]) == (kind, event))


def test_beacons_without_a_copy_were_missed(found: Found) -> None:
    assert events(found, "direct") == ["Search", "AddToCart", "Contact", "Donate", *UNASKED]


def test_a_script_from_the_vendor_was_missed_whatever_the_visitor_said(found: Found) -> None:
    assert events(found, "direct", use="script") == ["", ""]


def test_identifiers_need_a_yes_from_before(found: Found) -> None:
    """The first beacon is cleared: the next request tells that the yes was older."""
    assert events(found, "identifiers") == ["Contact", "Donate", *UNASKED]


def test_a_script_without_cookies_tells_of_nobody(found: Found) -> None:
    assert events(found, "identifiers", use="script") == []


def test_a_finding_says_what_left_and_who_had_refused(found: Found) -> None:
    line = finding(found, "identifiers", "Donate")
    assert "contact" in line["kinds"]
    assert line["page"] == "shop.localhost"
    assert line["consent"] == ["firsthand_cookie: analytics denied, marketing denied"]
    assert finding(found, "identifiers", "StartTrial")["consent"] == []


def test_no_value_is_written_or_said(found: Found) -> None:
    assert EMAIL not in found.written + found.said


def test_the_sum_stands_at_the_end(found: Found) -> None:
    assert "leaks: 8 direct, 4 identifiers" in found.said


def test_the_tracking_host_took_the_copy(found: Found) -> None:
    assert found.statuses[5] == 204
