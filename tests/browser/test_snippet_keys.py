"""One event, one key: what fh.js tells and what a pixel tells on the same page are one event.

``acme`` has a place for the key in its beacons, ``bolt`` has none.
"""

import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.async_api import Page

from firsthand.browser import KeyRules
from tests.browser.stage import FLAT, Stage
from tests.browser.test_eventkey import BATCH, DIGEST, ONE, SEND

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = "cdn.acme.example/pixel.js"
DOOR = "px.acme.example/tr/"
LINES = "px.bolt.example/collect"
HEX = re.compile(r"[0-9a-f]{32}")
ANY = {"": "{0}", "1": "{0}", "2": "{0}", "B-1": "{0}"}


async def opened(
    stage: Stage, mode: str, key: KeyRules = FLAT, tags: str = "{snippet}", path: str = "/"
) -> Page:
    stage.modes = {name: dict.fromkeys(ANY, mode) for name in ("acme", "bolt")}
    stage.key = key
    stage.scripts[PIXEL] = "window.ran = 1"
    loader = f"<script src='{stage.tracking}/{PIXEL}'></script>"
    snippet = stage.snippet_tag.replace(" async", "")
    off = "<script>firsthand('config', {page_views: false})</script>"
    snippet = snippet.replace("</script><script", f"</script>{off}<script")
    stage.html = f"<body>{tags.format(snippet=snippet, loader=loader)}</body>"
    page = await stage.open(path, consent="acme+bolt")
    await page.wait_for_function("window.firsthand.q.on")
    return page


async def pixel(page: Page, stage: Stage, query: str, how: str = "image", body: str = "") -> None:
    await page.evaluate(SEND[how], [stage.vendor(DOOR + query), body])


def beacons(stage: Stage, mode: str) -> list[Any]:
    """Return what reached whom the beacons are for."""
    return stage.moved(DOOR) if mode == "server" else stage.at("px.acme.example")


def ids(event: dict[str, Any]) -> dict[str, str]:
    """Return the keys that pixels gave an event before."""
    return dict(event.get("ext", {}).get("firsthand", {}).get("event_ids", {}))


BUY = "firsthand('track', 'purchase', {})"
TAGS = ["{snippet}", "{snippet}{loader}", "{loader}{snippet}"]


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize("mode", ["server", "both"])
async def test_a_pixel_gets_the_snippets_id(stage: Stage, mode: str, tags: str) -> None:
    page = await opened(stage, mode, tags=tags)
    await page.evaluate(BUY.format("{id: 'order-1'}"))
    await stage.until(stage.told)
    await pixel(page, stage, "?id=1&ev=Purchase&eid=")
    await pixel(page, stage, "?id=2&ev=Purchase")  # a second account, the same event
    await pixel(page, stage, "?id=1&ev=Lead")
    await stage.until(lambda: len(beacons(stage, mode)) == 3)
    keys = {
        (each.query["ev"], each.query["id"]): each.query["eid"] for each in beacons(stage, mode)
    }
    assert keys["Purchase", "1"] == keys["Purchase", "2"] == "order-1"
    assert HEX.fullmatch(keys["Lead", "1"])
    if mode == "both":
        await stage.until(lambda: len(stage.copies()) == 3)
        assert sum("eid=order-1" in str(copy["url"]) for copy in stage.copies()) == 2
    assert ids(stage.told()[0]) == {}


@pytest.mark.parametrize("mode", ["server", "both"])
async def test_the_snippet_tells_the_keys_of_pixels_before_it(stage: Stage, mode: str) -> None:
    page = await opened(stage, mode)
    await pixel(page, stage, "?id=1&ev=Purchase")
    await pixel(page, stage, "?id=2&ev=Purchase&eid=own-2")
    await stage.until(lambda: len(beacons(stage, mode)) == 2)
    made = next(each.query["eid"] for each in beacons(stage, mode) if each.query["id"] == "1")
    await page.evaluate(BUY.format("{}"))
    await stage.until(stage.told)
    (event,) = stage.told()
    assert event["id"] == made
    assert ids(event) == {"2": "own-2"}


