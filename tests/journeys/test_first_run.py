"""From nothing to the first compared event, by the words of the README and no others.

The test's own limit is two minutes: well within the five that the README is meant to take.
"""

import asyncio
import json
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.journeys.conftest import TOP, free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

WALK = re.compile(r"<!-- walk: .*?-->\n```\n(.*?)```", re.DOTALL)
PROGRAMS = {"firsthand": ("-m", "firsthand"), "scripts/serve": ("-m", "firsthand", "serve")}
REPORT = re.compile(r"`(firsthand report --config my\.toml)`")


def readme() -> str:
    return (TOP / "README.md").read_text("utf-8")


def argv(line: str) -> list[str]:
    """Return a line of the README as a command; ``scripts/serve`` is what it runs in the end."""
    program, *rest = shlex.split(line)
    return [sys.executable, *PROGRAMS[program], *rest]


async def run(line: str, folder: Path, environment: dict[str, str]) -> str:
    running = await asyncio.create_subprocess_exec(
        *argv(line),
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await running.communicate()
    assert running.returncode == 0, f"{line}\n{complaint.decode()}"
    return said.decode()


@asynccontextmanager
async def started(line: str, folder: Path, environment: dict[str, str]) -> AsyncIterator[str]:
    """Run the last command; yield what it said until it was ready."""
    server = await asyncio.create_subprocess_exec(
        *argv(line), cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    said = ""
    while line := (await server.stdout.readline()).decode():
        said += line
        if line.startswith("Stop with"):
            break
    try:
        yield said
    finally:
        server.terminate()
        await server.wait()


def on_free_ports(config: Path) -> dict[str, str]:
    """Move what was written to free ports, as others may have taken the usual ones."""
    text = config.read_text()
    for usual in ("8090", "8080"):
        text = text.replace(usual, str(free_port()))
    config.write_text(text)
    return {**os.environ, "FIRSTHAND_ADMIN__PORT": str(free_port())}


async def buy(page: Page, shop: str) -> None:
    await page.goto(shop)
    await page.get_by_role("link", name="Straight to the shop").click()
    await page.get_by_role("button", name="Accept all").click()
    await page.locator(".card a").first.click()
    for button in ("#add", "#to-checkout", "#buy"):
        await page.locator(button).click()
    await page.locator("#order").wait_for()


def purchases(report: dict[str, Any]) -> dict[str, Any]:
    return {
        account["vendor"]: event["figures"]
        for account in report["accounts"]
        for event in account["events"]
        if event["name"].lower() == "purchase"
    }


async def test_the_readmes_words_lead_to_a_compared_event(
    tmp_path: Path, chromium: Browser
) -> None:
    found, told = WALK.search(readme()), REPORT.search(readme())
    assert found is not None
    assert told is not None
    init, check, serve = found[1].strip().splitlines()
    await run(init, tmp_path, dict(os.environ))
    environment = on_free_ports(tmp_path / "my.toml")
    assert "G-DEMO000001" in await run(check, tmp_path, environment)
    async with started(serve, tmp_path, environment) as said:
        places = dict(re.findall(r"^([a-z ]+?)  +(http\S+)", said, re.MULTILINE))
        page = await chromium.new_page()
        await buy(page, places["demo shop"])
        compared: dict[str, Any] = {}
        while not {"meta", "ga4"} <= {key for key, each in compared.items() if each["would_match"]}:
            await asyncio.sleep(0.5)
            compared = purchases(json.loads(await run(f"{told[1]} --json", tmp_path, environment)))
        await page.close()
