"""Asks the running server what it answers, before and after certbot: on this machine, by name."""

import http.client
import secrets
import socket
import ssl
import time
from ipaddress import ip_address

from cryptography import x509

from firsthand.config.load import Config
from firsthand.edge.plain import CHALLENGES
from firsthand.errors import ConfigError
from firsthand.serve.tls import Tls

PATIENCE_S = 5.0
TAKEN_S = 15.0
PAUSE_S = 0.2
LONGEST = 1024


def check_answers(config: Config, tls: Tls, file: str) -> None:
    """Make sure that the authority's question would be answered. Raises ``ConfigError``.

    Asked here first, as the authority lets nobody fail often.
    """
    token = secrets.token_hex(16)
    probe = tls.webroot / CHALLENGES.strip("/") / token
    probe.parent.mkdir(parents=True, exist_ok=True)
    probe.write_text(token)
    try:
        for name in tls.names:
            _check(config, name, token, file)
    finally:
        probe.unlink(missing_ok=True)


def _check(config: Config, name: str, token: str, file: str) -> None:
    host, port = reached(config.listen.host), config.listen.port
    asked = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        asked.request("GET", f"{CHALLENGES}{token}", headers={"Host": name})
        answer = asked.getresponse()
        said = answer.read(LONGEST)
    except (OSError, http.client.HTTPException) as error:
        raise ConfigError(
            f"nobody answers for {name} on {host}:{port} ({type(error).__name__}). Start the server"
            f" first: firsthand serve --config {file}"
        ) from error
    finally:
        asked.close()
    if said.decode("latin-1") == token:
        return
    if answer.status == http.HTTPStatus.MISDIRECTED_REQUEST:
        raise ConfigError(
            f"the running server does not know {name}. Give it the file as it is now: firsthand"
            f" reload --config {file}"
        )
    raise ConfigError(
        f"{host}:{port} is taken: another server answers there (status {answer.status}). End it, or"
        " have it pass /.well-known/acme-challenge/ on to listen.port"
    )


def served(config: Config, name: str) -> str:
    """Return the serial, in hexadecimal, of the certificate served for ``name``; empty: none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Only looked at: nothing is said on this connection, and expired ones are to be seen too.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    where = (reached(config.listen.host), config.listen.https_port)
    try:
        with (
            socket.create_connection(where, timeout=PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname=name) as asked,
        ):
            told = asked.getpeercert(binary_form=True)
    except OSError:
        return ""
    return f"{x509.load_der_x509_certificate(told).serial_number:x}" if told else ""


def await_served(config: Config, name: str, serial: str) -> bool:
    """Say whether the running server serves the certificate ``serial``, given some seconds."""
    deadline = time.monotonic() + TAKEN_S
    while time.monotonic() < deadline:
        if served(config, name) == serial:
            return True
        time.sleep(PAUSE_S)
    return False


def reached(host: str) -> str:
    """Return the address under which this machine reaches what listens on ``host``."""
    try:
        given = ip_address(host)
    except ValueError:
        return host or "127.0.0.1"
    if not given.is_unspecified:
        return host
    return "127.0.0.1" if given.version == 4 else "::1"  # noqa: PLR2004 - IP's version
