"""Real servers of others, from Debian: ``scripts/test`` unpacks them beside the environment."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVERS = Path(sys.prefix) / "servers" / "usr"


def program(name: str) -> str:
    found = shutil.which(name, path=f"{SERVERS / 'sbin'}:{SERVERS / 'bin'}:{os.environ['PATH']}")
    assert found, f"{name} is missing: scripts/test unpacks it"
    return found


@contextmanager
def running(*command: str, environment: dict[str, str] | None = None) -> Iterator[None]:
    """Run a program until the end, then kill it; what it says is not heard."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()
