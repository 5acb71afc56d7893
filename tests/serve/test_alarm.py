from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from firsthand.config.alerts import Alerting
from firsthand.delivery.breaker import State
from firsthand.delivery.lane import LaneState
from firsthand.delivery.tally import Tally
from firsthand.model import Client, Mode, Reason, Server
from firsthand.rules.alerts import On, Rule
from firsthand.rules.scriptjudge import judge_of
from firsthand.serve.alarm import Alarm
from firsthand.serve.alertbook import TRIES
from firsthand.store.contract import Lane
from firsthand.store.sqlite.custody import open_custody
from tests.admin.sample import META, NOW, MemoryLedger, account, count, make_site
from tests.custody import fill
from tests.receiver import receiving

SITE = make_site(account("meta", META, Mode.BOTH))
LOW = Rule("low", On.MATCH_RATE, 0.8, 0.02, hours=3, at_least=10)
QUIET = Rule("quiet", On.NO_ACCEPTED, 60)
HELD = Rule("held", On.SCRIPT_HELD, 0)
TOKEN = Rule("token", On.TOKEN_FAILING, 0)
MINUTE = 60_000


@dataclass
class Lanes:
    """What an alarm asks delivery for."""

    tally: Tally = field(default_factory=Tally)
    reason: Reason = Reason.NONE

    def states(self) -> list[LaneState]:
        state = State.OPEN if self.reason else State.CLOSED
        return [LaneState(Lane("meta", META), Mode.BOTH, state, self.reason, "", 0)]


@dataclass
class World:
    folder: Path
    custody: Any
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    lanes: Any = field(default_factory=Lanes)
    now: int = NOW
    alarms: list[Alarm] = field(default_factory=list)

    def alarm(self, *rules: Rule, webhook: str = "") -> Alarm:
        made = Alarm(self.folder, self.ledger, self.custody, lambda: self.now)
        made.delivery = self.lanes
        made.use(Alerting(rules, webhook), SITE)
        self.alarms.append(made)
        return made


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    async with open_custody(folder, judge_of(SITE)) as custody:
        here = World(folder, custody)
        yield here
        for alarm in here.alarms:
            await alarm.close()


async def told(alarm: Alarm) -> list[str]:
    await alarm.look()
    await alarm.post()
    return [alert.rule for alert in alarm.alerts()]


async def test_a_low_rate_is_told_once_and_cleared_once_over_restarts(tmp_path: Path) -> None:
    async with world(tmp_path) as here, receiving() as receiver:
        here.ledger.rows = [count(50, Client.OK, Server.ACCEPTED)]
        assert await told(here.alarm(LOW, webhook=receiver.address)) == []
        here.ledger.rows.append(count(50, Client.FAILED, Server.ACCEPTED))
        for _ in range(3):
            alarm = here.alarm(LOW, webhook=receiver.address)
            assert await told(alarm) == await told(alarm) == ["low"]
        assert alarm.levels()["low", "meta"] == 1
        here.ledger.rows = [count(50, Client.OK, Server.ACCEPTED)]
        for _ in range(2):
            alarm = here.alarm(LOW, webhook=receiver.address)
            assert await told(alarm) == []
        assert alarm.levels()["low", "meta"] == 0
    states = [(body["state"], body["rule"], body["value"]) for body in receiver.bodies]
    assert states == [("firing", "low", 0.5), ("cleared", "low", 0.5)]


async def test_a_letter_that_is_not_taken_is_tried_again_in_order_and_given_up(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as here, receiving() as receiver:
        here.ledger.rows = [count(50, Client.FAILED, Server.ACCEPTED)]
        receiver.status = 503
        await told(here.alarm(LOW, webhook=receiver.address))
        here.ledger.rows = [count(50, Client.OK, Server.ACCEPTED)]
        again = here.alarm(LOW, webhook=receiver.address)
        await told(again)
        receiver.status = 200
        await told(again)
        assert [body["state"] for body in receiver.bodies] == ["firing"] * 3 + ["cleared"]
        assert len({body["id"] for body in receiver.bodies}) == 2
        here.ledger.rows = [count(50, Client.FAILED, Server.ACCEPTED)]
        receiver.status = 500
        for _ in range(TRIES + 2):
            await told(again)
        assert again.posts == {"sent": 2, "failed": 1 + TRIES - 1, "given_up": 1}
        assert len(receiver.bodies) == 4 + TRIES


async def test_no_event_for_too_long(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        alarm = here.alarm(QUIET)
        assert await told(alarm) == []
        here.now += 61 * MINUTE
        here.lanes.tally.ended["meta", META, "refused", "bad_event"] += 5
        assert await told(alarm) == ["quiet"]
        assert await told(here.alarm(QUIET)) == ["quiet"]
        here.lanes.tally.ended["meta", META, "accepted", ""] += 1
        assert await told(alarm) == []
        here.now += 60 * MINUTE
        assert await told(alarm) == []
        here.now += MINUTE
        assert await told(alarm) == ["quiet"]


async def test_scripts_and_tokens(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        alarm = here.alarm(HELD, TOKEN)
        assert await told(alarm) == []
        await fill(here.custody, NOW)
        here.lanes.reason = Reason.AUTH
        assert await told(alarm) == ["held", "token"]
        here.lanes.reason = Reason.SETUP
        assert await told(alarm) == ["held"]


async def test_nothing_of_a_visitor_leaves(tmp_path: Path) -> None:
    async with world(tmp_path) as here, receiving() as receiver:
        here.ledger.rows = [count(50, Client.FAILED, Server.ACCEPTED, name="canary-name")]
        await told(here.alarm(LOW, webhook=receiver.address))
    assert "canary" not in orjson.dumps(receiver.bodies).decode()
    assert set(receiver.bodies[0]) == {
        *("id", "site", "state", "at", "rule", "on", "vendor", "account"),
        *("since", "limit", "value", "of"),
    }


async def test_without_rules_nothing_is_kept(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        assert await told(here.alarm()) == []
    assert not (tmp_path / "alerts.json").exists()
