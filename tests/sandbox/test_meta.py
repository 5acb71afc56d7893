"""Meta's Conversions API as its stand-in plays it. Sources: see ``sandbox/meta.py``."""

import json
from hashlib import sha256
from typing import Any

import pytest

from firsthand.sandbox.meta import PIXEL, ROLE, TOKEN, event_fault
from firsthand.sandbox.server import Sandbox
from tests.sandbox.asking import Client

NOW_S = 1_795_500_000
EMAIL = sha256(b"jane.doe@example.com").hexdigest()
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PATH = f"/v26.0/{PIXEL}/events"
ABSENT = object()


def event(section: str = "", **changes: Any) -> dict[str, Any]:
    """Return a good purchase with some fields changed, those of ``section`` where one is named."""
    base: dict[str, Any] = {
        "event_name": "Purchase",
        "event_time": NOW_S - 60,
        "event_id": "order-991",
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks",
        "user_data": {
            "client_ip_address": "2001:db8::7",
            "client_user_agent": "UA",
            "em": [EMAIL],
            "fbp": "fb.1.1795000000000.1098115397",
            "fbc": "fb.1.1795400000000.IwZXh0bgNhZW0-AbC_12",
        },
        "custom_data": {
            "value": 49.9,
            "currency": "EUR",
            "contents": [{"id": "SKU1", "quantity": 1, "item_price": 29.9}],
        },
    }
    target = base[section] if section else base
    for key, value in changes.items():
        if value is ABSENT:
            del target[key]
        else:
            target[key] = value
    return base


GOOD = {
    "purchase": event(),
    "as old as it may be": event(event_time=NOW_S - 7 * 86400),
    "a clock a little ahead": event(event_time=NOW_S + 60),
    "value 0": event("custom_data", value=0),
    "hash not in a list": event("user_data", em=EMAIL),
    "cookie with Meta's own appendix": event(
        "user_data", fbc="fb.1.1795400000000.IwAR1.AQYBAQAA", fbp="fb.2.1795000000000.1.Bg"
    ),
    "limited data, California": event(
        data_processing_options=["LDU"],
        data_processing_options_country=1,
        data_processing_options_state=1000,
    ),
    "custom event without value": event(event_name="QuizDone", custom_data={"score": "7"}),
    "address and agent only": event(
        user_data={"client_ip_address": "203.0.113.9", "client_user_agent": "UA"}
    ),
}

BAD = {
    "too old": (event(event_time=NOW_S - 7 * 86400 - 1), 2804003),
    "in the future": (event(event_time=NOW_S + 3600), 2804007),
    "milliseconds": (event(event_time=NOW_S * 1000), 2804007),
    "time as text": (event(event_time=str(NOW_S)), 2804019),
    "no time": (event(event_time=ABSENT), 2804019),
    "no name": (event(event_name=""), 2804019),
    "event id no text": (event(event_id=7), 2804019),
    "test code inside": (event(test_event_code="TEST1"), 2804048),
    "no action source": (event(action_source=ABSENT), 2804019),
    "odd action source": (event(action_source=["website"]), 2804019),
    "no source address": (event(event_source_url=ABSENT), 2804019),
    "address without scheme": (event(event_source_url="shop.example.com/"), 2804019),
    "no user": (event(user_data=ABSENT), 2804050),
    "user agent only": (event(user_data={"client_user_agent": "UA"}), 2804050),
    "no user agent": (event("user_data", client_user_agent=ABSENT), 2804017),
    "bare address": (event("user_data", em="jane.doe@example.com"), 2804016),
    "hash in capitals": (event("user_data", em=EMAIL.upper()), 2804016),
    "one of two not hashed": (event("user_data", em=[EMAIL, "x"]), 2804016),
    "empty list": (event("user_data", em=[]), 2804016),
    "click id without payload": (event("user_data", fbc="fb.1.1795400000000."), 2804001),
    "click id wrapped twice": (
        event("user_data", fbc="fb.1.1795400000000.fb.1.1795400000000.IwAR1"),
        2804001,
    ),
    "click id in seconds": (event("user_data", fbc="fb.1.179540.IwAR1"), 2804001),
    "browser id": (event("user_data", fbp="1098115397"), 2804017),
    "IP": (event("user_data", client_ip_address="1.2.3"), 2804017),
    "purchase without value": (event("custom_data", value=ABSENT), 2804009),
    "purchase without currency": (event("custom_data", currency=ABSENT), 2804009),
    "value as text": (event("custom_data", value="49.9"), 2804009),
    "negative value": (event("custom_data", value=-1), 2804009),
    "currency of two letters": (event("custom_data", currency="EU"), 2804019),
    "item without id": (event("custom_data", contents=[{"quantity": 1}]), 2804019),
    "custom data no object": (event(custom_data=[]), 2804019),
    "unknown option": (event(data_processing_options=["XYZ"]), 2804048),
    "state without country": (
        event(data_processing_options=["LDU"], data_processing_options_state=1000),
        2804048,
    ),
    "no object": ("Purchase", 2804019),
}


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
def test_good_events(given: Any) -> None:
    assert event_fault(given, NOW_S) is None


@pytest.mark.parametrize(("given", "subcode"), BAD.values(), ids=BAD)
async def test_bad_events_over_http(
    client: Client, sandbox: Sandbox, given: Any, subcode: int
) -> None:
    status, _, body = await client.vendor(
        "POST", "graph.facebook.com", PATH, headers=BEARER, json={"data": [given]}
    )
    error = json.loads(body)["error"]
    assert (status, error["code"], error["error_subcode"]) == (400, 100, subcode)
    assert sandbox.vendor("meta").events == []
    assert len(sandbox.vendor("meta").calls) == 1


