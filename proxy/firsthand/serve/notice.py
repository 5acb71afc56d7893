"""How the ``reload`` command finds the running server, and hears what came of it: two files.

``server.lock`` is held by the process to be signalled, ``reload.json`` holds what the last reload
came to. A command that waits for the signal's effect can so tell it, with an exit status.
"""

import asyncio
import logging
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from firsthand.config.load import load
from firsthand.errors import ConfigError
from firsthand.serve.plan import data_folder
from firsthand.store.sqlite.files import Held, holder, try_lock

log = logging.getLogger(__name__)

TRIES = 150
PAUSE_S = 0.1
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Notice:
    """``config``: the file the server runs by. ``count``: reloads so far, whatever came of them.
    ``why``: what keeps the file as it is now from being used; empty when it is in use."""

    config: str = ""
    count: int = 0
    why: str = ""


def lock_path(folder: Path) -> Path:
    """Return the lock of the server as a whole."""
    return folder / "server.lock"


def name(config: Path) -> str:
    """Return the name under which server and command speak of a configuration file."""
    return str(config.resolve())


def read_notice(folder: Path) -> Notice:
    """Return what the last reload came to; an empty notice while there is none."""
    try:
        return Notice(**orjson.loads((folder / "reload.json").read_bytes()))
    except (OSError, orjson.JSONDecodeError, TypeError):
        return Notice()


def write_notice(folder: Path, notice: Notice) -> None:
    """Tell what a reload came to. A disk that does not take it is told in the log."""
    path = folder / "reload.json"
    draft = path.with_suffix(".draft")
    try:
        draft.touch(0o600)
        draft.write_bytes(orjson.dumps(asdict(notice)))
        draft.replace(path)
    except OSError as error:
        log.error("what a reload came to cannot be written: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough


async def claim(folder: Path, config: str) -> Held:
    """Return the server's lock. Raises ``ConfigError`` while another server uses this folder."""
    for _ in range(TRIES):
        held = try_lock(lock_path(folder))
        if held is not None:
            write_notice(folder, Notice(config))
            return held
        await asyncio.sleep(PAUSE_S)
    pid = holder(lock_path(folder)) or "not known"
    raise ConfigError(f"{folder}: another server uses it (pid {pid}). Remedy: end that process")


def ask(path: Path) -> None:
    """Have the server that runs by ``path`` read it again; return once it uses it.

    Raises ``ConfigError`` with the reason why it does not.
    """
    folder = data_folder(load(path), path)
    pid = _server(folder, path)
    before = read_notice(folder)
    if before.config != name(path):
        raise ConfigError(f"{folder}: its server runs by {before.config}; reload that file")
    try:
        os.kill(pid, signal.SIGHUP)
    except PermissionError:
        raise ConfigError(f"the server (pid {pid}) is another user's; run this as that") from None
    after = _awaited(folder, before)
    if after.why:
        raise ConfigError(after.why)


def _server(folder: Path, path: Path) -> int:
    """Return the process that holds the lock. Raises ``ConfigError`` where there is none."""
    held = try_lock(lock_path(folder)) if folder.is_dir() else None
    if held is not None:
        held.release()
    pid = holder(lock_path(folder))
    if held is not None or not pid:
        raise ConfigError(
            f"{path}: no server uses the data folder {folder}. Start one: firsthand serve;"
            " one with another store.path has to be restarted"
        )
    return int(pid)


def _awaited(folder: Path, before: Notice) -> Notice:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        after = read_notice(folder)
        if after.count != before.count:
            return after
        time.sleep(PAUSE_S / 2)
    raise ConfigError(f"the server did not answer within {PATIENCE_S:.0f} s; its log may say why")
