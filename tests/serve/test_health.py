"""What ``/readyz`` and ``/metrics`` say of a server that leads, as the listener gives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession
from prometheus_client.parser import text_string_to_metric_families

from firsthand.edge.certificates import Facts, Loaded, Pair, context
from firsthand.edge.keyring import Held, Keyring
from firsthand.model import Note, Origin, Reason
from firsthand.serve import alarm
from firsthand.serve.edge import open_edge
from firsthand.serve.health import Health, told_of
from firsthand.serve.lead import Lead
from firsthand.serve.notice import Notice, write_notice
from firsthand.serve.plan import Plan, now, plan
from firsthand.store.meter import meter_path, open_meter
from tests.factories import make_beacon
from tests.receiver import receiving
from tests.samples import PIXEL
from tests.serve.test_plan import written
from tests.serve.test_worker import ports

HELD = f'[[meta]]\naccount = "{PIXEL}"\nmode = "server"\ntoken = {{ env = "NOT_SET" }}\n'


async def parts(folder: Path) -> dict[str, tuple[bool, str]]:
    return {part.name: (part.ok, part.detail) for part in await Health(folder).parts()}


async def test_before_it_leads_delivery_is_red(tmp_path: Path) -> None:
    found = await parts(tmp_path)
    assert [name for name, (ok, _) in found.items() if not ok] == ["delivery"]


async def test_a_file_that_was_not_taken_is_told_and_turns_nothing_red(tmp_path: Path) -> None:
    """Not why: the reason quotes the file, where a token may stand in the wrong place."""
    write_notice(tmp_path, Notice("site.toml", 3, "site.toml: meta.0.account: (given: EAAcanary)"))
    assert (await parts(tmp_path))["reload"] == (
        True,
        "not taken, the configuration before it runs; the log says why",
    )


async def test_another_workers_full_disk_turns_it_red(tmp_path: Path) -> None:
    open_meter(meter_path(tmp_path, 3)).failed()
    ok, detail = (await parts(tmp_path))["outbox"]
    assert not ok
    assert "1 workers cannot write" in detail


async def test_little_room_is_red(tmp_path: Path) -> None:
    for room, told in ((0, ""), (2**60, "little room is left: less than 1099511627776 MiB")):
        (disk,) = [
            part for part in await Health(tmp_path, room=room).parts() if part.name == "disk"
        ]
        assert (disk.name, disk.ok, disk.detail) == ("disk", not told, told)


DAY_MS = 86_400_000
FACTS = Facts(("trk.shop.example.com",), "An authority", "ab12", 0, 90 * DAY_MS)
LOADED = Loaded(FACTS, context())
PAIR = Pair(Path("fullchain.pem"), Path("privkey.pem"))


@pytest.mark.parametrize(
    ("held", "day", "said"),
    [
        (Held(PAIR, LOADED), 30, ""),
        (Held(PAIR, LOADED), 74, ""),
        (Held(PAIR, LOADED), 76, "ends on 1970-04-01, and is not renewed yet"),
        (Held(PAIR, LOADED), 90, "expired on 1970-04-01"),
        (Held(PAIR, LOADED, "privkey.pem: is not the key"), 30, "until 1970-04-01 is served on"),
        (Held(PAIR, None, "fullchain.pem: cut off"), 30, "no certificate is served: fullchain.pem"),
    ],
)
def test_of_a_certificate_it_says_what_is_to_be_done(held: Held, day: int, said: str) -> None:
    told = told_of(held, day * DAY_MS)
    assert said in told
    assert bool(said) == bool(told)
    assert held.why in told


async def test_without_tls_of_our_own_nothing_is_said_of_it(tmp_path: Path) -> None:
    assert "tls" not in await parts(tmp_path)


async def test_an_expired_certificate_turns_it_red(tmp_path: Path) -> None:
    health = Health(tmp_path)
    health.keyring = Keyring((), now)
    health.keyring.held = (Held(PAIR, LOADED),)
    (tls,) = [part for part in await health.parts() if part.name == "tls"]
    assert not tls.ok


@asynccontextmanager
async def serving(made: Plan) -> AsyncIterator[Any]:
    """Yield a whole process' outbox, and what asks its private listener."""
    lead = Lead(made)
    address = f"http://127.0.0.1:{made.config.admin.port}"
    headers = {"Authorization": f"Bearer {made.token}"}

    async with asyncio.TaskGroup() as tasks, open_edge(made, 0, lead.wake) as public:
        lead.watch(public.edge.outbox)
        tasks.create_task(lead.run())
        async with ClientSession(address, headers=headers) as session:
            yield public, session
        lead.stop()


async def figures(session: ClientSession) -> dict[tuple[str, ...], float]:
    async with session.get("/metrics") as answer:
        text = await answer.text()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def until(session: ClientSession, *sample: str) -> dict[tuple[str, ...], float]:
    """Return the figures once they have a sample that is more than 0."""
    async with asyncio.timeout(30):
        while True:
            try:
                found = await figures(session)
            except ClientConnectionError:
                found = {}
            if found.get(sample):
                return found
            await asyncio.sleep(0.05)


async def test_figures_follow_an_event(tmp_path: Path) -> None:
    made = plan(written(tmp_path, ports() + HELD))
    beacon = make_beacon(
        vendor="meta", account=PIXEL, to=PIXEL, at=now(), name="canary-name", event_key="canary-key"
    )
    async with serving(made) as (public, session):
        await public.edge.outbox.put([beacon])
        public.edge.outbox.count(Note("meta", "canary-account", "canary-name", "consent"))
        public.edge.meter.acked(0.003)
        found = await until(session, "firsthand_breaker_state", PIXEL, "open", "meta")
        assert found["firsthand_queue_events", PIXEL, "meta"] == 1
        assert found["firsthand_events_total", PIXEL, Origin.PIXEL, "meta"] == 1
        assert found["firsthand_acknowledgement_seconds_count",] == 1
        assert found["firsthand_disk_free_bytes",] > 0
        await until(session, "firsthand_requests_noted_total", Reason.CONSENT, "meta")
        async with session.get("/metrics") as answer:
            page = await answer.text()
        assert "canary" not in page
        assert made.token not in page
        async with session.get("/readyz") as answer:
            told = {part["name"]: part for part in (await answer.json())["parts"]}
            assert answer.status == 200
        assert told["lanes"] == {
            "name": "lanes",
            "ok": True,
            "detail": f"meta {PIXEL}: held, auth",
        }
        async with session.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"ok": True})


async def test_an_alert_is_in_the_metrics_and_on_the_pages_and_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = '[[alerts]]\nname = "token"\non = "token_failing"\n'
    async with receiving() as receiver:
        monkeypatch.setenv("HOOK", receiver.address)
        hook = '[alerting]\nwebhook = { env = "HOOK" }\n'
        made = plan(written(tmp_path, ports() + HELD + rule + hook))
        monkeypatch.setattr(alarm, "LOOK_S", 0.1)
        async with serving(made) as (public, session):
            beacon = make_beacon(
                vendor="meta", account=PIXEL, to=PIXEL, at=now(), name="canary", event_key="canary"
            )
            await public.edge.outbox.put([beacon])
            found = await until(session, "firsthand_alert_firing", "token", "meta")
            assert found["firsthand_alert_firing", "token", "meta"] == 1
            await until(session, "firsthand_alert_posts_total", "sent")
            async with session.get("/overview", headers={"Accept": "application/json"}) as answer:
                (alert,) = (await answer.json())["alerts"]
            assert (alert["rule"], alert["account"]) == ("token", PIXEL)
    assert [body["state"] for body in receiver.bodies] == ["firing"]
