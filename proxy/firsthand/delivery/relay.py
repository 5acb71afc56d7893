"""The relay's way: a beacon made anew goes to the vendor's own beacon door.

No credentials: a door wants none. What it answers says whether it was reached, and nothing about
the event, so the best end is ``Sent``. A redirect is such an answer too; it leads to cookies of the
vendor's domain and is not followed. Events that were built for the API before the account changed
its mode go the ``other`` way.
"""

from collections.abc import Sequence
from http import HTTPStatus

from firsthand.delivery.exchange import Answer, Way, unsent
from firsthand.delivery.sender import Sender
from firsthand.errors import SendFailed
from firsthand.model import Beacon, Call, Outcome, Reason, Refused, Reply, Sent, TryLater
from firsthand.rules.site import Account
from firsthand.vendors.answers import wait_s

NO_OTHER = "built for the vendor's API, which this account does not use any more"

_LATER = {
    429: Reason.RATE_LIMIT,
    403: Reason.VENDOR_DOWN,  # from what stands before the door: not the event's fault
    408: Reason.VENDOR_DOWN,
}


def write(account: Account, beacons: Sequence[Beacon], *, now: int) -> Call:
    """Return the call for beacons of one batch: to the door they came for, or to the API."""
    vendor = account.vendor
    if beacons[0].door and vendor.relay is not None:
        return vendor.relay.write(beacons[0])
    return vendor.write(beacons, account.settings, now=now)


def batch_key(account: Account, beacon: Beacon) -> str:
    """Return what beacons of one call have in common: a relayed one goes alone."""
    return f"relay {beacon.id}" if beacon.door else account.vendor.batch_key(beacon)


class Relay:
    """Sends beacons to their doors. Without ``other`` an event for the API is a dead letter."""

    def __init__(self, sender: Sender, other: Way | None) -> None:
        self._sender = sender
        self._other = other

    async def go(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return what became of ``beacons``."""
        if beacons[0].door:
            return await self._relay(call, beacons)
        if self._other is None:
            return Answer([Refused(Reason.SETUP, NO_OTHER)] * len(beacons))
        return await self._other.go(call, beacons)

    async def _relay(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        try:
            reply = await self._sender.send(call)
        except SendFailed as failed:
            return Answer([_failed(failed)] * len(beacons))
        return Answer([judge(reply)] * len(beacons), reply)

    async def ask(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return what the API says became of ``beacons``, which it took for now."""
        if self._other is None:
            return Answer([Refused(Reason.SETUP, NO_OTHER)] * len(beacons))
        return await self._other.ask(call, beacons)

    def new_token(self) -> bool:
        """Say whether there is another token than at the last call."""
        return self._other is not None and self._other.new_token()

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()
        if self._other is not None:
            await self._other.close()


def judge(reply: Reply) -> Outcome:
    """Return what a door's answer means: that it was reached, or that it was not."""
    if reply.status < HTTPStatus.BAD_REQUEST:
        return Sent()
    message = f"HTTP {reply.status}"
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TryLater(Reason.VENDOR_DOWN, message, wait_s(reply.headers))
    if reply.status in _LATER:
        return TryLater(_LATER[reply.status], message, wait_s(reply.headers))
    return Refused(Reason.BAD_EVENT, message)


def _failed(failed: SendFailed) -> Outcome:
    if failed.redirected:
        return Sent(message=str(failed))
    return unsent(failed)
