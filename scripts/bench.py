"""Server CPU of one durable GA4 beacon beside a bare Node server: interleaved rounds, medians.

Four servers, each alone on core 0 while it is measured, the load on core 1: Node's ``http`` that
answers 204; our listener with a handler that only answers 204; an edge worker as several of them
run (another process leads); one process that moves and delivers as well. Afterwards every answered
beacon is looked for in the outbox.
"""

import argparse
import fcntl
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

TOP = Path(__file__).parents[1]
NODE = "require('http').createServer((q,s)=>{s.writeHead(204);s.end()}).listen(%d,'127.0.0.1')"
FLOOR = """
import asyncio, uvloop
from aiohttp import web
from firsthand.edge.server import Server, build

async def handle(request):
    return build(204)

async def main():
    runner = web.ServerRunner(Server(handle, count=print))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", %d).start()
    await asyncio.Event().wait()

uvloop.run(main())
"""
CONFIG = """
[site]
name = "bench"
hosts = ["shop.localhost"]
tracking_host = "trk.shop.localhost:{port}"
cookie_domain = "shop.localhost"
scheme = "http"
[listen]
port = {port}
[admin]
port = {admin}
[store]
path = "{folder}/data"
[[ga4]]
account = "G-BENCH00001"
mode = "shadow"
"""


def now() -> float:
    """Return the time in Unix seconds."""
    return time.time()  # noqa: TID251 - a command reads the clock


def cpu_seconds(pid: int) -> float:
    """Return the time that all threads of a process ran, as the scheduler counts it."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    spent = [int((task / "schedstat").read_text("utf-8").split()[0]) for task in tasks]
    return sum(spent) / 1e9


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until something listens on ``port``."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("the server did not start")


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    """Run a server on core 0; yield its process id."""
    server = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def load(port: int, lua: Path, seconds: int) -> int:
    """Load ``port`` from core 1; return the number of answers."""
    command = [
        "taskset",
        "-c",
        "1",
        "wrk",
        "-t1",
        "-c64",
        f"-d{seconds}s",
        "--latency",
        "-s",
        str(lua),
    ]
    report = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"(\d+) requests in", report)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    if found is None or bad:
        sys.exit(f"the load failed:\n{report}")
    return int(found[1])


def measure(port: int, pid: int, lua: Path, seconds: int) -> tuple[float, float]:
    """Return microseconds of server CPU a request, and requests a second."""
    before = cpu_seconds(pid)
    count = load(port, lua, seconds)
    return (cpu_seconds(pid) - before) / count * 1e6, count / seconds


def stored(folder: Path) -> int:
    """Return how many beacons the outbox of the edge worker holds."""
    with sqlite3.connect(folder / "data" / "outbox-0.db") as db:
        bodies = db.execute("SELECT body FROM outbox").fetchall()
    return sum(body.count(b'"vendor":"ga4"') for (body,) in bodies)


def start(stack: ExitStack, folder: Path, *, leads: bool) -> tuple[int, int, Path]:
    """Start Firsthand in a folder of its own; return port, process and the load's script."""
    port, admin = free_port(), free_port()
    (folder / "data").mkdir(parents=True)
    if not leads:
        lock = stack.enter_context((folder / "data" / "ledger.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
    config = folder / "bench.toml"
    config.write_text(CONFIG.format(port=port, admin=admin, folder=folder), "utf-8")
    lua = folder / "beacon.lua"
    text = (TOP / "scripts" / "bench.lua").read_text("utf-8")
    text = text.replace("%HOST%", f"trk.shop.localhost:{port}").replace("%NOW%", str(int(now())))
    lua.write_text(text, "utf-8")
    command = [sys.executable, "-m", "firsthand", "serve", "--config", str(config)]
    return port, stack.enter_context(running(command, port)), lua


def bare(stack: ExitStack, program: list[str], code: str, lua: Path) -> tuple[int, int, Path]:
    """Start a server that is nothing but ``code``; return port, process and the load's script."""
    port = free_port()
    return port, stack.enter_context(running([*program, code % port], port)), lua


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    for program in ("wrk", "node", "taskset"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: apt-get install {program}")
    rows: dict[str, list[tuple[float, float]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        edge = start(stack, folder / "edge", leads=False)
        whole = start(stack, folder / "whole", leads=True)
        servers = {
            "Node http, 204": bare(stack, ["node", "-e"], NODE, edge[2]),
            "our listener, 204": bare(stack, [sys.executable, "-c"], FLOOR, edge[2]),
            "edge worker": edge,
            "edge, move, deliver": whole,
        }
        for place, _, lua in servers.values():
            load(place, lua, 1)
        for _ in range(options.rounds):
            for name, (place, pid, lua) in servers.items():
                rows.setdefault(name, []).append(measure(place, pid, lua, options.seconds))
        answered = sum(round(rate * options.seconds) for _, rate in rows["edge worker"])
        kept = stored(folder / "edge")
        if kept < answered:
            sys.exit(f"{answered} beacons were answered, {kept} stored")
    show(rows)


def show(rows: dict[str, list[tuple[float, float]]]) -> None:
    """Print medians, and each server's ratio to the first one, round by round."""
    print("| server | CPU a request, us | against Node | requests/s on one core |")
    print("| --- | --- | --- | --- |")
    first = next(iter(rows.values()))
    for name, found in rows.items():
        cost = statistics.median(cost for cost, _ in found)
        rate = statistics.median(rate for _, rate in found)
        ratios = [mine[0] / theirs[0] for mine, theirs in zip(found, first, strict=True)]
        print(f"| {name} | {cost:.0f} | {statistics.median(ratios):.1f} | {rate:.0f} |")


if __name__ == "__main__":
    main()
