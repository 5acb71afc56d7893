"""What runs Firsthand on a machine: units, image, layout. Linted, and held against each other."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from firsthand.check import check
from firsthand.config.load import load
from firsthand.serve.plan import plan
from tests.serve.test_listening import config, public, until_told

TOP = Path(__file__).parents[1]
UNITS = (
    *("firsthand.service", "firsthand.socket"),
    *("firsthand-renewal.service", "firsthand-renewal.timer"),
)
# Exposure as systemd-analyze counts it, in tenths: 0 is a service that can do nothing.
MOST_EXPOSED = 15


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as scripts/install lays them."""
    root = tmp_path_factory.mktemp("root")
    environment = {**os.environ, "DESTDIR": str(root)}
    for _ in range(2):
        done = subprocess.run(
            [TOP / "scripts" / "install", "files"], env=environment, check=True, capture_output=True
        )
        assert not done.stderr
    return root


@pytest.fixture(scope="module")
def units(laid: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, with the paths of their programs where they lie here."""
    folder = tmp_path_factory.mktemp("units")
    for name in UNITS:
        text = (laid / "etc" / "systemd" / "system" / name).read_text()
        for below in ("/opt/firsthand/", "/usr/share/doc/"):
            text = text.replace(below, f"{laid}{below}")
        (folder / name).write_text(text)
    return folder


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)


def test_the_units_are_valid(units: Path) -> None:
    done = run("systemd-analyze", "verify", "--man=no", *(f"./{name}" for name in UNITS), cwd=units)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["firsthand.service", "firsthand-renewal.service"])
def test_the_services_can_do_little(units: Path, name: str) -> None:
    threshold = f"--threshold={MOST_EXPOSED}"
    done = run("systemd-analyze", "security", "--offline=yes", threshold, f"./{name}", cwd=units)
    assert done.returncode == 0, done.stdout


def lines(name: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", (TOP / "conf" / name).read_text(), re.MULTILINE)


def test_what_the_units_start_is_where_it_is_laid(laid: Path) -> None:
    for name in ("firsthand.service", "firsthand-renewal.service"):
        for line in lines(name, "ExecStart") + lines(name, "ExecReload"):
            command, *words = line.split()
            assert os.access(f"{laid}{command}", os.X_OK)
            assert (laid / words[-1].lstrip("/")).is_file()
    assert lines("firsthand-renewal.service", "ConditionPathExists") == [
        str(plan_folder(laid) / "tls" / "live" / "firsthand" / "fullchain.pem")
    ]


def plan_folder(laid: Path) -> Path:
    return Path(load(laid / "etc" / "firsthand" / "firsthand.toml").store.path)


def test_the_socket_opens_the_ports_of_the_file(laid: Path) -> None:
    listen = load(laid / "etc" / "firsthand" / "firsthand.toml").listen
    opened = {int(line.rpartition(":")[2]) for line in lines("firsthand.socket", "ListenStream")}
    assert opened == {listen.port, listen.https_port}


def test_an_upgrade_keeps_configuration_and_secrets(laid: Path) -> None:
    own = laid / "etc" / "firsthand" / "firsthand.toml"
    own.write_text(own.read_text().replace("workers = 2", "workers = 1"))
    environment = laid / "etc" / "firsthand" / "environment"
    environment.write_text("META_TOKEN=x")
    (laid / "opt" / "firsthand" / "proxy" / "gone.py").touch()
    subprocess.run(
        [TOP / "scripts" / "install", "files"],
        env={**os.environ, "DESTDIR": str(laid)},
        check=True,
    )
    assert "workers = 1" in own.read_text()
    assert environment.read_text() == "META_TOKEN=x"
    assert environment.stat().st_mode & 0o077 == 0
    assert {path.name for path in (laid / "opt" / "firsthand").iterdir()} == {"bin", "proxy"}
    assert not (laid / "opt" / "firsthand" / "proxy" / "gone.py").exists()
    assert not list((laid / "opt").rglob("__pycache__"))


@pytest.mark.parametrize("name", ["server.toml", "container.toml", "minimal.toml"])
def test_the_files_to_begin_with_are_valid(name: str) -> None:
    path = TOP / "conf" / name
    (finding,) = check(load(path), str(path))
    assert finding.vendor == "meta"


def test_the_image_is_linted() -> None:
    done = run(str(Path(sys.executable).with_name("hadolint")), "Dockerfile", cwd=TOP)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def image() -> list[str]:
    text = (TOP / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def last(word: str) -> str:
    return next(line for line in reversed(image()) if line.startswith(word)).removeprefix(word)


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert last("USER ") == "10001:10001"
    assert json.loads(last("CMD ")) == ["serve", "--config", "/etc/firsthand/firsthand.toml"]
    for source in re.findall(r"^COPY (?!--from)(\S+)", "\n".join(image()), re.MULTILINE):
        assert (TOP / source).exists()
        assert f"!{source}" in (TOP / ".dockerignore").read_text().splitlines()


async def test_the_image_knows_how_it_is(tmp_path: Path) -> None:
    (command,) = re.findall(r"HEALTHCHECK .*CMD (\[.*\])", "\n".join(image()))
    *_, code = json.loads(command)
    made = plan(config(tmp_path))
    here = code.replace(":8081/", f":{made.config.admin.port}/")
    assert here != code

    async def health() -> int:
        asked = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", here), stderr=asyncio.subprocess.DEVNULL
        )
        return await asyncio.wait_for(asked.wait(), 30)

    assert await health() != 0
    async with public(made):
        # Red, without a certificate, is no reason to start the container again.
        await until_told(made, "no certificate")
        assert await health() == 0


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load((TOP / "compose.yaml").read_text())["services"]


def test_containers_can_write_to_the_data_alone(services: dict[str, Any]) -> None:
    for service in services.values():
        assert service["read_only"] is True
        assert service["user"] == last("USER ")
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
        writable = [each for each in service["volumes"] if not each.endswith(":ro")]
        assert writable == ["data:/var/lib/firsthand"]
        for each in service["volumes"]:
            source = each.partition(":")[0]
            assert source == "data" or (TOP / source).is_file()


def test_containers_publish_the_ports_of_their_file(services: dict[str, Any]) -> None:
    told = tomllib.loads((TOP / "conf" / "container.toml").read_text())
    public_ports = [f"80:{told['listen']['port']}", f"443:{told['listen']['https_port']}"]
    assert services["firsthand"]["ports"] == [*public_ports, "127.0.0.1:8081:8081"]
    assert load(TOP / "conf" / "container.toml").admin.port == 8081
    assert "ports" not in services["renewal"]
