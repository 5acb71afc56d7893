"""Posts JSON to the operator's webhook with the care of every call: one host, no redirect, bounded.

The address may hold a secret: it is in no message.
"""

from urllib.parse import urlsplit

from firsthand.delivery.sender import HttpSender, Timeouts
from firsthand.errors import SendFailed
from firsthand.model import Call

TIMEOUTS = Timeouts(total=10.0, connect=5.0, read=5.0)


class Webhook:
    """Calls one address: https to a public name, or http on this machine's loopback."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        host = parts.hostname or ""
        # A suffix makes a sender that speaks plainly, and to loopback alone.
        suffix = f":{parts.port or 80}" if parts.scheme == "http" else ""
        netloc = host if suffix else parts.netloc
        self._url = parts._replace(scheme="https", netloc=netloc, fragment="").geturl()
        self._sender = HttpSender({host}, suffix=suffix, timeouts=TIMEOUTS)

    async def post(self, body: bytes) -> str:
        """Return why it was not taken, "" once it was: any answer of the 200s."""
        headers = {"Content-Type": "application/json"}
        try:
            reply = await self._sender.send(Call("", "", "POST", self._url, headers, body))
        except SendFailed as error:
            return error.reason.value
        return "" if 200 <= reply.status < 300 else f"HTTP {reply.status}"  # noqa: PLR2004 - the class of success

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()
