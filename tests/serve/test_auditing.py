import asyncio
import getpass
import logging
from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.serve import auditing
from firsthand.serve.auditing import fingerprint, keep_audit, note, read
from firsthand.serve.plan import Plan, now, plan
from firsthand.store.audit import Act
from firsthand.store.contract import Durability
from firsthand.store.sqlite.audit import SqliteAudit, open_audit
from firsthand.store.sqlite.files import audit_path
from tests.serve.test_plan import written

DAY = 86_400_000


def test_a_command_is_noted_with_the_systems_user(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(ConfigError, match="nothing is noted yet"):
        read(path, limit=9)
    plan(path)
    note(path, Act.ERASE, "2 events", n=2)
    note(path, Act.APPROVE, who="ada")
    second, first = read(path, limit=9)
    assert first.who == f"command line ({getpass.getuser()})"
    assert (first.what, first.subject, first.n) == (Act.ERASE, "2 events", 2)
    assert second.who == "command line (ada)"
    assert abs(now() - first.at) < DAY
    assert read(path, limit=1) == [second]


def test_what_cannot_be_noted_is_said(tmp_path: Path) -> None:
    path = written(tmp_path)
    audit_path(plan(path).folder).write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigError, match=r"erasure: done, but not noted .*audit\.db"):
        note(path, Act.ERASE)
    with pytest.raises(ConfigError, match=r"audit\.db"):
        read(path, limit=1)


def test_a_fingerprint_tells_files_apart(tmp_path: Path) -> None:
    path = written(tmp_path)
    first = fingerprint(plan(path))
    path.write_text(path.read_text() + "# more\n")
    assert fingerprint(plan(path)) != first
    assert len(first) == auditing.SHORT


class Watched(SqliteAudit):
    """Tells when it was kept; ``full``: the disk is."""

    full = False
    kept = 0

    async def purge(self, *, before: int, now: int) -> None:
        await super().purge(before=before, now=now)
        self.kept += 1

    async def latest(self, what: Act) -> "auditing.Done | None":
        if self.full:
            self.kept += 1
            raise OSError(28, "No space left on device")
        return await super().latest(what)


async def kept(audit: Watched, plans: list[Plan], *, times: int = 1) -> None:
    """Run the keeper over ``plans``, one after the other."""
    changed = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(keep_audit(audit, lambda: plans[0], changed))
        for round_ in range(times):
            seen = audit.kept
            if round_:
                plans.pop(0)
                changed.set()
            async with asyncio.timeout(20):
                while audit.kept == seen:
                    await asyncio.sleep(0.01)
        task.cancel()


async def test_a_configuration_is_noted_once_at_start_and_at_each_change(tmp_path: Path) -> None:
    path = written(tmp_path)
    first = plan(path)
    path.write_text(path.read_text() + "# more\n")
    second = plan(path)
    async with open_audit(first.folder, Durability.PROCESS) as opened:
        audit = Watched(opened._writer)
        await kept(audit, [first, second, second], times=3)
        await kept(audit, [second])
        a, b = fingerprint(first), fingerprint(second)
        lines = [(line.who, line.what, line.subject) for line in await audit.lines(limit=9)]
    assert lines == [
        ("server", "configuration", f"{a} -> {b}"),
        ("server", "configuration", f"none -> {a}"),
    ]


async def test_old_lines_go(tmp_path: Path) -> None:
    made = plan(written(tmp_path, "[retention]\naudit_days = 30\n"))
    async with open_audit(made.folder, Durability.PROCESS) as opened:
        audit = Watched(opened._writer)
        for days in (31, 29):
            await audit.note("ada", Act.SIGN_IN, at=now() - days * DAY)
        await kept(audit, [made])
        assert [line.id for line in await audit.lines(limit=9)] == [3, 2]


async def test_a_full_disk_is_told_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = plan(written(tmp_path))
    async with open_audit(made.folder, Durability.PROCESS) as opened:
        audit = Watched(opened._writer)
        audit.full = True
        with caplog.at_level(logging.ERROR):
            await kept(audit, [made, made], times=2)
    assert caplog.text.count("audit log: No space left on device") == 2
