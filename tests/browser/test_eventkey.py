"""The event key that the shim sets, in every form in which a beacon may carry one.

The shapes are those that pixels were seen to send in Chromium, November 2026; ``acme`` plays each.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from playwright.async_api import Page

from firsthand.browser import KeyRules
from firsthand.browser.rules import rules_of
from firsthand.model import Mode, Reading
from firsthand.rules import copies
from firsthand.vendors import VENDORS
from tests.browser.stage import FLAT, Seen, Stage
from tests.browser.test_rules import make_site
from tests.factories import make_hit

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = "cdn.acme.example/pixel.js"
BEACON = "px.acme.example/tr/"
MIRROR = "px6.acme.example/tr/"
HEX = re.compile(r"[0-9a-f]{32}")

ONE = KeyRules("event_id", "event", names="^(?!Enrich$).+$")
BATCH = KeyRules("cdid", "ev", names="^.+$", path=("req", "t"))
DIGEST = KeyRules("m.conversionId", "event", names="^.+$", digits=64)
INSIDE = KeyRules("conversion_id", "txn_id", names="^tw-.+$", json="event")

SEND = {
    "beacon": "([u, b]) => navigator.sendBeacon(u, b)",
    "fetch": "([u, b]) => { fetch(u, {method: 'POST', body: b, mode: 'no-cors'}) }",
    "request": "([u, b]) => { fetch(new Request(u, {method: 'POST', body: b})) }",
    "xhr": "([u, b]) => { const x = new XMLHttpRequest(); x.open('POST', u); x.send(b) }",
    "image": "([u]) => { new Image().src = u }",
    "form": """([u, b]) => {
      const frame = document.createElement('iframe'); frame.name = 'f' + Math.random();
      const form = document.createElement('form'); document.body.append(frame, form);
      Object.assign(form, {method: 'post', action: u, target: frame.name});
      for (const [name, value] of new URLSearchParams(b)) {
        const input = document.createElement('input');
        Object.assign(input, {name, value}); form.append(input) }
      form.submit() }""",
}
POSTS = ("beacon", "fetch", "request", "xhr")


async def shop(
    stage: Stage, key: KeyRules, headers: dict[str, str] | None = None, consent: str = "acme"
) -> Page:
    stage.key = key
    stage.modes = {"acme": {"1": "both", "": "both"}}
    stage.scripts[PIXEL] = "window.ran = 1"
    stage.html = f"<body>{stage.loader_tag(PIXEL)}</body>"
    stage.headers = headers or {}
    page = await stage.open(consent=consent)
    await page.wait_for_function("window.ran")
    return page


async def send(page: Page, stage: Stage, how: str, body: str = "", place: str = BEACON) -> None:
    """Send, and wait until vendor and tracking host have it."""
    before = len(stage.copies())
    await page.evaluate(SEND[how], [stage.vendor(place), body])
    await stage.until(lambda: len(stage.copies()) == before + 1)


def originals(stage: Stage) -> list[Seen]:
    return [each for each in stage.seen if each.host in {"px.acme.example", "px6.acme.example"}]


def pair(stage: Stage) -> tuple[str, str]:
    """Return the one body that the vendor got, and that of its copy."""
    [original], [copy] = originals(stage), stage.copies()
    assert copy["outcome"] == "ok"
    return original.body, str(copy["body"])


def text(**members: Any) -> str:
    """Return JSON as a browser spells it."""
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False)


EVENT = {"message_id": "m-1", "context": {"page": {"url": "https://shop.example/?event=x"}}}


@pytest.mark.parametrize("how", POSTS)
@pytest.mark.parametrize("given", [{"event_id": ""}, {"event_id": None}, {}])
async def test_a_body_that_is_one_event_gets_a_key(
    stage: Stage, how: str, given: dict[str, Any]
) -> None:
    page = await shop(stage, ONE)
    sent = {"event": "Pageview", **given, **EVENT, "name": "Zoë \u2028 1"}
    await send(page, stage, how, text(**sent))
    arrived, copied = pair(stage)
    key = json.loads(arrived)["event_id"]
    assert HEX.fullmatch(key)
    assert arrived == copied == text(**{**sent, "event_id": key})


UNTOUCHED = [
    (ONE, text(event="Pageview", event_id="own", **EVENT)),
    (ONE, text(event="Enrich", event_id="", **EVENT)),  # the script's own
    (ONE, text(event="", event_id="", **EVENT)),  # no event
    (ONE, text(event_id="", action="Click", **EVENT)),
    (ONE, text(event=[], **EVENT)),
    (ONE, '{"event":"Pageview", "broken'),
    (ONE, '["event","Pageview"]'),
    (BATCH, text(ctx={"url": "/?ev=x"}, req=[{"md": {"pids": ["1"]}}, {"log": {"ev": "x"}}])),
    (BATCH, text(ctx={}, ev="PURCHASE")),
    (BATCH, text(req=[None, {"t": {"ev": "PURCHASE"}}])),
    (BATCH, text(req=[{"t": {"ev": "PURCHASE", "cdid": "@-1"}}])),
    (FLAT, text(dl="https://shop.example/?ev=Purchase&x=1")),
    (FLAT, f"  {text(dl='?ev=Purchase')}"),
    (FLAT, '["?ev=Purchase"]'),
    (INSIDE, "txn_id=tw-o8abc-o9def&event=%7B%22value%22%3A1%2C%22cur"),  # broken off
    (INSIDE, "txn_id=tw-o8abc-o9def&event=%7B%22value%22%3"),
    (INSIDE, "txn_id=o8abc&event=%7B%7D"),  # a page view
    (KeyRules(), text(event="Purchase", ev="Purchase")),
    (KeyRules(), "ev=Purchase&event=Purchase"),
]


@pytest.mark.parametrize(("key", "body"), UNTOUCHED)
async def test_what_is_no_event_of_the_site_goes_as_it_came(
    stage: Stage, key: KeyRules, body: str
) -> None:
    page = await shop(stage, key)
    await send(page, stage, "beacon", body)
    assert pair(stage) == (body, body)
    assert stage.copies()[0]["url"] == f"https://{BEACON}"


async def test_each_event_of_a_batch_has_a_key_of_its_own(stage: Stage) -> None:
    page = await shop(stage, BATCH)
    same = {"t": {"ev": "ADD_CART", "pid": "1"}, "del": 5}
    own = {"t": {"ev": "PURCHASE", "cdid": "own"}, "del": 5}
    await send(page, stage, "beacon", text(ctx={"r": 1}, req=[same, {"i": {}}, own, same], u=1))
    arrived, copied = pair(stage)
    first, ping, second, third = json.loads(arrived)["req"]
    assert arrived == copied
    assert (ping, second) == ({"i": {}}, own)
    assert HEX.fullmatch(first["t"]["cdid"])
    assert HEX.fullmatch(third["t"]["cdid"])
    assert first["t"]["cdid"] != third["t"]["cdid"]


def cdids(stage: Stage) -> dict[str, list[str]]:
    """Return the keys by the number (``r``) that the request carries."""
    bodies = [json.loads(each.body) for each in originals(stage)]
    return {body["ctx"]["r"]: [item["t"]["cdid"] for item in body["req"]] for body in bodies}


async def test_a_retry_and_a_mirror_of_a_batch_have_its_keys(stage: Stage) -> None:
    page = await shop(stage, BATCH)
    events = [{"t": {"ev": "PAGE_VIEW"}, "del": 1}, {"t": {"ev": "ADD_CART"}, "del": 2}]
    late = [{**event, "del": 9} for event in events]
    await send(page, stage, "beacon", text(ctx={"r": "first"}, req=events))
    await send(page, stage, "beacon", text(ctx={"r": "mirror"}, req=late), MIRROR)
    await send(page, stage, "xhr", text(ctx={"r": "again"}, req=events))
    await send(page, stage, "beacon", text(ctx={"r": "again mirrored"}, req=events), MIRROR)
    found = cdids(stage)
    await send(page, stage, "xhr", text(ctx={"r": "first"}, req=events))
    assert found["first"] == found["mirror"] == cdids(stage)["first"]
    assert found["again"] == found["again mirrored"]
    assert not set(found["first"]) & set(found["again"])
    assert [copy["attempt"] for copy in stage.copies()] == [1, 1, 1, 1, 2]


@pytest.mark.parametrize("given", ["m.conversionId=&", "m.conversionId=undefined&", ""])
async def test_a_key_looks_like_the_vendors_own(stage: Stage, given: str) -> None:
    page = await shop(stage, DIGEST)
    await send(page, stage, "image", place=f"{BEACON}?ts=1&event=Purchase&{given}opt_out=0")
    [original], [copy] = originals(stage), stage.copies()
    key = original.query["m.conversionId"]
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    place = given.replace("=undefined", "=").replace("=&", f"={key}&")
    end = "" if given else f"&m.conversionId={key}"
    assert copy["url"] == f"https://{BEACON}?ts=1&event=Purchase&{place}opt_out=0{end}"


VALUE = '{"value":20.02,"name":"Müller & Söhne\'s $& 50%+"}'
NAMED = "txn_id=tw-o8abc-o9def"


def told(query: str) -> dict[str, Any]:
    return json.loads(dict(parse_qsl(query))["event"])


async def test_a_key_inside_a_parameter_is_one_on_both_hosts_and_by_post(stage: Stage) -> None:
    page = await shop(stage, INSIDE)
    query = f"bci=4&event={quote(VALUE)}&event_id=hit-1&{NAMED}"
    for how, place, body in (
        ("image", f"{BEACON}?{query}", ""),
        ("image", f"{MIRROR}?{query}", ""),
        ("beacon", BEACON, query),
    ):
        await send(page, stage, how, body, place)
    got = [urlsplit(str(copy["url"])).query or str(copy["body"]) for copy in stage.copies()]
    keys = {told(each).pop("conversion_id") for each in got}
    [key] = keys
    assert HEX.fullmatch(key)
    for each in got:
        assert told(each) == {**json.loads(VALUE), "conversion_id": key}
        assert [name for name, _ in parse_qsl(each)] == ["bci", "event", "event_id", "txn_id"]
    sent = [dict(parse_qsl(each.body)) or each.query for each in originals(stage)]
    assert [json.loads(each["event"]) for each in sent] == [told(each) for each in got]
    assert [copy["attempt"] for copy in stage.copies()] == [1, 1, 1]


@pytest.mark.parametrize("refused", [False, True])
async def test_a_key_inside_a_parameter_of_a_form(
    stage: Stage,
    refused: bool,  # noqa: FBT001 - a case, not a switch
) -> None:
    policy = {"Content-Security-Policy": f"connect-src {stage.tracking}"} if refused else {}
    page = await shop(stage, INSIDE, policy)
    await send(page, stage, "form", f"event={quote(VALUE)}&{NAMED}")
    await stage.until(lambda: originals(stage))
    [original], [copy] = originals(stage), stage.copies()
    assert told(original.body) == told(str(copy["body"]))
    assert HEX.fullmatch(told(original.body)["conversion_id"])


@pytest.mark.parametrize(
    ("query", "member"),
    [
        (f"event=%7B%7D&{NAMED}", "new"),
        (NAMED, "new"),
        (f"event=&{NAMED}", "new"),
        (f"event=%7B%22conversion_id%22%3A%22%22%7D&{NAMED}", "new"),
        (f"event=%7B%22conversion_id%22%3A%22own%22%7D&{NAMED}", "own"),
    ],
)
async def test_the_object_in_a_parameter_may_be_empty(
    stage: Stage, query: str, member: str
) -> None:
    page = await shop(stage, INSIDE)
    await send(page, stage, "image", place=f"{BEACON}?{query}")
    key = json.loads(originals(stage)[0].query["event"])["conversion_id"]
    assert key == member or (member == "new" and HEX.fullmatch(key))


@pytest.mark.parametrize("refused", [False, True])
async def test_an_empty_field_of_a_form_is_filled(
    stage: Stage,
    refused: bool,  # noqa: FBT001 - a case, not a switch
) -> None:
    policy = {"Content-Security-Policy": f"connect-src {stage.tracking}"} if refused else {}
    page = await shop(stage, FLAT, policy)
    await send(page, stage, "form", "id=1&ev=Purchase&eid=")
    await stage.until(lambda: originals(stage))
    [original], [copy] = originals(stage), stage.copies()
    assert HEX.fullmatch(original.sent["eid"])
    assert original.body == copy["body"] == f"id=1&ev=Purchase&eid={original.sent['eid']}"
    assert copy["outcome"] == ("unknown" if refused else "ok")


async def test_events_by_one_address_are_no_retries(stage: Stage) -> None:
    page = await shop(stage, ONE)
    for number in (1, 2):
        await send(page, stage, "xhr", text(event="Purchase", event_id="", n=number))
    assert [copy["attempt"] for copy in stage.copies()] == [1, 1]
    assert len({json.loads(each.body)["event_id"] for each in originals(stage)}) == 2


async def test_a_broken_name_does_not_stop_the_pixel(stage: Stage) -> None:
    page = await shop(stage, FLAT)
    await send(page, stage, "image", place=f"{BEACON}?id=1&ev=100%")
    assert originals(stage)[0].query["id"] == "1"
    assert "eid" not in str(stage.copies()[0]["url"])


PIXELS = {name: VENDORS[name].account_example for name in ("tiktok", "snapchat", "reddit", "x")}
CONTEXT = {"pixel": {"code": PIXELS["tiktok"]}, "page": {"url": "https://shop.example.com/"}}
ITEM = {"pid": PIXELS["snapchat"], "ev": "ADD_CART"}
ADSCT = f"event=%7B%22value%22%3A1%7D&event_id=hit-1&txn_id=tw-{PIXELS['x']}-o9def"
REAL = [
    (
        "tiktok",
        "beacon",
        "analytics.tiktok.com/api/v2/pixel",
        text(event="AddToCart", event_id="", context=CONTEXT),
    ),
    ("snapchat", "beacon", "tr.snapchat.com/p", text(ctx={"ts": 1}, req=[{"t": ITEM, "del": 1}])),
    ("snapchat", "image", f"tr.snapchat.com/p?pid={PIXELS['snapchat']}&ev=ADD_CART", ""),
    (
        "reddit",
        "image",
        f"alb.reddit.com/rp.gif?id={PIXELS['reddit']}&event=Lead&m.conversionId=&opt_out=0",
        "",
    ),
    ("x", "image", f"t.co/1/i/adsct?{ADSCT}", ""),
    ("x", "fetch", "t.co/1/i/adsctp", ADSCT),
]


def read(vendor: str, seen: Seen, copy: dict[str, object]) -> tuple[Reading, Reading]:
    """Return what the vendor's file reads in what the vendor got, and in what we got."""
    site = make_site((vendor, PIXELS[vendor], Mode.BOTH))
    form = {"content-type": "application/x-www-form-urlencoded" if vendor == "x" else "text/plain"}
    query = str(copy["url"]).partition("?")[2] and "&".join(
        f"{name}={quote(value)}" for name, value in seen.query.items()
    )
    address = f"https://trk.shop.example.com/{seen.host}{seen.path}"
    [original] = VENDORS[vendor].read(
        make_hit(address, method=seen.method, query=query, body=seen.body, headers=form)
    )
    [copied] = VENDORS[vendor].read(copies.original(make_hit(body=json.dumps(copy)), site))
    return original, copied


@pytest.mark.parametrize(("vendor", "how", "place", "body"), REAL)
async def test_vendor_and_server_find_the_key_where_it_was_put(
    stage: Stage, vendor: str, how: str, place: str, body: str
) -> None:
    site = make_site((vendor, PIXELS[vendor], Mode.BOTH), suffix=stage.suffix)
    stage.vendors = rules_of(site).vendors
    page = await shop(stage, FLAT, consent=f"acme+{vendor}")
    await send(page, stage, how, body, place)
    host, _, _ = place.partition("/")
    [seen], [copy] = stage.at(host), stage.copies()
    original, copied = read(vendor, seen, copy)
    assert original.event_key == copied.event_key
    assert re.fullmatch(
        r"[0-9a-f]{64}" if vendor == "reddit" else r"[0-9a-f]{32}", copied.event_key
    )
