"""The front servers' files in conf: real nginx, real Caddy, what Firsthand hears through them."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from firsthand.edge import requests
from firsthand.edge.app import Edge
from firsthand.edge.server import Handler
from firsthand.explain import sample
from tests.acme import heard
from tests.certificates import Authority
from tests.edge.conftest import GRANTED, META_TARGET, Public, running
from tests.journeys.conftest import free_port
from tests.programs import program
from tests.programs import running as program_running

CONF = Path(__file__).parents[1] / "conf"
HOST = "trk.shop.example.com"
VISITOR = "127.0.0.5"
Server = Callable[[Path, int, int, int], AbstractContextManager[None]]
OURS = Authority()


@dataclass
class Heard:
    """Notes from where each request seems to come, and under which address; then answers it."""

    edge: Edge | None = None
    came: list[tuple[str, str]] = field(default_factory=list)

    def wrap(self, edge: Edge) -> Edge:
        self.edge = edge
        self._answer: Handler = edge.handle
        edge.handle = self.handle
        return edge

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        assert self.edge is not None
        hit = requests.hit(request, self.edge.front, "/x/y", b"")
        self.came.append((hit.ip, request.raw_path))
        return await self._answer(request)


@dataclass
class Front:
    """A front server with Firsthand behind it. ``plain`` and ``tls``: its ports."""

    plain: int
    tls: int
    public: Public
    heard: Heard

    async def get(self, target: str, *headers: str, tls: bool = True) -> bytes:
        """Ask as a visitor does, from an address of its own."""
        trusting = ssl.create_default_context(cadata=OURS.text.decode())
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            self.tls if tls else self.plain,
            local_addr=(VISITOR, 0),
            ssl=trusting if tls else None,
            server_hostname=HOST if tls else None,
        )
        head = (f"GET {target} HTTP/1.1", f"Host: {HOST}", *headers, "Connection: close")
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
        async with asyncio.timeout(30):
            answer = await reader.read()
        writer.close()
        return answer


def ports(text: str, swaps: dict[str, str]) -> str:
    for shipped, here in swaps.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    return text


@contextmanager
def nginx(folder: Path, plain: int, tls: int, behind: int) -> Iterator[None]:
    pair = OURS.pair(folder / "tls", HOST)
    site = ports(
        (CONF / "nginx.conf").read_text(),
        {
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl": f"listen 127.0.0.1:{tls} ssl",
            "server 127.0.0.1:8080;": f"server 127.0.0.1:{behind};",
            f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(pair.certificate),
            f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(pair.key),
        },
    )
    (folder / "site.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\n{paths}include {folder}/site.conf;\n}}\n"
    )
    command = (program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"))
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    # One process: killed, it leaves no worker behind.
    with program_running(*command, "-g", "master_process off;"):
        yield


def home_of(folder: Path) -> dict[str, str]:
    return dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder))


@contextmanager
def caddy(folder: Path, plain: int, tls: int, behind: int) -> Iterator[None]:
    pair = OURS.pair(folder / "tls", HOST)
    site = ports(
        (CONF / "Caddyfile").read_text(),
        {
            f"{HOST} {{": f"https://{HOST}:{tls} {{\n\ttls {pair.certificate} {pair.key}",
            "reverse_proxy 127.0.0.1:8080": f"reverse_proxy 127.0.0.1:{behind}",
        },
    )
    options = f"{{\n\tadmin off\n\thttp_port {plain}\n\thttps_port {tls}\n}}\n"
    (folder / "Caddyfile").write_text(options + site)
    command = (program("caddy"), "run", "--config", str(folder / "Caddyfile"))
    with program_running(*command, "--adapter", "caddyfile", environment=home_of(folder)):
        yield


@asynccontextmanager
async def behind(front: Server, folder: Path) -> AsyncIterator[Front]:
    listening = Heard()
    plain, tls = free_port(), free_port()
    async with running(sample(), folder / "data", behind_front=True, wrap=listening.wrap) as public:
        with front(folder, plain, tls, public.port):
            await heard(tls)
            yield Front(plain, tls, public, listening)


@pytest.mark.parametrize("server", [nginx, caddy])
async def test_a_front_tells_who_comes_and_changes_nothing(tmp_path: Path, server: Server) -> None:
    async with behind(server, tmp_path) as front:
        forged = "X-Forwarded-For: 203.0.113.9"
        answer = await front.get(META_TARGET, f"Cookie: {GRANTED}", forged)
        assert answer.startswith(b"HTTP/1.1 204 ")
        assert b"Set-Cookie: " in answer or b"set-cookie: " in answer.lower()
        assert front.heard.came == [(VISITOR, META_TARGET)]
        assert [beacon.name for beacon in front.public.kept.beacons] == ["PageView"]

        odd = "/a//b/%2e%2e/c?x=%2F%20&y=a;b"
        assert (await front.get(odd)).startswith(b"HTTP/1.1 404 ")
        assert front.heard.came[-1][1] == odd

        # Nothing that carries data is taken open, whoever answers for it.
        answer = await front.get(META_TARGET, f"Cookie: {GRANTED}", forged, tls=False)
        assert answer.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 308 "))
        assert b"set-cookie" not in answer.lower()
        answer = await front.get("/fh.js", tls=False)
        assert answer.startswith(b"HTTP/1.1 308 ")
        assert f"location: https://{HOST}/fh.js".encode() in answer.lower()
        assert len(front.public.kept.beacons) == 1


def test_caddys_file_is_valid_as_it_is_shipped(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    subprocess.run(
        [
            program("caddy"),
            "validate",
            "--config",
            str(CONF / "Caddyfile"),
            "--adapter",
            "caddyfile",
        ],
        env=home,
        check=True,
        capture_output=True,
    )


def test_the_files_name_the_setting_that_they_need() -> None:
    for name in ("nginx.conf", "Caddyfile"):
        assert 'trusted_proxies = ["127.0.0.1/32"]' in (CONF / name).read_text()
