"""``firsthand backup`` from a server under load, ``firsthand restore`` to another that goes on."""

import asyncio
import signal
from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.saving import backup, restore
from firsthand.store.meter import Meter
from firsthand.store.sqlite.backup import rows
from tests.edge.conftest import GRANTED, META_TARGET, Public
from tests.journeys.conftest import free_port, serving
from tests.serve.test_plan import written
from tests.serve.test_worker import run


def configured(folder: Path) -> tuple[Path, Public]:
    folder.mkdir()
    port = free_port()
    listen = f"[listen]\nport = {port}\n[admin]\nport = {free_port()}\n"
    return written(folder, listen), Public(port, None, [], Meter())


async def test_a_copy_under_load_is_restored_and_goes_on(tmp_path: Path) -> None:
    config, public = configured(tmp_path / "first")
    second, after = configured(tmp_path / "second")
    done = asyncio.Event()
    acknowledged = 0

    async def visit(name: str) -> None:
        nonlocal acknowledged
        number = 0
        while not done.is_set():
            number += 1
            target = META_TARGET.replace("eid=pv-1", f"eid={name}-{number}")
            answer = await public.get(target, f"Cookie: {GRANTED}")
            assert answer.startswith(b"HTTP/1.1 204 "), answer
            acknowledged += 1

    async with serving(config) as server:
        async with asyncio.TaskGroup() as tasks:
            for name in ("a", "b", "c", "d"):
                tasks.create_task(visit(name))
            while acknowledged < 200:
                await asyncio.sleep(0.01)
            before = acknowledged
            await asyncio.to_thread(backup, tmp_path / "copy", config)
            later = acknowledged
            done.set()
        with pytest.raises(ConfigError, match="a server uses it"):
            restore(tmp_path / "copy", config)
        server.send_signal(signal.SIGKILL)
        await server.wait()

    restore(tmp_path / "copy", second)
    async with serving(second):
        await after.get(META_TARGET.replace("eid=pv-1", "eid=new"), f"Cookie: {GRANTED}")
        async with asyncio.timeout(30):
            while rows(tmp_path / "second" / "var")["outbox"]:
                await asyncio.sleep(0.05)
        restored = rows(tmp_path / "second" / "var")["events"] - 1
    assert before <= restored <= later + 4
    secret = "var/secret"
    assert (tmp_path / "first" / secret).read_text() == (tmp_path / "second" / secret).read_text()


async def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    config, _ = configured(tmp_path / "first")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine").write_text("x")
    status, said = await run("backup", str(tmp_path / "copy"), "--config", str(config))
    assert (status, "name a new folder" in " ".join(said.split())) == (2, True)
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["mine"]
