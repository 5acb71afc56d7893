"""Names of the files in the data folder, and the locks by which processes share it."""

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_OUTBOX = "outbox-"


def outbox_path(folder: Path, number: int) -> Path:
    """Return the outbox file of the edge worker ``number``."""
    return folder / f"{_OUTBOX}{number}.db"


def outbox_lock(outbox: Path) -> Path:
    """Return the lock file that the owner of an outbox holds."""
    return outbox.with_suffix(".lock")


def outbox_paths(folder: Path) -> list[Path]:
    """Return every outbox file there is, orphaned ones too."""
    return sorted(folder.glob(f"{_OUTBOX}*.db"))


def ledger_path(folder: Path) -> Path:
    """Return the ledger file."""
    return folder / "ledger.db"


def receipts_path(folder: Path) -> Path:
    """Return the file of the consent receipts."""
    return folder / "receipts.db"


def scripts_path(folder: Path) -> Path:
    """Return the file of the script custody."""
    return folder / "scripts.db"


def aggregates_path(folder: Path) -> Path:
    """Return the file of what analytics alone counts."""
    return folder / "aggregates.db"


def audit_path(folder: Path) -> Path:
    """Return the file of the audit log."""
    return folder / "audit.db"


def delete_database(path: Path) -> None:
    """Delete a closed database with what SQLite keeps beside it."""
    for ending in ("-wal", "-shm", ""):
        path.with_name(path.name + ending).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that this process holds until ``release``, or until it ends in any way."""

    path: Path
    _descriptor: int

    def release(self) -> None:
        """Let others have it. The file stays: deleting it would let two hold it at once."""
        os.close(self._descriptor)


def try_lock(path: Path) -> Held | None:
    """Return the lock on ``path``, or ``None`` while somebody holds it, this process included."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    _sign(descriptor)
    return Held(path, descriptor)


def _sign(descriptor: int) -> None:
    """Leave our number in a lock file, for ``holder``. A full disk keeps nobody from the lock."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)


def holder(path: Path) -> str:
    """Return the number of the process that holds a lock, or last held it; empty if not known."""
    try:
        said = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return said if said.isdigit() else ""


def ledger_lock(folder: Path) -> Held | None:
    """Return the right to write the ledger and to deliver, or ``None`` while another has it."""
    return try_lock(folder / "ledger.lock")
