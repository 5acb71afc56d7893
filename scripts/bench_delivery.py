"""Time from arrival to the vendor's acceptance, at a steady rate, as the report tells it."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from aiohttp import ClientSession

from firsthand.sandbox import meta
from firsthand.sandbox.server import Sandbox
from scripts.bench import free_port, now, wait_for

CONFIG = """
[site]
hosts = ["shop.localhost:{shop}"]
tracking_host = "trk.shop.localhost:{edge}"
cookie_domain = "shop.localhost"
scheme = "http"
vendor_suffix = ".vendors.localhost:{shop}"
[listen]
port = {edge}
[admin]
port = {admin}
[[meta]]
account = "{pixel}"
mode = "server"
token = {{ env = "BENCH_TOKEN" }}
"""


async def send(edge: int, rate: int, seconds: int) -> None:
    """Send ``rate`` page views a second."""
    moment = int(now())
    headers = {
        "Host": f"trk.shop.localhost:{edge}",
        "Cookie": f"fh_consent=1.a1m1.{moment}.fh",
        "User-Agent": "bench",
    }
    async with ClientSession(headers=headers) as session:

        async def one(number: int) -> None:
            page = "http%3A%2F%2Fshop.localhost%2F"
            query = f"id={meta.PIXEL}&ev=PageView&eid=e{number}&ts={moment}000&dl={page}"
            address = f"http://127.0.0.1:{edge}/www.facebook.com/tr/?{query}"
            async with session.get(address) as answer:
                answer.raise_for_status()

        async with asyncio.TaskGroup() as tasks:
            for number in range(rate * seconds):
                tasks.create_task(one(number))
                await asyncio.sleep(1 / rate)


async def measure(rate: int, seconds: int) -> dict[str, object]:
    """Return the report's account after the load."""
    edge, admin = free_port(), free_port()
    with tempfile.TemporaryDirectory() as name:
        async with Sandbox() as sandbox:
            config = Path(name) / "site.toml"
            config.write_text(
                CONFIG.format(shop=sandbox.port, edge=edge, admin=admin, pixel=meta.PIXEL), "utf-8"
            )
            server = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "firsthand", "serve", "--config", str(config)),
                env={**os.environ, "BENCH_TOKEN": meta.TOKEN},
                stdout=asyncio.subprocess.DEVNULL,
            )
            await asyncio.to_thread(wait_for, edge)
            await send(edge, rate, seconds)
            while len(sandbox.vendor("meta").events) < rate * seconds:
                await asyncio.sleep(0.2)
            token = (Path(name) / "var" / "admin-token").read_text("utf-8")
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
            async with (
                ClientSession(headers=headers) as session,
                session.get(f"http://localhost:{admin}/report") as answer,
            ):
                found: dict[str, object] = json.loads(await answer.read())["accounts"][0]
            server.terminate()
            await server.wait()
            return found


def main() -> None:
    """Print how fast events were accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="events a second")
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    found = asyncio.run(measure(options.rate, options.seconds))
    print(json.dumps({"speed": found["speed"], "figures": found["figures"]}, indent=1))


if __name__ == "__main__":
    main()
