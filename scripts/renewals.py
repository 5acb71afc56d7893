"""Renewal under load: how many requests fail while certificates change? See scripts/renewals."""

import argparse
import asyncio
import os
import ssl
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from aiohttp import ClientError, ClientSession, TCPConnector

from tests.acme import Acme, authority, heard
from tests.journeys.conftest import free_port, serving

HOST = "trk.shop.example.com"
TARGET = "/fh/consent"
CONFIG = """
[site]
hosts = ["shop.example.com"]
tracking_host = "{host}"
[listen]
port = {http}
https_port = {https}
workers = {workers}
[admin]
port = {admin}
[tls]
acme_url = "{acme.url}"
acme_ca = "{acme.ca}"
[[meta]]
account = "1234567890123456"
"""


@dataclass
class Load:
    """Requests, half on connections that are kept, half on a new one each. Times in seconds."""

    port: int
    answered: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def visit(self, root: str, *, keep: bool) -> None:
        trusting = ssl.create_default_context(cadata=root)
        kind = "kept" if keep else "new"
        connector = TCPConnector(ssl=trusting, force_close=not keep, limit=1)
        async with ClientSession(connector=connector) as session:
            while not self.done.is_set():
                begun = time.perf_counter()
                try:
                    await self._ask(session)
                except (ClientError, OSError, AssertionError) as error:
                    self.failed[f"{kind}: {type(error).__name__}: {error}"] += 1
                else:
                    self.answered[kind] += 1
                    self.took.append(time.perf_counter() - begun)

    async def _ask(self, session: ClientSession) -> None:
        where = f"https://127.0.0.1:{self.port}{TARGET}"
        async with session.get(where, headers={"Host": HOST}, server_hostname=HOST) as answer:
            assert answer.status == 200, answer.status  # noqa: PLR2004 - OK
            await answer.read()


async def cert(config: Path, *arguments: str) -> float:
    """Run the command; return the seconds it took. Raises ``RuntimeError`` with what it said."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firsthand", "cert", *arguments, "--config", str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(said.decode())
    return time.perf_counter() - begun


async def measure(folder: Path, options: argparse.Namespace) -> bool:
    http, https = free_port(), free_port()
    config = folder / "site.toml"
    async with authority(folder / "acme", http) as acme:
        acme.point(HOST, "127.0.0.1")
        config.write_text(written(acme, http, https, options.workers))
        with (folder / "log").open("wb") as log:
            async with serving(config, stderr=log):
                await heard(http)
                print(f"issued in {await cert(config, 'issue'):.1f} s", flush=True)
                load = Load(https)
                await renew(load, acme.root(), config, options)
    return tell(load)


def written(acme: Acme, http: int, https: int, workers: int) -> str:
    return CONFIG.format(
        host=HOST, http=http, https=https, admin=free_port(), acme=acme, workers=workers
    )


async def renew(load: Load, root: str, config: Path, options: argparse.Namespace) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(options.visitors):
            tasks.create_task(load.visit(root, keep=number % 2 == 0))
        for _ in range(options.renewals):
            print(f"renewed in {await cert(config, 'renew', '--again'):.1f} s", flush=True)
        load.done.set()


def tell(load: Load) -> bool:
    kinds = ", ".join(f"{n} on {kind} connections" for kind, n in sorted(load.answered.items()))
    print(f"answered: {kinds}; p99 {quantiles(load.took, n=100)[98] * 1000:.1f} ms")
    print(f"failed: {load.failed.total()}")
    for what, n in load.failed.most_common(10):
        print(f"  {n} x {what}")
    return not load.failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renewals", type=int, default=5)
    parser.add_argument("--visitors", type=int, default=16)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        good = asyncio.run(measure(Path(folder), options))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
