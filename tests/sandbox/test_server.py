import asyncio
import io
import json

import aiohttp
import pytest
import uvloop

from firsthand.sandbox.meta import PIXEL, TOKEN
from firsthand.sandbox.role import Answer, Way
from firsthand.sandbox.server import Sandbox, find_roles
from firsthand.sandbox.stand_in import Dawdles, Drops, Hangs, Says, Seen, Tears
from firsthand.vendors import VENDORS
from tests.sandbox.asking import Client

API = "graph.facebook.com"
PATH = f"/v26.0/{PIXEL}/events"
GOOD = {
    "headers": {"Authorization": f"Bearer {TOKEN}"},
    "json": {
        "data": [
            {
                "event_name": "Lead",
                "event_time": 1_795_500_000,
                "action_source": "website",
                "event_source_url": "https://shop.example.com/",
                "user_data": {"external_id": "x", "client_user_agent": "UA"},
            }
        ]
    },
}


def test_every_vendor_has_a_part_and_is_found_by_itself() -> None:
    assert [role.key for role in find_roles()] == list(VENDORS)


def test_the_shop_carries_only_vendors_that_have_a_part() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Sandbox(vendors=("meta", "nobody"))


async def test_a_vendor_whose_tag_the_shop_does_not_carry_answers_all_the_same(
    client: Client,
) -> None:
    async with Sandbox(vendors=("ga4",)) as sandbox:
        own = Client(client.session, sandbox)
        _, _, page = await own.ask("GET", "shop.localhost", "/plain/shop")
        assert b"gtag/js" in page
        assert b"fbevents.js" not in page
        assert (await own.vendor("POST", API, PATH, **GOOD))[0] != 404


def test_no_two_vendors_claim_one_door() -> None:
    claims = {
        (role.key, host, door.path.pattern)
        for role in find_roles()
        for door in role.doors
        for host in door.hosts
    }
    assert len(claims) == len({(host, path) for _, host, path in claims})


async def test_names_follow_the_port(sandbox: Sandbox) -> None:
    assert sandbox.suffix == f".vendors.localhost:{sandbox.port}"
    assert sandbox.shop_url == f"http://shop.localhost:{sandbox.port}"


@pytest.mark.parametrize(
    "host", ["", "localhost", "vendors.localhost", "evil.example", "unknown.com.vendors.localhost"]
)
async def test_a_foreign_host_gets_nothing(client: Client, host: str) -> None:
    status, _, _ = await client.ask("GET", host, "/")
    assert status in {400, 404}


async def test_an_unknown_address_of_a_vendor_is_noted(client: Client, sandbox: Sandbox) -> None:
    status, _, _ = await client.vendor("GET", "www.facebook.com", "/login")
    assert status == 404
    assert [seen.ask.path for seen in sandbox.vendor("meta").others] == ["/login"]


async def test_a_preflight_is_answered_and_no_event(client: Client, sandbox: Sandbox) -> None:
    status, headers, _ = await client.vendor(
        "OPTIONS",
        "www.google-analytics.com",
        "/g/collect",
        headers={"Origin": "http://a", "Access-Control-Request-Headers": "x-a"},
    )
    assert (status, headers["access-control-allow-headers"]) == (204, "x-a")
    assert sandbox.vendor("ga4").beacons == []


async def test_an_oversized_body_is_refused(client: Client) -> None:
    status, _, _ = await client.vendor(
        "POST", API, PATH, data=io.BytesIO(b"x" * (8 * 1024 * 1024 + 1))
    )
    assert status == 413


