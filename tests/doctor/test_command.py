"""The command as it is typed."""

import asyncio
import os
import sys
from pathlib import Path

import orjson
import pytest

from tests.doctor.nameserver import answering
from tests.doctor.setup import written

NEAR = {"shop.example.com": ("A 203.0.113.10",), "trk.shop.example.com": ("A 203.0.113.11",)}
FAR = NEAR | {"trk.shop.example.com": ("A 198.51.100.1",)}
DANGLING = NEAR | {"trk.shop.example.com": ("CNAME gone.example.net",)}


async def run(*arguments: str, **environment: str) -> tuple[int, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firsthand", "doctor", *arguments),
        env={**os.environ, "COLUMNS": "160", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, said = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out, said


@pytest.mark.parametrize(
    ("zone", "more", "status", "result"),
    [
        (NEAR, (), 0, "ok"),
        (FAR, (), 0, "warn"),
        (FAR, ("--strict",), 1, "warn"),
        (DANGLING, (), 1, "fail"),
    ],
)
async def test_the_exit_status_is_for_ci(
    tmp_path: Path,
    zone: dict[str, tuple[str, ...]],
    more: tuple[str, ...],
    status: int,
    result: str,
) -> None:
    async with answering(zone) as server:
        ended, out, said = await run(
            *("--config", str(written(tmp_path)), "--resolver", server, "--only", "dns"),
            *("--json", *more),
        )
    told = orjson.loads(out)
    assert (ended, said, told["result"]) == (status, b"", result)
    assert [path.name for path in tmp_path.iterdir()] == ["shop.toml"]


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
