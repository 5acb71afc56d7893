"""Certificates for tests: an authority of our own, and pairs that it vouches for."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from firsthand.edge.certificates import Pair

DAY = timedelta(days=1)


def made_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Authority:
    """Signs certificates. ``bundle`` is written by ``trusted``."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=made_key)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        builder = self._builder("Test authority", self.key, self.now - DAY, self.now + 900 * DAY)
        self.certificate = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).sign(self.key, hashes.SHA256())

    def _builder(
        self, name: str, key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("Test authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )

    @property
    def text(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def trusted(self, folder: Path) -> Path:
        path = folder / "ca.pem"
        path.write_bytes(self.text)
        return path

    def leaf(
        self,
        *names: str,
        key: ec.EllipticCurvePrivateKey,
        begins: timedelta = -DAY,
        ends: timedelta = 60 * DAY,
        issuer_elsewhere: bool = False,
    ) -> bytes:
        builder = self._builder(
            names[0] if names else "nobody", key, self.now + begins, self.now + ends
        )
        if names:
            told = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(told, critical=False)
        if issuer_elsewhere:
            where = x509.UniformResourceIdentifier("http://authority.example/issuer.der")
            method = x509.AuthorityInformationAccessOID.CA_ISSUERS
            told_where = x509.AuthorityInformationAccess([x509.AccessDescription(method, where)])
            builder = builder.add_extension(told_where, critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def pair(
        self,
        folder: Path,
        *names: str,
        begins: timedelta = -DAY,
        ends: timedelta = 60 * DAY,
    ) -> Pair:
        """Write a pair that can be served, over the one that was there before."""
        folder.mkdir(parents=True, exist_ok=True)
        key = made_key()
        leaf = self.leaf(*names, key=key, begins=begins, ends=ends)
        return written(folder, leaf + self.text, key_text(key))


def written(folder: Path, certificate: bytes, key: bytes) -> Pair:
    pair = Pair(folder / "fullchain.pem", folder / "privkey.pem")
    pair.certificate.write_bytes(certificate)
    pair.key.write_bytes(key)
    pair.key.chmod(0o600)
    return pair


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None) -> ssl.SSLObject:
    """Return the client's end of a connection, its handshake done."""
    down, up = ssl.MemoryBIO(), ssl.MemoryBIO()
    far = server.wrap_bio(up, down, server_side=True)
    near = client.wrap_bio(down, up, server_hostname=name)
    done: set[Callable[[], None]] = set()
    for _ in range(6):
        for end in (near.do_handshake, far.do_handshake):
            if end not in done:
                try:
                    end()
                    done.add(end)
                except ssl.SSLWantReadError:
                    continue
    assert len(done) == 2
    return near


def asking(
    trusted: Authority,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ciphers: str = "DEFAULT@SECLEVEL=0",
) -> ssl.SSLContext:
    """Return a browser's settings; ``version`` is its highest."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=trusted.text.decode())
    client.set_ciphers(ciphers)
    client.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    client.maximum_version = version
    return client
