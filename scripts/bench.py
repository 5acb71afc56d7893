"""Server CPU per durable GA4 beacon against a bare Node server: interleaved rounds, medians, ratios."""

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).parents[1]
NODE = "require('http').createServer((q,s)=>{s.writeHead(204);s.end()}).listen(%d,'127.0.0.1')"
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
LUA = """
local n = 0
local params = "v=2&tid=G-BENCH00001&gtm=45je58d1v89za200&gcs=G111&gcd=13r3r3r3r5l1&npa=0&dma=0"
  .. "&cid=1275773451.1795497137&ul=en-us&sr=1280x800&uaa=x86&uab=64&uafvl=Chromium%3B143.0.8078.79"
  .. "&uamb=0&uam=&uap=Linux&uapv=10.0&uaw=0&frm=0&pscdl=noapi&sid=1795497137&sct=1&seg=1"
  .. "&dl=http%3A%2F%2Fshop.localhost%2Fthanks%3Forder%3DORD-1001&dr=http%3A%2F%2Fshop.localhost%2Fcheckout"
  .. "&dt=Thank%20you&en=purchase&cu=USD&_c=1&_ee=1&pr1=idSKU1~nmShirt~brAcme~pr50~qt2"
  .. "&pr2=idSKU2~nmHat~pr42.52~qt1&epn.value=142.52&epn.tax=3.5&epn.shipping=5&ep.coupon=SUMMER"
  .. "&ep.affiliation=Web&_et=2499&tfd=2665"
local headers = {
  ["Host"] = "%HOST%",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
  ["Accept"] = "*/*", ["Accept-Language"] = "en-US,en;q=0.9", ["Accept-Encoding"] = "gzip, deflate, br",
  ["Origin"] = "http://shop.localhost", ["Referer"] = "http://shop.localhost/",
  ["Sec-Fetch-Site"] = "same-site", ["Sec-Fetch-Mode"] = "no-cors", ["Sec-Fetch-Dest"] = "empty",
  ["Cookie"] = "_ga=GA1.2.1275773451.1795497137; _ga_BENCH00001=GS2.1.s1795497137$o1$g1$t1795497140$j57$l0$h0; "
    .. "_fbp=fb.1.1795000000000.1098115397; fh_consent=1.a1m1.1795500000.fh; PHPSESSID=0123456789abcdef; "
    .. "lang=en; cart=3f2a; theme=dark",
}
request = function()
  n = n + 1
  local query = params .. "&_p=" .. tostring(id) .. "&_s=" .. n .. "&ep.transaction_id=O" .. id .. "-" .. n
  return wrk.format("GET", "/www.google-analytics.com/g/collect?" .. query, headers)
end
local threads = 0
setup = function(thread) threads = threads + 1; thread:set("id", threads) end
"""


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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


def load(port: int, lua: Path, seconds: int) -> tuple[int, str]:
    """Load ``port`` from core 1; return the number of answers and wrk's report."""
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
    return int(found[1]), report


def measure(port: int, pid: int, lua: Path, seconds: int) -> tuple[float, float]:
    """Return microseconds of server CPU a request, and requests a second."""
    load(port, lua, 1)
    before = cpu_seconds(pid)
    count, _ = load(port, lua, seconds)
    return (cpu_seconds(pid) - before) / count * 1e6, count / seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    for program in ("wrk", "node", "taskset"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: apt-get install {program}")
    node_port, port, admin = free_port(), free_port(), free_port()
    rows: dict[str, list[tuple[float, float]]] = {"node": [], "firsthand": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lua = folder / "beacon.lua"
        lua.write_text(LUA.replace("%HOST%", f"trk.shop.localhost:{port}"), "utf-8")
        config = folder / "bench.toml"
        config.write_text(CONFIG.format(port=port, admin=admin, folder=folder), "utf-8")
        serve = [sys.executable, "-m", "firsthand", "serve", "--config", str(config)]
        with (
            running(["node", "-e", NODE % node_port], node_port) as node,
            running(serve, port) as ours,
        ):
            for _ in range(options.rounds):
                rows["node"].append(measure(node_port, node, lua, options.seconds))
                rows["firsthand"].append(measure(port, ours, lua, options.seconds))
    print("| server | CPU a request, us | requests/s on one core |\n| --- | --- | --- |")
    for server, found in rows.items():
        cost = statistics.median(cost for cost, _ in found)
        rate = statistics.median(rate for _, rate in found)
        print(f"| {server} | {cost:.0f} | {rate:.0f} |")
    ratios = [ours[0] / node[0] for ours, node in zip(rows["firsthand"], rows["node"], strict=True)]
    print(f"\nRatio of each round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")


if __name__ == "__main__":
    main()
