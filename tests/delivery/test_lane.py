import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from firsthand.delivery.breaker import State
from firsthand.delivery.lane import Runner
from firsthand.delivery.live import Live
from firsthand.delivery.pace import Clock, Pace
from firsthand.delivery.shadow import Shadow
from firsthand.model import (
    Accepted,
    Beacon,
    Call,
    Expired,
    Mode,
    Outcome,
    Pending,
    Reason,
    Recorded,
    Refused,
    Reply,
    TryLater,
    Warned,
)
from firsthand.rules.retry import Policy
from firsthand.vendor import Vendor
from tests.delivery.acme import (
    ACME,
    BRISK,
    CLOCK,
    HOST,
    JANE,
    TOKEN,
    Api,
    Hands,
    Memory,
    Place,
    Settings,
    answer,
    make_account,
    make_beacon,
    make_limits,
    now_ms,
    until,
)

Events = list[dict[str, Any]]
DAY = 86_400_000


def make_runner(
    queue: Memory,
    api: Api,
    *,
    vendor: Vendor = ACME,
    place: Place | None = None,
    pace: Pace = BRISK,
    clock: Clock = CLOCK,
) -> Runner:
    way = Live(vendor, place or Place(), api.sender(vendor))
    return Runner(queue, make_account(vendor=vendor), way, pace=pace, clock=clock)


@asynccontextmanager
async def running(runner: Runner) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        yield
        runner.finish()


async def deliver(runner: Runner, queue: Memory) -> None:
    async with running(runner):
        await until(lambda: not queue.rows)


def answers(result: str, status: int = 200, **more: Any) -> Callable[..., Any]:
    async def handler(_request: web.Request, _events: Events) -> web.Response:
        return web.json_response({"result": result} | more, status=status)

    return handler


def says(status: int, text: str = "", **headers: str) -> Callable[..., Any]:
    async def handler(_request: web.Request, _events: Events) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return handler


async def strict(_request: web.Request, events: Events) -> web.Response:
    """Refuse a batch as a whole when one event in it is bad."""
    if any(event["name"] == "bad" for event in events):
        return answer("split", message="an event is bad")
    return answer()


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ({"result": "taken"}, Accepted()),
        ({"result": "warned", "message": "m"}, Warned("m")),
        ({"result": "refused", "message": "m"}, Refused(Reason.BAD_EVENT, "m")),
        ({"result": "split", "message": "m"}, Refused(Reason.BAD_EVENT, "m")),
    ],
)
async def test_ends(queue: Memory, api: Api, result: dict[str, Any], outcome: Outcome) -> None:
    api.handler = answers(**result)
    queue.put(make_beacon())
    await deliver(make_runner(queue, api), queue)
    assert queue.results() == {"b1": outcome}
    assert len(api.seen) == 1


async def test_the_trace_shows_call_and_reply_and_no_one(queue: Memory, api: Api) -> None:
    queue.put(make_beacon())
    await deliver(make_runner(queue, api), queue)
    (settled,) = queue.settled
    assert json.loads(settled.call)["body"]["events"][0]["value"] == 12.5
    assert json.loads(settled.reply) == {"status": 200, "body": '{"result": "taken"}'}
    for hidden in ("jane", "click.1", "Odd", "secret", "order-1", TOKEN):
        assert hidden not in settled.call + settled.reply


async def test_batches_are_full_and_of_one_key(queue: Memory, api: Api) -> None:
    for number in range(10):
        queue.put(make_beacon(f"e{number}", number, site="ab"[number >= 6]))
    await deliver(make_runner(queue, api, vendor=make_limits(in_flight=1)), queue)
    assert api.names() == [
        ["e0", "e1", "e2", "e3"],
        ["e4", "e5"],
        ["e6", "e7"],
        ["e8", "e9"],
    ]


async def test_a_call_is_no_bigger_than_the_vendor_takes(queue: Memory, api: Api) -> None:
    queue.put(*(make_beacon(number=number) for number in range(8)))
    queue.put(make_beacon("huge", 9, fields={"user.email": "x" * 2_000}))
    await deliver(make_runner(queue, api, vendor=make_limits(max_bytes=600)), queue)
    assert max(len(batch) for batch in api.names()) == 2
    assert sum(len(batch) for batch in api.names()) == 8
    assert queue.reasons()["b9"] == (Refused, Reason.BAD_EVENT)


