"""GA4's doors as its stand-in plays them. Sources: see ``sandbox/ga4.py``."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from firsthand.sandbox.ga4 import MEASUREMENT, RESERVED, SECOND, SECRET
from firsthand.sandbox.server import Sandbox
from tests.sandbox.asking import Client

HOST = "www.google-analytics.com"
MP = f"/mp/collect?measurement_id={MEASUREMENT}&api_secret={SECRET}"
DEBUG = f"/debug/mp/collect?measurement_id={MEASUREMENT}&api_secret={SECRET}"
ITEMS = [{"item_id": "SKU1", "item_name": "Shirt", "price": 10.01, "quantity": 2}]


def body(
    name: str = "purchase", around: Mapping[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    params = {
        "session_id": "1790000000",
        "currency": "EUR",
        "value": 20.02,
        "transaction_id": "T-1",
        "items": ITEMS,
        **changes,
    }
    params = {key: value for key, value in params.items() if value is not None}
    return {
        "client_id": "111.1780000000",
        "events": [{"name": name, "params": params}],
        **(around or {}),
    }


PROBLEMS = {
    "no events": ({"client_id": "1.1"}, "VALUE_REQUIRED"),
    "26 events": (body(around={"events": [{"name": "a"}] * 26}), "EXCEEDED_MAX_ENTITIES"),
    "130 kB": (body(around={"user_agent": "x" * 130_000}), "VALUE_OUT_OF_BOUNDS"),
    "consent in lower case": (
        body(around={"consent": {"ad_user_data": "granted"}}),
        "VALUE_INVALID",
    ),
    "consent no object": (body(around={"consent": "GRANTED"}), "VALUE_INVALID"),
    "event no object": (body(around={"events": ["purchase"]}), "VALUE_INVALID"),
    "params no object": (body(around={"events": [{"name": "a", "params": []}]}), "VALUE_INVALID"),
    "name with a dash": (body("my-event"), "NAME_INVALID"),
    "name of 41 letters": (body("a" * 41), "NAME_INVALID"),
    "reserved name": (body("user_engagement"), "NAME_RESERVED"),
    "reserved prefix": (body("ga_event"), "NAME_RESERVED"),
    "parameter with a dot": (body(**{"a.b": 1}), "NAME_INVALID"),
    "parameter with a reserved prefix": (body(_private=1), "NAME_INVALID"),
    "session no digits": (body(session_id="s1"), "VALUE_INVALID"),
    "value as text": (body(value="20.02"), "VALUE_INVALID"),
    "value without currency": (body(currency=None), "VALUE_REQUIRED"),
    "currency in lower case": (body(currency="eur"), "VALUE_INVALID"),
    "empty transaction id": (body(transaction_id=""), "VALUE_REQUIRED"),
    "items no list": (body(items={}), "VALUE_INVALID"),
    "201 items": (body(items=ITEMS * 201), "EXCEEDED_MAX_ENTITIES"),
    "item without id and name": (body(items=[{"price": 1}]), "VALUE_REQUIRED"),
}
SIZES = {
    "26 parameters": (body(**{f"p{n}": n for n in range(26)}), "EXCEEDED_MAX_ENTITIES"),
    "value of 101 characters": (body(coupon="x" * 101), "VALUE_OUT_OF_BOUNDS"),
    "address of 1,001 characters": (body(page_location="x" * 1001), "VALUE_OUT_OF_BOUNDS"),
}


@pytest.mark.parametrize(("given", "code"), [*PROBLEMS.values(), *SIZES.values()])
async def test_the_validation_door_names_the_problem(
    client: Client, sandbox: Sandbox, given: Any, code: Any
) -> None:
    status, _, answer = await client.vendor("POST", HOST, DEBUG, json=given)
    messages = json.loads(answer)["validationMessages"]
    assert status == 200
    assert code in [message["validationCode"] for message in messages]
    assert len(sandbox.vendor("ga4").probes) == 1
    assert sandbox.vendor("ga4").events == []


@pytest.mark.parametrize("given", [body(), body(page_location="x" * 1000), body("my_event")])
async def test_the_validation_door_has_nothing_to_say(
    client: Client, sandbox: Sandbox, given: Any
) -> None:
    _, _, answer = await client.vendor("POST", HOST, DEBUG, json=given)
    assert json.loads(answer) == {"validationMessages": []}
    assert sandbox.vendor("ga4").calls == []


async def test_a_message_says_which_event_it_means(client: Client) -> None:
    given = body(
        around={"events": [{"name": "sign_up"}, {"name": "a", "params": {"b": "x" * 101}}]}
    )
    _, _, answer = await client.vendor("POST", HOST, DEBUG, json=given)
    [message] = json.loads(answer)["validationMessages"]
    assert message["fieldPath"] == "events[1].params.b"


@pytest.mark.parametrize("name", sorted(RESERVED)[:5])
async def test_reserved_names(client: Client, name: str) -> None:
    _, _, answer = await client.vendor("POST", HOST, DEBUG, json=body(name))
    assert json.loads(answer)["validationMessages"][0]["validationCode"] == "NAME_RESERVED"


@pytest.mark.parametrize("host", [HOST, "region1.google-analytics.com"])
async def test_an_event_is_taken(client: Client, sandbox: Sandbox, host: str) -> None:
    status, _, answer = await client.vendor("POST", host, MP, json=body())
    assert (status, answer) == (204, b"")
    [event] = sandbox.vendor("ga4").events
    assert (event.account, event.name, event.key) == (MEASUREMENT, "purchase", "T-1")
    assert event.data["params"]["items"] == ITEMS
    assert event.around == {"client_id": "111.1780000000"}


async def test_the_second_account_is_another(client: Client, sandbox: Sandbox) -> None:
    await client.vendor("POST", HOST, MP.replace(MEASUREMENT, SECOND), json=body())
    assert sandbox.vendor("ga4").events[0].account == SECOND


@pytest.mark.parametrize(
    ("target", "given"),
    [
        (MP.replace(SECRET, "wrong"), {"json": body()}),
        (MP.replace(MEASUREMENT, "G-OTHER00001"), {"json": body()}),
        (MP, {"data": b"{"}),
        (MP, {"json": body(around={"client_id": ""})}),
        *((MP, {"json": given}) for given, _ in PROBLEMS.values()),
    ],
)
async def test_what_is_wrong_is_lost_without_a_word(
    client: Client, sandbox: Sandbox, target: str, given: Any
) -> None:
    status, _, answer = await client.vendor("POST", HOST, target, **given)
    assert (status, answer) == (204, b"")
    assert len(sandbox.vendor("ga4").calls) == 1
    assert sandbox.vendor("ga4").events == []


async def test_a_long_value_does_not_lose_the_event(client: Client, sandbox: Sandbox) -> None:
    await client.vendor("POST", HOST, MP, json=body(coupon="x" * 101))
    assert len(sandbox.vendor("ga4").events) == 1


async def test_a_bad_event_does_not_take_the_others_along(client: Client, sandbox: Sandbox) -> None:
    mixed = body(around={"events": [{"name": "session_start"}, {"name": "sign_up"}]})
    await client.vendor("POST", HOST, MP, json=mixed)
    assert [event.name for event in sandbox.vendor("ga4").events] == ["sign_up"]


@pytest.mark.parametrize(
    "host",
    [
        HOST,
        "region1.google-analytics.com",
        "analytics.google.com",
        "region1.analytics.google.com",
    ],
)
async def test_one_event_in_the_query(client: Client, sandbox: Sandbox, host: str) -> None:
    query = f"v=2&tid={MEASUREMENT}&cid=1.2&en=purchase&cu=EUR&ep.transaction_id=T-1&epn.value=5"
    status, headers, answer = await client.vendor(
        "POST", host, f"/g/collect?{query}", headers={"Origin": "http://shop.localhost:1"}
    )
    assert (status, answer) == (204, b"")
    assert headers["access-control-allow-origin"] == "http://shop.localhost:1"
    assert headers["access-control-allow-credentials"] == "true"
    [event] = sandbox.vendor("ga4").pixel_events
    assert (event.account, event.name, event.key) == (MEASUREMENT, "purchase", "T-1")


async def test_several_events_as_lines_of_the_body(client: Client, sandbox: Sandbox) -> None:
    lines = b"en=purchase&cu=EUR&dl=own&ep.a=x+y\r\nen=user_engagement&_et=5"
    target = f"/g/collect?v=2&tid={MEASUREMENT}&cid=1.2&dl=shared"
    await client.vendor("POST", HOST, target, data=lines)
    [beacon] = sandbox.vendor("ga4").beacons
    first, second = beacon.events
    assert (first.name, first.data["dl"], first.data["ep.a"]) == ("purchase", "own", "x+y")
    assert (second.name, second.data["dl"], second.data["cid"]) == (
        "user_engagement",
        "shared",
        "1.2",
    )


async def test_the_tag_is_made_for_its_id(client: Client) -> None:
    status, _, answer = await client.vendor(
        "GET", "www.googletagmanager.com", f"/gtag/js?id={SECOND}&l=dataLayer&cx=c"
    )
    assert status == 200
    assert f"'{SECOND}'".encode() in answer
    assert b"google_tag_manager" in answer
    assert b"{{" not in answer


@pytest.mark.parametrize("query", ["", "?id=", "?id=G-DEMO'", "?id=AW-1"])
async def test_there_is_no_tag_for_another_id(client: Client, query: str) -> None:
    status, _, _ = await client.vendor("GET", "www.googletagmanager.com", f"/gtag/js{query}")
    assert status == 404


async def test_the_diagnostic_ping_is_no_event(client: Client, sandbox: Sandbox) -> None:
    status, _, _ = await client.vendor("GET", "www.googletagmanager.com", "/td?id=G-1")
    assert status == 204
    assert len(sandbox.vendor("ga4").others) == 1


async def test_asking_too_often(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("ga4").limit_rate(times=1)
    status, headers, _ = await client.vendor("POST", HOST, MP, json=body())
    assert (status, headers["retry-after"]) == (429, "1")
