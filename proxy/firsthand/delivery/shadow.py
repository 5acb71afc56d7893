"""The shadow way: the call is built and, where the vendor has a door for that, checked there.

Nothing is counted at the vendor, ever: no code here sends the call that it is given.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from firsthand.delivery.auth import Secret, Token, join, scrub
from firsthand.delivery.breaker import Breaker
from firsthand.delivery.exchange import Answer, judged, told, unsent
from firsthand.delivery.keys import keys_of
from firsthand.delivery.sender import Sender
from firsthand.errors import SendFailed
from firsthand.model import (
    Accepted,
    Beacon,
    Call,
    Outcome,
    Reason,
    Recorded,
    Refused,
    Reply,
    TryLater,
)
from firsthand.rules.retry import Policy
from firsthand.vendor import Vendor

_CHECKS_AGAIN = Policy(base_ms=5_000, cap_ms=300_000)


class Shadow:
    """Records, and validates where it can. A test door that fails costs a check, never an event."""

    def __init__(
        self, vendor: Vendor, token: Token, sender: Sender, *, now: Callable[[], int]
    ) -> None:
        self._vendor = vendor
        self._token = token
        self._sender = sender
        self._keys = keys_of(vendor, sender)
        self._now = now
        self._breaker = Breaker(_CHECKS_AGAIN)

    async def go(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return ``Recorded`` for each beacon, or what the test door refused."""
        if beacons[0].door:
            return _recorded("a beacon for relaying, from another mode", beacons)
        if self._vendor.probe is None or self._vendor.judge_probe is None:
            return _recorded("the vendor has no test door", beacons)
        secret = self._token.read()
        if secret is None:
            return _recorded(f"not checked: {self._token.remedy()}", beacons)
        probe = self._door(call, self._vendor.probe)
        if not isinstance(probe, Call):
            return _all(probe, beacons)
        try:
            reply = await self._check(probe, secret)
        except SendFailed as failed:
            return _all(_unchecked(failed), beacons)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self._keys.refused()
        return Answer(judged(self._vendor.judge_probe, reply, beacons), reply)

    def _door(self, call: Call, probe: Callable[[Call], Call | None]) -> Call | Outcome:
        try:
            made = probe(call)
        except Exception as fault:  # noqa: BLE001 - a bug in a vendor file: parked, the lane goes on
            return Refused(Reason.FAULT, told(fault))
        if made == call:
            return Refused(Reason.FAULT, "the test door is the real one")
        return made or Recorded(
            validated=False, message="the vendor has no test door for this call"
        )

    async def ask(self, call: Call, beacons: Sequence[Beacon]) -> Answer:  # noqa: ARG002 - of ``Way``
        """Ask nothing: what was sent before this mode stays as unconfirmed as it was."""
        return _all(Accepted(Reason.UNCONFIRMED), beacons)

    async def _check(self, probe: Call, secret: Secret) -> Reply:
        if self._breaker.closed_for(self._now()):
            raise SendFailed(self._breaker.reason, "the test door failed before")
        self._breaker.enter()
        try:
            key = await self._keys.key(secret)
            reply = await self._sender.send(join(probe, self._vendor, key))
        except SendFailed as failed:
            self._breaker.failure(TryLater(failed.reason), now=self._now(), draw=1)
            raise
        self._breaker.success()
        return scrub(reply, key)

    def new_token(self) -> bool:
        """Say no: without a token this way records unchecked, and holds nothing."""
        return False

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()


def _all(outcome: Outcome, beacons: Sequence[Beacon]) -> Answer:
    return Answer([outcome] * len(beacons))


def _unchecked(failed: SendFailed) -> Outcome:
    if failed.reason is Reason.READABLE:
        return unsent(failed)
    return Recorded(validated=False, message=f"not checked: {failed.reason}")


def _recorded(message: str, beacons: Sequence[Beacon]) -> Answer:
    return _all(Recorded(validated=False, message=message), beacons)
