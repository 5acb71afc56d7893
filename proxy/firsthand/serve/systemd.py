"""What systemd hands over: sockets that stay open while we start again; and what it is told.

Both are a few lines over the environment (sd_listen_fds(3) and sd_notify(3), read 2026-11-24).
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

FIRST = 3
"""The descriptor of the first socket; the others follow."""


def handed(environment: Mapping[str, str] = os.environ) -> tuple[int, ...]:
    """Return the descriptors of the sockets that are for this process, or its supervisor's.

    A worker inherits its supervisor's sockets with the variables that tell of them.
    """
    if environment.get("LISTEN_PID") not in {str(os.getpid()), str(os.getppid())}:
        return ()
    count = environment.get("LISTEN_FDS", "")
    return tuple(range(FIRST, FIRST + int(count))) if count.isascii() and count.isdigit() else ()


def ports() -> dict[int, list[socket.socket]]:
    """Return the sockets that were handed over, by port: copies, each the caller's to close.

    A port has several where it is opened for IPv4 and for IPv6.
    """
    found: dict[int, list[socket.socket]] = {}
    for descriptor in handed():
        one = socket.socket(fileno=os.dup(descriptor))
        if one.family in {socket.AF_INET, socket.AF_INET6}:
            found.setdefault(one.getsockname()[1], []).append(one)
        else:
            one.close()
    return found


def tell(said: str) -> None:
    """Tell systemd, where it listens, how it stands: ``READY=1``."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where:
        return
    # Where whoever started us does not listen any more, there is nobody to tell.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one, suppress(OSError):
        one.sendto(said.encode(), f"\0{where[1:]}" if where.startswith("@") else where)
