"""Supervisor and worker, as two processes: what one says, the other hears whole."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from firsthand.serve import link
from firsthand.serve.link import Link, frame

WORKER = """
import asyncio, orjson
from firsthand.serve.link import answer, commands, first_text

first = first_text()

async def main():
    reader = await commands()
    answers = 0
    while line := await reader.readline():
        text = orjson.loads(line)
        if text != "say nothing":
            answer(f"{first[:9]} {len(text)} {text[-1:]}")

asyncio.run(main())
"""
TEXTS = ["", "a = 1\n", 'b = "ü\u2028\\n"\r\n', "c" * 300_000 + "d"]


@asynccontextmanager
async def linked(first: str) -> AsyncIterator[Link]:
    pipe = asyncio.subprocess.PIPE
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, stdin=pipe, stdout=pipe
    )
    yield Link(worker, first)
    assert worker.stdin is not None
    worker.stdin.close()
    assert await asyncio.wait_for(worker.wait(), 20) == 0


async def test_each_text_arrives_whole_and_is_answered() -> None:
    async with linked("the first\none") as supervisor:
        for text in TEXTS:
            assert await supervisor.tell(text) == f"the first {len(text)} {text[-1:]}"


async def test_a_worker_that_says_nothing_is_not_waited_for_forever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link, "PATIENCE_S", 0.05)
    async with linked("") as supervisor:
        assert await supervisor.tell("say nothing") == "no answer within 0 s"


async def test_a_worker_that_ended_is_no_trouble() -> None:
    worker = await asyncio.create_subprocess_exec(
        "true", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    await worker.wait()
    assert await Link(worker, "").tell("text") == ""


def test_a_text_is_one_line() -> None:
    for text in TEXTS:
        assert frame(text).count(b"\n") == 1
