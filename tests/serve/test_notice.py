import os
from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.serve import notice
from firsthand.serve.notice import Notice, ask, claim, lock_path, name, read_notice, write_notice
from firsthand.store.sqlite.files import holder, try_lock
from tests.serve.test_plan import written

DATA = '[store]\npath = "data"\n'


async def test_a_claim_tells_who_serves_and_by_which_file(tmp_path: Path) -> None:
    held = await claim(tmp_path, "/etc/shop.toml")
    assert holder(lock_path(tmp_path)) == str(os.getpid())
    assert read_notice(tmp_path) == Notice("/etc/shop.toml")
    assert (tmp_path / "reload.json").stat().st_mode & 0o077 == 0
    held.release()


async def test_a_second_server_of_a_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice, "TRIES", 2)
    held = await claim(tmp_path, "first.toml")
    with pytest.raises(ConfigError, match=f"another server uses it .pid {os.getpid()}"):
        await claim(tmp_path, "second.toml")
    assert read_notice(tmp_path).config == "first.toml"
    held.release()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}x", b'{"unknown": 1}', b"\xff"])
def test_what_is_no_notice_says_nothing(tmp_path: Path, body: bytes) -> None:
    assert read_notice(tmp_path) == Notice()
    (tmp_path / "reload.json").write_bytes(body)
    assert read_notice(tmp_path) == Notice()


def test_a_folder_that_is_gone_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_notice(tmp_path / "gone", Notice())
    assert caplog.messages == ["what a reload came to cannot be written: No such file or directory"]


def test_without_a_server_the_remedy_is_to_start_one(tmp_path: Path) -> None:
    path = written(tmp_path, DATA)
    with pytest.raises(ConfigError, match="no server uses the data folder"):
        ask(path)
    (tmp_path / "data").mkdir()
    with pytest.raises(ConfigError, match="Start one: firsthand serve"):
        ask(path)


def test_a_server_of_another_file_is_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path, DATA)
    (tmp_path / "data").mkdir()
    held = try_lock(lock_path(tmp_path / "data"))
    assert held is not None
    write_notice(tmp_path / "data", Notice("/etc/other.toml"))
    with pytest.raises(ConfigError, match=r"runs by /etc/other\.toml"):
        ask(path)
    held.release()


def test_a_file_has_one_name(tmp_path: Path) -> None:
    (tmp_path / "site.toml").touch()
    (tmp_path / "link.toml").symlink_to(tmp_path / "site.toml")
    assert name(tmp_path / "link.toml") == name(tmp_path / "site.toml")
