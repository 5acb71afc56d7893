"""The first command, without questions: options, or what an audit left behind."""

import json
import stat
from dataclasses import asdict
from pathlib import Path

import pytest

from firsthand.config.load import load
from firsthand.config.site import site
from firsthand.draft import Outline, Watched
from firsthand.errors import ConfigError
from firsthand.init import following, init, seen, write

META = Watched("meta", "1234567890123456", events=("PageView",))
OUTLINE = Outline(("shop.example.com",), "trk.shop.example.com", (META,))


def audit(folder: Path, **change: object) -> Path:
    path = folder / "audit.json"
    path.write_text(json.dumps({"outline": {**asdict(OUTLINE), **change}, "pages": 4}))
    return path


def options(path: Path, account: str = "meta=1234567890123456") -> None:
    init(path, None, ["shop.example.com"], "trk.shop.example.com", [account], [], "")


def test_options_say_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "shop.toml"
    options(path)
    built = site(load(path), secret=b"only for tests", file=str(path))
    assert list(built.accounts) == [("meta", "1234567890123456")]
    said = capsys.readouterr().out
    commands = ["check", "serve", "cert issue", "doctor", "snippet"]
    places = [said.index(f"firsthand {each} --config {path}") for each in commands]
    assert places == sorted(places)
    assert "export META_TOKEN=" in said


def test_an_audit_says_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "shop.toml"
    init(path, audit(tmp_path))
    assert "# Meta. Seen: PageView." in path.read_text()
    assert "1 accounts, all in mode shadow" in capsys.readouterr().out


def test_options_stand_above_an_audit(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    more = ["tiktok=CABC123DEF456GHI789J"]
    init(path, audit(tmp_path), None, "t.shop.example.com", more, None, "onetrust")
    built = site(load(path), secret=b"only for tests", file=str(path))
    assert built.tracking_host == "t.shop.example.com"
    assert set(built.vendors) == {"meta", "tiktok"}
    assert built.consent.authority == "onetrust"


def test_settings_reach_the_accounts_of_an_audit(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    pinterest = [{"vendor": "pinterest", "account": "2612345678901"}]
    found = audit(tmp_path, accounts=pinterest)
    with pytest.raises(ConfigError, match=r"--setting pinterest.ad_account="):
        init(path, found)
    init(path, found, setting=["pinterest.ad_account=549755880001"])
    assert 'ad_account = "549755880001"' in path.read_text()


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        options(path)
    assert path.read_text() == "mine"


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="is there already"):
        options(path)


@pytest.mark.parametrize(
    ("hosts", "tracking", "words"),
    [
        (("shop.example.com",), "trk.other.example", "third-party"),
        (("https://shop.example.com",), "trk.shop.example.com", "write the host alone"),
        (("shop.example.com",), "203.0.113.9", "cannot carry cookies"),
    ],
)
def test_what_would_not_start_is_not_written(
    tmp_path: Path, hosts: tuple[str, ...], tracking: str, words: str
) -> None:
    path = tmp_path / "shop.toml"
    with pytest.raises(ConfigError, match=words):
        write(Outline(hosts, tracking, (META,)), path, "a test")
    assert not path.exists()


@pytest.mark.parametrize("account", ["meta", "meta=", "nobody=1", "=1", "meta=G-1"])
def test_what_is_no_account_is_refused(tmp_path: Path, account: str) -> None:
    with pytest.raises(ConfigError):
        options(tmp_path / "shop.toml", account)


def test_what_waits_for_settings_is_told(tmp_path: Path) -> None:
    waiting = Watched("google_ads", "AW-123456789/abc")
    whole = Outline(OUTLINE.hosts, OUTLINE.tracking_host, (META, waiting))
    path = tmp_path / "shop.toml"
    said = "\n".join(following(whole, path, write(whole, path, "a test")))
    assert "google_ads AW-123456789/abc is not watched yet: it needs customer, action" in said


def test_the_file_holds_no_secret_and_can_be_read_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    options(path)
    assert stat.S_IMODE(path.stat().st_mode) & 0o400
    assert 'token = { env = "META_TOKEN" }' in path.read_text()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"outline": {"hosts": 3}}', '{"outline": {"hosts": ["a"]}}', "{"]
)
def test_what_is_no_audit_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "audit.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"audit\.json.*scripts/audit"):
        seen(path)


def test_an_audit_names_no_vendor_that_there_is_not(tmp_path: Path) -> None:
    found = audit(tmp_path, accounts=[{"vendor": "nobody", "account": "1"}])
    with pytest.raises(ConfigError, match="nobody"):
        seen(found)
