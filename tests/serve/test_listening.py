"""A whole server that ends TLS itself: SNI, renewal in place, what it says of a bad renewal."""

import asyncio
import http.client
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from firsthand.edge.certificates import Pair, examine
from firsthand.errors import ConfigError
from firsthand.serve.edge import open_edge
from firsthand.serve.knocking import await_served, served
from firsthand.serve.lead import Lead
from firsthand.serve.plan import Plan, now, plan
from firsthand.serve.worker import told
from tests.acme import heard
from tests.certificates import Authority
from tests.journeys.conftest import free_port, serving
from tests.serve.test_plan import written

OURS = Authority()
HOST = "trk.shop.example.com"


def config(folder: Path, more: str = "") -> Path:
    listen = f"[listen]\nport = {free_port()}\nhttps_port = {free_port()}\n"
    pairs = 'pairs = [{ certificate = "fullchain.pem", key = "privkey.pem" }]\n'
    return written(folder, f"{listen}[admin]\nport = {free_port()}\n[tls]\n{pairs}{more}")


def get(made: Plan, target: str) -> int:
    """Return the status of an answer over TLS, whose certificate is checked."""
    with closing(connected(made)) as asked:
        return status(asked, target)


def status(asked: http.client.HTTPConnection, target: str) -> int:
    asked.request("GET", target, headers={"Host": HOST})
    answer = asked.getresponse()
    answer.read()
    return answer.status


def plain_headers(made: Plan, target: str) -> http.client.HTTPMessage:
    where = ("127.0.0.1", made.config.listen.port)
    with closing(http.client.HTTPConnection(*where, timeout=10)) as asked:
        asked.request("GET", target, headers={"Host": HOST})
        answer = asked.getresponse()
        assert answer.status == 308
        return answer.headers


def connected(made: Plan, name: str = HOST, root: str = "") -> http.client.HTTPSConnection:
    trusting = ssl.create_default_context(cadata=root or OURS.text.decode())
    asked = http.client.HTTPSConnection(name, context=trusting)
    with socket.create_connection(("127.0.0.1", made.config.listen.https_port), timeout=10) as one:
        asked.sock = trusting.wrap_socket(one, server_hostname=name)
    return asked


@asynccontextmanager
async def public(made: Plan) -> AsyncIterator[Lead]:
    """Run a whole process' parts."""
    lead = Lead(made)
    async with asyncio.TaskGroup() as tasks, open_edge(made, 0, lead.wake) as edge:
        lead.watch(edge.edge.outbox, edge.listeners.keyring)
        tasks.create_task(lead.run())
        yield lead
        lead.stop()


async def readyz(made: Plan) -> tuple[int, str]:
    """Return the status of /readyz, and what it says of TLS."""

    def ask() -> tuple[int, str]:
        where = ("localhost", made.config.admin.port)
        with closing(http.client.HTTPConnection(*where, timeout=10)) as asked:
            asked.request("GET", "/readyz")
            answer = asked.getresponse()
            parts = {part["name"]: part["detail"] for part in json.load(answer)["parts"]}
            return answer.status, parts["tls"]

    async with asyncio.timeout(30):
        while True:
            try:
                return await asyncio.to_thread(ask)
            except ConnectionError:
                await asyncio.sleep(0.05)


async def until_told(made: Plan, what: str) -> int:
    """Wait until /readyz says ``what`` of TLS; return its status."""
    async with asyncio.timeout(30):
        while True:
            status, said = await readyz(made)
            if what in said and bool(what) == bool(said):
                return status
            await asyncio.sleep(0.05)


async def test_tls_is_spoken_to_the_names_of_the_certificate_alone(tmp_path: Path) -> None:
    OURS.pair(tmp_path, HOST)
    made = plan(config(tmp_path))
    async with public(made):
        assert await asyncio.to_thread(get, made, "/fh/consent") == 200
        with pytest.raises(ssl.SSLError):
            await asyncio.to_thread(connected, made, "evil.example")
        answer = await asyncio.to_thread(plain_headers, made, "/fh.js")
        assert answer["Location"] == f"https://{HOST}/fh.js"
        assert "Strict-Transport-Security" not in answer