@pytest.mark.parametrize(
    ("told", "expected", "others"),
    [
        ("{}", "own-1", {}),
        ("{id: 'own-1'}", "own-1", {}),
        ("{id: 'own-2'}", "own-2", {}),  # another event
    ],
)
async def test_a_key_of_the_pages_own_is_kept(
    stage: Stage, told: str, expected: str, others: dict[str, str]
) -> None:
    page = await opened(stage, "server")
    await pixel(page, stage, "?id=1&ev=Purchase&eid=own-1")
    await stage.until(lambda: beacons(stage, "server"))
    await page.evaluate(BUY.format(told))
    await stage.until(stage.told)
    (event,) = stage.told()
    assert (event["id"], ids(event)) == (expected, others)
    assert beacons(stage, "server")[0].query["eid"] == "own-1"


async def test_an_id_given_after_a_pixel_was_given_one_of_ours(stage: Stage) -> None:
    page = await opened(stage, "server")
    await pixel(page, stage, "?id=1&ev=Purchase")
    await page.evaluate(BUY.format("{id: 'order-1'}"))
    await pixel(page, stage, "?id=2&ev=Purchase")
    await stage.until(stage.told)
    await stage.until(lambda: len(beacons(stage, "server")) == 2)
    keys = {each.query["id"]: each.query["eid"] for each in beacons(stage, "server")}
    (event,) = stage.told()
    assert event["id"] == keys["2"] == "order-1"
    assert ids(event) == {"1": keys["1"]}


async def test_each_time_is_an_event_of_its_own(stage: Stage) -> None:
    page = await opened(stage, "server")
    for n in (1, 2):
        await page.evaluate(f"firsthand('track', 'generate_lead', {{id: 'lead-{n}'}})")
        await pixel(page, stage, f"?id=1&ev=Lead&n={n}")
    await pixel(page, stage, "?id=1&ev=Lead&n=3")
    await stage.until(lambda: len(beacons(stage, "server")) == 3)
    keys = {each.query["n"]: each.query["eid"] for each in beacons(stage, "server")}
    assert (keys["1"], keys["2"]) == ("lead-1", "lead-2")
    assert HEX.fullmatch(keys["3"])


async def test_a_retry_and_a_mirror_keep_the_key(stage: Stage) -> None:
    page = await opened(stage, "server")
    await page.evaluate(BUY.format("{id: 'order-1'}"))
    for _ in range(2):
        await pixel(page, stage, "?id=1&ev=Purchase")
    mirror = stage.vendor("px6.acme.example/tr/?id=1&ev=Purchase")
    await page.evaluate(SEND["image"], [mirror, ""])
    await stage.until(lambda: stage.moved("px6.acme.example/tr/"))
    await stage.until(lambda: beacons(stage, "server"))
    sent = beacons(stage, "server") + stage.moved("px6.acme.example/tr/")
    assert {each.query["eid"] for each in sent} == {"order-1"}


async def test_page_views_are_paired_by_their_address(stage: Stage) -> None:
    page = await opened(stage, "server")
    await page.evaluate("firsthand('track', 'page_view', {id: 'view-1'})")
    await page.evaluate("history.pushState(0, '', '/next')")
    await pixel(page, stage, "?id=1&ev=PageView&n=2")
    await page.evaluate("firsthand('track', 'page_view')")
    await stage.until(lambda: len(stage.told()) == 2)
    await stage.until(lambda: beacons(stage, "server"))
    key = beacons(stage, "server")[0].query["eid"]
    assert [event["id"] for event in stage.told()] == ["view-1", key]


async def test_a_custom_event_goes_by_its_name(stage: Stage) -> None:
    page = await opened(stage, "server")
    await page.evaluate("firsthand('track', 'custom', {custom_event: 'Quiz', id: 'q-1'})")
    await pixel(page, stage, "?id=1&ev=Quiz")
    await pixel(page, stage, "?id=1&ev=custom&detail=Lead")
    await page.evaluate("firsthand('track', 'generate_lead')")
    await stage.until(lambda: len(stage.told()) == 2)
    await stage.until(lambda: len(beacons(stage, "server")) == 2)
    keys = {each.query["ev"]: each.query["eid"] for each in beacons(stage, "server")}
    assert [event["id"] for event in stage.told()] == [keys["Quiz"], keys["custom"]]
    assert keys["Quiz"] == "q-1"


async def test_what_a_script_invents_gets_no_key(stage: Stage) -> None:
    page = await opened(stage, "server")
    await pixel(page, stage, "?id=1&ev=Auto")
    await page.evaluate("firsthand('track', 'custom', {custom_event: 'Auto'})")
    await stage.until(stage.told)
    assert "eid" not in beacons(stage, "server")[0].query


