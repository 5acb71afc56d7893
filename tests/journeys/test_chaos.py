"""A short selection of scripts/chaos, and its audit held against what it must notice."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.chaos_audit import audit, waiting
from scripts.chaos_world import TOP, folder_for, load_of, world


@pytest.mark.parametrize("phase", ["kill-worker", "kill-lead", "torn", "bad-event"])
def test_a_short_run_loses_nothing(tmp_path: Path, phase: str) -> None:
    ran = subprocess.run(
        [
            *(sys.executable, str(TOP / "scripts" / "chaos.py"), phase),
            *("--seconds", "4", "--kills", "2", "--rate", "100", "--folder", str(tmp_path)),
        ],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{TOP}:{TOP / 'proxy'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"| {phase} |" in ran.stdout


async def test_the_audit_notices_what_is_lost_and_what_came_twice(tmp_path: Path) -> None:
    async with world(folder_for(tmp_path, "audit"), workers=2) as made:
        load = load_of(made, "audit", 200)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run())
            await made.until(lambda: made.calls, "a call")
            load.stop()
        await made.until(
            lambda: load.answered <= made.taken and not waiting(made.data), "all events"
        )
        assert await made.stop() == 0
        found = audit("audit", made, load)
        assert (found.good, found.lost, found.twice) == (True, 0, 0)
        load.answered.add(("meta", "never-stored"))
        call = next(one for one in made.calls if one.keys)
        made.calls.append(replace(call, port=1))
        found = audit("audit", made, load)
        assert (found.good, found.lost, found.twice) == (False, 1, len(call.keys))
        assert "1 answered events have no consent receipt" in found.wrong
        made.taken.add(("meta", "nobody-sent"))
        assert any("nobody sent" in line for line in audit("audit", made, load).wrong)
