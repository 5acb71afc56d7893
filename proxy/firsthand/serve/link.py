"""Between supervisor and worker: a configuration a line down, what came of it a line back.

Down the worker's standard input, which also tells it, by its end, that the supervisor is gone; back
on its standard output, on which a worker says nothing else. So every worker runs by what the
supervisor has read and checked, one that is started again, too, whatever the file has become since.
"""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from contextlib import suppress

import orjson

LONGEST = 16 * 1024 * 1024
PATIENCE_S = 30.0


def first_text() -> str:
    """Return the configuration that a worker starts with; empty if its supervisor is gone.

    Read byte by byte: what follows belongs to ``commands``.
    """
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as raw:
        return unframed(raw.readline())[1]


def frame(number: int, text: str) -> bytes:
    """Return a line that carries ``text``; its answer has the same number."""
    return orjson.dumps([number, text]) + b"\n"


def unframed(line: bytes) -> tuple[int, str]:
    """Return what ``frame`` made a line of; number 0 and no text for one that was cut off."""
    if not line.endswith(b"\n"):
        return 0, ""
    number, text = orjson.loads(line)
    return int(number), str(text)


async def commands() -> asyncio.StreamReader:
    """Return what the supervisor says after the first configuration."""
    reader = asyncio.StreamReader(limit=LONGEST)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def answer(number: int, why: str) -> None:
    """Tell the supervisor what came of a configuration: empty, it is in use."""
    with suppress(BrokenPipeError):  # the supervisor is gone, which its silence tells as well
        os.write(sys.stdout.fileno(), frame(number, why))


class Link:
    """A supervisor's end. Made with the configuration that the worker starts with."""

    def __init__(self, worker: Process, text: str) -> None:
        self._worker = worker
        self._number = 0
        self._send(text)

    async def tell(self, text: str) -> str:
        """Have the worker use ``text``; return why it does not, empty if it does.

        A worker that has ended meanwhile starts again with the new one: nothing went wrong.
        """
        self._send(text)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._answer()
        except TimeoutError:
            return f"no answer within {PATIENCE_S:.0f} s"

    async def _answer(self) -> str:
        """Return the answer to what was sent last; one that came too late is dropped."""
        assert self._worker.stdout is not None
        while line := await self._worker.stdout.readline():
            number, why = unframed(line)
            if number == self._number:
                return why
        return ""

    def _send(self, text: str) -> None:
        assert self._worker.stdin is not None
        self._number += 1
        self._worker.stdin.write(frame(self._number, text))
