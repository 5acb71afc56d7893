import os
import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession

from firsthand.errors import ConfigError
from firsthand.serve.edge import open_edge
from firsthand.serve.plan import plan
from firsthand.serve.worker import told
from tests.journeys.conftest import free_port
from tests.serve.test_plan import written


async def test_it_answers_and_ends(tmp_path: Path) -> None:
    port = free_port()
    made = plan(written(tmp_path, f"[listen]\nport = {port}\n"))
    headers = {"Host": "trk.shop.example.com"}
    async with open_edge(made, 0, lambda: None), ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/fh/consent", headers=headers) as answer:
            assert answer.status == 200
            assert (await answer.json())["allow"] == {"meta": False}
        async with session.get(f"http://127.0.0.1:{port}/", headers=headers) as answer:
            assert answer.status == 404
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_port_is_shared_only_where_that_is_meant(tmp_path: Path) -> None:
    listen = f"[listen]\nport = {free_port()}\n"
    here = plan(written(tmp_path, listen))
    (tmp_path / "other").mkdir()
    other = plan(written(tmp_path / "other", listen))
    for first, second in ((False, False), (False, True), (True, False)):
        async with open_edge(here, 0, lambda: None, shared=first):
            with pytest.raises(ExceptionGroup) as refused:
                async with open_edge(other, 0, lambda: None, shared=second):
                    pass
            why = told(refused.value)
            assert isinstance(why, ConfigError)
            assert f"127.0.0.1:{here.config.listen.port} cannot be had" in str(why)
    async with (
        open_edge(here, 0, lambda: None, shared=True),
        open_edge(here, 1, lambda: None, shared=True),
    ):
        pass


async def test_a_taken_outbox_is_named(tmp_path: Path) -> None:
    made = plan(written(tmp_path, f"[listen]\nport = {free_port()}\n"))
    async with open_edge(made, 0, lambda: None):
        with pytest.raises(ConfigError, match=rf"outbox-0.*pid {os.getpid()}\)"):
            async with open_edge(made, 0, lambda: None):
                pass


async def test_another_plan_is_used_from_the_next_request_on(tmp_path: Path) -> None:
    port = free_port()
    listen = f"[listen]\nport = {port}\n"
    made = plan(written(tmp_path, listen))
    more = made.text + '[[tiktok]]\naccount = "C4ABCDEFGHIJKLMNOPQR"\n'
    headers = {"Host": "trk.shop.example.com"}
    async with open_edge(made, 0, lambda: None) as public, ClientSession() as session:
        address = f"http://127.0.0.1:{port}/fh/consent"
        async with session.get(address, headers=headers) as answer:
            assert (await answer.json())["allow"] == {"meta": False}
        public.use(plan(made.path, more))
        async with session.get(address, headers=headers) as answer:
            assert (await answer.json())["allow"] == {"meta": False, "tiktok": False}
        public.use(made)
        async with session.get(address, headers=headers) as answer:
            assert (await answer.json())["allow"] == {"meta": False}
