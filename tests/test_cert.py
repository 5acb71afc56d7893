"""``firsthand cert`` against a real authority: issue, renew under load, refusals, status."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firsthand.cert import State, app, shown, told
from firsthand.edge.certificates import Facts, Pair
from firsthand.errors import ConfigError
from firsthand.serve.knocking import served
from firsthand.serve.notice import ask as reload_now
from firsthand.serve.plan import Plan, plan
from tests.acme import Acme, authority, heard
from tests.journeys.conftest import free_port, serving
from tests.serve.test_listening import connected, status
from tests.serve.test_plan import written
from tests.serve.test_worker import run

HOST = "trk.shop.example.com"
SECOND = "second.shop.example.com"
DAY_MS = 86_400_000


async def cert(config: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit status, what it said, and what it complained of."""
    line = [*arguments, "--config", str(config)]
    result = await asyncio.to_thread(CliRunner().invoke, app, line)
    assert result.exception is None or isinstance(result.exception, SystemExit | ConfigError)
    if isinstance(result.exception, ConfigError):
        return 2, result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


@dataclass(frozen=True)
class World:
    """An authority, and a server that wants a certificate of it."""

    acme: Acme
    made: Plan

    @property
    def config(self) -> Path:
        return self.made.path


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    http_port = free_port()
    async with authority(folder / "acme", http_port) as acme:
        config = written(
            folder,
            f"[listen]\nport = {http_port}\nhttps_port = {free_port()}\n"
            f"[admin]\nport = {free_port()}\n"
            f'[tls]\nacme_url = "{acme.url}"\nacme_ca = "{acme.ca}"\n'
            f'names = ["{HOST}", "{SECOND}"]\n',
        )
        for name in (HOST, SECOND):
            acme.point(name, "127.0.0.1")
        async with serving(config):
            await heard(http_port)
            yield World(acme, plan(config))


async def test_from_nothing_to_a_renewed_certificate(tmp_path: Path) -> None:
    """One authority and one server for all: each step goes on from the one before."""
    async with world(tmp_path) as here:
        code, _, complained = await cert(here.config, "renew")
        assert (code, "cert issue" in complained) == (2, True)

        code, said, complained = await cert(here.config, "issue")
        assert (code, complained) == (0, "")
        assert said.startswith(f"{HOST}, {SECOND}: a certificate until")
        first = served(here.made.config, HOST)
        assert first
        assert first == served(here.made.config, SECOND)
        key = here.made.tls.issued.key
        assert key.stat().st_mode & 0o077 == 0

        code, said, _ = await cert(here.config, "renew")
        assert (code, said.startswith("not due")) == (0, True)
        await renewed_under_load(here)
        assert served(here.made.config, HOST) != first

        _, said, _ = await cert(here.config, "status", "--json")
        (state,) = json.loads(said)
        assert state["served"]
        assert state["names"] == [HOST, SECOND]

        await refused(here)
        assert served(here.made.config, HOST) == state["serial"]


async def renewed_under_load(here: World) -> None:
    root = here.acme.root()
    done = asyncio.Event()
    answered = 0

    async def ask(*, keep: bool) -> None:
        nonlocal answered
        with closing(await asyncio.to_thread(connected, here.made, HOST, root)) as kept:
            while not done.is_set():
                if keep:
                    answered_as = await asyncio.to_thread(status, kept, "/fh/consent")
                else:
                    answered_as = await asyncio.to_thread(once, here.made, root)
                assert answered_as == 200
                answered += 1
                await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as tasks:
        load = [tasks.create_task(ask(keep=number % 2 == 0)) for number in range(2)]
        code, said, _ = await cert(here.config, "renew", "--again")
        before = answered
        async with asyncio.timeout(30):
            while answered < before + 4:
                await asyncio.sleep(0.01)
        done.set()
        await asyncio.gather(*load)
    assert (code, "served from now on" in said) == (0, True)


def once(made: Plan, root: str) -> int:
    with closing(connected(made, HOST, root)) as asked:
        return status(asked, "/fh/consent")


async def refused(here: World) -> None:
    """Have the authority refuse, in each way that it knows. What is served stays."""
    for addresses, why in (
        ((), "has no address"),
        (("127.0.0.9",), "nobody answered the authority"),
    ):
        here.acme.point(SECOND, *addresses)
        code, said, complained = await cert(here.config, "renew", "--again")
        assert (code, said) == (2, ""), complained
        assert complained.startswith("No new certificate.")
        assert why in complained
        assert SECOND in complained or not addresses

    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nIt works!")
        writer.close()

    port = here.made.config.listen.port
    async with await asyncio.start_server(stranger, "127.0.0.9", port):
        code, _, complained = await cert(here.config, "renew", "--again")
        assert code == 2
        assert "another server answered the authority" in complained
        assert "It works!" in complained

    text = here.config.read_text().replace(SECOND, "blocked.shop.example.com")
    here.config.write_text(text)
    code, _, complained = await cert(here.config, "issue")
    assert (code, "firsthand reload" in complained) == (2, True)
    await asyncio.to_thread(reload_now, here.config)
    code, _, complained = await cert(here.config, "issue")
    assert (code, "gives no certificates for such a name" in complained) == (2, True), complained
    here.config.write_text(text.replace(here.acme.url, "https://127.0.0.1:9/dir"))
    code, _, complained = await cert(here.config, "renew", "--again")
    assert (code, "tls.acme_url cannot be reached" in complained) == (2, True)


async def test_where_a_front_ends_tls_there_is_nothing_to_get(tmp_path: Path) -> None:
    config = written(tmp_path)
    for command in ("issue", "renew", "status"):
        code, _, complained = await cert(config, command)
        assert code == 2
        assert "listen.https_port: is not set" in complained


async def test_the_program_has_the_command(tmp_path: Path) -> None:
    code, complained = await run("cert", "status", "--config", str(written(tmp_path)))
    assert code == 2
    assert "listen.https_port: is not set" in " ".join(complained.split())
    assert "Traceback" not in complained


FACTS = Facts((HOST,), "An authority", "ab12", 0, 90 * DAY_MS)
PAIR = Pair(Path("/var/fullchain.pem"), Path("/var/privkey.pem"))


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (State(PAIR, FACTS, "", "ab12"), f"{HOST}: until 1970-04-01 (60 days), issuer An "),
        (State(PAIR, FACTS, "", "ab12"), "authority, served"),
        (State(PAIR, FACTS, "", ""), "no server answers"),
        (State(PAIR, FACTS, "", "cd34"), "another one is served"),
        (State(PAIR, None, "expired on 1970-01-01", ""), "cannot be served: expired on 1970"),
    ],
)
def test_a_state_is_told_in_a_line(state: State, line: str) -> None:
    assert line in told(state, 30 * DAY_MS)
    assert shown(state)["served"] is (state.served == "ab12")
