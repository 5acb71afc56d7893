"""Through a real front to a real edge, and what the server saw on the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.hops import FORGED, judged, look
from firsthand.doctor.patient import examined
from firsthand.rules import proof
from firsthand.rules.proof import Told
from firsthand.serve.edge import open_edge
from firsthand.serve.plan import now, plan
from tests.doctor.front import FROM, NAMES, Front, Issued, fronting
from tests.doctor.nameserver import answering
from tests.doctor.setup import written
from tests.journeys.conftest import free_port

ZONE = dict.fromkeys(NAMES, ("A 127.0.0.1",))


@pytest.mark.parametrize(
    ("told", "result", "code"),
    [
        (Told("10.0.0.5", "203.0.113.9", trusted=True), Result.OK, "trusted"),
        (Told("8.8.8.8", "8.8.8.8", trusted=False), Result.OK, "open"),
        (Told("10.0.0.5", "10.0.0.5", trusted=False), Result.FAIL, "front"),
        (Told("127.0.0.1", "127.0.0.1", trusted=False), Result.FAIL, "front"),
        (Told("10.0.0.5", FORGED, trusted=True), Result.FAIL, "forged"),
        (Told("10.0.0.5", "", trusted=True), Result.FAIL, "malformed"),
        (Told("198.51.100.3", "198.51.100.3", trusted=False), Result.UNKNOWN, "direct"),
    ],
)
def test_what_a_way_comes_to(told: Told, result: Result, code: str) -> None:
    found = judged(NAMES[1], told, own="198.51.100.3")
    assert (found.result, found.code) == (result, code)
    assert bool(found.remedy) is (result is not Result.OK)


@asynccontextmanager
async def behind(folder: Path, front: Front, trusted: str) -> AsyncIterator[Path]:
    """Yield the configuration of a running edge behind ``front``."""
    front.behind = free_port()
    listen = f"[listen]\nport = {front.behind}\ntrusted_proxies = [{trusted}]"
    path = written(folder, tracking=f"{NAMES[1]}:{front.port}", site=listen)
    async with open_edge(plan(path), 0, lambda: None):
        yield path


@pytest.mark.parametrize(
    ("trusted", "appends", "code"),
    [
        (f'"{FROM}/32"', True, "trusted"),
        (f'"{FROM}/32"', False, "forged"),
        ('"10.0.0.0/8"', True, "front"),
        ("", True, "front"),
    ],
)
async def test_a_front_is_seen_through(
    tmp_path: Path,
    trusted: str,
    *,
    appends: bool,
    code: str,
    issued: Issued,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.issuer))
    front = Front(appends=appends)
    async with (
        answering(ZONE) as server,
        fronting(front, issued),
        behind(tmp_path, front, trusted) as path,
        examined(path, server) as patient,
    ):
        found = await look(patient)
    assert [(each.check, each.code) for each in found] == [("reach", "ours"), ("hops", code)]
    if code == "front":
        assert f'"{FROM}"' in found[1].remedy


async def only(folder: Path, server: str, port: int) -> Finding:
    path = written(folder, tracking=f"{NAMES[1]}:{port}")
    async with examined(path, server) as patient:
        (found,) = await look(patient)
    return found


async def test_somebody_else_at_the_tracking_host_is_told(tmp_path: Path, trusted: Issued) -> None:
    del trusted
    async with answering(ZONE) as server:
        assert (await only(tmp_path, server, 1)).code == "unkeyed"
        plan(written(tmp_path))
        assert (await only(tmp_path, server, 1)).code == "unreached"


async def test_a_strangers_answer_fails(tmp_path: Path, trusted: Issued) -> None:
    plan(written(tmp_path))
    async with answering(ZONE) as server, fronting(Front(), trusted) as front:
        found = await only(tmp_path, server, front.port)
    assert (found.result, found.code) == (Result.FAIL, "stranger")


async def test_the_door_is_shut_to_all_others(tmp_path: Path) -> None:
    port = free_port()
    made = plan(written(tmp_path, site=f"[listen]\nport = {port}"))
    good = proof.question(made.site, "0" * 32, now() // 1000)
    bad = good[:-1] + ("0" if good[-1] != "0" else "1")
    headers = {"Host": NAMES[1]}
    async with open_edge(made, 0, lambda: None), ClientSession() as session:
        for method, path, status in (
            ("GET", f"/fh/doctor?{good}", 200),
            ("GET", f"/fh/doctor?{bad}", 404),
            ("GET", "/fh/doctor", 404),
            ("GET", f"/fh/doctors?{good}", 404),
            ("POST", f"/fh/doctor?{good}", 404),
        ):
            url = f"http://127.0.0.1:{port}{path}"
            async with session.request(method, url, headers=headers) as answer:
                assert (path, answer.status) == (path, status)
                assert answer.headers["Cache-Control"] == "no-store"
                assert ("proof" in await answer.text()) is (status == 200)
