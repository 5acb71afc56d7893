"""Between supervisor and worker: a configuration a line down, what came of it a line back.

Down the worker's standard input, which also tells it, by its end, that the supervisor is gone; back
on its standard output, on which a worker says nothing else. So every worker runs by what the
supervisor has read and checked, one that is started again, too, whatever the file has become since.
"""

import asyncio
import os
import sys
from asyncio.subprocess import Process

import orjson

LONGEST = 16 * 1024 * 1024
PATIENCE_S = 30.0


def first_text() -> str:
    """Return the configuration that a worker starts with; empty if its supervisor is gone.

    Read byte by byte: what follows belongs to ``Commands``.
    """
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as raw:
        line = raw.readline()
    return str(orjson.loads(line)) if line.endswith(b"\n") else ""


def frame(text: str) -> bytes:
    """Return a line that carries ``text``."""
    return orjson.dumps(text) + b"\n"


async def commands() -> asyncio.StreamReader:
    """Return what the supervisor says after the first configuration."""
    reader = asyncio.StreamReader(limit=LONGEST)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def answer(why: str) -> None:
    """Tell the supervisor what came of its last configuration: empty, it is in use."""
    os.write(sys.stdout.fileno(), frame(why))


class Link:
    """A supervisor's end. Made with the configuration that the worker starts with."""

    def __init__(self, worker: Process, text: str) -> None:
        self._worker = worker
        self._send(text)

    async def tell(self, text: str) -> str:
        """Have the worker use ``text``; return why it does not, empty if it does.

        A worker that has ended meanwhile starts again with the new one: nothing went wrong.
        """
        self._send(text)
        assert self._worker.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE_S):
                line = await self._worker.stdout.readline()
        except TimeoutError:
            return f"no answer within {PATIENCE_S:.0f} s"
        return str(orjson.loads(line)) if line.endswith(b"\n") else ""

    def _send(self, text: str) -> None:
        assert self._worker.stdin is not None
        self._worker.stdin.write(frame(text))
