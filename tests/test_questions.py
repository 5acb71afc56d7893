"""The questions, answered on standard input as at a terminal."""

import subprocess
import sys
import tomllib
from pathlib import Path

ALL = "shop.example.com, www.shop.example.com\n\nmeta,pinterest\n{pixel}\n2612345678901\n\n54975\n"


def init(folder: Path, answers: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "firsthand", "init", "--config", "shop.toml", *more],
        input=answers,
        capture_output=True,
        check=False,
        text=True,
        cwd=folder,
    )


def test_answers_become_a_configuration(tmp_path: Path) -> None:
    done = init(tmp_path, ALL.format(pixel="1234567890123456"))
    assert done.returncode == 0, done.stderr
    found = tomllib.loads((tmp_path / "shop.toml").read_text())
    assert found["site"]["hosts"] == ["shop.example.com", "www.shop.example.com"]
    assert found["site"]["tracking_host"] == "trk.shop.example.com"
    assert found["meta"][0]["account"] == "1234567890123456"
    assert found["pinterest"][0]["ad_account"] == "54975"
    assert "ID of" not in done.stdout
    assert "firsthand check --config shop.toml" in done.stdout


def test_what_cannot_be_an_account_is_asked_again(tmp_path: Path) -> None:
    done = init(tmp_path, ALL.format(pixel="G-1\n1234567890123456"))
    assert done.returncode == 0, done.stderr
    assert "that is not the form of one" in done.stderr


def test_where_nobody_answers_nothing_is_written(tmp_path: Path) -> None:
    done = init(tmp_path, "shop.example.com\n")
    assert done.returncode == 2
    assert "--tracking-host gives it in advance" in done.stderr
    assert list(tmp_path.iterdir()) == []