async def test_accounts_of_others_are_left_alone(stage: Stage) -> None:
    page = await opened(stage, "server")
    stage.modes = {}
    await page.evaluate(BUY.format("{id: 'order-1'}"))
    await pixel(page, stage, "?id=77&ev=Purchase")
    await stage.until(lambda: stage.at("px.acme.example"))
    assert "eid" not in stage.at("px.acme.example")[0].query


@pytest.mark.parametrize("how", ["beacon", "fetch", "request", "xhr", "form"])
@pytest.mark.parametrize("mode", ["server", "both"])
async def test_every_way_of_sending(stage: Stage, how: str, mode: str) -> None:
    page = await opened(stage, mode, ONE if how != "form" else FLAT)
    await page.evaluate(BUY.format("{id: 'order-1'}"))
    given = json.dumps({"event": "Purchase", "event_id": ""})
    await pixel(page, stage, "?id=1", how, "ev=Purchase&x=1" if how == "form" else given)
    await stage.until(lambda: beacons(stage, mode))
    body = beacons(stage, mode)[0].body
    if how == "form":
        assert parse_qs(body)["eid"] == ["order-1"]
    else:
        assert json.loads(body) == {"event": "Purchase", "event_id": "order-1"}


async def test_several_events_in_one_body(stage: Stage) -> None:
    page = await opened(stage, "server", BATCH)
    await page.evaluate("firsthand('track', 'generate_lead', {id: 'lead-1'})")
    await page.evaluate(BUY.format("{id: 'order-1'}"))
    body = {"req": [{"t": {"ev": "Purchase"}}, {"t": [{"ev": "Lead", "cdid": ""}]}]}
    await pixel(page, stage, "?id=1", "beacon", json.dumps(body))
    await stage.until(lambda: beacons(stage, "server"))
    sent = json.loads(beacons(stage, "server")[0].body)["req"]
    assert [sent[0]["t"]["cdid"], sent[1]["t"][0]["cdid"]] == ["order-1", "lead-1"]


TEXTS = ["order-1", "a" * 55, "a" * 56, "b" * 119, "Zoë \U0001f600", "x" * 500]


@pytest.mark.parametrize("given", TEXTS)
async def test_where_keys_are_hashes_the_pixel_gets_the_ids_hash(stage: Stage, given: str) -> None:
    page = await opened(stage, "server", DIGEST)
    await page.evaluate("id => firsthand('track', 'purchase', {id})", given)
    await pixel(page, stage, "?id=1&event=Purchase&m.conversionId=")
    await stage.until(lambda: beacons(stage, "server"))
    digest = hashlib.sha256(given.encode()).hexdigest()
    assert beacons(stage, "server")[0].query["m.conversionId"] == digest
    await stage.until(stage.told)
    assert ids(stage.told()[0]) == {}, "the server hashes the id itself"


async def test_lines_without_a_place_for_a_key_get_one_of_ours(stage: Stage) -> None:
    page = await opened(stage, "server")
    await page.evaluate("firsthand('track', 'custom', {custom_event: 'hello', id: 'h-1'})")
    body = "en=hello&ep.x=1\r\nen=other&_s=2"
    await page.evaluate(SEND["beacon"], [stage.vendor(LINES + "?tid=B-1"), body])
    await stage.until(lambda: stage.moved(LINES))
    first, second = stage.moved(LINES)[0].body.split("\r\n")
    assert first == "en=hello&ep.x=1&fh_key=h-1"
    assert re.fullmatch(r"en=other&_s=2&fh_key=[0-9a-f]{32}", second)
    await page.evaluate(SEND["fetch"], [stage.vendor(LINES + "?tid=B-1&en=alone"), ""])
    await stage.until(lambda: len(stage.moved(LINES)) == 2)
    assert HEX.fullmatch(stage.moved(LINES)[1].query["fh_key"])
    await page.evaluate("firsthand('track', 'custom', {custom_event: 'alone'})")
    await stage.until(lambda: len(stage.told()) == 2)
    assert stage.told()[1]["id"] == stage.moved(LINES)[1].query["fh_key"]


async def test_the_vendor_never_sees_a_key_of_ours(stage: Stage) -> None:
    page = await opened(stage, "both")
    await page.evaluate(SEND["beacon"], [stage.vendor(LINES + "?tid=B-1"), "en=hello"])
    await stage.until(stage.copies)
    await stage.until(lambda: stage.at("px.bolt.example"))
    assert "fh_key" not in stage.at("px.bolt.example")[0].body + json.dumps(stage.copies())
