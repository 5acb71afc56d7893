"""From what lies in a token's place to what goes out with a call.

Most vendors take it as it is. Google wants a short-lived token in its place: its own library asks
for that, in a thread, through the lane's client, which knows the vendor's hosts and no others.

Source: Google's pages on service accounts and refresh tokens (OAuth 2.0), read 2026-11.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport import Request, Response
from google.oauth2 import credentials, service_account

from firsthand.delivery.auth import Secret, Signed
from firsthand.delivery.sender import Sender
from firsthand.errors import SendFailed
from firsthand.model import Call, Reason, Reply
from firsthand.vendor import Auth, Vendor

GOOGLE_SCOPE = "https://www.googleapis.com/auth/datamanager"
GOOGLE_DOOR = "https://oauth2.googleapis.com/token"
EARLY_S = 300.0
"""Seconds before its end at which a token is not used any more."""

_CODE = re.compile(r"[a-z_]{1,40}")


class Keys(Protocol):
    """Turns a secret into the one that a call carries."""

    async def key(self, secret: Secret) -> Secret:
        """Return what goes out. Raises ``SendFailed``: AUTH where the vendor does not take it."""

    def refused(self) -> None:
        """Hear that the vendor refused what went out last."""


class AsGiven:
    """The secret itself goes out."""

    async def key(self, secret: Secret) -> Secret:
        """Return ``secret``."""
        return secret

    def refused(self) -> None:
        """Nothing to forget."""


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token and until when it is used, on the loop's clock."""

    of: Secret
    token: Secret
    until: float


class GoogleKeys:
    """Tokens for a service account's key, or for a user's refresh token; kept while they last."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._issued: _Issued | None = None
        self._asking = asyncio.Lock()

    async def key(self, secret: Secret) -> Secret:
        """Return a token that lives for five minutes more at least, if Google gives such ones."""
        loop = asyncio.get_running_loop()
        async with self._asking:
            held = self._issued
            if held is None or held.of != secret or held.until <= loop.time():
                door = _Door(self._sender, loop)
                token, life_s = await asyncio.to_thread(_refresh, secret, door)
                held = self._issued = _Issued(secret, token, loop.time() + life_s - EARLY_S)
        return held.token

    def refused(self) -> None:
        """Forget the token: the next call asks for another."""
        self._issued = None


def keys_of(vendor: Vendor, sender: Sender) -> Keys:
    """Return how ``vendor`` wants its secrets."""
    return GoogleKeys(sender) if vendor.auth is Auth.GOOGLE else AsGiven()


class _Answer(Response):
    """A reply in the library's shape."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    @property
    def status(self) -> int:
        return self._reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._reply.headers

    @property
    def data(self) -> bytes:
        return self._reply.body


class _Door(Request):
    """Carries the library's question from its thread to the lane's client."""

    def __init__(self, sender: Sender, loop: asyncio.AbstractEventLoop) -> None:
        self._sender = sender
        self._loop = loop
        self.reply: Reply | None = None
        self.failed: SendFailed | None = None

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the lane's client has its own
        **_: object,
    ) -> _Answer:
        # What it carries is the operator's own key, signed: nothing of a visitor.
        bare = Call("google", "", method, url, {}, b"")
        call = Signed("google", "", method, url, dict(headers or {}), body or b"", bare)
        asked = asyncio.run_coroutine_threadsafe(self._sender.send(call), self._loop)
        try:
            self.reply = asked.result()
        except SendFailed as failed:
            self.failed = failed
            raise TransportError from failed
        return _Answer(self.reply)


def _refresh(secret: Secret, door: _Door) -> tuple[Secret, float]:
    """Return a new token and its life in seconds. Blocks; raises ``SendFailed``."""
    try:
        held = _credentials(orjson.loads(secret.value))
    except (ValueError, TypeError, AttributeError):
        raise SendFailed(Reason.AUTH, "not the JSON key of a service account or a user") from None
    try:
        held.refresh(door)
    except GoogleAuthError as error:
        raise _failure(error, door) from None
    left = (held.expiry - datetime.now(UTC).replace(tzinfo=None)).total_seconds()
    return Secret(str(held.token)), left


def _credentials(key: dict[str, Any]) -> Any:  # noqa: ANN401 - the library has no types
    """Return the library's credentials; where to ask is Google's door, whatever the key says."""
    of_service: Any = service_account.Credentials.from_service_account_info
    of_user: Any = credentials.Credentials.from_authorized_user_info
    if key.get("type") == "service_account":
        return of_service(key | {"token_uri": GOOGLE_DOOR}, scopes=[GOOGLE_SCOPE])
    return of_user(key)


def _failure(error: GoogleAuthError, door: _Door) -> SendFailed:
    """Return why there is no token, by Google's code alone: its words may repeat the key."""
    if door.failed is not None:
        return door.failed
    if getattr(error, "retryable", False):
        return SendFailed(Reason.VENDOR_DOWN, "Google's token service failed")
    try:
        code = str(orjson.loads(door.reply.body if door.reply else b"{}").get("error", ""))
    except (ValueError, AttributeError):
        code = ""
    said = code if _CODE.fullmatch(code) else "no token"
    return SendFailed(Reason.AUTH, f"Google does not take the key: {said}")
