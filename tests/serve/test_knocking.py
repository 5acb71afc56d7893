"""What is asked of the running server around certbot: real servers, right and wrong ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from firsthand.errors import ConfigError
from firsthand.serve.edge import open_edge
from firsthand.serve.knocking import (
    await_served,
    check_answers,
    reached,
    served,
)
from firsthand.serve.plan import Plan, now, plan
from tests.certificates import Authority
from tests.serve.test_listening import HOST, config

OURS = Authority()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("::", "::1"),
        ("", "127.0.0.1"),
        ("203.0.113.7", "203.0.113.7"),
        ("trk.example.com", "trk.example.com"),
    ],
)
def test_what_listens_everywhere_is_reached_here(host: str, address: str) -> None:
    assert reached(host) == address


async def checked(made: Plan) -> None:
    await asyncio.to_thread(check_answers, made.config, made.tls, "site.toml")


@asynccontextmanager
async def stranger(made: Plan, status: int) -> AsyncIterator[None]:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=status, text="It works!")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.config.listen.port).start()
    yield
    await runner.cleanup()


async def test_our_own_server_answers_and_the_probe_is_gone(tmp_path: Path) -> None:
    made = plan(config(tmp_path))
    async with open_edge(made, 0, lambda: None):
        await checked(made)
    assert not [path for path in made.tls.webroot.rglob("*") if path.is_file()]


async def test_without_a_server_the_remedy_is_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nobody answers.*serve --config site\.toml"):
        await checked(plan(config(tmp_path)))


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_a_port_that_another_has_is_named(tmp_path: Path, status: int) -> None:
    made = plan(config(tmp_path))
    async with stranger(made, status):
        with pytest.raises(ConfigError, match=f"{made.config.listen.port} is taken") as refused:
            await checked(made)
    assert f"status {status}" in str(refused.value)


async def test_a_name_that_the_server_does_not_know_yet_needs_a_reload(tmp_path: Path) -> None:
    path = config(tmp_path)
    made = plan(path)
    more = made.text.replace("[tls]\n", '[tls]\nnames = ["new.shop.example.com"]\n')
    async with open_edge(made, 0, lambda: None) as public:
        with pytest.raises(ConfigError, match="firsthand reload"):
            await checked(plan(path, more))
        public.use(plan(path, more))
        await checked(plan(path, more))


async def test_what_is_served_is_told_by_its_serial(tmp_path: Path) -> None:
    OURS.pair(tmp_path, HOST)
    made = plan(config(tmp_path))
    assert not await asyncio.to_thread(served, made.config, HOST)
    async with open_edge(made, 0, lambda: None) as public:
        keyring = public.listeners.keyring
        assert keyring is not None
        (held,) = keyring.held
        assert held.facts is not None
        assert held.facts.begins < now() < held.facts.ends
        assert await asyncio.to_thread(served, made.config, HOST) == held.facts.serial
        assert not await asyncio.to_thread(served, made.config, "evil.example")
        assert await asyncio.to_thread(await_served, made.config, HOST, held.facts.serial)
