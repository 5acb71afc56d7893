"""Who may fetch at once and who waits: a flood of made-up variants holds up no script of the site.

One turn is one call to a vendor. What belongs to the site waits for nobody; the rest gets a few
turns, and who finds too many waiting is told that there is none.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from firsthand.edge.shelf import OWN
from firsthand.errors import BadHit
from firsthand.rules.scriptdoor import Asked

FETCHES = 4
"""Calls to vendors at a time: a flood of made-up variants must not become a flood of fetches."""
WAITING = 8
"""Calls under way or waiting for a turn; who asks for one more is told that there is none."""


class Turns:
    """The site's own scripts, and the turns of all others."""

    def __init__(self) -> None:
        self._own: dict[str, str] = {}
        self._fetching = asyncio.Semaphore(FETCHES)
        self._waiting = 0

    def claim(self, wanted: Asked) -> bool:
        """Say whether this is the site's own script: the first plain one of its door and account.

        There are few of those, so they wait for nobody. Where a part of the path is free, whoever
        comes first decides which one it is; it stays that while there is a good copy.
        """
        if not wanted.own or (wanted.own not in self._own and len(self._own) >= OWN):
            return False
        return self._own.setdefault(wanted.own, wanted.address) == wanted.address

    def is_own(self, wanted: Asked) -> bool:
        """Say whether the claim to be the site's own script is this one's."""
        return self._own.get(wanted.own) == wanted.address

    def give_up(self, wanted: Asked) -> None:
        """Let another address be the site's own: of this one there is no good copy."""
        if self.is_own(wanted):
            del self._own[wanted.own]

    @asynccontextmanager
    async def turn(self, wanted: Asked) -> AsyncIterator[None]:
        """Wait for a turn, if ``wanted`` has to. Raises ``BadHit`` where too many wait."""
        if self.claim(wanted):
            yield
            return
        if self._waiting >= WAITING:
            raise BadHit(404, "script_busy")
        self._waiting += 1
        try:
            async with self._fetching:
                yield
        finally:
            self._waiting -= 1
