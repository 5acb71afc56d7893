"""The live way to a vendor whose real door takes anything: some calls are checked at its test door.

What was sent is sent; a complaint of the test door makes it taken with a warning, because the
vendor may drop it without a word.
"""

from collections.abc import Callable, Sequence

from firsthand.delivery.exchange import Answer, Way
from firsthand.model import Accepted, Beacon, Call, Outcome, Refused, Warned


class Sampled:
    """``live`` for every call; of those that it took, the first and ``share`` of the others also
    go through ``checks``, a way in which nothing is counted. ``draw`` gives a number from 0 to 1.
    """

    def __init__(self, live: Way, checks: Way, *, share: float, draw: Callable[[], float]) -> None:
        self._live = live
        self._checks = checks
        self._share = share
        self._draw = draw
        self._first = True

    async def go(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return what became of ``beacons``, as the real door says, or the test door complains."""
        answer = await self._live.go(call, beacons)
        if not any(isinstance(one, Accepted) for one in answer.outcomes) or not self._turn():
            return answer
        found = await self._checks.go(call, beacons)
        outcomes = map(_complaint, answer.outcomes, found.outcomes)
        return Answer(list(outcomes), found.reply or answer.reply)

    def _turn(self) -> bool:
        first, self._first = self._first, False
        return first or self._draw() < self._share

    async def ask(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return what the vendor says became of ``beacons``, which it took for now."""
        return await self._live.ask(call, beacons)

    def new_token(self) -> bool:
        """Say whether there is another token than at the last call."""
        return self._live.new_token()

    async def close(self) -> None:
        """Let go of connections."""
        await self._live.close()
        await self._checks.close()


def _complaint(outcome: Outcome, found: Outcome) -> Outcome:
    if isinstance(outcome, Accepted) and isinstance(found, Refused):
        return Warned(found.message)
    return outcome
