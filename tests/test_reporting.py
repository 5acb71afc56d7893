"""``firsthand report`` as it is typed."""

import asyncio
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from firsthand.admin.rows import collect, span
from firsthand.admin.signed import signed
from firsthand.errors import ConfigError
from firsthand.reporting import app
from tests.admin.sample import NOW, full_ledger, full_queue, make_site
from tests.serve.buried import buried
from tests.serve.test_plan import written
from tests.store.backends import event

SECRET = bytes(range(32))


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Return a configuration whose server has entered an event."""
    path = written(tmp_path)

    async def filled() -> None:
        async with buried(path, [event(0, name="Purchase", vendor="meta")]):
            pass

    asyncio.run(filled())
    return str(path)


def run(*arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


def test_shown_as_csv_and_as_json(config: str) -> None:
    assert "shop" in run("--config", config)
    assert run("--config", config, "--csv").startswith("site,since,until,vendor,")
    assert orjson.loads(run("--config", config, "--json"))["site"] == "shop"
    with pytest.raises(ConfigError, match="one of 1h, 24h"):
        run("--config", config, "--span", "2h")


def test_exported_and_verified(config: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    told = run("export", str(file), "--config", config, "--span", "7d")
    key = next(line for line in told.splitlines() if line.startswith("public key")).split()[-1]
    again = run("export", str(tmp_path / "again.json"), "--config", config)
    assert key in again
    assert "It holds." in run("verify", str(file), "--key", key)
    assert "compare it with its maker's" in run("verify", str(file))
    other = run("verify", str(file), "--key", key[::-1], status=1)
    assert "another key" in other
    (tmp_path / "var" / "report-key").write_text("zz" * 32)
    with pytest.raises(ConfigError, match="64 hexadecimal digits"):
        run("export", str(file), "--config", config)
    (tmp_path / "var" / "report-key").unlink()
    with pytest.raises(ConfigError, match="cannot be written"):
        run("export", str(tmp_path), "--config", config)


async def example() -> bytes:
    over = span("24h", now=NOW)
    rows = await collect(full_ledger(), full_queue(), over)
    return signed(rows, make_site(), over, SECRET, now=NOW)


def test_tampering_is_told_by_text_and_status(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    data = asyncio.run(example())
    file.write_bytes(data)
    assert orjson.loads(run("verify", str(file), "--json"))["wrong"] == []
    file.write_bytes(data.replace(b'\\"total\\":', b'\\"totl\\":', 1))
    told = run("verify", str(file), status=1)
    assert told.startswith("It does not hold.\n- the signature does not fit")
    file.write_bytes(b"no report")
    assert "no signed report" in run("verify", str(file), status=1)
    with pytest.raises(ConfigError, match="cannot be read"):
        run("verify", str(tmp_path / "none.json"))
