"""Runs certbot, and says in our words what came of it.

certbot does what is hard about certificates: accounts, orders, when to renew. It lays the answer to
the authority's question into a folder from which the running server answers on the plain port.
Exit statuses, "Type" and "Detail" lines: certbot 5.8's source; error types: RFC 8555, 6.7; Let's
Encrypt's limits: its documentation. All read 2026-11-24.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firsthand.config.listen import TlsSection
from firsthand.errors import ConfigError
from firsthand.serve.tls import LINEAGE, Tls

PATIENCE_S = 600
LONGEST_DETAIL = 400
_PROBLEM = re.compile(r"urn:ietf:params:acme:error:([A-Za-z]+)")
_TYPE = re.compile(r"Type:\s+(?:urn:\S+:)?([A-Za-z]+)\s+Detail:\s*(.+)")
_SAID = re.compile(r" :: (.+)")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")

PORT_80 = "the authority connects to port 80 of the address that DNS gives"
REMEDIES = {
    "rateLimited": "the authority has given too many answers for this name or account of late. Wait"
    " until the time it names; tls.acme_url can name its staging directory for trials",
    "dns": "the name has no address. Make an A or AAAA record that points here, wait until it is"
    " seen, try again",
    "unknownHost": "the name has no address. Make an A or AAAA record that points here",
    "dnssec": "the name's DNSSEC is broken. Mend it at your DNS provider",
    "connection": f"nobody answered the authority: {PORT_80}. Is that this machine, does its"
    " firewall let port 80 in, and does it reach listen.port?",
    "unauthorized": f"another server answered the authority: {PORT_80}. Point the name, with all"
    " its A and AAAA records, at this machine",
    "incorrectResponse": "another server answered the authority. Point the name at this machine",
    "tls": "the name leads to https with a broken certificate before it leads here. Point it here",
    "caa": "a CAA record of the domain forbids this authority. Change it, or use another authority",
    "rejectedIdentifier": "the authority gives no certificates for such a name; see tls.names",
    "unsupportedIdentifier": "the authority gives no certificates for such a name; see tls.names",
    "malformed": "the authority does not take the order. Is each of tls.names a public host name?",
    "invalidContact": "the authority does not take tls.email. Mend it, or leave it empty",
    "unsupportedContact": "the authority does not take tls.email. Mend it, or leave it empty",
    "externalAccountRequired": "the authority asks for an account made on its site, which is not"
    " supported; use another one in tls.acme_url",
    "serverInternal": "the authority has trouble of its own. Try again later",
}
SIGNS = (
    ("Another instance of Certbot", "another run of certbot is not done yet. Try again after it"),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "who vouches for tls.acme_url is not known. Name its PEM file in tls.acme_ca",
    ),
    ("No space left", "the disk is full. Make room"),
    ("Permission denied", "files of the folder belong to another user. Run this as the server's"),
    ("invalid email", "tls.email is no address. Mend it, or leave it empty"),
    ("Max retries exceeded", "tls.acme_url cannot be reached. Look at the network and the address"),
    ("Failed to resolve", "tls.acme_url has no address. Look at the network and the address"),
    ("timed out", "tls.acme_url does not answer. Try again later"),
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted. ``ca``: who vouches for the authority, a PEM file, or ``None``: as usual.
    ``again``: even if the certificate there is still good for long."""

    tls: Tls
    section: TlsSection
    ca: Path | None = None
    again: bool = False


def run(order: Order) -> None:
    """Have certbot get, or renew, the certificate. Raises ``ConfigError`` with a remedy.

    One that is not due is left as it is: that is no error.
    """
    order.tls.webroot.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = _run(order)
    if done.returncode:
        said = f"{done.stdout}\n{done.stderr}"
        log = order.tls.folder / "logs" / "letsencrypt.log"
        raise ConfigError(f"{explain(said, _text(log))}. certbot's log: {log}")


def _run(order: Order) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if order.ca is not None:
        # Not kept by certbot: told anew at each renewal.
        environment["REQUESTS_CA_BUNDLE"] = str(order.ca)
    try:
        return subprocess.run(  # noqa: S603 - every word is ours or the operator's; no shell
            command(order),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            umask=0o077,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"certbot was not done in {PATIENCE_S} s") from None


def command(order: Order) -> list[str]:
    """Return certbot's command line. Raises ``ConfigError`` if there is none."""
    folder, section = order.tls.folder, order.section
    contact = ["-m", section.email] if section.email else ["--register-unsafely-without-email"]
    return [
        *(find(), "certonly", "--non-interactive", "--agree-tos", *contact),
        *("--server", section.acme_url, "--cert-name", LINEAGE, "--renew-with-new-domains"),
        *("--webroot", "--webroot-path", str(order.tls.webroot)),
        *("--config-dir", str(folder), "--work-dir", str(folder / "work")),
        *("--logs-dir", str(folder / "logs"), "--max-log-backups", "20"),
        "--force-renewal" if order.again else "--keep-until-expiring",
        *(word for name in order.tls.names for word in ("--domain", name)),
    ]


def find() -> str:
    """Return where certbot is: beside this Python, else on the path. Raises ``ConfigError``."""
    beside = Path(sys.executable).with_name("certbot")
    found = str(beside) if beside.is_file() else shutil.which("certbot")
    if not found:
        raise ConfigError(
            "certbot is missing. Install it: pip install 'firsthand[acme]', or apt-get install"
            " certbot"
        )
    return found


def explain(said: str, log: str) -> str:
    """Return why certbot got no certificate, and what to do, out of its words and its log."""
    for kind, detail in reversed(_TYPE.findall(said)):
        return _told(kind, detail)
    # A nonce that is refused is asked for again: that is how the protocol goes.
    kinds: Sequence[str] = [kind for kind in _PROBLEM.findall(log) if kind != "badNonce"]
    if kinds:
        details = _SAID.findall(said)
        return _told(kinds[-1], details[-1] if details else "")
    for sign, remedy in SIGNS:
        if sign in said or sign in log:
            return remedy
    return f"certbot says: {_clean(said)}"


def _told(kind: str, detail: str) -> str:
    # Some authorities ask for the page at once, so a name without an address is no connection.
    unknown = kind == "connection" and "could not resolve" in detail
    remedy = REMEDIES.get("dns" if unknown else kind, f"the authority refuses ({kind})")
    return f"{remedy}. The authority says: {_clean(detail)}" if detail.strip() else remedy


def _clean(text: str) -> str:
    """Return what another server had us told: bounded, on one line, without control characters."""
    short = _UNPRINTABLE.sub(" ", text).strip()[:LONGEST_DETAIL]
    return short.rstrip(". ")


def _text(log: Path) -> str:
    try:
        return log.read_text("utf-8", "replace")
    except OSError:
        return ""
