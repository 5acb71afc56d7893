"""The command as it is typed: every layout and fault from real servers to the JSON."""

import asyncio
import os
import sys
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from firsthand.cli import app
from tests.doctor.front import DAY, NAMES, TODAY, Front, fronting, issue
from tests.doctor.nameserver import Zone, answering
from tests.doctor.setup import written

PAGE, TRK = NAMES
NEAR: Zone = {PAGE: ("A 203.0.113.10",), TRK: ("A 203.0.113.11",)}
HERE: Zone = dict.fromkeys(NAMES, ("A 127.0.0.1",))
SAAS = "t.saas.example.net"


async def typed(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run ``firsthand doctor --json``, beside the servers of this test."""
    line = ["doctor", "--json", *arguments]
    done = await asyncio.to_thread(CliRunner().invoke, app, line)
    assert done.stdout_bytes, done.exception
    return done.exit_code, orjson.loads(done.stdout_bytes)


def found(told: dict[str, Any], check: str) -> set[tuple[str, str]]:
    return {(one["result"], one["code"]) for one in told["findings"] if one["check"] == check}


@pytest.mark.parametrize(
    ("zone", "status", "safari", "keeper", "dns"),
    [
        (NEAR, 0, "near", (90, 90), {("ok", "")}),
        (NEAR | {TRK: ("A 203.1.1.1",)}, 0, "far", (7, 7), {("ok", "")}),
        (NEAR | {TRK: ("A 198.51.100.1",)}, 0, "far", (7, 7), {("ok", "")}),
        (
            {
                PAGE: ("A 203.0.113.10", "AAAA 2001:db8:1:1::5"),
                TRK: ("A 203.0.113.11", "AAAA 2001:db8:9:9::5"),
            },
            0,
            "unstable",
            (7, 90),
            {("ok", "")},
        ),
        (
            NEAR | {PAGE: ("A 203.0.113.10", "AAAA 2001:db8:1:1::5")},
            0,
            "family_mismatch",
            (7, 90),
            {("ok", "")},
        ),
        (
            NEAR | {TRK: (f"CNAME {SAAS}",), SAAS: ("A 203.0.113.11",)},
            0,
            "other_cname",
            (7, 7),
            {("ok", "")},
        ),
        (
            NEAR | {TRK: ("CNAME e.example.com",), "e.example.com": ("A 198.51.100.1",)},
            0,
            "fragile",
            (90, 90),
            {("ok", "")},
        ),
        (
            NEAR | {TRK: (f"CNAME {SAAS}",)},
            1,
            "unknown",
            (7, 90),
            {("ok", ""), ("fail", "nxdomain")},
        ),
        ({PAGE: NEAR[PAGE]}, 1, "unknown", (7, 90), {("ok", ""), ("fail", "nxdomain")}),
        (NEAR | {TRK: ("SERVFAIL",)}, 1, "unknown", (7, 90), {("ok", ""), ("fail", "servfail")}),
    ],
)
async def test_dns_of_each_layout_and_fault(
    tmp_path: Path,
    zone: Zone,
    status: int,
    safari: str,
    keeper: tuple[int, int],
    dns: set[tuple[str, str]],
) -> None:
    path = str(written(tmp_path))
    async with answering(zone) as server:
        ended, told = await typed("--config", path, "--resolver", server, "--only", "dns")
    assert (ended, told["safari"]) == (status, safari)
    assert found(told, "dns") == dns
    lives = {
        (one["least_days"], one["most_days"])
        for one in told["promises"]
        if (one["cookie"], one["browser"]) == ("fh_keep", "Safari")
    }
    assert lives == {keeper}
    assert [each.name for each in tmp_path.iterdir()] == ["shop.toml"]


async def test_no_answer_in_time_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firsthand.doctor.names.LIFETIME_S", 0.3)
    monkeypatch.setattr("firsthand.doctor.names.TRY_S", 0.1)
    path = str(written(tmp_path))
    async with answering(NEAR | {TRK: ("SILENT",)}) as server:
        line = ("--config", path, "--resolver", server, "--only", "dns")
        ended, told = await typed(*line)
        strict, _ = await typed(*line, "--strict")
    assert (ended, strict, told["result"]) == (0, 1, "unknown")
    assert ("unknown", "timeout") in found(told, "dns")


@pytest.mark.parametrize(
    ("given", "dated", "status", "certificate", "clock"),
    [
        ({}, "", 0, {("ok", "")}, {("ok", "")}),
        ({"ends": TODAY - DAY}, "", 1, {("fail", "expired")}, {("unknown", "")}),
        ({"names": ("o.example.org",)}, "", 1, {("fail", "name")}, {("unknown", "")}),
        (
            {},
            format_datetime(TODAY + DAY, usegmt=True),
            1,
            {("ok", "")},
            {("fail", "skew")},
        ),
    ],
    ids=["well", "expired", "name", "skew"],
)
async def test_certificate_and_clock_from_a_real_front(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    dated: str,
    status: int,
    certificate: set[tuple[str, str]],
    clock: set[tuple[str, str]],
) -> None:
    made = issue(tmp_path, **given)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.issuer))
    front = Front(headers={"Date": dated} if dated else {})
    async with answering(HERE) as server, fronting(front, made):
        hosts, tracking = f'"{PAGE}:{front.port}"', f"{TRK}:{front.port}"
        path = str(written(tmp_path, hosts=hosts, tracking=tracking))
        ended, told = await typed(
            *("--config", path, "--resolver", server),
            *("--only", "certificate", "--only", "clock"),
        )
    assert ended == status
    assert (found(told, "certificate"), found(told, "clock")) == (certificate, clock)


async def run(*arguments: str, **environment: str) -> tuple[int, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firsthand", "doctor", *arguments),
        env={**os.environ, "COLUMNS": "160", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, said = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out, said


async def test_people_get_tables_and_a_bad_file_a_message(tmp_path: Path) -> None:
    async with answering(NEAR) as server:
        ended, out, _ = await run(
            *("--config", str(written(tmp_path)), "--resolver", server, "--only", "dns"),
            *("--only", "tokens"),
            SHOP_META_TOKEN="CANARY-TOKEN",
        )
    assert ended == 0
    assert b"How long cookies last" in out
    assert b"\x1b" not in out
    assert b"CANARY" not in out
    ended, out, said = await run("--config", str(written(tmp_path)), "--resolver", "dns")
    assert (ended, out) == (2, b"")
    assert b"--resolver" in said


async def test_live_needs_a_ledger(tmp_path: Path) -> None:
    ended, out, said = await run("--live", "--config", str(written(tmp_path)))
    assert (ended, out) == (2, b"")
    assert b"nothing is recorded yet" in said
