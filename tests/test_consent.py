"""``firsthand consent`` as it is typed."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from firsthand.consent import app
from firsthand.errors import ConfigError
from firsthand.model import Reason
from firsthand.serve.auditing import read
from tests.serve.buried import buried
from tests.serve.test_plan import written
from tests.store.backends import event

TOP = Path(__file__).parents[1]


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Return a configuration whose server has entered a few events."""
    path = written(tmp_path)
    told = [
        event(0, name="Purchase", vendor="meta", dropped=("custom",)),
        event(0, vendor="ga4", withheld=Reason.BLOCKED),
        event(1),
    ]

    async def filled() -> None:
        async with buried(path, told):
            pass

    asyncio.run(filled())
    return str(path)


def run(*arguments: str, status: int = 0) -> str:
    """Return what a command prints."""
    done = CliRunner().invoke(app, [*arguments], env={"COLUMNS": "250"})
    assert done.exit_code == status, done.output
    return done.stdout


def as_json(*arguments: str, status: int = 0) -> Any:
    return orjson.loads(run(*arguments, "--json", status=status))


def test_prove_for_people_and_for_programs(config: str) -> None:
    said = run("prove", "key-0", "--config", config)
    for words in ("meta", "Purchase", "analytics, marketing (explicit)", "without custom"):
        assert words in said
    assert "withheld: vendor blocked" in said
    assert "meta A-1: server path refused, event refused by the vendor" in said
    assert "key-0" not in said
    told = as_json("prove", "key-0", "--config", config)
    assert [one["what"]["vendor"] for one in told["receipts"]] == ["meta", "ga4"]
    assert all(one["holds"] for one in told["receipts"])
    assert b"key-0" not in orjson.dumps(told)


def test_an_identifier_may_come_by_standard_input(config: str) -> None:
    done = CliRunner().invoke(app, ["prove", "-", "--json", "--config", config], input="key-0\n")
    assert len(orjson.loads(done.stdout)["receipts"]) == 2


def test_prove_says_when_there_is_nothing(config: str) -> None:
    assert "No receipt" in run("prove", "another", "--config", config, status=1)


def test_a_chain_is_verified_without_the_database(config: str, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "chain.jsonl"
    file.parent.mkdir()
    file.write_text(run("chain", "--config", config))
    head = run("head", "--config", config).strip()
    Path(config).unlink()
    assert "Holds within itself. Only a head" in run("verify", str(file))
    assert "is as it was then" in run("verify", str(file), "--head", head)
    told = as_json("verify", str(file), "--head", head)
    assert told["holds"]
    assert (told["records"], told["kinds"]) == (3, {"event": 3})
    file.write_text(file.read_text().replace('"ga4"', '"ga5"'))
    assert "Wrong: line 3, record 2: was changed" in run("verify", str(file), status=1)
    assert not as_json("verify", str(file), status=1)["holds"]


def test_what_the_docs_print_checks_a_chain_without_firsthand(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (TOP / "docs" / "receipts.md").read_text("utf-8").split("```python\n")[1]
    code = code.partition("```")[0]
    monkeypatch.chdir(tmp_path)
    chain = run("chain", "--config", config)
    Path("chain.jsonl").write_text(chain)
    exec(code, {})
    assert capsys.readouterr().out.startswith("holds {'seq': 3")
    Path("chain.jsonl").write_text(chain.replace('"ga4"', '"ga5"'))
    with pytest.raises(AssertionError):
        exec(code, {})


def test_erase_tells_counts_and_no_identifier(config: str) -> None:
    said = run("erase", "--event", "key-0", "--config", config)
    assert "dead letters: 1 found, 1 removed" in said
    assert "events in the ledger: 2 found, 2 removed" in said
    assert "key-0" not in said
    told = as_json("erase", "--event", "key-0", "--config", config)
    assert set(told["found"].values()) == {0}
    # The receipts stand, and the chain tells that somebody was erased: not who.
    assert len(as_json("prove", "key-0", "--config", config)["receipts"]) == 2
    chain = run("chain", "--config", config)
    assert '"kind":"erased"' in chain
    assert "key-0" not in chain
    none, some = read(Path(config), limit=9)
    assert {line.what for line in (none, some)} == {"erasure"}
    assert {line.subject for line in (none, some)} == {"by event key"}
    assert none.n == 0
    assert some.n >= 3


def test_export_is_for_the_person_who_asks(config: str) -> None:
    told = orjson.loads(run("export", "--event", "key-0", "--config", config))
    assert [one["vendor"] for one in told["events"]] == ["meta", "ga4"]
    assert len(told["receipts"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["x", "--head", "1"], "--head: NUMBER:HASH"), (["nowhere.jsonl"], "nowhere.jsonl: No such")],
)
def test_words_that_mean_nothing_are_told(arguments: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        CliRunner().invoke(app, ["verify", *arguments], catch_exceptions=False)
