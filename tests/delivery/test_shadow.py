from dataclasses import replace

import pytest
from aiohttp import web

from firsthand.delivery.sender import HttpSender
from firsthand.delivery.shadow import Shadow
from firsthand.model import Call, Reason, Recorded, Refused
from firsthand.vendor import Vendor
from tests.delivery.acme import ACME, TOKEN, Api, Hands, Place, Settings, make_beacon, write

BEACONS = [make_beacon(number=1), make_beacon(number=2)]
CALL = write(BEACONS, Settings(), now=1)


def make(api: Api, vendor: Vendor = ACME, token: str = TOKEN) -> Shadow:
    return Shadow(vendor, Place(token), api.sender(), now=Hands())


async def test_checked_at_the_test_door_only(api: Api) -> None:
    way = make(api)
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert made.outcomes == [Recorded(validated=True)] * 2
    assert [seen.path for seen in api.seen] == ["/check/A-1"]
    assert api.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert not way.new_token()


async def test_what_the_test_door_refuses_is_refused(api: Api) -> None:
    async def handler(_request: web.Request, _events: object) -> web.Response:
        return web.Response(status=400, text=f"no {TOKEN}")

    api.handler = handler
    way = make(api)
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert made.outcomes == [Refused(Reason.BAD_EVENT, "no ***")] * 2


def crash(_call: Call) -> Call:
    raise KeyError("jane@example.com")


@pytest.mark.parametrize(
    ("vendor", "token", "kind"),
    [
        (replace(ACME, probe=None, judge_probe=None), TOKEN, Recorded),
        (replace(ACME, judge_probe=None), TOKEN, Recorded),
        (replace(ACME, probe=lambda _call: None), TOKEN, Recorded),
        (ACME, "", Recorded),
        (replace(ACME, probe=crash), TOKEN, Refused),
        (replace(ACME, probe=lambda call: call), TOKEN, Refused),
        (replace(ACME, probe=replace), TOKEN, Refused),
    ],
    ids=["no door", "no judge", "not for this", "no token", "fault", "real door", "real door too"],
)
async def test_nothing_is_sent(api: Api, vendor: Vendor, token: str, kind: type) -> None:
    made = await make(api, vendor, token).go(CALL, BEACONS)
    assert not api.seen
    assert made.reply is None
    for outcome in made.outcomes:
        assert type(outcome) is kind
        assert outcome.reason is (Reason.FAULT if kind is Refused else Reason.SHADOW)
        assert outcome.message
        if isinstance(outcome, Recorded):
            assert not outcome.validated
        assert "jane" not in outcome.message


async def test_a_test_door_that_fails_costs_no_event_and_is_left_alone_for_a_while(
    api: Api,
) -> None:
    clock = Hands()
    way = Shadow(
        ACME, Place(), HttpSender(ACME.api_hosts, suffix=".vendors.localhost:1"), now=clock
    )
    for _ in range(6):
        made = await way.go(CALL, BEACONS)
        assert [type(one) for one in made.outcomes] == [Recorded] * 2
        assert made.outcomes[0].message == "not checked: connect"
    await way.close()
    way._sender = api.sender()
    await way.go(CALL, BEACONS)
    assert not api.seen
    clock.at += 300_000
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert made.outcomes == [Recorded(validated=True)] * 2
