"""The IAB's own decoders, in Node: what our decoders are held against."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "official"
INSTALLED = FOLDER / "node_modules" / "lock.json"


@dataclass(slots=True)
class Official:
    """Asks the process one question at a time. What the decoders cannot do is ``None``."""

    process: subprocess.Popen[str]

    def read(self, kind: str, text: str) -> Any:
        """Return what the official decoder makes of ``text``."""
        return self._ask("read", kind, text)

    def write(self, kind: str, told: Any) -> str:
        """Return the string that the official encoder makes."""
        text = self._ask("write", kind, told)
        assert isinstance(text, str), told
        return text

    def _ask(self, verb: str, kind: str, given: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([verb, kind, given]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline()).get("result")


def _install() -> None:
    """Install the locked packages once for all workers of a run, and for later runs."""
    lock = FOLDER / "package-lock.json"
    with (FOLDER / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if INSTALLED.exists() and INSTALLED.read_bytes() == lock.read_bytes():
            return
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        subprocess.run(npm, cwd=FOLDER, check=True, capture_output=True)
        shutil.copy(lock, INSTALLED)


@pytest.fixture(scope="module")
def official() -> Iterator[Official]:
    _install()
    command = ["node", str(FOLDER / "decode.js")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield Official(process)
        assert process.stdin is not None
        process.stdin.close()
