"""X's conversions API and its pixel as their stand-ins play them. Sources: see ``sandbox/x.py``."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import orjson
import pytest
import pytest_asyncio
from playwright.async_api import Page

from firsthand.delivery.auth import Secret, join
from firsthand.model import Call, Reply
from firsthand.sandbox.role import Answer
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import Says
from firsthand.sandbox.x import OAUTH1, PIXEL, ROLE, TOKEN, event_fault, refusal
from firsthand.vendors.x import VENDOR, Settings, read, write
from tests.factories import make_beacon, make_hit
from tests.sandbox.asking import Client
from tests.sandbox.waiting import seen

NOW = 1_795_500_000_000
API = "ads-api.x.com"
PATH = f"/12/measurement/conversions/{PIXEL}"
OWN = {"X-Pixel-Token": TOKEN}
BOUGHT = f"tw-{PIXEL}-obuy01"
EMAIL = sha256(b"jane.doe@example.com").hexdigest()
PHONE = sha256(b"+49301234567").hexdigest()
ABSENT = object()


def event(**changes: Any) -> dict[str, Any]:
    """Return a good purchase with some fields changed."""
    good: dict[str, Any] = {
        "conversion_time": "2026-11-24T05:59:00.000Z",
        "event_id": BOUGHT,
        "conversion_id": "ORD-1",
        "identifiers": [
            {"twclid": "2-abc"},
            {"hashed_email": EMAIL},
            {"ip_address": "203.0.113.7", "user_agent": "UA"},
        ],
        "value": "32.50",
        "price_currency": "EUR",
        "number_items": 1,
        "contents": [{"content_id": "BRD-02", "content_price": 32.5, "num_items": 1}],
        **changes,
    }
    return {key: value for key, value in good.items() if value is not ABSENT}


GOOD = {
    "purchase": event(),
    "bare code": event(event_id="obuy01"),
    "no value": event(value=ABSENT, price_currency=ABSENT, number_items=ABSENT, contents=ABSENT),
    "as old as it may be": event(conversion_time="2026-11-17T06:00:00.000Z"),
    "another zone": event(conversion_time="2026-11-24T07:00:00.000+01:00"),
    "address and agent": event(identifiers=[{"ip_address": "203.0.113.7", "user_agent": "UA"}]),
}

BAD = {
    "no code": (event(event_id=ABSENT), "Event_id is required"),
    "a code that is not set up": (event(event_id="tw-odemo-other"), "not a single event tag"),
    "another pixel's code": (event(event_id="tw-other-obuy01"), "not a single event tag"),
    "no time": (event(conversion_time=ABSENT), "Conversion_time is required"),
    "seconds": (event(conversion_time=1_795_499_940), "ISO 8601"),
    "no zone": (event(conversion_time="2026-11-24T05:59:00"), "allowed range"),
    "too old": (event(conversion_time="2026-11-17T05:59:59.000Z"), "allowed range"),
    "ahead": (event(conversion_time="2026-11-24T07:00:00.000Z"), "allowed range"),
    "nobody": (event(identifiers=[]), "At least one user identifier"),
    "only an address": (event(identifiers=[{"ip_address": "203.0.113.7"}]), "At least one user"),
    "only an agent": (event(identifiers=[{"user_agent": "UA"}]), "At least one user"),
    "bare e-mail": (event(identifiers=[{"hashed_email": "a@b.cd"}]), "Hashed_email is not"),
    "hash in capitals": (event(identifiers=[{"hashed_email": EMAIL.upper()}]), "Hashed_email"),
    "bare phone": (event(identifiers=[{"hashed_phone_number": "+49"}]), "Hashed_phone_number is"),
    "IPv6": (event(identifiers=[{"ip_address": "2001:db8::7", "user_agent": "UA"}]), "Ip_address"),
    "value in words": (event(value="free"), "Value is not"),
    "negative value": (event(value="-1"), "Value is not"),
    "currency in lower case": (event(price_currency="eur"), "Price_currency"),
    "no items": (event(number_items=0), "Number_items"),
    "items as text": (event(number_items="1"), "Number_items"),
    "contents as text": (event(contents="BRD-02"), "Contents must"),
    "no object": ("purchase", "must be an object"),
}


async def post(client: Client, data: Any, **given: Any) -> tuple[int, Any]:
    body = {"headers": OWN, "json": {"conversions": data}, **given}
    status, _, told = await client.vendor("POST", API, PATH, **body)
    return status, json.loads(told)


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
def test_good_events(given: Any) -> None:
    assert event_fault(given, NOW) is None


@pytest.mark.parametrize(("given", "words"), BAD.values(), ids=BAD)
async def test_a_bad_event_fails_all(
    client: Client, sandbox: Sandbox, given: Any, words: str
) -> None:
    status, told = await post(client, [event(), given])
    assert status == 400
    assert words in told["errors"][0]["message"]
    assert sandbox.vendor("x").events == []


async def test_events_are_taken_and_kept(client: Client, sandbox: Sandbox) -> None:
    status, told = await post(client, [event(), event(event_id="ocart1", conversion_id="c-2")])
    assert (status, told["data"]["conversions_processed"]) == (200, 2)
    first, second = sandbox.vendor("x").events
    assert (first.account, first.name, first.key) == (PIXEL, BOUGHT, "ORD-1")
    assert (second.name, second.key) == (f"tw-{PIXEL}-ocart1", "c-2")


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        (PATH, {"json": {"conversions": [event()]}}, 401),
        (PATH, {"headers": {"X-Pixel-Token": "nope"}, "json": {"conversions": [event()]}}, 401),
        (PATH, {"headers": {"Authorization": "OAuth x"}, "json": {"conversions": [event()]}}, 401),
        (PATH[:-1], {"headers": OWN, "json": {"conversions": [event()]}}, 404),
        (PATH, {"headers": OWN, "data": b"{}"}, 415),
        (PATH, {"headers": OWN, "json": []}, 400),
        (PATH, {"headers": OWN, "json": {"conversions": []}}, 400),
        (PATH, {"headers": OWN, "json": {"conversions": [event()] * 501}}, 400),
    ],
)
async def test_bad_requests(client: Client, path: str, given: Any, status: int) -> None:
    assert (await client.vendor("POST", API, path, **given))[0] == status


async def test_what_our_own_side_signs_is_taken(client: Client) -> None:
    async with Sandbox() as sandbox:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        body = orjson.dumps({"conversions": [event(conversion_time=moment)]})
        kind = {"content-type": "application/json"}
        call = Call("x", PIXEL, "POST", f"https://{API}{PATH}", kind, body)
        own = Client(client.session, sandbox)
        for token, expected in ((OAUTH1, 200), (TOKEN, 200), (OAUTH1.replace("user", "u"), 401)):
            signed = join(call, VENDOR, Secret(token))
            answer = await own.vendor("POST", API, PATH, headers=signed.headers, data=body)
            assert answer[0] == expected


async def test_a_signature_is_for_one_address_and_one_moment(client: Client) -> None:
    call = Call("x", PIXEL, "POST", f"https://{API}{PATH}", {}, b"")
    stale = join(call, VENDOR, Secret(OAUTH1)).headers  # the stand-in's clock stands elsewhere
    assert (await post(client, [event()], headers=stale))[0] == 401


async def test_it_can_be_told_to_refuse(client: Client, sandbox: Sandbox) -> None:
    stand_in = sandbox.vendor("x")
    stand_in.misbehave(Says(refusal(403, ("UNAUTHORIZED_CLIENT_APPLICATION", "no"))), times=1)
    assert (await post(client, [event()]))[0] == 403
    stand_in.misbehave(Says(Answer(503, b"<html>")), times=1)
    assert (await client.vendor("POST", API, PATH, headers=OWN))[0] == 503
    stand_in.limit_rate(times=1)
    status, headers, body = await client.vendor("POST", API, PATH, headers=OWN)
    [outcome] = VENDOR.judge(
        Reply(status, {name.lower(): text for name, text in headers.items()}, body, 1),
        [make_beacon(vendor="x")],
    )
    assert (status, outcome.reason) == (429, "rate_limit")


# The shop, as a visitor's browser sees it.

in_chromium = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("x",)) as running:
        yield running


async def buy(page: Page, stage: Sandbox, query: str = "") -> str:
    await page.goto(f"{stage.shop_url}/plain/shop{query}")
    await page.get_by_role("button", name="Accept all").click()
    await seen(stage.vendor("x"), "PageView")
    steps = (("#main a[href$='/product/BRD-02']", "oview1"), ("#add", "ocart1"))
    for selector, code in (*steps, ("#to-checkout", "obegin"), ("#buy", "obuy01")):
        await page.click(selector)
        await seen(stage.vendor("x"), f"tw-{PIXEL}-{code}")
    await page.wait_for_load_state("networkidle")
    return await page.locator("#order").inner_text()


@in_chromium
async def test_a_purchase_is_told_twice_under_one_key(stage: Sandbox, page: Page) -> None:
    order = await buy(page, stage, "?twclid=2-demoClick7")
    bought = [each for each in stage.vendor("x").beacons if each.events[0].name == BOUGHT]
    assert {each.ask.host for each in bought} == {"t.co", "analytics.twitter.com"}
    assert len({each.params["event_id"] for each in bought}) == 1
    assert {each.events[0].key for each in bought} == {order}
    sent = bought[0].params
    told = json.loads(sent["event"])
    assert (told["value"], told["currency"], told["num_items"]) == (32.5, "EUR", 1)
    assert told["contents"][0]["content_id"] == "BRD-02"
    assert (sent["email_address"], sent["phone_number"]) == (EMAIL, PHONE)
    assert (sent["twclid"], sent["tw_clid_src"]) == ("2-demoClick7", "2")
    cookies = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies()}
    assert json.loads(unquote(cookies["_twclid"]))["twclid"] == "2-demoClick7"
    assert sent["twpid"] == cookies["_twpid"]


@in_chromium
async def test_our_side_reads_what_the_pixel_sends_and_the_api_takes_it(
    stage: Sandbox, page: Page
) -> None:
    order = await buy(page, stage, "?twclid=2-demoClick7")
    asks = [each.ask for each in stage.vendor("x").beacons]
    hits = [
        make_hit(f"https://trk/{each.host}{each.path}?{each.query}", at=each.at) for each in asks
    ]
    readings = [each for hit in hits for each in read(hit) if not each.skip]
    codes = ["oview1", "ocart1", "obegin", "obuy01"]
    assert [each.name for each in readings] == [f"tw-{PIXEL}-{code}" for code in codes]
    assert all(each.unlisted == 0 for each in readings)
    last = readings[-1]
    assert last.event_key == order
    sent = orjson.loads(write([make_beacon(last, vendor="x")], Settings(), now=last.at).body)
    assert event_fault(sent["conversions"][0], last.at) is None


@in_chromium
async def test_a_long_event_goes_by_post(stage: Sandbox, page: Page) -> None:
    await page.goto(f"{stage.shop_url}/_vendors")
    await page.evaluate(
        "(code) => { window.twq = (...all) => twq.exe ? twq.exe(...all) : twq.queue.push(all);"
        " twq.queue = []; twq('event', code, {description: 'd'.repeat(5000)}); }",
        BOUGHT,
    )
    await page.add_script_tag(url=f"http://static.ads-twitter.com{stage.suffix}/uwt.js")
    await seen(stage.vendor("x"), BOUGHT)
    assert {each.ask.path for each in stage.vendor("x").beacons} == {"/1/i/adsctp"}


@in_chromium
async def test_without_consent_nothing_is_asked(stage: Sandbox, page: Page) -> None:
    await page.goto(f"{stage.shop_url}/plain/shop?twclid=2-demoClick7")
    await page.get_by_role("button", name="Reject").click()
    await page.wait_for_load_state("networkidle")
    assert stage.vendor("x").scripts == stage.vendor("x").beacons == []


def test_the_role_uses_the_pixel_of_the_demo_shop() -> None:
    assert (ROLE.key, ROLE.account) == ("x", PIXEL)
