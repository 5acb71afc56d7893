"""The tracking host's certificate, at every address that DNS has for it: trust, names, end."""

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import Patient
from firsthand.serve.plan import now

HANDSHAKE_S = 6.0
MOST_ADDRESSES = 4
MOST_NAMES = 5
LEFT_SHARE = 0.3
"""Renewal is due when a third of the life is left: with less, it has not happened."""

# Verification results. Source: OpenSSL, X509_STORE_CTX_get_error(3), read 2026-11-24.
_NOT_YET, _EXPIRED, _NAME = 9, 10, 62
_BLIND = "browsers refuse the tracking host: no script loads, no event arrives"


@dataclass(frozen=True, slots=True)
class Seen:
    """A certificate and what the verification said: ``code`` 0 is good, -1: no handshake."""

    code: int
    names: tuple[str, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None


async def look(patient: Patient) -> list[Finding]:
    """Return a finding ``certificate``, one for each address where they differ."""
    host = patient.tracking
    if patient.site.tracking_url.startswith("http:"):
        return [Finding("certificate", host, Result.OK, "plain HTTP, of the sandbox", code="plain")]
    addresses = (await patient.names.look_up(host)).host.addresses[:MOST_ADDRESSES]
    if not addresses:
        return [Finding("certificate", host, Result.UNKNOWN, "no address to ask", code="dns")]
    port = int(patient.site.tracking_host.partition(":")[2] or 443)
    seen = await asyncio.gather(*(_handshake(address, port, host) for address in addresses))
    today = datetime.fromtimestamp(now() / 1000, UTC)
    found = [told(host, each, today) for each in seen]
    return _joined(host, zip(addresses, found, strict=True))


def _joined(host: str, found: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """Tell what all addresses have in common once."""
    by_finding: dict[Finding, list[str]] = {}
    for address, finding in found:
        by_finding.setdefault(finding, []).append(address)
    if len(by_finding) == 1:
        return list(by_finding)
    return [
        Finding(
            each.check,
            f"{host} at {', '.join(addresses)}",
            each.result,
            each.found,
            each.means,
            each.remedy,
            each.code,
        )
        for each, addresses in by_finding.items()
    ]


def told(host: str, seen: Seen, today: datetime) -> Finding:
    """Return what a certificate comes to for ``host`` at the time ``today``."""
    names = ", ".join(seen.names[:MOST_NAMES]) or "no name"
    if seen.code < 0:
        return _bad(host, "no TLS", "no TLS connection comes about", "see that the TLS front runs")
    if seen.code == _EXPIRED:
        return _bad(host, "expired", f"ended on {_day(seen.ends)}", "renew it, and have that done")
    if seen.code == _NOT_YET:
        begins = f"begins on {_day(seen.begins)} only"
        return _bad(host, "not_yet", begins, "set this machine's clock, or the issuer's")
    if seen.code == _NAME:
        wrong = f"is for {names}, not for {host}"
        return _bad(host, "name", wrong, f"have one issued for {host}")
    if seen.code:
        return _bad(
            host,
            "issuer",
            "its chain ends at no issuer that this machine trusts",
            "use one of a public issuer, and serve the intermediate certificates with it",
        )
    return _good(host, seen, today)


def _good(host: str, seen: Seen, today: datetime) -> Finding:
    begins, ends = seen.begins or today, seen.ends or today
    left = ends - today
    found = f"good until {_day(ends)} ({left.days} days)"
    if left < (ends - begins) * LEFT_SHARE or left < timedelta(days=2):
        return Finding(
            "certificate",
            host,
            Result.WARN,
            found,
            "it should have been renewed by now; when it ends, browsers refuse the tracking host",
            "look at what renews it",
            code="renewal",
        )
    return Finding("certificate", host, Result.OK, found)


def _bad(host: str, code: str, found: str, remedy: str) -> Finding:
    return Finding(
        "certificate", host, Result.FAIL, found, _BLIND, remedy, code.replace(" ", "_").lower()
    )


def _day(when: datetime | None) -> str:
    return when.date().isoformat() if when else "a day that it does not tell"


async def _handshake(address: str, port: int, host: str) -> Seen:
    strict = ssl.create_default_context()
    try:
        return read(await _certificate(address, port, host, strict), 0)
    except ssl.SSLCertVerificationError as refused:
        return await _refused(address, port, host, refused.verify_code)
    except (OSError, TimeoutError, ValueError):
        return Seen(-1)


async def _refused(address: str, port: int, host: str, code: int) -> Seen:
    """Ask again for what verification turned down: to tell what is wrong, nothing is sent."""
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    try:
        return read(await _certificate(address, port, host, blind), code)
    except (OSError, TimeoutError, ValueError):
        return Seen(code)


async def _certificate(address: str, port: int, host: str, context: ssl.SSLContext) -> bytes:
    async with asyncio.timeout(HANDSHAKE_S):
        _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host)
        try:
            der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        finally:
            writer.transport.abort()
    return bytes(der)


def read(der: bytes, code: int) -> Seen:
    """Return what a certificate says. Raises ``ValueError`` for what is none."""
    made = x509.load_der_x509_certificate(der)
    try:
        known = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(known.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        names = ()
    return Seen(code, names, made.not_valid_before_utc, made.not_valid_after_utc)