async def test_an_event_waits_for_company_and_goes_when_the_batch_is_full(
    queue: Memory, api: Api
) -> None:
    hands = Hands()
    pace = replace(BRISK, linger_ms=60_000)
    runner = make_runner(queue, api, pace=pace, clock=hands.clock())
    queue.put(make_beacon("e0", 0, at=hands.at))
    async with running(runner):
        await until(lambda: runner._wanted == 3)
        queue.put(*(make_beacon(f"e{number}", number, at=hands.at) for number in (1, 2)))
        runner.nudge(2)
        await asyncio.sleep(0)
        assert not api.seen
        queue.put(make_beacon("e3", 3, at=hands.at))
        runner.nudge(1)
        await until(lambda: not queue.rows)
    assert api.names() == [["e0", "e1", "e2", "e3"]]


async def test_more_events_do_not_end_the_wait_of_a_full_lease(queue: Memory, api: Api) -> None:
    hands = Hands()
    pace = replace(BRISK, linger_ms=60_000)
    vendor = make_limits(max_batch=2)
    runner = make_runner(queue, api, vendor=vendor, pace=pace, clock=hands.clock())
    queue.put(*(make_beacon(site=f"site{n}", number=n, at=hands.at) for n in (1, 2)))
    async with running(runner):
        await until(lambda: runner._wanted == sys.maxsize)
        runner.nudge(1_000)
        assert not runner._awake.is_set()


async def test_an_event_that_waited_long_enough_goes_alone(queue: Memory, api: Api) -> None:
    hands = Hands()
    pace = replace(BRISK, linger_ms=60_000)
    queue.put(make_beacon(at=hands.at - 60_000))
    await deliver(make_runner(queue, api, pace=pace, clock=hands.clock()), queue)
    assert len(api.seen) == 1


async def test_finishing_ends_the_waiting_for_company(queue: Memory, api: Api) -> None:
    hands = Hands()
    pace = replace(BRISK, linger_ms=60_000)
    runner = make_runner(queue, api, pace=pace, clock=hands.clock())
    queue.put(make_beacon(at=hands.at))
    async with running(runner):
        await until(lambda: runner._wanted == 3)
    assert queue.results() == {"b1": Accepted()}


async def test_withdrawn_while_it_waited_is_not_sent(queue: Memory, api: Api) -> None:
    hands = Hands()
    pace = replace(BRISK, linger_ms=60_000)
    runner = make_runner(queue, api, pace=pace, clock=hands.clock())
    queue.put(make_beacon(number=1, at=hands.at), make_beacon(number=2, at=hands.at))
    async with running(runner):
        await until(lambda: runner._wanted == 2)
        queue.withdrawn.add("s1")
        hands.at += 60_000
        runner.nudge(2)
        await until(lambda: not queue.rows)
    assert [event["key"] for seen in api.seen for event in seen.events] == ["order-2"]


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (says(500), Reason.VENDOR_DOWN),
        (says(503, "<html>"), Reason.VENDOR_DOWN),
        (says(429), Reason.RATE_LIMIT),
        (says(429, **{"Retry-After": "0"}), Reason.RATE_LIMIT),
        (says(200, "<html>welcome</html>"), Reason.BROKEN_REPLY),
        (says(302, Location="https://evil.test/"), Reason.BROKEN_REPLY),
        (says(200, "x" * 300_000), Reason.BROKEN_REPLY),
    ],
    ids=["500", "503", "429", "429 at once", "HTML", "redirect", "huge"],
)
async def test_tried_again_until_taken(
    queue: Memory, api: Api, handler: Callable[..., Any], reason: Reason
) -> None:
    api.script = [handler] * 3
    queue.put(make_beacon())
    await deliver(make_runner(queue, api), queue)
    assert queue.results() == {"b1": Accepted()}
    assert [why for _, why, _ in queue.retries] == [reason] * 3
    assert len(api.seen) == 4


