"""A real certificate authority on loopback: Debian's pebble, with the name server of its tests."""

import asyncio
import json
import ssl
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.certificates import Authority
from tests.journeys.conftest import free_port
from tests.programs import program, running

PATIENCE_S = 30


@dataclass(frozen=True)
class Acme:
    """``ca`` vouches for the authority's own listener, ``dns`` manages its name server."""

    url: str
    ca: Path
    dns: str
    management: str

    def point(self, name: str, *addresses: str) -> None:
        """Have the authority find ``name`` at ``addresses``; none: it has no address."""
        self._tell("clear-a", {"host": name})
        if addresses:
            self._tell("add-a", {"host": name, "addresses": addresses})

    def _tell(self, what: str, said: object) -> None:
        request = urllib.request.Request(f"{self.dns}/{what}", data=json.dumps(said).encode())
        urllib.request.urlopen(request, timeout=5).close()

    def root(self) -> str:
        """Return the authority's root certificate, new at each start."""
        trusting = ssl.create_default_context(cafile=str(self.ca))
        where = f"{self.management}/roots/0"
        with urllib.request.urlopen(where, timeout=5, context=trusting) as answer:
            return answer.read().decode()


async def heard(port: int) -> None:
    """Wait until somebody listens on ``port``."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                return writer.close()


@asynccontextmanager
async def authority(folder: Path, http_port: int) -> AsyncIterator[Acme]:
    """Run pebble, which looks for challenges on ``http_port`` of whatever address a name has."""
    folder.mkdir()
    listen, management, dns, dns_management = (free_port() for _ in range(4))
    own = Authority()
    pair = written_for_localhost(own, folder)
    config = {
        "pebble": {
            "listenAddress": f"127.0.0.1:{listen}",
            "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(pair[0]),
            "privateKey": str(pair[1]),
            "httpPort": http_port,
            "tlsPort": free_port(),
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            "domainBlocklist": ["blocked.shop.example.com"],
        }
    }
    path = folder / "pebble.json"
    path.write_text(json.dumps(config))
    names = (
        *(program("pebble-challtestsrv"), "-defaultIPv4", "", "-defaultIPv6", ""),
        *("-http01", "", "-https01", "", "-tlsalpn01", ""),
        *("-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{dns_management}"),
    )
    pebble = (program("pebble"), "-config", str(path), "-dnsserver", f"127.0.0.1:{dns}")
    # It asks at once, without its usual pause, and each time: no answer is kept for the next order.
    quick = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0"}
    with running(*names), running(*pebble, environment=quick):
        await heard(listen)
        await heard(management)
        await heard(dns_management)
        yield Acme(
            url=f"https://localhost:{listen}/dir",
            ca=own.trusted(folder),
            dns=f"http://127.0.0.1:{dns_management}",
            management=f"https://localhost:{management}",
        )


def written_for_localhost(own: Authority, folder: Path) -> tuple[Path, Path]:
    pair = own.pair(folder / "listener", "localhost")
    return pair.certificate, pair.key