async def test_a_told_answer_takes_no_event(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("meta").misbehave(Says(Answer(503, b"<html>down")), times=1)
    assert (await client.vendor("POST", API, PATH, **GOOD))[::2] == (503, b"<html>down")
    assert sandbox.vendor("meta").events == []
    assert (await client.vendor("POST", API, PATH, **GOOD))[0] == 200
    assert len(sandbox.vendor("meta").events) == 1
    assert [seen.status for seen in sandbox.vendor("meta").calls] == [503, 200]


async def test_a_torn_answer_comes_after_the_event_was_taken(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.vendor("meta").misbehave(Tears(), times=1)
    with pytest.raises(aiohttp.ClientError):
        await client.vendor("POST", API, PATH, **GOOD)
    assert len(sandbox.vendor("meta").events) == 1
    assert sandbox.vendor("meta").calls[0].status == 0


async def test_a_hanging_vendor_takes_nothing_and_does_not_stop_the_sandbox(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.vendor("meta").misbehave(Hangs())
    with pytest.raises(TimeoutError):
        await client.vendor("POST", API, PATH, **GOOD, timeout=aiohttp.ClientTimeout(0.2))
    assert sandbox.vendor("meta").events == []
    assert len(sandbox.vendor("meta").calls) == 1


async def test_a_closed_connection_takes_nothing(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("meta").misbehave(Drops(), times=1)
    with pytest.raises(aiohttp.ClientError):
        await client.vendor("POST", API, PATH, **GOOD)
    assert sandbox.vendor("meta").events == []
    assert [seen.status for seen in sandbox.vendor("meta").calls] == [0]
    assert (await client.vendor("POST", API, PATH, **GOOD))[0] == 200


async def test_who_listens_hears_of_every_request_to_a_vendor(client: Client) -> None:
    told: list[tuple[str, Seen, int]] = []
    client.sandbox._heard = lambda *heard: told.append(heard)
    await client.vendor("POST", API, PATH, **GOOD)
    ((vendor, seen, port),) = told
    assert (vendor, seen.way, seen.status, len(seen.events)) == ("meta", Way.CALL, 200, 1)
    assert port > 0


async def test_a_slow_vendor_takes_the_event(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("meta").misbehave(Dawdles(0.05), times=1)
    assert (await client.vendor("POST", API, PATH, **GOOD))[0] == 200
    assert len(sandbox.vendor("meta").events) == 1


async def test_misbehaviour_is_for_one_kind_of_door(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("meta").misbehave(Says(Answer(500)), on=Way.BEACON)
    assert (await client.vendor("GET", "www.facebook.com", "/tr/?ev=Lead"))[0] == 500
    assert (await client.vendor("POST", API, PATH, **GOOD))[0] == 200


async def test_reset_forgets(client: Client, sandbox: Sandbox) -> None:
    await client.vendor("POST", API, PATH, **GOOD)
    sandbox.reset()
    assert sandbox.vendor("meta").calls == []


async def test_the_shop_answers_and_keeps_the_basket(client: Client) -> None:
    status, headers, _ = await client.ask(
        "POST", "shop.localhost", "/plain/basket", data={"sku": "MUG-01"}
    )
    assert (status, headers["location"]) == (303, "/plain/basket?added=MUG-01")
    assert "shop_basket=MUG-01*1" in headers["set-cookie"]


async def test_what_the_vendors_received_is_a_page_and_json(client: Client) -> None:
    await client.vendor("POST", API, PATH, **GOOD)
    _, kind, page = await client.ask("GET", "shop.localhost", "/_vendors")
    assert kind["content-type"].startswith("text/html")
    assert b"Lead" in page
    _, _, told = await client.ask("GET", "shop.localhost", "/_vendors.json")
    assert json.loads(told)["meta"]["events"][0]["name"] == "Lead"


def test_it_runs_in_uvloop_and_can_start_again() -> None:
    async def twice() -> None:
        sandbox = Sandbox()
        for _ in range(2):
            async with sandbox, aiohttp.ClientSession() as session:
                url = f"http://127.0.0.1:{sandbox.port}/"
                headers = {"Host": f"shop.localhost:{sandbox.port}"}
                async with session.get(url, headers=headers) as answer:
                    assert answer.status == 200

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(twice())