async def test_retry_after_holds_event_and_lane(queue: Memory, api: Api) -> None:
    hands = Hands()
    api.script = [says(429, "slow down", **{"Retry-After": "30"})]
    runner = make_runner(
        queue, api, vendor=make_limits(in_flight=1, max_batch=1), clock=hands.clock(draw=0.0)
    )
    queue.put(make_beacon("e1", 1), make_beacon("e2", 2))
    async with running(runner):
        await until(lambda: queue.retries)
        await until(lambda: runner.state().state is State.OPEN)
        assert queue.retries == [(hands.at + 30_000, Reason.RATE_LIMIT, "slow down")]
        assert runner.state().until == hands.at + 30_000
        hands.at += 29_999
        await asyncio.sleep(0.02)
        assert len(api.seen) == 1
        hands.at += 1
        await until(lambda: not queue.rows)
    assert api.names()[0] == ["e1"]
    assert sorted(map(str, api.names()[1:])) == ["['e1']", "['e2']"]


async def test_what_is_past_its_time_is_never_sent(queue: Memory, api: Api) -> None:
    now = now_ms()
    queue.put(make_beacon(number=1, event_at=now - 8 * DAY))
    queue.put(make_beacon(number=2, at=now - 4 * DAY))
    pace = replace(BRISK, retry=replace(BRISK.retry, max_keep_ms=3 * DAY))
    await deliver(make_runner(queue, api, pace=pace), queue)
    assert queue.reasons() == dict.fromkeys(("b1", "b2"), (Expired, Reason.TOO_OLD))
    assert not api.seen


async def test_expires_after_its_last_try(queue: Memory, api: Api) -> None:
    hands = Hands()
    api.handler = says(500, "down")
    queue.put(make_beacon(event_at=hands.at - 7 * DAY + 1, at=hands.at))
    await deliver(make_runner(queue, api, clock=hands.clock()), queue)
    assert queue.results() == {"b1": Expired(Reason.VENDOR_DOWN, "down")}


@pytest.mark.parametrize("size", [2, 4, 16])
@pytest.mark.parametrize("place", ["first", "last"])
async def test_a_refused_batch_is_halved_until_the_bad_event_is_alone(
    queue: Memory, api: Api, size: int, place: str
) -> None:
    api.handler = strict
    bad = 0 if place == "first" else size - 1
    for number in range(size):
        queue.put(make_beacon("bad" if number == bad else f"e{number}", number))
    await deliver(make_runner(queue, api, vendor=make_limits(max_batch=16)), queue)
    results = queue.results()
    assert results.pop(f"b{bad}") == Refused(Reason.BAD_EVENT, "an event is bad")
    assert set(results.values()) == {Accepted()}
    assert len(results) == size - 1
    sent = [name for batch in api.names() if "bad" not in batch for name in batch]
    assert len(sent) == len(set(sent))


async def test_after_a_split_batches_grow_again(queue: Memory, api: Api) -> None:
    api.handler = strict
    queue.put(make_beacon("bad", 0), *(make_beacon(f"e{n}", n) for n in range(1, 40)))
    vendor = make_limits(max_batch=8, in_flight=1)
    await deliver(make_runner(queue, api, vendor=vendor), queue)
    assert len(queue.results()) == 40
    sizes = [len(batch) for batch in api.names()]
    assert sizes[:4] == [8, 4, 2, 1]
    assert sizes[-2] == 8


async def test_a_field_is_left_out_once_when_the_vendor_asks(queue: Memory, api: Api) -> None:
    async def handler(_request: web.Request, events: Events) -> web.Response:
        return answer(each=["amend" if "click" in event["user"] else "taken" for event in events])

    api.handler = handler
    queue.put(make_beacon(number=1), make_beacon(number=2, fields={"user.email": "a"}))
    await deliver(make_runner(queue, api), queue)
    assert queue.results() == {"b1": Accepted(), "b2": Accepted()}
    first, second = api.seen
    assert len(first.events) == 2
    assert [event["user"].get("click") for event in second.events] == [None]
    assert second.events[0]["user"]["email"] == JANE
    assert second.events[0]["key"] == "order-1"


async def test_a_field_is_left_out_only_once(queue: Memory, api: Api) -> None:
    api.handler = answers("amend", message="still bad")
    queue.put(make_beacon())
    await deliver(make_runner(queue, api), queue)
    assert queue.results() == {"b1": Refused(Reason.BAD_IDENTIFIER, "still bad")}
    assert len(api.seen) == 2


