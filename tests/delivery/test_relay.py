"""A relayed beacon's way: to its door, without credentials, and never called accepted."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiohttp import web

from firsthand.delivery.auth import Token
from firsthand.delivery.live import Live
from firsthand.delivery.relay import NO_OTHER, Relay, batch_key, judge, write
from firsthand.delivery.sender import HttpSender
from firsthand.delivery.shadow import Shadow
from firsthand.model import (
    Accepted,
    Beacon,
    Call,
    Mode,
    Outcome,
    Reason,
    Recorded,
    Refused,
    Sent,
    TryLater,
)
from firsthand.rules.site import Account
from firsthand.vendors import VENDORS
from tests.delivery.acme import ACME, HOST, Api, Place, Settings, make_beacon
from tests.factories import make_reply

META = VENDORS["meta"]
DOOR = "www.facebook.com/tr/"
BEACON = replace(
    make_beacon(), vendor="meta", door=DOOR, fields={"ev": "Lead", "@user_agent": "UA"}
)
ACCOUNT = Account(META, "1", Mode.RELAY, META.settings())


def call() -> Call:
    return write(ACCOUNT, [BEACON], now=1)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Sent()),
        (204, Sent()),
        (302, Sent()),
        (400, Refused(Reason.BAD_EVENT, "HTTP 400")),
        (404, Refused(Reason.BAD_EVENT, "HTTP 404")),
        (403, TryLater(Reason.VENDOR_DOWN, "HTTP 403")),
        (429, TryLater(Reason.RATE_LIMIT, "HTTP 429")),
        (500, TryLater(Reason.VENDOR_DOWN, "HTTP 500")),
        (503, TryLater(Reason.VENDOR_DOWN, "HTTP 503")),
    ],
)
def test_an_answer_says_that_the_door_was_reached_or_not(status: int, outcome: Outcome) -> None:
    assert judge(make_reply(status)) == outcome


def test_a_relayed_beacon_goes_alone_and_by_its_door() -> None:
    assert call().url.startswith(f"https://{DOOR}?")
    other = replace(BEACON, id="f" * 32)
    assert batch_key(ACCOUNT, BEACON) != batch_key(ACCOUNT, other)
    made = replace(BEACON, door="")
    assert batch_key(ACCOUNT, made) == META.batch_key(made)
    assert write(ACCOUNT, [made], now=1).url.startswith("https://graph.facebook.com/")


async def go(api: Api, status: int, **headers: str) -> list[Outcome]:
    async def handler(_request: web.Request, _events: object) -> web.Response:
        return web.Response(status=status, headers=headers)

    api.handler = handler
    way = Relay(HttpSender(["www.facebook.com"], suffix=api.suffix), None)
    answer = await way.go(call(), [BEACON])
    await way.close()
    return answer.outcomes


async def test_the_door_gets_the_request_and_no_credential(api: Api) -> None:
    assert await go(api, 200) == [Sent()]
    [seen] = api.seen
    names = {name.lower() for name in seen.headers}
    assert not names & {"authorization", "cookie", "referer", "origin", "x-forwarded-for"}
    assert seen.headers["user-agent"] == "UA"


async def test_a_redirect_is_an_answer_and_is_not_followed(api: Api) -> None:
    [outcome] = await go(api, 302, Location="https://evil.example/")
    assert isinstance(outcome, Sent)
    assert len(api.seen) == 1


async def test_a_door_that_is_down_is_tried_again(api: Api) -> None:
    [outcome] = await go(api, 503)
    assert isinstance(outcome, TryLater)


async def test_no_door_is_reached_but_the_vendors_own() -> None:
    way = Relay(HttpSender(["other.example"], suffix=".vendors.localhost:1"), None)
    answer = await way.go(call(), [BEACON])
    await way.close()
    [outcome] = answer.outcomes
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.FAULT


async def test_a_broken_connection_is_for_later() -> None:
    way = Relay(HttpSender(["www.facebook.com"], suffix=".vendors.localhost:1"), None)
    answer = await way.go(call(), [BEACON])
    await way.close()
    assert [(type(one), one.reason) for one in answer.outcomes] == [(TryLater, Reason.CONNECT)]


def of_the_api() -> tuple[Call, Sequence[Beacon]]:
    beacons = [make_beacon()]
    return ACME.write(beacons, Settings(), now=1), beacons


async def test_what_was_built_for_the_api_goes_there_while_it_can(api: Api) -> None:
    token: Token = Place()
    sender = HttpSender([HOST], suffix=api.suffix)
    way = Relay(sender, Live(ACME, token, sender))
    made, beacons = of_the_api()
    assert (await way.go(made, beacons)).outcomes == [Accepted()]
    assert not way.new_token()
    await way.close()


async def test_what_was_built_for_an_api_without_a_token_is_a_dead_letter() -> None:
    way = Relay(HttpSender([HOST], suffix=".vendors.localhost:1"), None)
    made, beacons = of_the_api()
    for answer in (await way.go(made, beacons), await way.ask(made, beacons)):
        assert answer.outcomes == [Refused(Reason.SETUP, NO_OTHER)]
    assert not way.new_token()
    await way.close()


async def test_shadow_sends_no_beacon_that_was_meant_for_a_relay(api: Api) -> None:
    way = Shadow(META, Place(), HttpSender(["www.facebook.com"], suffix=api.suffix), now=int)
    [outcome] = (await way.go(call(), [BEACON])).outcomes
    await way.close()
    assert isinstance(outcome, Recorded)
    assert not api.seen
