"""Secrets are read from where only we can read, and are never short enough to be guessed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from firsthand.config.load import parse
from firsthand.config.secret import (
    SHORTEST_KEY,
    SHORTEST_SECRET,
    SHORTEST_TOKEN,
    admin_token,
    given_secret,
    ingest_key,
    old_secrets,
    read_secret,
    site_secret,
)
from firsthand.config.section import Source
from firsthand.errors import ConfigError
from tests.config.sample import FILE, sample, variables

OURS = "a secret of ours that is long enough"


def test_a_secret_comes_from_a_variable_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(" from a file \n", "utf-8")
    path.chmod(0o600)
    with variables(A_TOKEN=" from the environment\n", EMPTY="  "):
        assert read_secret(Source(env="A_TOKEN"), "k") == "from the environment"
        assert read_secret(Source(file=str(path)), "k") == "from a file"
        assert read_secret(Source(), "k") == ""
        assert read_secret(Source(env="EMPTY"), "k") == ""
        assert read_secret(Source(env="NOT_SET"), "k") == ""
        assert read_secret(Source(file=str(tmp_path / "none")), "k") == ""


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o666])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    path.write_text("CANARY", "utf-8")
    path.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        read_secret(Source(file=str(path)), "meta.0.token")
    assert f"meta.0.token: {path} can be read by others; run: chmod 600 {path}" in str(
        refused.value
    )
    assert "CANARY" not in str(refused.value)


def test_a_secret_in_two_places_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^meta\.0\.token: name an env or a file, not both"):
        read_secret(Source(env="A", file="b"), "meta.0.token")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secret(Source(file=str(path)), "k")


@pytest.mark.parametrize("source", [{"env": "NOT_SET_ANYWHERE"}, {"file": "/nowhere/secret"}])
def test_a_secret_that_is_named_but_not_there_is_refused(
    tmp_path: Path, source: dict[str, str]
) -> None:
    """An empty key would verify every keeper that a visitor makes up."""
    with pytest.raises(ConfigError, match=r"^k: is named but empty"):
        given_secret(Source(**source), "k")
    with pytest.raises(ConfigError, match=r"^site\.secret: is named but empty"):
        site_secret(parse(sample(site={"secret": source}), FILE), tmp_path)
    with pytest.raises(ConfigError, match=r"^admin\.token: is named but empty"):
        admin_token(parse(sample(admin={"token": source}), FILE), tmp_path)
    with pytest.raises(ConfigError, match=r"^site\.old_secrets: is named but empty"):
        old_secrets(parse(sample(site={"old_secrets": [source]}), FILE))
    assert not list(tmp_path.iterdir())


def test_old_secrets_are_read_and_an_unnamed_one_is_none() -> None:
    config = parse(sample(site={"old_secrets": [{"env": "OLD"}, {}]}), FILE)
    with variables(OLD=OURS):
        assert old_secrets(config) == (OURS.encode(),)


@pytest.mark.parametrize(
    ("read", "name"), [(site_secret, "secret"), (admin_token, "admin-token")], ids=("site", "admin")
)
def test_a_secret_is_made_once_and_kept_for_ourselves(
    tmp_path: Path, read: Callable[..., bytes | str], name: str
) -> None:
    config = parse(sample(), FILE)
    folder = tmp_path / "data" / "shop"
    first = read(config, folder)
    assert read(config, folder) == first
    assert len(first) == 64
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert read(config, tmp_path / "elsewhere") != first


def test_a_configured_secret_makes_no_file(tmp_path: Path) -> None:
    with variables(SHOP_SECRET=OURS):
        found = site_secret(parse(sample(site={"secret": {"env": "SHOP_SECRET"}}), FILE), tmp_path)
    assert found == OURS.encode()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_keep_the_secret_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(ConfigError, match=r"store\.path: .*file cannot keep site\.secret"):
        site_secret(parse(sample(), FILE), blocked)


FIRST_START = """
import sys
from pathlib import Path
from firsthand.config.load import parse
from firsthand.config.secret import site_secret
config = parse({"site": {"hosts": ["shop.example.com"], "tracking_host": "trk.example.com"}}, "f")
print("ready", flush=True)
sys.stdin.readline()
print(site_secret(config, Path(sys.argv[1])).decode())
"""


def test_processes_that_start_together_have_one_secret(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    command = [sys.executable, "-c", FIRST_START, str(folder)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = {process.communicate()[0].strip() for process in started}
    assert len(told) == 1
    assert [path.name for path in folder.iterdir()] == ["secret"]
    assert (folder / "secret").read_text("utf-8") in told


@pytest.mark.parametrize("content", ["", "\n", "x" * 15])
@pytest.mark.parametrize(
    ("read", "name"), [(site_secret, "secret"), (admin_token, "admin-token")], ids=("site", "admin")
)
def test_a_kept_secret_that_can_be_guessed_is_refused(
    tmp_path: Path, read: Callable[..., bytes | str], name: str, content: str
) -> None:
    """A power cut may leave an empty file; an empty key verifies every keeper."""
    path = tmp_path / name
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="holds fewer than") as refused:
        read(parse(sample(), FILE), tmp_path)
    assert str(path) in str(refused.value)
    assert path.read_text() == content, "a secret is never replaced by itself"


@pytest.mark.parametrize(
    ("read", "name"), [(site_secret, "secret"), (admin_token, "admin-token")], ids=("site", "admin")
)
def test_a_kept_secret_that_others_can_read_is_refused(
    tmp_path: Path, read: Callable[..., bytes | str], name: str
) -> None:
    config = parse(sample(), FILE)
    read(config, tmp_path)
    (tmp_path / name).chmod(0o644)
    with pytest.raises(ConfigError, match="can be read by others; run: chmod 600"):
        read(config, tmp_path)


def test_a_configured_secret_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    config = parse(
        sample(
            site={"secret": {"env": "SHORT"}, "old_secrets": [{"env": "SHORT"}]},
            admin={"token": {"env": "SHORT"}},
            ingest={"key": {"env": "SHORT"}},
        ),
        FILE,
    )
    for key, shortest, read in (
        ("site.secret", SHORTEST_SECRET, lambda: site_secret(config, tmp_path)),
        ("site.old_secrets", SHORTEST_SECRET, lambda: old_secrets(config)),
        ("admin.token", SHORTEST_TOKEN, lambda: admin_token(config, tmp_path)),
        ("ingest.key", SHORTEST_KEY, lambda: ingest_key(config)),
    ):
        with variables(SHORT="x" * (shortest - 1)), pytest.raises(ConfigError) as refused:
            read()
        assert str(refused.value).startswith(f"{key}: is shorter than {shortest} characters")
        with variables(SHORT="x" * shortest):
            assert read()


def test_a_secret_is_made_beside_what_a_crash_left(tmp_path: Path) -> None:
    """The number of a process comes again: its predecessor's draft is no obstacle."""
    config = parse(sample(), FILE)
    leave = 'import os; Path(sys.argv[1]).joinpath(f"secret.{os.getpid()}").touch(0o644)'
    script = FIRST_START.replace("config = parse(", f"{leave}\nconfig = parse(")
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        input="go\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert site_secret(config, tmp_path).decode() == done.stdout.split()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