async def test_a_bad_renewal_is_told_and_the_old_one_served(tmp_path: Path) -> None:
    OURS.pair(tmp_path, HOST)
    made = plan(config(tmp_path))
    async with public(made):
        assert await until_told(made, "") == 200
        before = await asyncio.to_thread(served, made.config, HOST)
        kept = await asyncio.to_thread(connected, made)
        whole = (tmp_path / "fullchain.pem").read_bytes()
        (tmp_path / "fullchain.pem").write_bytes(whole[: len(whole) // 3])
        assert await until_told(made, "is served on, as the one on the disk is not") == 200
        assert "cut off" in (await readyz(made))[1]
        assert await asyncio.to_thread(served, made.config, HOST) == before
        OURS.pair(tmp_path, HOST)
        assert await until_told(made, "") == 200
        assert await asyncio.to_thread(served, made.config, HOST) != before
        # The connection that began with the old certificate goes on with it.
        assert await asyncio.to_thread(status, kept, "/fh/consent") == 200
        kept.close()


async def test_without_a_certificate_it_starts_is_red_and_takes_the_first_that_comes(
    tmp_path: Path,
) -> None:
    made = plan(config(tmp_path))
    async with public(made):
        assert await until_told(made, "no certificate is served: fullchain.pem: is not") == 503
        assert await asyncio.to_thread(served, made.config, HOST) == ""
        OURS.pair(tmp_path, HOST)
        assert await until_told(made, "") == 200
        assert await asyncio.to_thread(get, made, "/fh/consent") == 200


async def test_a_start_amid_a_renewal_waits_for_its_end(tmp_path: Path) -> None:
    before = OURS.pair(tmp_path, HOST).key.read_bytes()
    after = OURS.pair(tmp_path, HOST).key.read_bytes()
    (tmp_path / "privkey.pem").write_bytes(before)
    made = plan(config(tmp_path))

    async def end() -> None:
        await asyncio.sleep(0)
        (tmp_path / "privkey.pem").write_bytes(after)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(end())
        async with open_edge(made, 0, lambda: None):
            assert await asyncio.to_thread(get, made, "/fh/consent") == 200


async def test_who_does_not_speak_tls_costs_nobody_anything(tmp_path: Path) -> None:
    OURS.pair(tmp_path, HOST)
    made = plan(config(tmp_path))
    async with public(made):
        for said in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\x00" * 99):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", made.config.listen.https_port
            )
            writer.write(said)
            assert not (await asyncio.wait_for(reader.read(), 30)).startswith(b"HTTP/")
            writer.close()
        assert await asyncio.to_thread(get, made, "/fh/consent") == 200


async def test_each_worker_takes_a_renewed_one_and_no_request_fails(tmp_path: Path) -> None:
    OURS.pair(tmp_path, HOST)
    path = config(tmp_path)
    made = plan(path)
    async with serving(path, "--workers", "2"):
        await heard(made.config.listen.https_port)
        seen: set[str] = set()
        done = asyncio.Event()

        async def ask() -> None:
            while not done.is_set():
                assert await asyncio.to_thread(get, made, "/fh/consent") == 200
                await asyncio.sleep(0.02)

        async with asyncio.TaskGroup() as tasks:
            asking_on = [tasks.create_task(ask()) for _ in range(2)]
            for _ in range(2):
                serial = _serial(OURS.pair(tmp_path, HOST))
                # One after the other, so that each of the workers is met.
                async with asyncio.timeout(30):
                    while seen != {serial}:
                        seen = {
                            await asyncio.to_thread(served, made.config, HOST) for _ in range(8)
                        }
                        await asyncio.sleep(0.1)
            done.set()
            await asyncio.gather(*asking_on)


def _serial(pair: Pair) -> str:
    return examine(pair, now=now()).serial


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    OURS.pair(tmp_path, HOST)
    made = plan(config(tmp_path))
    with socket.socket() as other:
        other.bind(("127.0.0.1", made.config.listen.https_port))
        other.listen()
        with pytest.raises(ExceptionGroup) as refused:
            async with open_edge(made, 0, lambda: None):
                pass
    why = told(refused.value)
    assert isinstance(why, ConfigError)
    assert f"{made.config.listen.https_port} cannot be had" in str(why)


async def test_a_reload_names_other_pairs(tmp_path: Path) -> None:
    OURS.pair(tmp_path, HOST)
    second = OURS.pair(tmp_path / "more", "second.shop.example.com")
    path = config(tmp_path)
    made = plan(path)
    more = made.text.replace(
        "pairs = [", 'pairs = [{ certificate = "more/fullchain.pem", key = "more/privkey.pem" }, '
    )
    async with open_edge(made, 0, lambda: None) as edge:
        edge.use(plan(path, more))
        assert await asyncio.to_thread(
            await_served, made.config, "second.shop.example.com", _serial(second)
        )
