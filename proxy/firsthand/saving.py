"""``firsthand backup`` and ``restore``: the data folder's databases, whole and together."""

from pathlib import Path
from typing import Annotated

import typer

from firsthand import __version__
from firsthand.config.load import load
from firsthand.errors import ConfigError
from firsthand.serve.notice import lock_path
from firsthand.serve.owner import refuse_stranger
from firsthand.serve.plan import data_folder, now
from firsthand.store.sqlite import backup as copies
from firsthand.store.sqlite.files import holder, try_lock

ConfigPath = Annotated[Path, typer.Option("--config", help="The configuration file.")]


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder, for the copy.")], config: ConfigPath
) -> None:
    """Copy the databases, and the secret that keys them, while the server runs."""
    here = data_folder(load(config), config)
    refuse_stranger(here)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder}: is there already; name a new folder")
    try:
        saved = copies.save(here, folder, version=__version__, now=now())
    except OSError as error:
        raise ConfigError(f"{error.filename or folder}: {error.strerror}; no copy made") from error
    print(f"{folder}: {told(saved)}. It holds the secret of all hashes: keep it as safe as that.")


def restore(
    folder: Annotated[Path, typer.Argument(help="What backup has made.")], config: ConfigPath
) -> None:
    """Put a copy into the data folder, which must be empty of databases, while no server runs."""
    here = data_folder(load(config), config)
    refuse_stranger(here)
    here.mkdir(parents=True, exist_ok=True)
    lock = lock_path(here)
    held = try_lock(lock)
    if held is None:
        raise ConfigError(f"{here}: a server uses it (pid {holder(lock)}); end that first")
    try:
        saved = copies.restore(folder, here)
    except OSError as error:
        raise ConfigError(f"{error.filename or here}: {error.strerror}; not restored") from error
    finally:
        held.release()
    print(f"{here}: {told(saved)}. Start the server: firsthand serve --config {config}")


def told(saved: copies.Saved) -> str:
    """Return what a copy holds, for people."""
    rows = saved.rows
    return (
        f"{len(saved.files)} files, {rows['events']} events, {rows['waiting']} of them wait for"
        f" delivery, {rows['outbox']} rows not moved yet"
    )
