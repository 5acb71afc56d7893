import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from firsthand.delivery.auth import EnvToken
from firsthand.delivery.sender import HttpSender
from firsthand.delivery.worker import Beat, Delivery, Outlet
from firsthand.mapping import Table
from firsthand.model import Accepted, Mode, Reason, Recorded, Refused, Server, Withdrawal
from firsthand.rules.site import Account
from firsthand.store.contract import Durability, Lane
from firsthand.store.sqlite.delivering import Delivering, open_delivering
from firsthand.store.sqlite.files import ledger_lock
from firsthand.store.sqlite.outbox import SqliteOutbox, open_outbox
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.delivery.acme import (
    ACME,
    BRISK,
    CLOCK,
    LANE,
    TOKEN,
    Api,
    Hands,
    Memory,
    Place,
    answer,
    make_account,
    make_beacon,
    now_ms,
    until,
)

OTHER = Lane("other", "A-1")
PATIENT = Beat(poll=60, restart=60, drain=60)


def outlet(mode: Mode = Mode.SERVER, vendor: Vendor = ACME) -> Outlet:
    return Outlet(make_account(mode, vendor), Place())


def make(
    queue: Memory, api: Api, *, beat: Beat = PATIENT, outlets: dict[Lane, Outlet] | None = None
) -> Delivery:
    return Delivery(
        queue,
        queue,
        outlets or {LANE: outlet()},
        sender=api.sender,
        clock=CLOCK,
        pace=BRISK,
        beat=beat,
    )


@asynccontextmanager
async def running(delivery: Delivery) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(delivery.run())
        yield
        delivery.stop()


async def test_what_waits_at_the_start_is_delivered(queue: Memory, api: Api) -> None:
    queue.put(make_beacon(number=1))
    queue.outbox.append(make_beacon(number=2))
    async with running(make(queue, api)):
        await until(lambda: len(queue.settled) == 2)
    assert set(queue.results().values()) == {Accepted()}


async def test_woken_by_the_edge(queue: Memory, api: Api) -> None:
    delivery = make(queue, api)
    async with running(delivery):
        for number in range(3):
            await asyncio.sleep(0.01)
            queue.outbox.append(make_beacon(number=number))
            delivery.wake.set()
            await until(lambda number=number: len(queue.settled) == number + 1)  # type: ignore[misc]


async def test_looks_by_itself_too(queue: Memory, api: Api) -> None:
    async with running(make(queue, api, beat=replace(PATIENT, poll=0.005))):
        await asyncio.sleep(0.01)
        queue.outbox.append(make_beacon())
        await until(lambda: queue.settled)


async def test_stopping_takes_what_the_outboxes_still_hold(queue: Memory, api: Api) -> None:
    delivery = make(queue, api)
    queue.outbox += [make_beacon(number=number) for number in range(20)]
    async with running(delivery):
        pass
    assert len(queue.settled) == 20


class Slow(Memory):
    """Moves one beacon at a time."""

    async def move(self, *, now: int) -> int:
        rest, self.outbox = self.outbox[1:], self.outbox[:1]
        moved = await super().move(now=now)
        self.outbox = rest
        return moved


async def test_stopping_takes_all_of_it(api: Api) -> None:
    queue = Slow()
    delivery = make(queue, api)
    delivery.stop()
    queue.outbox += [make_beacon(number=number) for number in range(20)]
    await delivery.run()
    assert len(queue.settled) == 20


@pytest.mark.parametrize(
    ("mode", "outcome", "path"),
    [
        (Mode.SHADOW, Recorded(validated=True), "/check/A-1"),
        (Mode.BOTH, Accepted(), "/v1/A-1"),
        (Mode.SERVER, Accepted(), "/v1/A-1"),
    ],
)
async def test_the_mode_decides_the_door(
    queue: Memory, api: Api, mode: Mode, outcome: object, path: str
) -> None:
    queue.put(make_beacon())
    async with running(make(queue, api, outlets={LANE: outlet(mode)})):
        await until(lambda: queue.settled)
    assert queue.results() == {"b1": outcome}
    assert [seen.path for seen in api.seen] == [path]


