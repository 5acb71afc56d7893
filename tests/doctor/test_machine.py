import asyncio
import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from firsthand.doctor import machine
from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import examined
from tests.doctor.setup import META, written
from tests.journeys.conftest import free_port


class Usage(NamedTuple):
    total: int
    used: int
    free: int


async def looked(path: Path) -> list[Finding]:
    async with examined(path, "127.0.0.1:1") as patient:
        return await machine.look(patient)


def codes(found: list[Finding], check: str) -> list[str]:
    return [each.code for each in found if each.check == check]


async def serve_nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del reader
    writer.close()


async def test_ports_free_half_taken_and_answering(folder: Path) -> None:
    listen, admin = free_port(), free_port()
    path = written(folder, site=f"[listen]\nport = {listen}\n[admin]\nport = {admin}")
    assert codes(await looked(path), "ports") == ["free", "free"]
    async with await asyncio.start_server(serve_nobody, "127.0.0.1", listen):
        assert codes(await looked(path), "ports") == ["half", "free"]
        async with await asyncio.start_server(serve_nobody, "127.0.0.1", admin):
            assert codes(await looked(path), "ports") == ["answers", "answers"]


def test_a_port_that_cannot_be_had() -> None:
    found = machine._port("listen", "203.0.113.1", 8080, answers=False, runs=False)
    assert (found.result, found.code) == (Result.FAIL, "refused")
    assert found.remedy


async def test_pages_that_are_open(folder: Path) -> None:
    admin = '[admin]\nhost = "0.0.0.0"\nkept_private = true'
    site = f"[listen]\nport = {free_port()}\n{admin}\nport = {free_port()}"
    assert codes(await looked(written(folder, site=site)), "ports") == ["free", "free", "open"]


@pytest.mark.parametrize(
    ("free", "result"),
    [(machine.AMPLE + 1, Result.OK), (machine.AMPLE, Result.WARN), (machine.ROOM, Result.FAIL)],
)
async def test_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch, free: int, result: Result
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(free, 0, free))
    found = await looked(written(folder))
    assert [each.result for each in found if each.check == "disk"] == [result]


async def test_a_folder_that_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    found = await looked(written(folder))
    assert codes(found, "disk") == ["unwritable"]


async def test_what_others_may_read_or_change(folder: Path) -> None:
    token = folder / "token"
    token.write_text("a token of these tests")
    token.chmod(0o600)
    path = written(folder, more=META.replace('env = "SHOP_META_TOKEN"', f'file = "{token}"'))
    data = folder / "var"
    data.mkdir(mode=0o700)
    ledger = data / "ledger.db"
    ledger.touch(mode=0o600)
    assert codes(await looked(path), "permissions") == [""]
    ledger.chmod(0o640)
    token.chmod(0o644)
    path.chmod(0o666)
    found = [each for each in await looked(path) if each.check == "permissions"]
    assert {(Path(each.about).name, each.code) for each in found} == {
        ("ledger.db", "readable"),
        ("token", "readable"),
        ("shop.toml", "writable"),
    }
    assert all(each.remedy.startswith("chmod ") for each in found)


def test_the_port_is_only_tried() -> None:
    port = free_port()
    assert machine._refused("127.0.0.1", port) == ""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
