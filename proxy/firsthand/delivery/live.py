"""The live way: credentials joined, sent to the vendor's real door, the answer judged."""

from collections.abc import Sequence
from http import HTTPStatus

from firsthand.delivery.auth import Secret, Token, join, scrub
from firsthand.delivery.exchange import Answer, Judge, judged, unsent
from firsthand.delivery.keys import keys_of
from firsthand.delivery.sender import Sender
from firsthand.errors import SendFailed
from firsthand.model import Beacon, Call, Outcome, Reason, TryLater
from firsthand.vendor import Vendor


class Live:
    """Sends for real. Without a token nothing goes out, and the lane is held."""

    def __init__(self, vendor: Vendor, token: Token, sender: Sender) -> None:
        self._vendor = vendor
        self._token = token
        self._sender = sender
        self._keys = keys_of(vendor, sender)
        self._used: Secret | None = None

    async def go(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return the vendor's judgement of ``beacons``, or why there is none yet."""
        return await self._send(call, beacons, self._vendor.judge)

    async def ask(self, call: Call, beacons: Sequence[Beacon]) -> Answer:
        """Return what the vendor says became of ``beacons``, or why it does not say yet."""
        return await self._send(call, beacons, self._vendor.judge_ask or self._vendor.judge)

    async def _send(self, call: Call, beacons: Sequence[Beacon], judge: Judge) -> Answer:
        self._used = secret = self._token.read()
        if secret is None:
            return _all(TryLater(Reason.AUTH, self._token.remedy()), beacons)
        try:
            key = await self._keys.key(secret)
            reply = scrub(await self._sender.send(join(call, self._vendor, key)), key)
        except SendFailed as failed:
            return _all(unsent(failed), beacons)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self._keys.refused()
        return Answer(judged(judge, reply, beacons), reply)

    def new_token(self) -> bool:
        """Say whether the token's place holds another one than at the last call."""
        return self._token.read() not in {None, self._used}

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()


def _all(outcome: Outcome, beacons: Sequence[Beacon]) -> Answer:
    return Answer([outcome] * len(beacons))
