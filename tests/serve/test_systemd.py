"""Sockets that are handed over, and what is told back: with real ones, in programs of their own."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from firsthand.serve.systemd import handed, tell
from tests.journeys.conftest import ENVIRONMENT, free_port
from tests.serve.test_plan import written

# Lays the sockets where systemd lays them, and becomes the program, as systemd does.
HAND_OVER = (
    "import os, sys\n"
    "given = [int(each) for each in sys.argv[1].split(',')]\n"
    "kept = [os.dup2(os.dup(each), 100 + i) for i, each in enumerate(given)]\n"
    "for i, each in enumerate(kept): os.dup2(each, 3 + i)\n"
    "os.environ['LISTEN_PID'] = str(os.getpid())\n"
    "os.environ['LISTEN_FDS'] = str(len(given))\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'firsthand', *sys.argv[2:]])\n"
)


@pytest.mark.parametrize(
    ("environment", "given"),
    [
        ({}, ()),
        ({"LISTEN_FDS": "2"}, ()),
        ({"LISTEN_PID": "1", "LISTEN_FDS": "2"}, ()),
        ({"LISTEN_PID": "own", "LISTEN_FDS": "2"}, (3, 4)),
        ({"LISTEN_PID": "parent", "LISTEN_FDS": "1"}, (3,)),
        ({"LISTEN_PID": "own", "LISTEN_FDS": "x"}, ()),
        ({"LISTEN_PID": "own"}, ()),
    ],
)
def test_only_what_is_for_us_is_taken(environment: Mapping[str, str], given: tuple[int]) -> None:
    numbers = {"own": str(os.getpid()), "parent": str(os.getppid())}
    told = {name: numbers.get(value, value) for name, value in environment.items()}
    assert handed(told) == given


def test_systemd_is_told_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    tell("READY=1")
    with tempfile.TemporaryDirectory() as folder:
        for where in (f"{folder}/notify", f"@firsthand-{os.getpid()}"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
                systemd.bind(where.replace("@", "\0", 1))
                monkeypatch.setenv("NOTIFY_SOCKET", where)
                tell("READY=1")
                assert systemd.recv(100) == b"READY=1"
        monkeypatch.setenv("NOTIFY_SOCKET", f"{folder}/nobody")
        tell("READY=1")


async def started(config: Path, *given: socket.socket, workers: str) -> asyncio.subprocess.Process:
    numbers = [one.fileno() for one in given]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HAND_OVER, ",".join(map(str, numbers))),
        *("serve", "--config", str(config), "--workers", workers),
        env={**os.environ, **ENVIRONMENT},
        pass_fds=numbers,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


async def ask(port: int) -> int:
    """Return the status of an answer on a new connection. Raises what a visitor would see."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET /fh/consent HTTP/1.1\r\nHost: trk.shop.example.com\r\nConnection: close\r\n\r\n"
    )
    answer = await reader.read()
    writer.close()
    assert answer, "the connection was dropped"
    return int(answer.split()[1])


async def test_a_restart_drops_no_connection(tmp_path: Path) -> None:
    port, admin = free_port(), free_port()
    config = written(tmp_path, f"[listen]\nport = {port}\n[admin]\nport = {admin}\n")
    done = asyncio.Event()
    answered = 0

    async def visit() -> None:
        nonlocal answered
        while not done.is_set():
            assert await ask(port) == 200
            answered += 1

    async def more(than: int) -> None:
        async with asyncio.timeout(40):
            while answered <= than:
                await asyncio.sleep(0.01)

    with socket.socket() as given:
        given.bind(("127.0.0.1", port))
        given.listen(1024)
        async with asyncio.TaskGroup() as tasks:
            visitors = [tasks.create_task(visit()) for _ in range(4)]
            server = await started(config, given, workers="2")
            await more(answered + 20)
            server.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(server.wait(), 30) == 0
            server = await started(config, given, workers="1")
            await more(answered + 20)
            done.set()
            await asyncio.gather(*visitors)
            server.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(server.wait(), 30) == 0


async def test_a_socket_of_another_port_is_refused(tmp_path: Path) -> None:
    config = written(tmp_path, f"[listen]\nport = {free_port()}\n")
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        given.listen()
        server = await started(config, given, workers="2")
        _, said = await asyncio.wait_for(server.communicate(), 30)
    assert server.returncode == 2
    assert "make the socket unit and the file agree" in said.decode().replace("\n", " ")
