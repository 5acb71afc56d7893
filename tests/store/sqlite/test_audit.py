import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.store.audit import Act
from firsthand.store.contract import Durability
from firsthand.store.sqlite.audit import LONGEST, SqliteAudit, open_audit
from firsthand.store.sqlite.files import audit_path

NOW = 1_795_500_000_000
DAY = 86_400_000


@pytest.fixture
async def audit(tmp_path: Path) -> AsyncIterator[SqliteAudit]:
    async with open_audit(tmp_path, Durability.PROCESS) as opened:
        yield opened


async def ids(audit: SqliteAudit) -> list[int]:
    return [line.id for line in await audit.lines(limit=99)]


async def test_lines_are_kept_in_their_order(audit: SqliteAudit) -> None:
    await audit.note("ada", Act.SIGN_IN, at=NOW)
    await audit.note("ben", Act.REPLAY, "x" * 2 * LONGEST, at=NOW - DAY, n=3)
    second, first = await audit.lines(limit=9)
    assert (first.id, first.at, first.who, first.what, first.n) == (1, NOW, "ada", "sign-in", 1)
    assert (second.subject, second.n) == ("x" * LONGEST, 3)
    assert [line.id for line in await audit.lines(limit=9, before=2)] == [1]
    assert [line.id for line in await audit.lines(limit=1)] == [2]
    assert await audit.latest(Act.SIGN_IN) == first
    assert await audit.latest(Act.ERASE) is None


async def test_lines_go_from_the_old_end_only(audit: SqliteAudit) -> None:
    for at in (1, 2, 9, 3, 8):
        await audit.note("", Act.RELOAD, at=NOW + at * DAY)
    await audit.purge(before=NOW, now=NOW)
    assert await ids(audit) == [5, 4, 3, 2, 1]
    await audit.purge(before=NOW + 5 * DAY, now=NOW)
    assert await ids(audit) == [5, 4, 3], "a line between younger ones stays"
    await audit.purge(before=NOW + 10 * DAY, now=NOW)
    assert await ids(audit) == []
    await audit.purge(before=NOW + 10 * DAY, now=NOW)
    await audit.note("", Act.RELOAD, at=NOW)
    assert await ids(audit) == [6]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE acts SET who = 'nobody'",
        "UPDATE acts SET at = 0 WHERE id = 1",
        "DELETE FROM acts WHERE id = 2",
        "DELETE FROM acts WHERE id > 1",
    ],
)
async def test_lines_are_never_changed(audit: SqliteAudit, tmp_path: Path, statement: str) -> None:
    for who in ("ada", "ben", "cleo"):
        await audit.note(who, Act.APPROVE, at=NOW)
    before = await audit.lines(limit=9)
    with sqlite3.connect(audit_path(tmp_path)) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)
    assert await audit.lines(limit=9) == before


async def test_server_and_commands_write_side_by_side(audit: SqliteAudit, tmp_path: Path) -> None:
    async with open_audit(tmp_path, Durability.PROCESS) as other:
        each = (writer.note("", Act.REPLAY, at=NOW) for writer in (audit, other) for _ in range(20))
        await asyncio.gather(*each)
    assert await ids(audit) == list(range(40, 0, -1))


async def test_ended_sessions_are_kept_until_they_are_over(
    audit: SqliteAudit, tmp_path: Path
) -> None:
    for _ in range(2):
        await audit.end("a", expires=NOW)
    await audit.end("b", expires=NOW + 1)
    async with open_audit(tmp_path) as again:
        assert await again.ended() == {"a", "b"}
    await audit.purge(before=0, now=NOW)
    assert await audit.ended() == {"b"}


async def test_the_file_is_the_owners_and_one_that_is_broken_is_named(tmp_path: Path) -> None:
    async with open_audit(tmp_path):
        pass
    path = audit_path(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigError, match=r"audit\.db"):
        async with open_audit(tmp_path):
            pass
