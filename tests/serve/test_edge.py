import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession

from firsthand.errors import ConfigError
from firsthand.serve.edge import open_edge
from firsthand.serve.plan import plan
from tests.journeys.conftest import free_port
from tests.serve.test_plan import written


async def test_it_answers_and_ends(tmp_path: Path) -> None:
    port = free_port()
    made = plan(written(tmp_path, f"[listen]\nport = {port}\n"))
    headers = {"Host": "trk.shop.example.com"}
    async with open_edge(made, 0, lambda: None), ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/fh/consent", headers=headers) as answer:
            assert answer.status == 200
            assert (await answer.json())["allow"] == {}
        async with session.get(f"http://127.0.0.1:{port}/", headers=headers) as answer:
            assert answer.status == 404
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_taken_outbox_is_named(tmp_path: Path) -> None:
    made = plan(written(tmp_path, f"[listen]\nport = {free_port()}\n"))
    async with open_edge(made, 0, lambda: None):
        with pytest.raises(ConfigError, match="outbox-0"):
            async with open_edge(made, 0, lambda: None):
                pass
