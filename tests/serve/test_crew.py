"""Several workers on one port: a dead one starts again, a signal ends all."""

import asyncio
import os
import signal
from pathlib import Path

from firsthand.serve.crew import command
from firsthand.serve.plan import plan
from tests.journeys.conftest import serving
from tests.serve.test_plan import written
from tests.serve.test_worker import ports, run


def children(parent: int) -> list[int]:
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(number) for number in text.split()]


async def until_two(parent: int, without: int = 0) -> list[int]:
    async with asyncio.timeout(20):
        while True:
            found = children(parent)
            if len(found) == 2 and without not in found:
                return found
            await asyncio.sleep(0.05)


async def until_heard(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                return writer.close()


def test_a_worker_is_started_with_its_number(tmp_path: Path) -> None:
    assert command(plan(written(tmp_path)), 3)[-2:] == ["--worker", "3"]


async def test_a_dead_worker_is_started_again_and_all_end_together(tmp_path: Path) -> None:
    async with serving(written(tmp_path, ports()), "--workers", "2") as server:
        first, _ = await until_two(server.pid)
        os.kill(first, signal.SIGKILL)
        found = await until_two(server.pid, without=first)
        server.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.wait(), 30) == 0
    assert not [number for number in found if Path(f"/proc/{number}").exists()]


async def test_workers_leave_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    path = written(tmp_path, ports())
    async with serving(path, "--workers", "2") as server:
        workers = await until_two(server.pid)
        server.kill()
        await server.wait()
    async with asyncio.timeout(30):
        while any(Path(f"/proc/{number}").exists() for number in workers):
            await asyncio.sleep(0.05)
    async with serving(path, "--workers", "2") as server:
        assert await until_two(server.pid)


async def test_a_crew_beside_another_server_does_not_start(tmp_path: Path) -> None:
    listen = ports()
    port = listen.split()[3]
    (tmp_path / "other").mkdir()
    other = written(tmp_path / "other", listen.split("[admin]")[0])
    async with serving(written(tmp_path, listen), "--workers", "2"):
        await until_heard(int(port))
        for workers in ("1", "2"):
            status, said = await run("serve", "--config", str(other), "--workers", workers)
            assert status == 2
            assert "cannot be had" in said.replace("\n", " ")
            assert port in said


async def test_a_worker_that_can_never_start_ends_the_whole(tmp_path: Path) -> None:
    path = written(tmp_path, '[store]\npath = "data"\n' + ports())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "outbox-1.db").write_bytes(b"this is no database" * 100)
    status, said = await run("serve", "--config", str(path), "--workers", "2")
    assert status == 2
    assert "outbox-1.db" in said.replace("\n", "")
    assert "Traceback" not in said


async def test_a_worker_that_ran_before_is_tried_until_it_can_start(tmp_path: Path) -> None:
    path = written(tmp_path, '[store]\npath = "data"\n' + ports())
    async with serving(path, "--workers", "2") as server:
        workers = await until_two(server.pid)
        lock = tmp_path / "data" / "outbox-1.lock"
        async with asyncio.timeout(20):
            while not lock.exists() or int(lock.read_text() or 0) not in workers:
                await asyncio.sleep(0.05)
        killed = int(lock.read_text())
        lock.unlink()
        lock.mkdir()  # nothing can be locked there
        os.kill(killed, signal.SIGKILL)
        async with asyncio.timeout(40):
            tried: set[int] = set()
            while not tried - set(children(server.pid)):
                tried |= set(children(server.pid)) - set(workers)
                await asyncio.sleep(0.02)
        assert server.returncode is None
        lock.rmdir()
        assert await until_two(server.pid, without=killed)
