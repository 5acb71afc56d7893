"""``firsthand scripts`` as it is typed, on a custody in which every state occurs."""

import asyncio
import csv
import getpass
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from firsthand.errors import ConfigError
from firsthand.rules.scriptjudge import judge_of
from firsthand.scripts import app
from firsthand.serve.auditing import read
from firsthand.serve.plan import plan
from firsthand.store.sqlite.custody import open_custody
from tests.custody import CONFIG, FBEVENTS, GTAG, UET, digest, fill
from tests.samples import NOW
from tests.serve.test_plan import written
from tests.test_cli import firsthand


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = written(tmp_path)
    made = plan(path)

    async def filled() -> None:
        async with open_custody(made.folder, judge_of(made.site)) as custody:
            await fill(custody, NOW)

    asyncio.run(filled())
    return str(path)


def shown(config: str, *arguments: str) -> str:
    """Return what a command prints."""
    done = CliRunner().invoke(app, [*arguments, "--config", config], env={"COLUMNS": "200"})
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return done.stdout


def run(config: str, *arguments: str) -> Any:
    """Return what a command prints as JSON."""
    return orjson.loads(shown(config, *arguments, "--json"))


def test_list_for_programs_and_for_people(config: str) -> None:
    told = {row["address"]: row for row in run(config, "list")}
    assert set(told) == {FBEVENTS, CONFIG, GTAG, UET}
    assert told[FBEVENTS]["waiting"] == digest("skimmer")
    told_people = shown(config, "list")
    for words in ("fbevents.js", "watches the keyboard", digest("one")[:12], "status 500"):
        assert words in told_people


def test_diff_says_it_in_words(config: str) -> None:
    told = run(config, "diff", "fbevents")
    assert (told["new"], told["old"]) == (digest("skimmer"), digest("one"))
    texts = {each["text"]: each["severity"] for each in told["findings"]}
    assert texts["names a host that is not the vendor's: cards.example"] == "alarm"
    back = run(config, "diff", "fbevents", digest("one")[:8], digest("skimmer")[:8])
    assert "no longer names cards.example" in {each["text"] for each in back["findings"]}
    assert "alarm: watches the keyboard (keydown)" in shown(config, "diff", "fbevents")
    assert "when it came:\n- note: has 1,200 bytes instead of 1,000" in shown(
        config, "diff", "gtag"
    )


def test_approve_and_roll_back_are_logged_with_who_and_why(config: str) -> None:
    done = run(config, "approve", "fbevents", digest("skimmer")[:8], "--reason", "asked Meta")
    assert done == {"done": "approved", "address": FBEVENTS, "hash": digest("skimmer")}
    done = run(config, "rollback", "fbevents", "--who", "joe", "--reason", "it breaks")
    assert done == {"done": "rolled back to", "address": FBEVENTS, "hash": digest("one")}
    told = orjson.loads(shown(config, "export"))
    last = [(line["who"], line["what"], line["reason"]) for line in told["decisions"][-3:]]
    assert last == [
        (getpass.getuser(), "approved", "asked Meta"),
        ("joe", "rejected", "it breaks"),
        ("joe", "rolled back to", "it breaks"),
    ]
    assert told["log_intact"]
    noted = [(line.who, line.what, line.subject) for line in read(Path(config), limit=9)]
    assert noted == [
        ("command line (joe)", "script rolled back", f"{FBEVENTS} {digest('one')[:12]}"),
        (
            f"command line ({getpass.getuser()})",
            "script approved",
            f"{FBEVENTS} {digest('skimmer')[:12]}",
        ),
    ]


@pytest.mark.parametrize("table", ["inventory", "changes", "decisions"])
def test_export_as_tables(config: str, table: str) -> None:
    text = shown(config, "export", "--format", "csv", "--table", table)
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert len(rows) >= 4
    assert {"address", "vendor"} <= set(rows[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("diff", "nothing"), '"nothing" fits none of:'),
        (("diff", "connect"), '"connect" fits several of:'),
        (("diff", "bat.js"), "has no version yet: not a script"),
        (("approve", "fbevents", "00000000"), '"00000000" names no single version of:'),
        (("approve", "fbevents", digest("one")[:3]), "names no single version"),
        (("rollback", "fbevents"), "no earlier version of it was ever served"),
        (("export", "--format", "csv", "--table", "x"), "--table: one of inventory"),
    ],
)
def test_what_cannot_be_done_is_a_message(
    config: str, arguments: tuple[str, ...], said: str
) -> None:
    done = CliRunner().invoke(app, [*arguments, "--config", config])
    assert isinstance(done.exception, ConfigError)
    assert said in str(done.exception)
    assert done.stdout == ""


def test_before_the_first_start_it_says_so(tmp_path: Path) -> None:
    done = firsthand("scripts", "list", "--config", str(written(tmp_path)))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no script was served yet" in done.stderr
    assert b"Traceback" not in done.stderr