async def test_events_are_taken_and_kept(client: Client, sandbox: Sandbox) -> None:
    status, _, body = await client.vendor(
        "POST",
        "graph.facebook.com",
        PATH,
        headers=BEARER,
        json={"data": [event(), event(event_id="order-992")], "partner_agent": "firsthand"},
    )
    assert status == 200
    assert json.loads(body)["events_received"] == 2
    first, second = sandbox.vendor("meta").events
    assert (first.account, first.name, first.key) == (PIXEL, "Purchase", "order-991")
    assert first.data["custom_data"]["value"] == 49.9
    assert first.around == {"partner_agent": "firsthand"}
    assert second.key == "order-992"


async def test_one_bad_event_fails_the_batch(client: Client, sandbox: Sandbox) -> None:
    data = [event(), event(event_time=1), event()]
    status, _, body = await client.vendor(
        "POST", "graph.facebook.com", PATH, headers=BEARER, json={"data": data}
    )
    assert status == 400
    assert json.loads(body)["error"]["error_subcode"] == 2804003
    assert sandbox.vendor("meta").events == []


@pytest.mark.parametrize(
    "given",
    [
        {"headers": BEARER, "json": {"data": [event()]}},
        {"params": {"access_token": TOKEN}, "json": {"data": [event()]}},
        {"json": {"data": [event()], "access_token": TOKEN}},
        {"data": {"data": json.dumps([event()]), "access_token": TOKEN}},
    ],
    ids=["bearer", "query", "body", "form"],
)
async def test_ways_to_authenticate(client: Client, sandbox: Sandbox, given: Any) -> None:
    status, _, _ = await client.vendor("POST", "graph.facebook.com", PATH, **given)
    assert status == 200
    assert len(sandbox.vendor("meta").events) == 1
    assert "access_token" not in sandbox.vendor("meta").events[0].around


@pytest.mark.parametrize(
    ("method", "path", "given", "code", "subcode"),
    [
        ("POST", PATH, {}, 190, 467),
        ("POST", PATH, {"headers": {"Authorization": "Bearer nope"}}, 190, 467),
        ("POST", "/v26.0/1/events", {"headers": BEARER}, 100, 33),
        ("POST", f"/v20.0/{PIXEL}/events", {"headers": BEARER}, 2635, 0),
        ("GET", PATH, {"headers": BEARER}, 100, 0),
        ("POST", PATH, {"headers": BEARER, "data": b"{"}, 100, 2804019),
        ("POST", PATH, {"headers": BEARER, "json": []}, 100, 2804019),
        ("POST", PATH, {"headers": BEARER, "json": {"data": []}}, 100, 2804019),
        ("POST", PATH, {"headers": BEARER, "json": {"data": [event()] * 1001}}, 100, 2804019),
        ("POST", PATH, {"json": {"data": [], "access_token": [1]}}, 190, 467),
    ],
)
async def test_bad_requests(
    client: Client, method: str, path: str, given: Any, code: Any, subcode: int
) -> None:
    status, _, body = await client.vendor(method, "graph.facebook.com", path, **given)
    error = json.loads(body)["error"]
    assert (status, error["code"], error["error_subcode"]) == (400, code, subcode)


async def test_too_many_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("meta").limit_rate(times=1)
    status, headers, body = await client.vendor(
        "POST", "graph.facebook.com", PATH, headers=BEARER, json={"data": [event()]}
    )
    usage = json.loads(headers["x-business-use-case-usage"])
    assert (status, json.loads(body)["error"]["code"]) == (400, 80004)
    assert next(iter(usage.values()))[0]["estimated_time_to_regain_access"] == 1


async def test_a_short_beacon_is_an_image(client: Client, sandbox: Sandbox) -> None:
    target = f"/tr/?id={PIXEL}&ev=Lead&cd%5Bvalue%5D=1.5&cd[currency]=eur&eid=k-1&rqm=GET"
    status, headers, body = await client.vendor(
        "GET", "www.facebook.com", target, headers={"Cookie": "fr=secret"}
    )
    assert (status, headers["content-type"], body[:6]) == (200, "image/gif", b"GIF89a")
    [beacon] = sandbox.vendor("meta").beacons
    assert beacon.params["cd[value]"] == "1.5"
    assert beacon.params["cd[currency]"] == "eur"
    assert (beacon.events[0].account, beacon.events[0].name) == (PIXEL, "Lead")
    assert beacon.events[0].key == "k-1"
    assert beacon.ask.cookies == ("fr",)
    assert "secret" not in repr(beacon)


async def test_a_long_beacon_is_a_form(client: Client, sandbox: Sandbox) -> None:
    status, _, _ = await client.vendor(
        "POST", "www.facebook.com", "/tr", data={"id": PIXEL, "ev": "Lead", "dl": "http://a b/"}
    )
    assert status == 200
    [beacon] = sandbox.vendor("meta").beacons
    assert beacon.params == {"id": PIXEL, "ev": "Lead", "dl": "http://a b/"}


@pytest.mark.parametrize(
    ("target", "has"),
    [
        ("/en_US/fbevents.js", b"Malformed tier"),
        ("/de_DE/fbevents.js?v=next", b"Malformed tier"),
        (f"/signals/config/{PIXEL}?v=2.9.248&r=stable", PIXEL.encode()),
    ],
)
async def test_scripts(client: Client, sandbox: Sandbox, target: str, has: bytes) -> None:
    status, headers, body = await client.vendor("GET", "connect.facebook.net", target)
    assert status == 200
    assert headers["content-type"].startswith("application/javascript")
    assert has in body
    assert b"{{" not in body
    assert len(sandbox.vendor("meta").scripts) == 1


def test_the_role_uses_the_pixel_that_the_sandbox_configuration_names() -> None:
    assert (ROLE.key, ROLE.account) == ("meta", "1234567890123456")
