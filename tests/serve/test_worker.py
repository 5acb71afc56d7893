"""``firsthand serve`` as a program: what it says when it cannot start, how it stops."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from firsthand.sandbox import ga4, meta
from tests.journeys.conftest import CONFIG, ENVIRONMENT, free_port, serving
from tests.serve.test_plan import written


async def run(*arguments: str) -> tuple[int, str]:
    """Run the command to its end; return its exit status and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firsthand", *arguments),
        env={**os.environ, **ENVIRONMENT},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, said.decode()


def ports() -> str:
    return f"[listen]\nport = {free_port()}\n[admin]\nport = {free_port()}\n"


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        path = written(tmp_path, f"[listen]\nport = {port}\n[admin]\nport = {free_port()}\n")
        status, said = await run("serve", "--config", str(path))
    assert status == 2
    assert f"127.0.0.1:{port}" in said.replace("\n", "")
    assert "Traceback" not in said


async def test_a_taken_port_of_the_sandbox_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        path = tmp_path / "site.toml"
        path.write_text(
            CONFIG.format(
                shop=port,
                edge=free_port(),
                admin=free_port(),
                mode="server",
                more="",
                pixel=meta.PIXEL,
                measurement=ga4.MEASUREMENT,
                second=ga4.SECOND,
            )
        )
        status, said = await run("serve", "--sandbox", "--config", str(path))
    assert status == 2
    assert f"port {port}" in said.replace("\n", " ")
    assert "Traceback" not in said


async def test_a_broken_database_is_never_replaced(tmp_path: Path) -> None:
    path = written(tmp_path, '[store]\npath = "data"\n' + ports())
    broken = tmp_path / "data" / "outbox-0.db"
    broken.parent.mkdir()
    broken.write_bytes(b"this is no database" * 100)
    before = broken.read_bytes()
    status, said = await run("serve", "--config", str(path))
    assert status == 2
    assert "outbox-0.db" in said.replace("\n", "")
    assert "Traceback" not in said
    assert broken.read_bytes() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_well(tmp_path: Path, number: signal.Signals) -> None:
    async with serving(written(tmp_path, ports())) as server:
        server.send_signal(number)
        assert await asyncio.wait_for(server.wait(), 20) == 0


async def test_serve_without_anything_says_what_it_needs() -> None:
    status, said = await run("serve")
    assert status == 2
    assert "--sandbox" in said


async def test_the_sandbox_needs_a_configuration_for_it(tmp_path: Path) -> None:
    status, said = await run("serve", "--sandbox", "--config", str(written(tmp_path)))
    assert status == 2
    assert "vendor_suffix" in said
