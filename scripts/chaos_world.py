"""One world to break: Firsthand as a program in a folder of its own, stand-ins in this process."""

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from firsthand.sandbox import meta, tiktok
from firsthand.sandbox.role import Way
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import Seen
from firsthand.store.sqlite.files import holder
from scripts.bench import free_port
from scripts.chaos_load import INGEST_KEY, Key, Load
from scripts.chaos_processes import alive, answering, children, descriptors, ports
from scripts.chaos_tls import Door, certificate, door, speaking

TOP = Path(__file__).parents[1]
PATIENCE_S = 90.0
LOOK_S = 0.05
VENDORS = ("meta", "tiktok")
CONFIG = """
[site]
name = "chaos"
hosts = ["shop.localhost"]
tracking_host = "trk.shop.localhost:{edge}"
cookie_domain = "shop.localhost"
scheme = "http"
bots = "send"
vendor_suffix = ".vendors.localhost:{stand_ins}"
vendor_scheme = "https"
[listen]
port = {edge}
[admin]
port = {admin}
[store]
path = "data"
[ingest]
key = {{ env = "CHAOS_INGEST_KEY" }}
[delivery]
linger_ms = 200
timeout_s = {timeout_s}
[[meta]]
account = "{meta}"
mode = "server"
token = {{ env = "CHAOS_META_TOKEN" }}
[[tiktok]]
account = "{tiktok}"
mode = "server"
token = {{ env = "CHAOS_TIKTOK_TOKEN" }}
"""
TIMEOUT_S = 10
ENVIRONMENT = {
    "PYTHONPATH": f"{TOP / 'scripts' / 'chaos_clock'}:{TOP / 'proxy'}",
    "CHAOS_META_TOKEN": meta.TOKEN,
    "CHAOS_TIKTOK_TOKEN": tiktok.TOKEN,
    "CHAOS_INGEST_KEY": INGEST_KEY,
}


class Broken(Exception):
    """The world does not stand: the server did not start, or a condition never came."""


@dataclass(frozen=True, slots=True)
class Got:
    """One call as a stand-in got it: ``port`` tells the connection, ``keys`` what it took.

    ``status`` 0: the caller got no whole answer. ``at`` is the loop's time.
    """

    vendor: str
    port: int
    at: float
    status: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kill:
    """A ``kill -9`` at a loop's time: ``ports`` are those of the dead process' connections."""

    at: float
    ports: frozenset[int]


