from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiohttp import web

from firsthand.delivery.live import Live
from firsthand.delivery.sampled import Sampled
from firsthand.delivery.shadow import Shadow
from firsthand.model import Accepted, Beacon, Call, Outcome, Reply, Warned
from tests.delivery.acme import (
    ACME,
    TOKEN,
    Api,
    Hands,
    Place,
    Settings,
    answer,
    make_beacon,
    write,
)

BEACONS = [make_beacon(number=1), make_beacon(number=2)]
CALL = write(BEACONS, Settings(), now=1)


def judge_probe(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Complain about the second event."""
    assert ACME.judge_probe is not None
    return ACME.judge_probe(replace(reply, status=200), beacons[:1]) + ACME.judge_probe(
        reply, beacons[1:]
    )


def make(api: Api, *draws: float, share: float = 0.5) -> Sampled:
    sender, left = api.sender(), list(draws)
    vendor = replace(ACME, judge_probe=judge_probe)
    return Sampled(
        Live(vendor, Place(), sender),
        Shadow(vendor, Place(), sender, now=Hands()),
        share=share,
        draw=lambda: left.pop(0),
    )


def paths(api: Api) -> list[str]:
    return [seen.path for seen in api.seen]


async def test_the_first_call_is_checked_and_a_share_of_the_others(api: Api) -> None:
    way = make(api, 0.4, 0.5)
    for _ in range(3):
        made = await way.go(CALL, BEACONS)
        assert made.outcomes == [Accepted()] * 2
    await way.close()
    assert paths(api) == ["/v1/A-1", "/check/A-1", "/v1/A-1", "/check/A-1", "/v1/A-1"]


async def test_a_complaint_is_a_warning_for_its_event_alone(api: Api) -> None:
    async def handler(request: web.Request, _events: object) -> web.StreamResponse:
        if request.path.startswith("/check"):
            return web.Response(status=400, text=f"no such name {TOKEN}")
        return answer()

    api.handler = handler
    way = make(api)
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert made.outcomes == [Accepted(), Warned("no such name ***")]


@pytest.mark.parametrize("status", [401, 500])
async def test_what_was_not_taken_is_not_checked(api: Api, status: int) -> None:
    async def handler(_request: web.Request, _events: object) -> web.StreamResponse:
        return web.Response(status=status)

    api.handler = handler
    way = make(api)
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert not any(isinstance(one, Accepted) for one in made.outcomes)
    assert paths(api) == ["/v1/A-1"]


async def test_a_test_door_that_fails_changes_nothing(api: Api) -> None:
    async def handler(request: web.Request, _events: object) -> web.StreamResponse:
        assert request.transport is not None
        if request.path.startswith("/check"):
            request.transport.close()
        return answer()

    api.handler = handler
    way = make(api)
    made = await way.go(CALL, BEACONS)
    await way.close()
    assert made.outcomes == [Accepted()] * 2


async def test_questions_and_tokens_are_the_live_ways(api: Api) -> None:
    way = make(api)
    asked: Call = replace(CALL, url=CALL.url.replace("/v1/", "/ask/"))
    assert (await way.ask(asked, BEACONS)).outcomes == [Accepted()] * 2
    await way.close()
    assert paths(api) == ["/ask/A-1"]
    assert not way.new_token()
