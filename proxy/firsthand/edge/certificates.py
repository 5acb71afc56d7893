"""A certificate and its key on disk -> what a TLS listener serves, or why it cannot.

A pair is looked at whole before it is used: a renewal writes its files one after the other, and
what is served must not change to something that no browser takes.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from firsthand.errors import BadCertificate

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption only; those of 1.3 all have both."""
BEGIN, END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
BY_ANYBODY = 0o007


@dataclass(frozen=True, slots=True)
class Pair:
    """Two PEM files. ``certificate`` holds the host's own first, then its issuers'."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Facts:
    """What a certificate says. ``begins`` and ``ends`` are Unix milliseconds."""

    names: tuple[str, ...]
    issuer: str
    serial: str
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A pair that can be served."""

    facts: Facts
    context: ssl.SSLContext


def context() -> ssl.SSLContext:
    """Return the settings of the public listener: TLS 1.2 and 1.3, HTTP/1.1, no certificate yet."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(CIPHERS)
    made.set_alpn_protocols(["http/1.1"])
    made.options |= ssl.OP_NO_RENEGOTIATION
    return made


def load(pair: Pair, *, now: int) -> Loaded:
    """Return what is served with ``pair``. Raises ``BadCertificate``."""
    before = _read(pair)
    facts = _facts(pair, *before, now)
    made = context()
    try:
        made.load_cert_chain(pair.certificate, pair.key)
    except (ssl.SSLError, OSError) as error:
        _refuse_changing(pair, before)
        why = getattr(error, "reason", "") or error.strerror
        raise BadCertificate(f"{pair.certificate.name}: OpenSSL refuses it ({why})") from error
    _refuse_changing(pair, before)
    return Loaded(facts, made)


def _refuse_changing(pair: Pair, before: tuple[bytes, bytes]) -> None:
    """Refuse what OpenSSL has read a moment later than we, if it was not the same any more."""
    if _read(pair) != before:
        raise BadCertificate(f"{pair.certificate.name}: is being written")


def examine(pair: Pair, *, now: int) -> Facts:
    """Return what a certificate says that could be served. Raises ``BadCertificate``."""
    return _facts(pair, *_read(pair), now)


def _read(pair: Pair) -> tuple[bytes, bytes]:
    try:
        certificate = pair.certificate.read_bytes()
        if pair.key.stat().st_mode & BY_ANYBODY:
            raise BadCertificate(f"{pair.key.name}: anybody can read it; run chmod 600 on it")
        return certificate, pair.key.read_bytes()
    except FileNotFoundError as error:
        name = Path(str(error.filename)).name
        raise BadCertificate(
            f"{name}: is not there; firsthand cert issue gets one, or tls.pairs names yours"
        ) from error
    except OSError as error:
        name = Path(str(error.filename)).name
        raise BadCertificate(f"{name}: cannot be read ({error.strerror})") from error


def _facts(pair: Pair, certificate: bytes, key: bytes, now: int) -> Facts:
    file = pair.certificate.name
    chain = _chain(file, certificate)
    leaf = chain[0]
    if _public(pair.key.name, key) != _spki(leaf):
        raise BadCertificate(f"{pair.key.name}: is not the key of {file}")
    facts = Facts(
        names=tuple(_names(leaf)),
        issuer=_issuer(leaf),
        serial=f"{leaf.serial_number:x}",
        begins=_ms(leaf.not_valid_before_utc),
        ends=_ms(leaf.not_valid_after_utc),
    )
    if not facts.names:
        raise BadCertificate(f"{file}: names no host")
    if now >= facts.ends:
        raise BadCertificate(f"{file}: expired on {leaf.not_valid_after_utc:%Y-%m-%d}")
    if now < facts.begins:
        raise BadCertificate(
            f"{file}: is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC;"
            " does this machine's clock go right?"
        )
    return facts


def _chain(file: str, text: bytes) -> list[x509.Certificate]:
    if BEGIN not in text or text.count(BEGIN) != text.count(END):
        raise BadCertificate(f"{file}: holds no whole certificate: it is empty or cut off")
    try:
        chain = x509.load_pem_x509_certificates(text)
        for one, issuer in pairwise(chain):
            one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise BadCertificate(
            f"{file}: is no chain of certificates: the host's own comes first, then its issuer's"
        ) from error
    if len(chain) == 1 and _issuer_is_elsewhere(chain[0]):
        raise BadCertificate(f"{file}: its issuer's certificate is missing; use the full chain")
    return chain


def _issuer_is_elsewhere(leaf: x509.Certificate) -> bool:
    """Say whether the certificate names an address of its issuer's, which browsers do not fetch."""
    try:
        told = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return False
    return any(each.access_method == AuthorityInformationAccessOID.CA_ISSUERS for each in told)


def _public(file: str, key: bytes) -> bytes:
    try:
        private = load_pem_private_key(key, password=None)
    except TypeError as error:
        raise BadCertificate(f"{file}: is locked by a passphrase; store it without one") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCertificate(f"{file}: holds no whole private key") from error
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _spki(leaf: x509.Certificate) -> bytes:
    return leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _names(leaf: x509.Certificate) -> Iterator[str]:
    try:
        told = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in told.get_values_for_type(x509.DNSName))


def _issuer(leaf: x509.Certificate) -> str:
    named = leaf.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named[0].value) if named else leaf.issuer.rfc4514_string()


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
