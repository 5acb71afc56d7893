"""Secrets: where they are read, how long they must be, and how those of our own are made.

A short or empty key verifies what anybody writes, so a start ends here instead.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from firsthand.config.load import Config
from firsthand.config.section import Source
from firsthand.errors import ConfigError

SECRET_BYTES = 32
SHORTEST_SECRET = 32
SHORTEST_KEY = 24
SHORTEST_TOKEN = 16
"""Characters. A keeper can be tried against a guessed secret offline, the others only here."""


def read_secret(source: Source, key: str) -> str:
    """Return a secret, or an empty string if its variable is not set or its file not there.

    Raises ``ConfigError`` when a file can be read by others, or both places are named.
    """
    if source.env and source.file:
        raise ConfigError(f"{key}: name an env or a file, not both")
    if source.env:
        return os.environ.get(source.env, "").strip()
    path = Path(source.file)
    try:
        if not source.file or not path.is_file():
            return ""
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"{key}: {path} can be read by others; run: chmod 600 {path}")
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {path} cannot be read ({type(error).__name__})") from None


def given_secret(source: Source, key: str, shortest: int = 1) -> str:
    """Return a configured secret, empty if none is named.

    Raises ``ConfigError`` when a place is named and nothing is there, or fewer than ``shortest``
    characters.
    """
    given = read_secret(source, key)
    if not given and (source.env or source.file):
        raise ConfigError(f"{key}: is named but empty; set it, or leave it out")
    if given and len(given) < shortest:
        raise ConfigError(
            f"{key}: is shorter than {shortest} characters, so it can be guessed;"
            " make one with: openssl rand -hex 32"
        )
    return given


def site_secret(config: Config, folder: Path) -> bytes:
    """Return the key of every hash: as configured, else the data folder's own."""
    given = configured_secret(config)
    return (given or kept_secret(folder / "secret", "site.secret", SHORTEST_SECRET)).encode()


def admin_token(config: Config, folder: Path) -> str:
    """Return what opens the admin pages: as configured, else the data folder's own."""
    given = configured_token(config)
    return given or kept_secret(folder / "admin-token", "admin.token", SHORTEST_TOKEN)


def report_key(folder: Path) -> bytes:
    """Return the private key that signs exported reports, 32 bytes: the data folder's own.

    Raises ``ConfigError`` when it cannot be kept, others can read it, or it is no key.
    """
    kept = folder / "report-key"
    text = kept_secret(kept, "the key of reports", 2 * SECRET_BYTES)
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != SECRET_BYTES:
        raise ConfigError(
            f"{kept}: is no key (64 hexadecimal digits); put it back from a backup, or delete it to"
            " have a new one made, whose public key others have to be told"
        )
    return key


def configured_secret(config: Config) -> str:
    """Return the configured key of every hash, empty if none is named."""
    return given_secret(config.site.secret, "site.secret", SHORTEST_SECRET)


def configured_token(config: Config) -> str:
    """Return the configured token of the admin pages, empty if none is named."""
    return given_secret(config.admin.token, "admin.token", SHORTEST_TOKEN)


def old_secrets(config: Config) -> tuple[bytes, ...]:
    """Return the earlier keys, with which keepers are still verified."""
    found = (
        given_secret(source, "site.old_secrets", SHORTEST_SECRET)
        for source in config.site.old_secrets
    )
    return tuple(old.encode() for old in found if old)


def ingest_key(config: Config) -> bytes:
    """Return what opens the door of the shop's server, empty where none is configured."""
    return given_secret(config.ingest.key, "ingest.key", SHORTEST_KEY).encode()


def kept_secret(kept: Path, key: str, shortest: int) -> str:
    """Return the secret in ``kept``, which is made at the first start.

    Raises ``ConfigError`` when the data folder cannot keep it, others can read it, or it is short.
    """
    try:
        if not kept.exists():
            _make(kept)
    except OSError as error:
        raise ConfigError(
            f"store.path: {kept.parent} cannot keep {key} ({error.strerror})"
        ) from error
    found = read_secret(Source(env="", file=str(kept)), key)
    if len(found) < shortest:
        raise ConfigError(
            f"{key}: {kept} holds fewer than {shortest} characters, so it can be guessed; put it"
            " back from a backup, or delete it to have a new one made, which knows nobody"
        )
    return found


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    _write(draft, secrets.token_hex(SECRET_BYTES).encode())
    # A hard link fails where another process was first: then its secret is the one.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    _settle(path.parent)


def _write(path: Path, content: bytes) -> None:
    """Write a file for ourselves alone. Its name may be given on once its bytes are on the disk."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _settle(folder: Path) -> None:
    """Make names in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
