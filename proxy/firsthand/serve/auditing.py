"""The audit log as the server and the commands keep it."""

import asyncio
import getpass
import logging
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from firsthand.config.load import load
from firsthand.errors import ConfigError
from firsthand.serve.owner import refuse_stranger
from firsthand.serve.plan import Plan, data_folder, now
from firsthand.store.audit import Act, Audit, Done
from firsthand.store.sqlite.audit import open_audit
from firsthand.store.sqlite.files import audit_path

log = logging.getLogger(__name__)

PURGE_S = 3_600.0
DAY_MS = 86_400_000
SERVER = "server"
SHORT = 12
"""Digits of a fingerprint."""


def note(config: Path, what: Act, subject: str = "", *, n: int = 1, who: str = "") -> None:
    """Note in a configuration's audit log what a command did. Not to be called in a running loop.

    ``who``: default the system's user. Raises ``ConfigError`` when it cannot be noted: the command
    has done its work then, and says so.
    """
    who = f"command line ({who or getpass.getuser()})"
    try:
        asyncio.run(_note(config, who, what, subject, n))
    except (OSError, ConfigError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise ConfigError(f"{what}: done, but not noted in the audit log: {why}") from error


async def _note(path: Path, who: str, what: Act, subject: str, n: int) -> None:
    config = load(path)
    folder = data_folder(config, path)
    refuse_stranger(folder)
    async with open_audit(folder, config.store.durability) as audit:
        await audit.note(who, what, subject, at=now(), n=n)


def read(config: Path, *, limit: int) -> Sequence[Done]:
    """Return the newest lines of a configuration's audit log. Raises ``ConfigError``."""
    folder = data_folder(load(config), config)
    if not audit_path(folder).exists():
        raise ConfigError(f"{folder}: nothing is noted yet; start: firsthand serve")
    try:
        return asyncio.run(_read(folder, limit))
    except OSError as error:
        raise ConfigError(f"audit log: {error.strerror or type(error).__name__}") from error


async def _read(folder: Path, limit: int) -> Sequence[Done]:
    async with open_audit(folder) as audit:
        return await audit.lines(limit=limit)


def fingerprint(plan: Plan) -> str:
    """Return what tells one configuration file from another: the beginning of its SHA-256."""
    return sha256(plan.text.encode()).hexdigest()[:SHORT]


async def keep_audit(audit: Audit, plan: Callable[[], Plan], changed: asyncio.Event) -> None:
    """Note at once and at each change which configuration holds; hourly delete what is too old."""
    while True:
        changed.clear()
        try:
            await _tell(audit, fingerprint(plan()))
            days = plan().config.retention.audit_days
            await audit.purge(before=now() - days * DAY_MS, now=now())
        except OSError as error:
            log.error("audit log: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
        try:
            async with asyncio.timeout(PURGE_S):
                await changed.wait()
        except TimeoutError:
            continue


async def _tell(audit: Audit, print_: str) -> None:
    last = await audit.latest(Act.CONFIGURATION)
    before = last.subject.rpartition(" ")[2] if last else "none"
    if before != print_:
        await audit.note(SERVER, Act.CONFIGURATION, f"{before} -> {print_}", at=now())
