import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession

from firsthand.serve.lead import Lead
from firsthand.serve.plan import Plan, plan
from firsthand.store.sqlite.files import ledger_lock, ledger_path
from tests.serve.test_plan import written
from tests.serve.test_worker import ports


async def test_it_leads_only_once_nobody_else_does(tmp_path: Path) -> None:
    made = plan(written(tmp_path, ports()))
    held = ledger_lock(made.folder)
    assert held is not None
    lead = Lead(made)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(lead.run())
        await asyncio.sleep(0.2)
        assert not ledger_path(made.folder).exists()
        held.release()
        async with asyncio.timeout(10):
            while not ledger_path(made.folder).exists():
                await asyncio.sleep(0.05)
        lead.wake()
        lead.stop()
        await asyncio.wait_for(running, 20)
    again = ledger_lock(made.folder)
    assert again is not None
    again.release()


@dataclass
class Troubled:
    """An outbox of which only the state is asked for."""

    last_error: str = ""
    trim_error: str = ""


@asynccontextmanager
async def leading(folder: Path) -> AsyncIterator[tuple[Lead, Plan]]:
    made = plan(written(folder, ports()))
    lead = Lead(made)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(lead.run())
        async with asyncio.timeout(20):
            while lead._delivery is None:
                await asyncio.sleep(0.02)
            yield lead, made
        lead.stop()


async def ready(made: Plan) -> tuple[int, dict[str, str]]:
    """Return how ``/readyz`` answers: its status, and what it says of parts that do not work."""
    address = f"http://127.0.0.1:{made.config.admin.port}/readyz"
    async with ClientSession() as session:
        while True:
            try:
                async with session.get(address) as answer:
                    parts = (await answer.json())["parts"]
            except ClientConnectionError:
                await asyncio.sleep(0.05)
                continue
            return answer.status, {x["name"]: x["detail"] for x in parts if not x["ok"]}


async def test_storage_that_fails_turns_ready_red_and_says_which_part(tmp_path: Path) -> None:
    outbox: Any = Troubled()
    async with leading(tmp_path) as (lead, made):
        lead.watch(outbox)
        assert await ready(made) == (200, {})
        outbox.last_error = "database or disk is full"
        told = {"outbox": "what arrives is not stored: database or disk is full"}
        assert await ready(made) == (503, told)
        outbox.last_error, outbox.trim_error = "", "disk I/O error"
        assert await ready(made) == (503, {"trim": "what was moved is not deleted: disk I/O error"})
        outbox.trim_error = ""
        assert await ready(made) == (200, {})


async def test_an_outbox_that_cannot_be_moved_turns_ready_red(tmp_path: Path) -> None:
    async with leading(tmp_path) as (lead, made):
        (made.folder / "outbox-7.db").write_bytes(b"this is no database" * 100)
        lead.wake()
        async with asyncio.timeout(20):
            while (found := await ready(made))[0] == 200:
                await asyncio.sleep(0.05)
        status, told = found
        assert (status, set(told)) == (503, {"mover"})
        assert told["mover"].startswith("what is stored is not moved to delivery: ")


async def test_the_admin_port_is_shared_with_nobody_and_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        made = plan(written(tmp_path, f"[admin]\nport = {port}\n"))
        lead = Lead(made)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lead.run())
            async with asyncio.timeout(20):
                while f"127.0.0.1:{port} is taken" not in caplog.text:
                    await asyncio.sleep(0.02)
                other.close()
                assert await ready(made) == (200, {})
            lead.stop()


async def test_stopped_before_it_leads_it_ends(tmp_path: Path) -> None:
    lead = Lead(plan(written(tmp_path, ports())))
    lead.stop()
    await asyncio.wait_for(lead.run(), 5)


async def test_a_plan_that_came_before_it_led_is_the_one_it_leads_by(tmp_path: Path) -> None:
    made = plan(written(tmp_path, ports()))
    held = ledger_lock(made.folder)
    assert held is not None
    lead = Lead(made)
    token = "x" * 40
    (made.folder / "admin-token").write_text(token)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(lead.run())
        lead.use(plan(made.path))
        held.release()
        assert await ready(made) == (200, {})
        for given, status in ((made.token, 401), (token, 200)):
            headers = {"Authorization": f"Bearer {given}"}
            address = f"http://127.0.0.1:{made.config.admin.port}/delivery"
            async with ClientSession() as session, session.get(address, headers=headers) as answer:
                assert answer.status == status
        lead.stop()
