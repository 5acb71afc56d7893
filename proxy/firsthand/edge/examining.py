"""Has a vendor's script read in a process of its own: profile and edited bytes, or why not."""

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from firsthand.edge.upstream import Unusable
from firsthand.rules.domains import is_public
from firsthand.rules.scriptdiff import FORM, Profile
from firsthand.vendor import Edit

DEADLINE_S = 60.0
AT_A_TIME = 1
COMMAND = (sys.executable, "-I", "-m", "firsthand.edge.scriptreader")

# Endings of domains that are everyday names of members, too: "item.id" is seldom a host.
_EVERYDAY = frozenset(
    re.findall(
        r"\w+",
        "app at be by do fm id im in info is it like link me menu my name new no now of on one open"
        " page part pub rest run select show so style target time to today top tv watch zip",
    )
)


@dataclass(frozen=True, slots=True)
class Examined:
    """A script as it is served, and what was read from it."""

    body: bytes
    profile: Profile


def source(body: bytes, edits: Sequence[Edit]) -> str:
    """Return what an examination depends on, as a hash: equal ones need no second one."""
    made = sha256(orjson.dumps([FORM, [[each.find, each.put] for each in edits]]))
    made.update(body)
    return made.hexdigest()


class Examiner:
    """Runs examinations, ``AT_A_TIME`` of them; the rest wait."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._turn = asyncio.Semaphore(AT_A_TIME)

    async def examine(self, body: bytes, edits: Sequence[Edit]) -> Examined | Unusable:
        """Return the script after its edits and what is in it; why not where it does not parse."""
        head = orjson.dumps({"edits": [[each.find, each.put] for each in edits]})
        async with self._turn:
            try:
                said = await self._run(head + b"\n" + body)
            except (OSError, TimeoutError) as error:
                return Unusable(f"could not be examined ({type(error).__name__})")
        line, _, made = said.partition(b"\n")
        try:
            told = orjson.loads(line)
        except orjson.JSONDecodeError:
            return Unusable("could not be examined (the parser gave up)")
        if "broken" in told:
            return Unusable(f"does not parse ({told['broken']})")
        return Examined(made, profile(told, len(made)))

    async def _run(self, request: bytes) -> bytes:
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        reader = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=pipe, stdout=pipe, stderr=nowhere, start_new_session=True
        )
        try:
            async with asyncio.timeout(self._deadline_s):
                said, _ = await reader.communicate(request)
        finally:
            if reader.returncode is None:
                reader.kill()
                await reader.wait()
        return said


def profile(told: Mapping[str, Any], size: int) -> Profile:
    """Return a profile from what ``scriptreader`` says."""
    known = {host for host in (*told["before"], *told["bare"]) if is_public(host)}
    maybe = {host for host in told["bare"] if host.rpartition(".")[2] in _EVERYDAY} & known
    return Profile(
        size=size,
        hosts=frozenset(told["addresses"]) | (known - maybe),
        names=frozenset(told["names"]),
        maybe=frozenset(maybe),
        failed=tuple(told["failed"]),
    )
