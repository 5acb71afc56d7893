"""Copies of the data folder's databases that fit together, taken while others write to them.

Each file is copied as of one moment, the outboxes first and the ledger last. What the ledger moved
in between is then in both, and is taken out of the copied outbox, whose numbers go on behind what
the ledger knows: else the cursor would skip events that come after a restore. So everything that
was acknowledged before the copy began is in it once.
"""

import hashlib
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import orjson

from firsthand.errors import ConfigError
from firsthand.store.sqlite.database import BUSY_S, disk_error
from firsthand.store.sqlite.files import ledger_path, outbox_paths

MANIFEST = "manifest.json"
KEPT = ("secret", "admin-token", "report-key", "alerts.json")
"""Without the secret nobody known before is known again, and no withdrawal is recognised. Without
``report-key`` somebody else signs reports; without ``alerts.json`` what fires is told once more.
"""
COUNTED = {"events": "twins", "waiting": "queue", "outbox": "outbox"}
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Saved:
    """What a copy holds. ``rows``: how many events, how many of them wait, outbox rows."""

    files: tuple[str, ...]
    rows: dict[str, int]


def save(folder: Path, target: Path, *, version: str, now: int) -> Saved:
    """Copy the data folder's databases, and what keys them, into the new folder ``target``.

    ``version`` of Firsthand and ``now`` (Unix ms) are noted. Raises ``OSError`` when a disk fails,
    ``ConfigError`` when there is nothing to copy, or a database is broken.
    """
    draft = target.with_name(f"{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        saved = _save(folder, draft, version, now)
        # An empty folder in its place is replaced, one with files is not.
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _settle(target.parent)
    return saved


def _save(folder: Path, draft: Path, version: str, now: int) -> Saved:
    copied = [name for path in _databases(folder) if (name := _copy_database(path, draft))]
    ledger = ledger_path(draft)
    if ledger.name not in copied:
        raise ConfigError(f"{folder}: nothing is recorded yet, so there is nothing to copy")
    for outbox in outbox_paths(draft):
        _fit(outbox, ledger)
    for name in KEPT:
        if (folder / name).exists():
            _copy(folder / name, draft / name)
            copied.append(name)
    files = {name: _digest(draft / name) for name in sorted(copied)}
    told = {"version": version, "at": now, "files": files}
    _write(draft / MANIFEST, orjson.dumps(told, option=orjson.OPT_INDENT_2))
    _settle(draft)
    return Saved(tuple(files), rows(draft))


def _databases(folder: Path) -> Iterator[Path]:
    """Yield the databases in the order in which their copies fit together."""
    ledger = ledger_path(folder)
    outboxes = outbox_paths(folder)
    yield from outboxes
    yield from sorted(set(folder.glob("*.db")) - {ledger, *outboxes})
    if ledger.exists():
        yield ledger


def _copy_database(path: Path, draft: Path) -> str:
    """Return the name of the copy; empty for an outbox whose last row has just been moved."""
    target = draft / path.name
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_connected(path)) as here, closing(sqlite3.connect(target)) as there:
            here.backup(there)
            # One file without a journal beside it: whoever copies it copies all of it.
            there.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        target.unlink()
        if not path.exists():
            return ""
        raise disk_error(path, error) from error
    check(target)
    _sync(target)
    return path.name


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_S)


def _fit(outbox: Path, ledger: Path) -> None:
    """Take out of a copied outbox what the copied ledger has, and have its numbers go on behind."""
    with closing(sqlite3.connect(ledger)) as there:
        cursors = dict(there.execute("SELECT outbox, last FROM cursors"))
    with closing(sqlite3.connect(outbox)) as here, here:
        for (name,) in here.execute("SELECT name FROM identity").fetchall():
            last = cursors.get(name, 0)
            here.execute("DELETE FROM outbox WHERE id <= ?", (last,))
            found = here.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
            here.execute("DELETE FROM sqlite_sequence WHERE name = 'outbox'")
            number = max(last, found[0] if found else 0)
            here.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)", (number,))
    _sync(outbox)


def check(path: Path) -> None:
    """Raise ``ConfigError`` if a database is not whole."""
    try:
        with closing(_connected(path)) as db:
            ((said,),) = db.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise ConfigError(f"{path}: is broken ({said})")


def rows(folder: Path) -> dict[str, int]:
    """Return how many rows the copies hold, under the names of ``COUNTED``."""
    counts: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    for path in (ledger_path(folder), *outbox_paths(folder)):
        with closing(_connected(path)) as db:
            for name, table in COUNTED.items():
                with suppress(sqlite3.OperationalError):  # a table of the other kind of file
                    counts[name] += db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - ours
    return dict(counts)


def restore(source: Path, folder: Path) -> Saved:
    """Copy a saved folder's files into ``folder``, which no server uses and has none of them.

    Raises ``ConfigError`` when a file is there already, or what was saved is not whole: then
    nothing was changed. Raises ``OSError`` when a disk fails.
    """
    files = _listed(source)
    _refuse_filled(folder)
    for name, digest in files.items():
        path = source / name
        if not path.is_file() or _digest(path) != digest:
            raise ConfigError(f"{path}: is not as it was saved; use another copy")
        if path.suffix == ".db":
            check(path)
    folder.mkdir(parents=True, exist_ok=True)
    drafts = [(folder / f"{name}.draft", folder / name) for name in files]
    try:
        for draft, path in drafts:
            _copy(source / path.name, draft)
        for draft, path in drafts:
            draft.rename(path)
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
    _settle(folder)
    return Saved(tuple(files), rows(folder))


def _listed(source: Path) -> dict[str, str]:
    """Return what was saved, with each file's SHA-256."""
    try:
        told = orjson.loads((source / MANIFEST).read_bytes())
        files = {str(name): str(digest) for name, digest in told["files"].items()}
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{source}: holds no whole copy, as {MANIFEST} is missing or broken"
        ) from error
    strange = [name for name in files if Path(name).name != name or name in {".", ".."}]
    if strange:
        raise ConfigError(f"{source / MANIFEST}: names a file outside of the folder")
    return files


def _refuse_filled(folder: Path) -> None:
    there = sorted(path.name for path in folder.glob("*.db")) if folder.is_dir() else []
    there += [name for name in KEPT if (folder / name).exists()]
    if there:
        raise ConfigError(
            f"{folder}: holds {', '.join(there)}, which a restore does not replace. Move the folder"
            f" away first: mv {folder} {folder}.old"
        )


def _copy(path: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with path.open("rb") as here, os.fdopen(descriptor, "wb") as there:
        shutil.copyfileobj(here, there, _CHUNK)
        there.flush()
        os.fsync(descriptor)


def _write(path: Path, content: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(content)
    _sync(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _settle(folder: Path) -> None:
    """Make names in ``folder`` survive a power cut."""
    _sync(folder)