async def test_taken_for_now_is_not_sent_again(queue: Memory, api: Api) -> None:
    hands = Hands()
    api.handler = answers("pending")
    queue.put(make_beacon())
    async with running(make_runner(queue, api, clock=hands.clock())):
        await until(lambda: queue.settled)
        assert queue.results() == {"b1": Pending("ticket-1", 60.0)}
        hands.at += 60_000
        await until(lambda: not queue.rows)
    assert queue.results() == {"b1": Accepted(Reason.UNCONFIRMED)}
    assert len(api.seen) == 1


def ask(ticket: str, beacons: Sequence[Beacon], settings: Settings) -> Call:
    url = f"https://{HOST}/{settings.path}/status?ticket={ticket}"
    return Call("acme", beacons[0].to, "GET", url, {}, b"")


def judge_ask(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    if reply.status != 200:
        return [TryLater(Reason.VENDOR_DOWN)] * len(beacons)
    told = {"done": Accepted(), "failed": Refused(Reason.BAD_EVENT), "waits": Pending("", 60.0)}
    return [told[json.loads(reply.body)["result"]]] * len(beacons)


ASKED = replace(ACME, ask=ask, judge_ask=judge_ask)


@pytest.mark.parametrize(
    ("result", "outcome"), [("done", Accepted()), ("failed", Refused(Reason.BAD_EVENT))]
)
async def test_what_was_taken_for_now_is_asked_for_as_it_was_sent(
    queue: Memory, api: Api, result: str, outcome: Outcome
) -> None:
    hands = Hands()
    api.script = [answers("pending"), says(503), answers("waits")]
    api.handler = answers(result)
    queue.put(make_beacon(number=1), make_beacon(number=2))
    async with running(make_runner(queue, api, vendor=ASKED, clock=hands.clock())):
        await until(lambda: len(queue.settled) == 2)
        hands.at += 60_000
        await until(lambda: queue.retries)
        hands.at += 60_000
        await until(lambda: len(queue.settled) == 4)
        assert queue.results() == dict.fromkeys(("b1", "b2"), Pending("ticket-1", 60.0))
        hands.at += 60_000
        await until(lambda: not queue.rows)
    assert queue.results() == {"b1": outcome, "b2": outcome}
    sent, *asked = api.seen
    assert len(sent.events) == 2
    assert [(seen.path, seen.query) for seen in asked] == [("/v1/status", "ticket=ticket-1")] * 3


async def test_what_no_one_confirms_in_time_stays_taken(queue: Memory, api: Api) -> None:
    hands = Hands()
    api.script = [answers("pending")]
    api.handler = says(503)
    queue.put(make_beacon(at=hands.at, event_at=hands.at))
    pace = replace(BRISK, retry=Policy(base_ms=2, cap_ms=10, max_keep_ms=150_000))
    async with running(make_runner(queue, api, vendor=ASKED, pace=pace, clock=hands.clock())):
        await until(lambda: queue.settled)
        hands.at += 60_000
        await until(lambda: queue.retries)
        hands.at += 90_000
        await until(lambda: not queue.rows)
    assert queue.results() == {"b1": Accepted(Reason.UNCONFIRMED)}


async def test_outcomes_are_settled_event_by_event(queue: Memory, api: Api) -> None:
    api.script = [answers("", each=["taken", "refused", "warned", "pending"])]
    queue.put(*(make_beacon(number=number) for number in range(4)))
    async with running(make_runner(queue, api)):
        await until(lambda: len(queue.settled) == 4)
    assert [kind for kind, _ in queue.reasons().values()] == [Accepted, Refused, Warned, Pending]
    assert len(api.seen) == 1


@pytest.mark.parametrize("body", [{"crash": True}, {"odd": True}])
async def test_a_bug_in_judge_parks_the_batch_and_the_lane_goes_on(
    queue: Memory, api: Api, body: dict[str, Any]
) -> None:
    api.script = [answers("taken", **body)]
    queue.put(make_beacon(number=1), make_beacon(number=2))
    runner = make_runner(queue, api)
    async with running(runner):
        await until(lambda: not queue.rows)
        queue.put(make_beacon(number=3))
        runner.nudge(1)
        await until(lambda: not queue.rows)
    assert queue.reasons() == {
        "b1": (Refused, Reason.FAULT),
        "b2": (Refused, Reason.FAULT),
        "b3": (Accepted, Reason.NONE),
    }
    assert len(api.seen) == 2


async def test_a_bug_in_write_parks_the_culprit_and_the_others_go(queue: Memory, api: Api) -> None:
    for number in range(4):
        queue.put(make_beacon("unwritable" if number == 2 else f"e{number}", number))
    await deliver(make_runner(queue, api), queue)
    reasons = queue.reasons()
    assert reasons.pop("b2") == (Refused, Reason.FAULT)
    assert set(reasons.values()) == {(Accepted, Reason.NONE)}


async def test_a_missing_token_holds_the_lane_and_loses_nothing(
    queue: Memory, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands()
    place = Place("")
    runner = make_runner(queue, api, place=place, clock=hands.clock())
    queue.put(*(make_beacon(number=number) for number in range(3)))
    async with running(runner):
        await until(lambda: runner.state().state is State.OPEN)
        assert runner.state().reason is Reason.AUTH
        assert "ACME_TOKEN" in runner.state().message
        assert not api.seen
        assert [row.attempts for row in queue.rows.values()] == [0, 0, 0]
        place.value = TOKEN
        await until(lambda: not queue.rows)
        assert runner.state().state is State.CLOSED
    assert set(queue.results().values()) == {Accepted()}
    assert [len(batch) for batch in api.names()] == [1, 2]
    assert "ACME_TOKEN" in caplog.text


@pytest.mark.parametrize(("status", "reason"), [(401, Reason.AUTH), (403, Reason.SETUP)])
async def test_a_refused_token_holds_the_lane_and_is_probed_with_one_event(
    queue: Memory, api: Api, status: int, reason: Reason
) -> None:
    hands = Hands()
    api.handler = says(status, f"no such token: {TOKEN}")
    runner = make_runner(queue, api, vendor=make_limits(in_flight=1), clock=hands.clock())
    queue.put(*(make_beacon(number=number) for number in range(4)))
    async with running(runner):
        for calls in (1, 2, 3):
            await until(lambda calls=calls: len(api.seen) == calls)  # type: ignore[misc]
            await until(lambda: runner.state().state is State.OPEN)
            assert runner.state().reason is reason
            assert runner.state().message == "no such token: ***"
            hands.at = runner.state().until
        api.handler = answers("taken")
        await until(lambda: not queue.rows)
    assert [len(batch) for batch in api.names()][:3] == [4, 1, 1]
    assert set(queue.results().values()) == {Accepted()}


async def test_once_held_no_other_batch_goes_out(queue: Memory, api: Api) -> None:
    api.handler = says(401)
    runner = make_runner(queue, api, vendor=make_limits(in_flight=1), clock=Hands().clock())
    queue.put(*(make_beacon(number=n, site=f"site{n}") for n in range(4)))
    async with running(runner):
        await until(lambda: runner.state().state is State.OPEN)
    assert len(api.seen) == 1
    assert len(queue.rows) == 4


async def test_a_probe_that_was_cut_off_is_made_again(queue: Memory, api: Api) -> None:
    hands = Hands()
    runner = make_runner(queue, api, clock=hands.clock())
    api.script = [says(401)]
    queue.put(make_beacon())
    async with running(runner):
        await until(lambda: runner.state().state is State.OPEN)
    hands.at = runner.state().until
    runner._breaker.enter()
    runner._finishing = False
    await deliver(runner, queue)
    assert queue.results() == {"b1": Accepted()}


async def test_a_corrected_token_is_tried_at_once(queue: Memory, api: Api) -> None:
    async def handler(request: web.Request, _events: Events) -> web.Response:
        good = request.headers["Authorization"] == "Bearer right"
        return answer() if good else web.Response(status=401)

    api.handler = handler
    place = Place("wrong")
    runner = make_runner(queue, api, place=place, clock=Hands().clock())
    queue.put(make_beacon())
    async with running(runner):
        await until(lambda: runner.state().state is State.OPEN)
        place.value = "right"
        await until(lambda: not queue.rows)
    assert len(api.seen) == 2


async def test_a_vendor_that_fails_is_left_alone_and_probed_with_one_event(
    queue: Memory, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    hands = Hands()
    api.handler = says(500, "down")
    runner = make_runner(
        queue, api, vendor=make_limits(in_flight=1, max_batch=2), clock=hands.clock(draw=0.0)
    )
    queue.put(*(make_beacon(number=number) for number in range(20)))
    async with running(runner):
        await until(lambda: runner.state().state is State.OPEN)
        assert [len(batch) for batch in api.names()] == [2] * 5
        hands.at = runner.state().until
        await until(lambda: len(api.seen) == 6)
        await until(lambda: runner.state().state is State.OPEN)
        api.handler = answers("taken")
        hands.at = runner.state().until
        await until(lambda: not queue.rows)
    assert [len(batch) for batch in api.names()][5:7] == [1, 1]
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("firsthand")]
    assert ours == ["acme A-1: held, vendor_down down", "acme A-1: delivers again"]


async def test_an_old_event_does_not_use_up_the_probe(queue: Memory, api: Api) -> None:
    hands = Hands()
    place = Place("")
    runner = make_runner(queue, api, place=place, clock=hands.clock())
    queue.put(make_beacon(number=1, event_at=hands.at - 7 * DAY + 1_000), make_beacon(number=2))
    async with running(runner):
        await until(lambda: runner.state().state is State.OPEN)
        hands.at += 2_000
        place.value = TOKEN
        await until(lambda: not queue.rows)
    assert queue.reasons() == {"b1": (Expired, Reason.TOO_OLD), "b2": (Accepted, Reason.NONE)}


async def test_no_more_calls_at_once_than_the_vendor_allows(queue: Memory, api: Api) -> None:
    going = 0
    most = 0
    gate = asyncio.Event()

    async def handler(_request: web.Request, _events: Events) -> web.Response:
        nonlocal going, most
        going += 1
        most = max(most, going)
        await gate.wait()
        going -= 1
        return answer()

    api.handler = handler
    queue.put(*(make_beacon(number=number) for number in range(12)))
    runner = make_runner(queue, api, vendor=make_limits(max_batch=1, in_flight=3))
    async with running(runner):
        await until(lambda: going == 3)
        await asyncio.sleep(0.02)
        gate.set()
        await until(lambda: not queue.rows)
    assert most == 3


async def test_a_call_that_hangs_is_given_up_and_tried_again(queue: Memory, api: Api) -> None:
    gate = asyncio.Event()

    async def hang(_request: web.Request, _events: Events) -> web.Response:
        await gate.wait()
        return answer()

    api.script = [hang]
    queue.put(make_beacon())
    way = Live(ACME, Place(), api.sender(total=0.05))
    runner = Runner(queue, make_account(), way, pace=BRISK, clock=CLOCK)
    await deliver(runner, queue)
    gate.set()
    assert [why for _, why, _ in queue.retries] == [Reason.TIMEOUT]
    assert queue.results() == {"b1": Accepted()}


async def test_what_went_stale_behind_a_slow_call_is_leased_anew(queue: Memory, api: Api) -> None:
    hands = Hands()

    async def slow(_request: web.Request, _events: Events) -> web.Response:
        hands.at += 6_000
        queue.withdrawn.add("s2")
        return answer()

    api.script = [slow]
    queue.put(*(make_beacon(f"e{n}", n, site=f"site{n}") for n in (1, 2, 3)))
    vendor = make_limits(in_flight=1)
    await deliver(make_runner(queue, api, vendor=vendor, clock=hands.clock()), queue)
    assert api.names() == [["e1"], ["e3"]]


async def test_a_broken_queue_ends_the_run_which_can_be_taken_up_again(
    queue: Memory, api: Api
) -> None:
    runner = make_runner(queue, api, pace=replace(BRISK, lease_ms=5))
    queue.put(make_beacon())
    queue.broken = 1
    with pytest.RaisesGroup(OSError):
        await runner.run()
    await deliver(runner, queue)
    assert queue.results() == {"b1": Accepted()}


async def test_what_the_disk_did_not_take_is_noted_later_and_not_sent_again(
    queue: Memory, api: Api
) -> None:
    queue.put(make_beacon(number=1))
    queue.unsettled = 3
    await deliver(make_runner(queue, api, pace=replace(BRISK, lease_ms=0)), queue)
    assert queue.unsettled == 0
    assert len(api.seen) == 1
    assert [type(one.outcome) for one in queue.settled] == [Accepted]


async def test_a_clock_set_forward_during_a_call_sends_nothing_twice(
    queue: Memory, api: Api
) -> None:
    hands, over = Hands(), asyncio.Event()

    async def slow(_request: web.Request, _events: Events) -> web.StreamResponse:
        await over.wait()
        return answer()

    api.script.append(slow)
    queue.put(make_beacon(number=1))
    runner = make_runner(queue, api, clock=hands.clock())
    async with running(runner):
        await until(lambda: api.seen)
        hands.at += 3_600_000
        queue.put(make_beacon(number=2))
        await until(lambda: len(queue.settled) == 1)
        over.set()
        await until(lambda: len(queue.settled) == 2)
    assert [event["key"] for seen in api.seen for event in seen.events] == ["order-1", "order-2"]


async def test_a_rate_of_one_call_in_a_long_time(queue: Memory, api: Api) -> None:
    queue.put(make_beacon(number=1), make_beacon(number=2))
    vendor = make_limits(calls_per_second=0.001, max_batch=1)
    run = asyncio.get_running_loop().create_task(make_runner(queue, api, vendor=vendor).run())
    await until(lambda: queue.settled)
    await asyncio.sleep(0.02)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert api.names() == [["purchase"]]
    assert len(queue.rows) == 1


async def test_the_shadow_way_runs_in_the_same_lane(queue: Memory, api: Api) -> None:
    account = make_account(Mode.SHADOW)
    way = Shadow(ACME, Place(), api.sender(), now=now_ms)
    runner = Runner(queue, account, way, pace=BRISK, clock=CLOCK)
    queue.put(make_beacon(number=1), make_beacon(number=2))
    await deliver(runner, queue)
    assert set(queue.results().values()) == {Recorded(validated=True)}
    assert [seen.path for seen in api.seen] == ["/check/A-1"]
    assert runner.state().mode is Mode.SHADOW


async def test_no_token_in_any_log(
    queue: Memory, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.script = [
        says(401, f"bad {TOKEN}"),
        says(500, TOKEN),
        answers("taken", crash=True),
        answers("taken"),
    ]
    queue.put(make_beacon(number=1), make_beacon(number=2))
    await deliver(make_runner(queue, api, vendor=make_limits(max_batch=1, in_flight=1)), queue)
    text = caplog.text + repr(queue.settled) + repr(queue.retries)
    for hidden in (TOKEN, "jane", "click.1", "order-1"):
        assert hidden not in text


async def test_what_stands_readable_is_blocked_alone_and_told_by_its_place(
    queue: Memory, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    number, mail = "4111 1111 1111 1111", "jane.doe@example.com"
    queue.put(*(make_beacon(number=each) for each in range(3)))
    queue.put(make_beacon(number=3, fields={"note": f"card {number}"}))
    queue.put(make_beacon(number=4, event_key=mail))
    queue.put(make_beacon(number=5))
    with caplog.at_level(logging.ERROR):
        await deliver(make_runner(queue, api), queue)
    results = queue.results()
    assert {one for one in results if isinstance(results[one], Refused)} == {"b3", "b4"}
    assert results["b3"] == Refused(Reason.READABLE, "card number in events.note")
    assert results["b4"] == Refused(Reason.READABLE, "e-mail address in events.key")
    assert sum(map(len, api.names())) == 4
    kept = f"{[*queue.ended.values()]} {caplog.text} {api.seen}"
    assert caplog.text.count("blocked by the firewall, ") == 1  # of a thousand
    assert not [each for each in (number, mail) if each in kept]


async def test_shadow_says_what_would_be_blocked(queue: Memory, api: Api) -> None:
    queue.put(make_beacon(number=1, fields={"note": "jane.doe@example.com"}))
    way = Shadow(ACME, Place(), api.sender(), now=now_ms)
    runner = Runner(queue, make_account(Mode.SHADOW), way, pace=BRISK, clock=CLOCK)
    await deliver(runner, queue)
    assert queue.reasons() == {"b1": (Refused, Reason.READABLE)}
    assert not api.seen
