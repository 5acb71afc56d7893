"""Supervisor and worker, as two processes: what one says, the other hears whole."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from firsthand.serve import link
from firsthand.serve.link import Link, frame, unframed

WORKER = """
import asyncio
from firsthand.serve.link import answer, commands, first_text, unframed

first = first_text()

async def main():
    reader = await commands()
    late = []
    while line := await reader.readline():
        number, text = unframed(line)
        if text == "be late":
            late.append(number)
            continue
        for one in late:
            answer(one, "late")
        answer(number, f"{first[:9]} {len(text)} {text[-1:]}")

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


async def test_a_late_answer_is_not_taken_for_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with linked("the first") as supervisor:
        with monkeypatch.context() as hasty:
            hasty.setattr(link, "PATIENCE_S", 0.05)
            assert await supervisor.tell("be late") == "no answer within 0 s"
        assert await supervisor.tell("in time") == "the first 7 e"


async def test_a_worker_that_ended_is_no_trouble() -> None:
    worker = await asyncio.create_subprocess_exec(
        "true", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    await worker.wait()
    assert await Link(worker, "").tell("text") == ""


def test_a_text_is_one_line() -> None:
    for text in TEXTS:
        assert frame(7, text).count(b"\n") == 1
        assert unframed(frame(7, text)) == (7, text)
    assert unframed(b"[7,") == (0, "")
