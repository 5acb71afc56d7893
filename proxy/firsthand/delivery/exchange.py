"""One call and what came of it: the contract of a lane's two ways, live and shadow."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Protocol, TypeAlias

from firsthand.errors import SendFailed
from firsthand.model import Beacon, Call, Outcome, Reason, Refused, Reply, Split, TryLater
from firsthand.vendors.answers import retry_after_s

Judge: TypeAlias = Callable[[Reply, Sequence[Beacon]], list[Outcome]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One outcome for each beacon of a call, in order, and the reply if there was one."""

    outcomes: list[Outcome]
    reply: Reply | None = None


class Way(Protocol):
    """What a lane does with a call. Chosen once, when the lane is built."""

    async def go(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return what became of ``beacons``, from which ``call`` was written."""

    async def ask(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return what became of ``beacons``, which the vendor took for now; ``call`` asks."""

    def new_token(self) -> bool:
        """Say whether there is another token than at the last call."""

    async def close(self) -> None:
        """Let go of connections."""


def judged(judge: Judge, reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return the vendor file's judgement; where that fails, the events are parked as a fault.

    They are not sent again: the vendor may have taken them.
    """
    try:
        outcomes = judge(reply, beacons)
    except Exception as fault:  # noqa: BLE001 - a bug in a vendor file: parked, logged, the lane goes on
        return [Refused(Reason.FAULT, told(fault))] * len(beacons)
    if len(outcomes) != len(beacons):
        message = f"judge gave {len(outcomes)} outcomes for {len(beacons)} events"
        return [Refused(Reason.FAULT, message)] * len(beacons)
    return [_patient(outcome, reply) for outcome in outcomes]


def _patient(outcome: Outcome, reply: Reply) -> Outcome:
    """Have a call wait as long as the answer asks, where the vendor file says nothing of it."""
    if not isinstance(outcome, TryLater) or outcome.after_s is not None:
        return outcome
    return replace(outcome, after_s=retry_after_s(reply.headers))


def unsent(failed: SendFailed) -> Outcome:
    """Return what becomes of events whose call got no answer: tried again, or over where it was
    stopped on our side. What the firewall stops is halved, until the culprit is alone."""
    if failed.reason is Reason.FAULT:
        return Refused(Reason.FAULT, str(failed))
    if failed.reason is Reason.READABLE:
        return Split(Reason.READABLE, str(failed))
    return TryLater(failed.reason, str(failed))


def told(fault: Exception) -> str:
    """Return an exception's class and place. Not its text: that may hold an event's values."""
    frames = traceback.extract_tb(fault.__traceback__)
    if not frames:
        return type(fault).__name__
    last = frames[-1]
    return f"{type(fault).__name__} in {last.name} ({PurePath(last.filename).name}:{last.lineno})"
