import json
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from firsthand.admin.passwords import Checker, unfit
from firsthand.cli import app
from firsthand.errors import ConfigError
from firsthand.serve.auditing import note
from firsthand.serve.plan import plan
from firsthand.store.audit import Act
from tests.serve.test_plan import ACCOUNT, written

PASSWORD = "three words of ada's"


def run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, ["admin", *words], input=given)


async def test_a_users_entry_is_one_that_a_configuration_takes(tmp_path: Path) -> None:
    made = run("password", "ada", given=f"{PASSWORD}\n")
    assert made.exit_code == 0
    assert PASSWORD not in made.output
    (user,) = tomllib.loads(made.stdout)["admin"]["users"]
    assert (user["name"], user["role"], unfit(user["hash"])) == ("ada", "write", "")
    assert await Checker().fits(PASSWORD, user["hash"])
    built = plan(written(tmp_path, made.stdout + ACCOUNT))
    assert [each.name for each in built.keys.users] == ["ada"]
    assert "?token" not in built.report_url


def test_a_programs_entry_knows_only_the_hash_of_its_token(tmp_path: Path) -> None:
    made = run("token", "prometheus", "--role", "read")
    token = made.stderr.strip().rpartition(" ")[2]
    (program,) = tomllib.loads(made.stdout)["admin"]["tokens"]
    assert program["hash"] == sha256(token.encode()).hexdigest()
    assert token not in made.stdout
    assert len(token) == 64
    found = plan(written(tmp_path, made.stdout + ACCOUNT)).keys.program(token)
    assert found is not None
    assert (found.name, found.role) == ("prometheus", "read")


@pytest.mark.parametrize(
    ("words", "given", "why"),
    [
        (("password", "ada"), "short\n", "12 to 1000"),
        (("password", "ada"), "", "12 to 1000"),
        (("password", 'ada"\n'), f"{PASSWORD}\n", "a name has"),
        (("token", "Prometheus"), "", "a name has"),
        (("log", "--config", "nowhere.toml"), "", "nowhere.toml"),
    ],
)
def test_what_makes_no_entry(words: tuple[str, ...], given: str, why: str) -> None:
    made = run(*words, given=given)
    assert isinstance(made.exception, ConfigError)
    assert why in str(made.exception)
    assert made.stdout == ""


def test_the_log_in_a_terminal_and_for_programs(tmp_path: Path) -> None:
    path = written(tmp_path)
    plan(path)
    for n in (1, 2):
        note(path, Act.REPLAY, "meta \x1b[31mred", n=n)
    shown = run("log", "--config", str(path))
    assert shown.exit_code == 0
    assert "\x1b[31m" not in shown.output
    assert "replay" in shown.output
    told = json.loads(run("log", "--config", str(path), "--json", "--limit", "1").stdout)
    assert [(line["what"], line["n"]) for line in told] == [("replay", 2)]