async def test_a_vendor_that_hangs_does_not_delay_another(queue: Memory, api: Api) -> None:
    gate = asyncio.Event()
    hanging = 0

    async def handler(request: web.Request, _events: Any) -> web.Response:
        nonlocal hanging
        if request.host.startswith("api.other"):
            hanging += 1
            await gate.wait()
        return answer()

    def write_other(beacons: Any, settings: Any, *, now: int) -> Any:
        call = ACME.write(beacons, settings, now=now)
        return replace(call, url=call.url.replace("api.acme.test", "api.other.test"))

    api.handler = handler
    other = replace(ACME, key="other", api_hosts=("api.other.test",), write=write_other)
    queue.put(*(make_beacon(number=number, vendor="other") for number in range(50)))
    delivery = make(queue, api, outlets={LANE: outlet(), OTHER: outlet(vendor=other)})
    async with running(delivery):
        await until(lambda: hanging == ACME.limits.in_flight)
        queue.outbox += [make_beacon(number=number) for number in range(100, 150)]
        delivery.wake.set()
        await until(lambda: len(queue.settled) == 50)
        assert hanging == ACME.limits.in_flight
        gate.set()
        await until(lambda: not queue.rows)


async def test_events_of_an_account_that_is_not_configured_wait(
    queue: Memory, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    queue.put(make_beacon(number=1, to="A-9"), make_beacon(number=2))
    delivery = make(queue, api, beat=replace(PATIENT, poll=0.001))
    async with running(delivery):
        await until(lambda: queue.settled)
        await asyncio.sleep(0.02)
    assert [row.beacon.to for row in queue.rows.values()] == ["A-9"]
    assert delivery.strangers() == [Lane("acme", "A-9")]
    assert caplog.messages == ["acme A-9: not configured, its events wait"]


async def test_stopping_does_not_wait_for_a_vendor_that_is_held(queue: Memory, api: Api) -> None:
    held = Outlet(make_account(), EnvToken("ACME_TOKEN", {}))
    queue.put(make_beacon())
    delivery = make(queue, api, outlets={LANE: held})
    async with running(delivery):
        await until(lambda: [one.reason for one in delivery.states()] == [Reason.AUTH])
    assert len(queue.rows) == 1
    (state,) = delivery.states()
    assert (state.lane, state.mode) == (LANE, Mode.SERVER)
    assert state.message == "set the environment variable ACME_TOKEN to the token"


async def test_stopping_gives_up_a_call_that_hangs(queue: Memory, api: Api) -> None:
    gate = asyncio.Event()

    async def handler(_request: web.Request, _events: Any) -> web.Response:
        await gate.wait()
        return answer()

    api.handler = handler
    queue.put(make_beacon())
    async with running(make(queue, api, beat=replace(PATIENT, drain=0.01))):
        await until(lambda: api.seen)
    gate.set()
    assert len(queue.rows) == 1
    assert not queue.retries


async def test_a_lane_whose_queue_fails_starts_again(
    queue: Memory, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    queue.put(make_beacon())
    queue.broken = 1
    delivery = Delivery(
        queue,
        queue,
        {LANE: outlet()},
        sender=api.sender,
        clock=CLOCK,
        pace=replace(BRISK, lease_ms=5),
        beat=replace(PATIENT, restart=0.001),
    )
    async with running(delivery):
        await until(lambda: queue.settled)
    assert caplog.messages == ["acme A-1 failed: OSError"]


class Failing(Memory):
    """Its outboxes cannot be read at first."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def move(self, *, now: int) -> int:
        if self.failures:
            self.failures -= 1
            raise OSError("jane@example.com")
        return await super().move(now=now)


async def test_a_clock_set_back_does_not_hold_what_is_to_be_tried_again(
    queue: Memory, api: Api
) -> None:
    hands = Hands()
    beat = Beat(poll=0.01, restart=60, drain=60)
    delivery = Delivery(
        queue,
        queue,
        {LANE: outlet()},
        sender=api.sender,
        clock=hands.clock(),
        pace=BRISK,
        beat=beat,
    )
    queue.put(make_beacon(number=1))
    for row in queue.rows.values():
        row.due_at = hands.at + 60_000
    async with running(delivery):
        await until(lambda: delivery._latest)
        hands.at -= 3_600_000
        await until(lambda: all(row.due_at < hands.at + 61_000 for row in queue.rows.values()))
        assert not api.seen
        hands.at += 60_000
        await until(lambda: queue.settled)


async def test_a_mover_that_fails_is_tried_again(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Failing(2)
    queue.outbox.append(make_beacon())
    async with running(make(queue, api, beat=Beat(poll=0.001, restart=0.001, drain=60))):
        await until(lambda: queue.settled)
    assert caplog.messages == ["moving failed: OSError"] * 2


async def test_stopping_ends_even_when_the_mover_fails(api: Api) -> None:
    queue = Failing(1_000_000)
    async with running(make(queue, api)):
        await until(lambda: queue.failures < 1_000_000)


async def test_no_token_and_no_value_in_any_log(
    queue: Memory, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(_request: web.Request, _events: Any) -> web.Response:
        return answer(crash=True, echo=TOKEN)

    caplog.set_level(logging.DEBUG)
    api.handler = handler
    queue.put(make_beacon(), make_beacon("unwritable", 2))
    async with running(make(queue, api)):
        await until(lambda: len(queue.settled) == 2)
    assert {type(one) for one in queue.results().values()} == {Refused}
    for hidden in (TOKEN, "jane", "click.1", "order-1"):
        assert hidden not in caplog.text + repr(queue.settled)


@asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[tuple[SqliteOutbox, Delivering]]:
    held = ledger_lock(folder)
    assert held is not None
    kinds = {"acme": Table(ACME.fields).kind}
    speed = Durability.PROCESS
    async with (
        open_outbox(folder, 0, clock=now_ms, durability=speed) as outbox,
        open_delivering(
            folder, held, secret=b"s" * 32, kinds=kinds, windows={}, durability=speed
        ) as store,
    ):
        yield outbox, store
    held.release()


def make_stored(store: Delivering, api: Api) -> Delivery:
    outlets = {LANE: outlet()}
    return Delivery(
        store.queue,
        store.mover,
        outlets,
        sender=api.sender,
        clock=CLOCK,
        pace=BRISK,
        beat=PATIENT,
    )


async def test_through_the_real_store(tmp_path: Path, api: Api) -> None:
    async def handler(_request: web.Request, events: Any) -> web.Response:
        bad = any(event["name"] == "bad" for event in events)
        return answer("split", message="no click.3.abcdef") if bad else answer()

    api.handler = handler
    async with stored(tmp_path) as (outbox, store):
        beacons = [make_beacon("bad" if n == 3 else "purchase", n) for n in range(1, 9)]
        await outbox.put(beacons, withdrawn=[Withdrawal("s5", "acme")])
        async with running(make_stored(store, api)):
            pass
        rows = await store.ledger.events()
        ended = {row.id: row.server for row in rows}
        by_name = sorted((row.name, row.server.value, row.reason.value) for row in rows)
        trace = await store.ledger.trace(next(row.id for row in rows if row.name == "bad"))
    assert len(ended) == 8
    assert by_name[0] == ("bad", "refused", "bad_event")
    assert by_name[1:7] == [("purchase", "accepted", "")] * 6
    assert by_name[7] == ("purchase", "withheld", "withdrawn")
    keys = [e["key"] for one in api.seen if one.events[0]["name"] != "bad" for e in one.events]
    assert "order-5" not in keys
    assert trace is not None
    assert trace.message == "no ***"
    assert "<14 characters>" in trace.call


async def test_a_vendor_that_fails_now_and_then_loses_nothing(tmp_path: Path, api: Api) -> None:
    calls = count(1)

    async def handler(_request: web.Request, _events: Any) -> web.Response:
        return web.Response(status=503) if next(calls) % 3 == 0 else answer()

    api.handler = handler
    async with stored(tmp_path) as (outbox, store):
        delivery = make_stored(store, api)
        async with running(delivery):
            for number in range(0, 60, 6):
                await outbox.put([make_beacon(number=n) for n in range(number, number + 6)])
                delivery.wake.set()
            while not await all_ended(store):
                await asyncio.sleep(0.01)
        rows = await store.ledger.events()
    assert {row.server for row in rows} == {Server.ACCEPTED}
    assert len(rows) == 60


async def all_ended(store: Delivering) -> bool:
    rows = await store.ledger.events()
    return len(rows) == 60 and not await store.queue.lanes()


async def test_a_relay_needs_no_token_and_sends_each_beacon_alone(queue: Memory, api: Api) -> None:
    meta = VENDORS["meta"]
    account = Account(meta, "1", Mode.RELAY, meta.settings())
    lane = Lane("meta", "1")
    door = "www.facebook.com/tr/"

    async def handler(_request: web.Request, _events: object) -> web.Response:
        return web.Response(status=204)

    api.handler = handler
    delivery = Delivery(
        queue,
        queue,
        {lane: Outlet(account, Place(""))},
        sender=lambda _vendor: HttpSender(["www.facebook.com"], suffix=api.suffix),
        clock=CLOCK,
        pace=BRISK,
        beat=PATIENT,
    )
    for number in range(3):
        beacon = replace(make_beacon(number=number), vendor="meta", account="1", to="1")
        queue.put(replace(beacon, door=door if number else "", fields={"ev": "Lead"}))
    async with running(delivery):
        await until(lambda: len(queue.settled) == 3)
    ended = sorted(type(outcome).__name__ for outcome in queue.results().values())
    assert ended == ["Refused", "Sent", "Sent"]
    assert len(api.seen) == 2
    assert not any("authorization" in seen.headers for seen in api.seen)


async def test_other_settings_end_only_the_lanes_that_they_change(queue: Memory, api: Api) -> None:
    other = replace(ACME, key="other")
    same = outlet(vendor=other)
    delivery = make(queue, api, outlets={LANE: outlet(), OTHER: same})
    queue.put(make_beacon(number=1), make_beacon(number=2, vendor="other"))
    async with running(delivery):
        await until(lambda: len(queue.settled) == 2)
        lanes = {lane: delivery._runners[lane] for lane in (LANE, OTHER)}
        outlets = {LANE: outlet(Mode.SHADOW), OTHER: same}
        delivery.use(outlets, sender=delivery._sender, pace=BRISK)
        await until(lambda: LANE not in delivery._runners)
        assert delivery._runners[OTHER] is lanes[OTHER]
        queue.outbox += [make_beacon(number=3), make_beacon(number=4, vendor="other")]
        delivery.wake.set()
        await until(lambda: len(queue.settled) == 4)
    paths = Counter(seen.path for seen in api.seen)
    assert paths == {"/v1/A-1": 3, "/check/A-1": 1}


async def test_a_lane_that_is_to_watch_only_sends_nothing_more(queue: Memory, api: Api) -> None:
    gate = asyncio.Event()

    async def handler(_request: web.Request, _events: Any) -> web.Response:
        await gate.wait()
        return answer()

    api.handler = handler
    one_call = replace(ACME, limits=replace(ACME.limits, in_flight=1, max_batch=1))
    delivery = make(queue, api, outlets={LANE: outlet(vendor=one_call)})
    queue.put(*(make_beacon(number=number) for number in range(5)))
    async with running(delivery):
        await until(lambda: api.seen)
        watching = {LANE: outlet(Mode.SHADOW, vendor=one_call)}
        delivery.use(watching, sender=delivery._sender, pace=BRISK)
        gate.set()
        await until(lambda: len(queue.settled) == 5)
    assert Counter(seen.path for seen in api.seen) == {"/v1/A-1": 1, "/check/A-1": 4}


async def test_events_of_an_account_that_is_taken_out_wait_until_it_is_back(
    queue: Memory, api: Api
) -> None:
    kept = outlet()
    delivery = make(queue, api, outlets={LANE: kept}, beat=replace(PATIENT, poll=0.001))
    queue.put(make_beacon(number=1))
    async with running(delivery):
        await until(lambda: queue.settled)
        delivery.use({}, sender=delivery._sender, pace=BRISK)
        queue.outbox.append(make_beacon(number=2))
        await until(lambda: delivery.strangers() == [LANE])
        assert len(queue.settled) == 1
        delivery.use({LANE: kept}, sender=delivery._sender, pace=BRISK)
        await until(lambda: len(queue.settled) == 2)
        assert delivery.strangers() == []


async def test_another_pace_is_for_all_lanes(queue: Memory, api: Api) -> None:
    kept = outlet()
    delivery = make(queue, api, outlets={LANE: kept})
    queue.put(make_beacon(number=1))
    async with running(delivery):
        await until(lambda: queue.settled)
        before = delivery._runners[LANE]
        delivery.use({LANE: kept}, sender=delivery._sender, pace=replace(BRISK, linger_ms=1))
        await until(lambda: delivery._runners.get(LANE) is not before)
        queue.outbox.append(make_beacon(number=2))
        delivery.wake.set()
        await until(lambda: len(queue.settled) == 2)


async def test_what_ended_is_counted(queue: Memory, api: Api) -> None:
    delivery = make(queue, api)
    queue.put(*(make_beacon(number=number) for number in range(3)))
    async with running(delivery):
        await until(lambda: len(queue.settled) == 3)
    assert delivery.tally.ended == {("acme", "A-1", "accepted", ""): 3}
    assert sum(delivery.tally.took["acme"].counts) == 3


async def test_a_vendor_that_repeats_a_value_puts_it_into_no_log(
    queue: Memory, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(_request: web.Request, _events: Any) -> web.Response:
        return web.Response(status=403, text="no right to send click.1.abcdef of jane@example.com")

    caplog.set_level(logging.DEBUG)
    api.handler = handler
    queue.put(make_beacon())
    delivery = make(queue, api)
    async with running(delivery):
        await until(lambda: [one.reason for one in delivery.states()] == [Reason.SETUP])
        (state,) = delivery.states()
    assert state.message == "no right to send *** of ***"
    assert "acme A-1: held, setup no right to send *** of ***" in caplog.messages
    for hidden in ("click.1", "jane"):
        assert hidden not in caplog.text
