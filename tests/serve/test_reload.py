"""A running server under load takes a new configuration; what is wrong with one changes nothing."""

import asyncio
import getpass
import os
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector

from firsthand.errors import ConfigError
from firsthand.sandbox import ga4, meta
from firsthand.sandbox.server import Sandbox
from firsthand.serve.notice import Notice, read_notice
from firsthand.serve.plan import Plan, plan
from firsthand.serve.reload import attempt, fixed, renewed
from firsthand.store.audit import Act
from firsthand.store.sqlite.audit import open_audit
from firsthand.store.sqlite.files import holder, outbox_lock
from tests.journeys.conftest import free_port, serving
from tests.journeys.conftest import written as site_of_two
from tests.journeys.test_crash import CONSENT, arrived
from tests.serve.test_crew import until_heard
from tests.serve.test_plan import written
from tests.serve.test_worker import ports, run

KEPT_ALIVE = 8
NOTED = {
    ("server", Act.CONFIGURATION),
    (f"command line ({getpass.getuser()})", Act.RELOAD),
}
SECOND = re.compile(r"\[\[ga4\]\].*", re.DOTALL)


class Load:
    """Visitors whose connections stay open, one request after the other on each."""

    def __init__(self, edge: int, now: int) -> None:
        self._edge = edge
        self._now = now
        self.statuses: Counter[int] = Counter()
        self.keys: set[str] = set()
        self._headers = {
            "Host": f"trk.shop.localhost:{edge}",
            "Cookie": CONSENT.format(now=now // 1000),
            "User-Agent": "UA",
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with (
            ClientSession(connector=TCPConnector(limit=KEPT_ALIVE)) as session,
            asyncio.TaskGroup() as tasks,
        ):
            for lane in range(KEPT_ALIVE):
                tasks.create_task(self._visit(session, lane, stop))
            yield
            stop.set()

    async def _visit(self, session: ClientSession, lane: int, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            key = f"e{lane}-{number}"
            query = (
                f"id={meta.PIXEL}&ev=PageView&eid={key}&dl=http://shop.localhost/&ts={self._now}"
            )
            address = f"http://127.0.0.1:{self._edge}/www.facebook.com/tr/?{query}"
            async with session.get(address, headers=self._headers) as answer:
                self.statuses[answer.status] += 1
            self.keys.add(key)

    async def more(self, requests: int = 200) -> None:
        """Wait until so many more were answered."""
        wanted = self.statuses.total() + requests
        async with asyncio.timeout(60):
            while self.statuses.total() < wanted:
                await asyncio.sleep(0.01)

    async def ga4(self) -> int:
        """Return how a beacon of the second vendor is answered."""
        query = f"v=2&tid={ga4.MEASUREMENT}&cid=1.1&en=page_view&_p=1&dl=http://shop.localhost/"
        address = f"http://127.0.0.1:{self._edge}/www.google-analytics.com/g/collect?{query}"
        async with (
            ClientSession() as session,
            session.post(address, headers=self._headers) as answer,
        ):
            return answer.status


async def noticed(folder: Path, count: int) -> Notice:
    async with asyncio.timeout(60):
        while (notice := read_notice(folder)).count < count:
            await asyncio.sleep(0.02)
    return notice


async def through_reloads(
    load: Load, server: asyncio.subprocess.Process, config: Path, whole: str
) -> None:
    """By command and by signal: a further account, a mistake, the mistake mended."""
    data = config.parent / "data"
    await load.more()
    assert await load.ga4() == 404
    config.write_text(whole)
    assert await run("reload", "--config", str(config)) == (0, "")
    assert await load.ga4() in {200, 204}
    await load.more()
    config.write_text(whole.replace("[[ga4]]", "[[ga5]]"))
    server.send_signal(signal.SIGHUP)
    assert "ga5" in (await noticed(data, 2)).why
    assert await load.ga4() in {200, 204}
    status, said = await run("reload", "--config", str(config))
    assert (status, "ga5" in said) == (1, True)
    await load.more()
    config.write_text(whole)
    server.send_signal(signal.SIGHUP)
    assert (await noticed(data, 3)).why == ""
    await load.more()
    async with open_audit(data) as audit, asyncio.timeout(20):
        while len(lines := await audit.lines(limit=9)) < len(NOTED) + 1:
            await asyncio.sleep(0.05)
    assert {(line.who, line.what) for line in lines} == NOTED


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_under_load_nothing_is_lost(tmp_path: Path, workers: str) -> None:
    edge = free_port()
    async with Sandbox() as sandbox:
        config = site_of_two(tmp_path, "server", "", edge, free_port(), sandbox)
        whole = config.read_text()
        config.write_text(SECOND.sub("", whole))
        load = Load(edge, sandbox._clock())
        async with serving(config, "--workers", workers) as server:
            await until_heard(edge)
            async with load.running():
                await through_reloads(load, server, config, whole)
        assert set(load.statuses) <= {200, 204}
        found = await arrived(sandbox, load.keys)
        assert max(found.values()) == 1
        assert sandbox.vendor("ga4").events


async def owner(outbox: Path, *, but: int = 0) -> int:
    """Return the process that has an outbox, once there is one."""
    async with asyncio.timeout(60):
        while not (said := holder(outbox_lock(outbox))) or int(said) == but:
            await asyncio.sleep(0.05)
    return int(said)


async def test_a_worker_that_dies_starts_again_by_what_was_valid(tmp_path: Path) -> None:
    config = written(tmp_path, '[store]\npath = "data"\n' + ports())
    outbox = tmp_path / "data" / "outbox-0.db"
    async with serving(config, "--workers", "2") as server:
        first = await owner(outbox)
        config.write_text("this is [ no TOML")
        os.kill(first, signal.SIGKILL)
        assert await owner(outbox, but=first)
        assert server.returncode is None


async def test_what_cannot_change_is_named_with_the_remedy(tmp_path: Path) -> None:
    config = written(tmp_path, '[store]\npath = "data"\n' + ports())
    async with serving(config):
        text = config.read_text()
        config.write_text(re.sub(r"port = \d+", "port = 9", text, count=1))
        status, said = await run("reload", "--config", str(config))
        assert status == 1
        assert "listen.port: cannot change while the server runs" in " ".join(said.split())
        assert "start it again" in " ".join(said.split())


def test_a_new_secret_or_folder_needs_a_restart(tmp_path: Path) -> None:
    config = written(tmp_path, '[store]\npath = "data"\n')
    old = plan(config)
    (tmp_path / "data" / "secret").write_text("x" * 40)
    with pytest.raises(ConfigError, match=r"site\.secret: cannot change"):
        renewed(old)
    config.write_text(config.read_text().replace('"data"', '"elsewhere"'))
    with pytest.raises(ConfigError, match=r"store\.path: cannot change"):
        renewed(old)
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_fixed_are_keys_of_the_file(tmp_path: Path) -> None:
    config = plan(written(tmp_path)).config
    for key in fixed(config):
        section, _, name = key.partition(".")
        assert hasattr(getattr(config, section), name)


async def test_a_fault_of_ours_is_told_by_its_class_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = plan(written(tmp_path))

    async def fails(_: Plan) -> str:
        return {}["jane@example.com"]

    found, why = await attempt(lambda: made, fails)
    assert (found, why) == (None, "a fault of our own (KeyError); the log says where")
    assert caplog.messages == ["a fault of our own while reloading"]


async def test_a_closed_terminal_ends_the_server(tmp_path: Path) -> None:
    near, far = os.openpty()
    config = written(tmp_path, '[store]\npath = "data"\n' + ports())
    async with serving(config, stdin=far) as server:
        os.close(far)
        server.send_signal(signal.SIGHUP)
        assert (await noticed(tmp_path / "data", 1)).why == ""
        os.close(near)
        server.send_signal(signal.SIGHUP)
        assert await asyncio.wait_for(server.wait(), 30) == 0
