"""TLS for the stand-ins: a certificate that the server trusts, and a port that cuts handshakes."""

import socket
import ssl
import subprocess
from pathlib import Path

SUFFIX = ".vendors.localhost"
HOSTS = ("graph.facebook.com", "business-api.tiktok.com")


class Door(socket.socket):
    """A listening socket. ``shut``: who connects is cut off in the handshake."""

    shut = False

    def accept(self) -> tuple[socket.socket, object]:
        """Return the next connection; of a shut door there is none."""
        came, address = super().accept()
        if not self.shut:
            return came, address
        came.close()
        raise BlockingIOError


def door() -> Door:
    """Return a door at a free port of loopback."""
    made = Door(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    made.settimeout(0)
    return made


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for the stand-ins' names; return it and its key."""
    chain, key = folder / "cert.pem", folder / "key.pem"
    names = ",".join(f"DNS:{host}{SUFFIX}" for host in HOSTS)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "20", "-subj", "/CN=chaos", "-addext", f"subjectAltName={names}"),
            *("-keyout", str(key), "-out", str(chain)),
        ],
        check=True,
        capture_output=True,
    )
    return chain, key


def speaking(chain: Path, key: Path) -> ssl.SSLContext:
    """Return what the stand-ins speak TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context
