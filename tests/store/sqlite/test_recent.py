import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.store.sqlite.recent import Caps, open_recent, recent_lines, recent_path

CAPS = Caps(keep_ms=1000, hits=3, size=100)


async def test_the_newest_are_kept_as_many_as_both_caps_leave_room_for(tmp_path: Path) -> None:
    async with open_recent(tmp_path) as file:
        await file.add([b"1", b"2", b"3", b"4"], CAPS, now=1000)
        assert await recent_lines(tmp_path) == [b"2", b"3", b"4"]
        await file.add([b"x" * 60, b"y" * 60], CAPS, now=1000)
        assert await recent_lines(tmp_path) == [b"y" * 60]
        await file.add([b"z" * 101], CAPS, now=1000)
        assert await recent_lines(tmp_path) == []


async def test_what_is_too_old_goes_and_leaves_no_byte(tmp_path: Path) -> None:
    async with open_recent(tmp_path) as file:
        await file.add([b"an older hit"], CAPS, now=1000)
        await file.add([b"a newer one"], CAPS, now=1999)
        assert len(await recent_lines(tmp_path)) == 2
        await file.add([], CAPS, now=2000)
        assert await recent_lines(tmp_path) == [b"a newer one"]
        await file.expire(5000)
        assert await recent_lines(tmp_path) == []
        left = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"older hit" not in left
    assert b"newer one" not in left


async def test_several_write_one_file(tmp_path: Path) -> None:
    async with open_recent(tmp_path) as one, open_recent(tmp_path) as two:
        await one.add([b"1"], CAPS, now=1)
        await two.add([b"2"], CAPS, now=1)
    assert await recent_lines(tmp_path) == [b"1", b"2"]
    assert recent_path(tmp_path).stat().st_mode & 0o077 == 0


async def test_files_that_are_none_of_ours(tmp_path: Path) -> None:
    assert await recent_lines(tmp_path) == []
    assert not recent_path(tmp_path).exists()
    recent_path(tmp_path).touch()
    assert await recent_lines(tmp_path) == []
    with closing(sqlite3.connect(recent_path(tmp_path))) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(ConfigError, match="newer Firsthand"):
        await recent_lines(tmp_path)
    recent_path(tmp_path).write_bytes(b"no database" * 1000)
    with pytest.raises(OSError, match="not a database"):
        await recent_lines(tmp_path)
