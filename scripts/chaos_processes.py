"""What the kernel tells of processes: who lives, what they hold open, which ports are theirs."""

from contextlib import suppress
from pathlib import Path

LISTENS = "0A"


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    except OSError:
        return []
    return [int(child) for child in text.split()]


def alive(pid: int) -> bool:
    """Say whether a process runs (one that is dead but not yet buried does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def descriptors(pid: int) -> dict[str, str]:
    """Return what a process holds open, by descriptor."""
    found = {}
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found[link.name] = str(link.readlink())
    return found


def ports(pid: int) -> frozenset[int]:
    """Return the local ports of a process' TCP connections, as the kernel lists them."""
    held = {name for name in descriptors(pid).values() if name.startswith("socket:[")}
    found = set()
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        columns = line.split()
        if f"socket:[{columns[9]}]" in held:
            found.add(int(columns[1].rpartition(":")[2], 16))
    return frozenset(found)


def answering(port: int) -> bool:
    """Say whether somebody listens on ``port``."""
    wanted = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    return any(line.split()[1].endswith(wanted) and line.split()[3] == LISTENS for line in lines)