@dataclass(slots=True)
class World:
    """A running site.

    ``calls``, ``taken``: what the stand-ins got and took. ``ahead_s``: how far the site's clock is
    ahead of ours.
    """

    folder: Path
    edge: int
    workers: int
    prefix: tuple[str, ...] = ()
    calls: list[Got] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    taken: set[Key] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    ahead_s: float = 0
    sandbox: Sandbox = field(init=False)
    door: Door = field(init=False)
    _server: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.folder / "data"

    @property
    def configuration(self) -> Path:
        """The server's configuration file."""
        return self.folder / "site.toml"

    @property
    def clock(self) -> Path:
        """The file that the server's clock follows."""
        return self.folder / "clock"

    def now(self) -> int:
        """Return the world's time in Unix milliseconds."""
        return time.time_ns() // 1_000_000 + int(self.ahead_s * 1000)

    def turn(self, ahead_s: float) -> None:
        """Set the server's clock ``ahead_s`` seconds ahead of ours, in one step."""
        self.ahead_s = ahead_s
        with self.clock.open("r+b", buffering=0) as file:
            file.write(int(ahead_s * 1000).to_bytes(8, "big", signed=True))

    def heard(self, vendor: str, seen: Seen, port: int) -> None:
        """Note a call to a server API."""
        if seen.way is Way.CALL:
            keys = tuple(event.key for event in seen.events)
            at = asyncio.get_running_loop().time()
            self.calls.append(Got(vendor, port, at, seen.status, keys))
            self.taken.update((vendor, key) for key in keys)

    def start(self) -> None:
        """Start the server; ``up`` waits for it."""
        command = [sys.executable, "-m", "firsthand", "serve"]
        config = str(self.configuration)
        with (self.folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                [*self.prefix, *command, "--config", config, "--workers", str(self.workers)],
                env={
                    **os.environ,
                    **ENVIRONMENT,
                    "CHAOS_CLOCK": str(self.clock),
                    "SSL_CERT_FILE": str(self.folder / "cert.pem"),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def up(self) -> None:
        """Wait until every worker runs and one of them leads."""
        await self.until(lambda: len(self.pids()) == self.workers, "all workers to run")
        await self.until(lambda: self.lead() and answering(self.edge), "a worker to lead")

    async def stop(self) -> int:
        """Have the server drain and end; return its exit status."""
        server = self._server
        if server is None:
            return 0
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
        await self.until(lambda: server.poll() is not None, "the server to stop")
        return int(server.returncode)

    def running(self) -> bool:
        """Say whether the server's first process runs."""
        return self._server is not None and self._server.poll() is None

    def pids(self) -> list[int]:
        """Return the workers' process ids."""
        if self._server is None:
            return []
        return [pid for pid in children(self._server.pid) if alive(pid)]

    def lead(self) -> int:
        """Return the process that delivers, 0 while there is none."""
        said = holder(self.data / "ledger.lock")
        pid = int(said) if said else 0
        return pid if pid in self.pids() and self.delivers(pid) else 0

    def delivers(self, pid: int) -> bool:
        """Say whether ``pid`` has the ledger open, and its tables are made."""
        held = any(name.endswith("/ledger.db") for name in descriptors(pid).values())
        return held and (self.data / "ledger.db").stat().st_size > 0

    def kill(self, pid: int) -> None:
        """End a worker with ``kill -9``."""
        self._end_all([pid])

    async def kill_all(self) -> None:
        """End every process at once."""
        if self._server is not None:
            self._end_all([self._server.pid, *self.pids()])
            await asyncio.to_thread(self._server.wait)

    def _end_all(self, pids: Sequence[int]) -> None:
        """End processes where they stand: halted first, so that no connection is opened between
        the listing of them and the end."""
        self._signal(pids, signal.SIGSTOP)
        now = asyncio.get_running_loop().time()
        self.kills += [Kill(now, ports(pid)) for pid in pids]
        self._signal(pids, signal.SIGKILL)

    def _signal(self, pids: Sequence[int], number: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, number)

    def standing(self, reason: str) -> int:
        """Return how many events have failed for this reason and wait for another call."""
        ledger = f"file:{self.data / 'ledger.db'}?mode=ro"
        with closing(sqlite3.connect(ledger, uri=True)) as db:
            ((n,),) = db.execute("SELECT count(*) FROM twins WHERE reason = ?", (reason,))
        return int(n)

    def limit_files(self, size: int) -> None:
        """Let no file of the server grow beyond ``size`` bytes."""
        if self._server is not None:
            for pid in (self._server.pid, *self.pids()):
                _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))

    async def until(
        self, holds: Callable[[], object], what: str, patience_s: float = PATIENCE_S
    ) -> None:
        """Wait until ``holds()`` is true. Raises ``Broken``."""
        loop = asyncio.get_running_loop()
        over = loop.time() + patience_s
        while not holds():
            if loop.time() > over:
                raise Broken(f"waited {patience_s:.0f} s for {what}")
            await asyncio.sleep(LOOK_S)

    def waits(self, vendor: str, sent_at: Mapping[Key, float]) -> list[tuple[float, float]]:
        """Return when each event of a vendor was sent, and after how many seconds it was taken."""
        taken = {
            (vendor, key): call.at
            for call in reversed(self.calls)
            if call.vendor == vendor
            for key in call.keys
        }
        return [(sent_at[key], at - sent_at[key]) for key, at in taken.items() if key in sent_at]


@asynccontextmanager
async def world(
    folder: Path, *, workers: int = 3, prefix: Sequence[str] = ()
) -> AsyncIterator[World]:
    """Yield a world whose server is up; nothing of it runs afterwards."""
    edge, admin = free_port(), free_port()
    made = World(folder, edge, workers, tuple(prefix))
    made.clock.write_bytes(bytes(8))
    context = speaking(*certificate(folder))
    made.door = door()
    async with Sandbox(
        clock=made.now, heard=made.heard, vendors=VENDORS, listener=made.door, context=context
    ) as sandbox:
        made.sandbox = sandbox
        text = CONFIG.format(
            edge=edge,
            admin=admin,
            stand_ins=sandbox.port,
            timeout_s=TIMEOUT_S,
            meta=meta.PIXEL,
            tiktok=tiktok.PIXEL,
        )
        made.configuration.write_text(text, "utf-8")
        try:
            made.start()
            await made.up()
            yield made
        finally:
            await end(made)


async def end(made: World) -> None:
    """Stop what still runs, by force if need be."""
    try:
        await made.stop()
    except Broken:
        await made.kill_all()


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a file."""
    return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])


def folder_for(top: Path, name: str) -> Path:
    """Return a new, empty folder."""
    made = top / name
    shutil.rmtree(made, ignore_errors=True)
    (made / "data").mkdir(parents=True)
    return made


def load_of(made: World, name: str, rate: int, *, spoil: bool = False) -> Load:
    """Return a load for a world."""
    return Load(made.edge, name, made.now, rate=rate, spoil=spoil)
