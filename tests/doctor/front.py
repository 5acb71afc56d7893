"""A TLS front on loopback: the shop's page, and the way through to a Firsthand behind it."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("shop.example.com", "trk.shop.example.com")
TODAY = datetime.now(UTC)
DAY = timedelta(days=1)
FROM = "127.0.0.3"
"""The front's own address, as the server behind it sees it."""

_HELD = serialization.NoEncryption()


@dataclass(frozen=True)
class Issued:
    """A certificate file, its key with it, and the file of its issuer."""

    file: Path
    issuer: Path
    der: bytes


def issue(
    folder: Path,
    names: tuple[str, ...] = NAMES,
    *,
    begins: datetime = TODAY - 10 * DAY,
    ends: datetime = TODAY + 80 * DAY,
) -> Issued:
    """Make an issuer of our own and a certificate of it."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's issuer")])
    root = (
        x509.CertificateBuilder()
        .subject_name(root_name)
        .issuer_name(root_name)
        .public_key(root_key.public_key())
        .serial_number(1)
        .not_valid_before(TODAY - 4000 * DAY)
        .not_valid_after(TODAY + 4000 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(root_name)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=True
        )
        .sign(root_key, hashes.SHA256())
    )
    encoding = serialization.Encoding
    pem = key.private_bytes(encoding.PEM, serialization.PrivateFormat.PKCS8, _HELD)
    file, issuer = folder / "leaf.pem", folder / "issuer.pem"
    file.write_bytes(pem + leaf.public_bytes(encoding.PEM))
    issuer.write_bytes(root.public_bytes(encoding.PEM))
    return Issued(file, issuer, leaf.public_bytes(encoding.DER))


@dataclass
class Front:
    """What it does: ``page`` the shop's start page, ``headers`` on every answer of the page's,
    ``behind`` the port of a Firsthand (0: none), ``appends`` the visitor's address."""

    page: str = "<html></html>"
    headers: Mapping[str, str] = field(default_factory=dict)
    behind: int = 0
    appends: bool = True
    port: int = 0
    seen: list[str] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.seen.append(f"{request.method} {request.host} {request.path}")
        if request.host.startswith("trk.") and self.behind:
            return await self._pass_on(request)
        return web.Response(text=self.page, content_type="text/html", headers=self.headers)

    async def _pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        given = request.headers.get("X-Forwarded-For", "")
        passed = f"{given}, {request.remote}" if self.appends else given
        headers = {"Host": request.host, "X-Forwarded-For": passed}
        connector = aiohttp.TCPConnector(local_addr=(FROM, 0))
        url = f"http://127.0.0.1:{self.behind}{request.raw_path}"
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.request(request.method, url, headers=headers) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read())


@asynccontextmanager
async def fronting(front: Front, certificate: Issued) -> AsyncIterator[Front]:
    """Yield ``front`` listening on ``front.port``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file)
    runner = web.ServerRunner(web.Server(front.handle, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    try:
        await site.start()
        front.port = runner.addresses[0][1]
        yield front
    finally:
        await runner.cleanup()
