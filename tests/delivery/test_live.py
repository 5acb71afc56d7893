from dataclasses import replace

from aiohttp import web

from firsthand.delivery.live import Live
from firsthand.delivery.sender import HttpSender
from firsthand.model import Accepted, Reason, Refused, Split, TryLater
from tests.delivery.acme import ACME, TOKEN, Api, Place, Settings, make_beacon, write

BEACONS = [make_beacon(number=1), make_beacon(number=2)]
CALL = write(BEACONS, Settings(), now=1)


async def test_sends_with_the_token_and_judges(api: Api) -> None:
    way = Live(ACME, Place(), api.sender())
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert made.outcomes == [Accepted(), Accepted()]
    assert made.reply is not None
    assert api.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_without_a_token_nothing_is_sent(api: Api) -> None:
    way = Live(ACME, Place(""), api.sender())
    made = await way.go(CALL, BEACONS)
    assert made.outcomes == [TryLater(Reason.AUTH, Place().remedy())] * 2
    assert not api.seen


async def test_another_token_is_noticed(api: Api) -> None:
    place = Place("")
    way = Live(ACME, place, api.sender())
    await way.go(CALL, BEACONS)
    assert not way.new_token()
    place.value = "one"
    assert way.new_token()
    await way.go(CALL, BEACONS)
    assert not way.new_token()
    place.value = "two"
    assert way.new_token()
    place.value = ""
    assert not way.new_token()
    await way.close()


async def test_a_broken_connection_is_for_later() -> None:
    way = Live(ACME, Place(), HttpSender(ACME.api_hosts, suffix=".vendors.localhost:1"))
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert [(type(one), one.reason) for one in made.outcomes] == [(TryLater, Reason.CONNECT)] * 2
    assert made.reply is None


async def test_a_call_to_a_foreign_address_is_our_own_fault(api: Api) -> None:
    way = Live(ACME, Place(), HttpSender(["other.test"], suffix=api.suffix))
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert all(isinstance(one, Refused) for one in made.outcomes)
    assert made.outcomes[0].reason is Reason.FAULT


async def test_a_token_that_the_vendor_repeats_stays_out(api: Api) -> None:
    async def handler(_request: web.Request, _events: object) -> web.Response:
        return web.Response(status=401, text=f"malformed token {TOKEN}")

    api.handler = handler
    way = Live(ACME, Place(), api.sender())
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert made.outcomes == [TryLater(Reason.AUTH, "malformed token ***")] * 2
    assert TOKEN not in repr(made)


async def test_what_the_firewall_stops_is_halved_until_it_is_alone(api: Api) -> None:
    way = Live(ACME, Place(), api.sender())
    named = replace(CALL, headers={**CALL.headers, "X-Buyer": "jane.doe@example.com"})
    made = await way.go(named, BEACONS)
    await way.close()
    told = "e-mail address in header X-Buyer"
    assert made.outcomes == [Split(Reason.READABLE, told)] * 2
    assert not api.seen
