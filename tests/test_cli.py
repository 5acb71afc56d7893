"""The command as it is typed: what stands on its outputs, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.config.sample import PIXEL, PROPERTY
from tests.serve.buried import buried
from tests.serve.test_replaying import letter

TOP = Path(__file__).parents[1]
PURCHASE = (
    '{"method":"GET","url":"https://trk.shop.example.com/www.facebook.com/tr/?id=1234567890123456'
    "&ev=Purchase&eid=order-991&cd[value]=49.90&cd[currency]=eur&ts=1795500000123"
    '&dl=https%3A%2F%2Fshop.example.com%2Fthanks",'
    '"headers":{"Cookie":"fh_consent=1.a1m1.1795400000.fh","User-Agent":"UA"},'
    '"ip":"203.0.113.9","at":"2026-11-24T06:00:01Z"}'
)
CONFIG = f"""
[site]
hosts = ["shop.example.com"]
tracking_host = "trk.shop.example.com"
[[meta]]
account = "{PIXEL}"
mode = "server"
token = {{ env = "SHOP_META_TOKEN" }}
[[ga4]]
account = "{PROPERTY}"
mode = "server"
token = {{ env = "SHOP_GA4_SECRET" }}
"""


def firsthand(
    *arguments: str, stdin: str | bytes = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "firsthand", *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


def written(folder: Path, text: str = CONFIG) -> str:
    path = folder / "shop.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_explain_prints_a_decision_for_each_line() -> None:
    done = firsthand("explain", "--json", stdin=f"{PURCHASE}\n\nrubbish\n{PURCHASE}\n")
    assert (done.returncode, done.stderr) == (0, b"")
    first, second, third = done.stdout.splitlines()
    assert first == third
    decision = orjson.loads(first)
    assert decision["calls"][0]["headers"]["Authorization"] == "Bearer ***"
    assert decision["calls"][0]["body"]["data"][0]["custom_data"]["value"] == 49.9
    assert orjson.loads(second)["error"].startswith("not a hit: ")


def test_explain_takes_any_bytes() -> None:
    done = firsthand("explain", "--json", stdin=b'\xff\xfe\n{"url":"\xff"}\n\x00\n')
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 3


def test_explain_for_people_shows_the_same() -> None:
    done = firsthand("explain", stdin=PURCHASE, NO_COLOR="1")
    assert done.returncode == 0
    plain = firsthand("explain", "--json", stdin=PURCHASE)
    assert orjson.loads(done.stdout) == orjson.loads(plain.stdout)
    assert done.stdout.count(b"\n") > 20


def test_explain_uses_a_configured_site(tmp_path: Path) -> None:
    foreign = PURCHASE.replace(PIXEL, "9999999999999999")
    done = firsthand(
        "explain", "--json", "--config", written(tmp_path), stdin=f"{PURCHASE}\n{foreign}"
    )
    known, unknown = map(orjson.loads, done.stdout.splitlines())
    assert [call["account"] for call in known["calls"]] == [PIXEL]
    assert [each["withheld"] for each in unknown["beacons"]] == [["unknown_account"]]
    again = firsthand("explain", "--json", "--config", written(tmp_path), stdin=PURCHASE)
    assert orjson.loads(again.stdout) == known


def test_check_says_what_is_missing_by_its_exit_code(tmp_path: Path) -> None:
    path = written(tmp_path)
    lacking = firsthand("check", "--config", path, "--json", SHOP_META_TOKEN="CANARY")
    assert lacking.returncode == 1
    ga4, meta = orjson.loads(lacking.stdout)
    assert (len(ga4["missing"]), meta["missing"]) == (1, [])
    whole = firsthand("check", "--config", path, SHOP_META_TOKEN="CANARY", SHOP_GA4_SECRET="CANARY")
    assert whole.returncode == 0
    assert PIXEL.encode() in whole.stdout
    assert b"CANARY" not in lacking.stdout + whole.stdout


def test_snippet_prints_the_address_to_change(tmp_path: Path) -> None:
    path = written(tmp_path)
    done = firsthand("snippet", "--config", path)
    assert (done.returncode, done.stderr) == (0, b"")
    address = "https://trk.shop.example.com/connect.facebook.net/en_US/fbevents.js"
    assert f"    {address}\n" in done.stdout.decode()
    one = firsthand("snippet", "--config", path, "--vendor", "ga4", "--json")
    assert [tag["vendor"] for tag in orjson.loads(one.stdout)["tags"]] == ["ga4"]
    none = firsthand("snippet", "--config", path, "--vendor", "acme")
    assert (none.returncode, none.stdout) == (2, b"")
    assert b"there are: ga4, meta" in none.stderr


@pytest.mark.parametrize("command", ["check", "snippet"])
def test_what_only_looks_leaves_nothing_behind(tmp_path: Path, command: str) -> None:
    firsthand(command, "--config", written(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["shop.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CONFIG.replace("tracking_host", "trackng_host"), 'did you mean "tracking_host"?'),
        (CONFIG.replace('mode = "server"', 'mode = "servr"'), 'did you mean "server"?'),
        (CONFIG.replace('"trk.shop.example.com"', '"co.uk"'), "site.tracking_host"),
        (CONFIG.replace(f'"{PROPERTY}"', '"UA-1"'), "is not an account"),
        (CONFIG + 'second = "[red]"', '"[red]" is not an account'),
        (CONFIG + "token2 =", "not TOML"),
        (CONFIG.replace('token = { env = "SHOP_META_TOKEN" }', 'token = "CANARY"'), "meta.0.token"),
    ],
)
def test_a_bad_file_is_a_message_and_not_a_traceback(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    done = firsthand("check", "--config", path)
    assert (done.returncode, done.stdout) == (2, b"")
    told = " ".join(done.stderr.decode().split())
    assert told.startswith(f"Cannot start. {path}: ")
    assert said in told
    assert "Traceback" not in told
    assert "CANARY" not in told


@pytest.mark.parametrize("command", ["explain", "report"])
def test_every_command_refuses_a_bad_file(tmp_path: Path, command: str) -> None:
    path = written(tmp_path, CONFIG.replace("tracking_host", "trackng_host"))
    done = firsthand(command, "--config", path, stdin=PURCHASE)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"did you mean" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_report_before_the_first_start_says_so(tmp_path: Path) -> None:
    done = firsthand("report", "--json", "--config", written(tmp_path))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"nothing is recorded yet" in done.stderr


async def test_dead_letters_are_listed_shown_and_sent_again(tmp_path: Path) -> None:
    path = written(tmp_path)
    async with buried(Path(path), [letter(1)]):
        listed = firsthand("dead", "list", "--json", "--vendor", "meta", "--config", path)
        (row,) = orjson.loads(listed.stdout)
        shown = firsthand("dead", "show", row["event"], "--json", "--config", path)
        assert orjson.loads(shown.stdout)["call"]["method"] == "POST"
        dry = firsthand("replay", "--dry-run", "--json", "--config", path)
        assert len(orjson.loads(dry.stdout)["letters"]) == 1
        done = firsthand("replay", "--json", "--since", "1h", "--config", path)
        assert orjson.loads(done.stdout) == {"sent": 1, "barred": 0, "left": {}}
        gone = firsthand("dead", "show", row["event"], "--config", path)
        noted = firsthand("admin", "log", "--json", "--config", path)
    (line,) = orjson.loads(noted.stdout)
    assert (line["what"], line["n"]) == ("replay", 1)
    assert line["subject"].startswith("since ")
    assert gone.returncode == 2
    assert b"has no dead letter" in gone.stderr
    assert b"canary" not in listed.stdout + shown.stdout + dry.stdout + done.stdout


def test_a_file_that_is_not_there_is_a_message(tmp_path: Path) -> None:
    done = firsthand("check", "--config", str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert b"cannot be read" in done.stderr
    assert b"Traceback" not in done.stderr


def test_without_a_command_there_is_help() -> None:
    done = firsthand()
    told = done.stdout + done.stderr
    assert b"Traceback" not in told
    for command in (b"serve", b"check", b"explain", b"report", b"snippet"):
        assert command in told


def test_an_unknown_option_is_a_message() -> None:
    done = firsthand("explain", "--jsn")
    assert done.returncode == 2
    assert b"--json" in done.stderr
    assert b"Traceback" not in done.stderr
