"""Who may look: Host names, the token, the cookie that stands for it, and the wait after errors.

Pure: the clock (Unix milliseconds) is an argument. The listener is on loopback, which a web page
can reach by DNS rebinding and a careless front server can publish; so neither is trusted.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest, digest

from firsthand.admin.waits import Waits

COOKIE = "fh_admin"
COOKIE_MS = 12 * 3_600_000
FREE_ERRORS = 3


def is_allowed_host(host: str, names: Collection[str]) -> bool:
    """Say whether a Host header, with or without its port, is one of ``names`` (lower case)."""
    name = host.lower()
    if name in names:
        return True
    bare, colon, port = name.rpartition(":")
    return bool(colon) and port.isascii() and port.isdigit() and bare in names


def bearer(header: str) -> str:
    """Return the token of an ``Authorization: Bearer`` header, or an empty text."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(slots=True)
class Door:
    """Checks tokens and cookies; sends away who guesses.

    The token itself is not kept, only its hash. ``peer`` is the address that a request came from,
    which many may share: so the right token opens always, and only a wrong one has to wait
    (``Waits``). It is the token's length that makes guessing hopeless, not the wait.
    """

    _token: bytes = field(repr=False)
    waits: Waits = field(default_factory=lambda: Waits(FREE_ERRORS), repr=False)

    @classmethod
    def of(cls, token: str) -> "Door":
        """Return the door that ``token`` opens. Raises ``ValueError`` for an empty one."""
        if not token:
            raise ValueError("the admin listener needs a token")
        return cls(_hash(token))

    def opens(self, token: str, *, peer: str) -> bool:
        """Say whether ``token`` is right; then what ``peer`` got wrong before is forgotten."""
        right = compare_digest(_hash(token), self._token)
        if right:
            self.waits.forget(peer)
        return right

    def cookie(self, *, now: int) -> str:
        """Return a cookie value that stands for the token until it expires."""
        return self._made("cookie", now)

    def accepts(self, cookie: str, *, now: int) -> bool:
        """Say whether ``cookie`` is one of ours and still good."""
        return self._is_good("cookie", cookie, now)

    def form(self, *, now: int) -> str:
        """Return what a form of our pages carries, which no page of others can know."""
        return self._made("form", now)

    def knows(self, form: str, *, now: int) -> bool:
        """Say whether a form is one of ours and still good."""
        return self._is_good("form", form, now)

    def _made(self, use: str, now: int) -> str:
        expires = str(now + COOKIE_MS)
        return f"{expires}.{self._sign(use, expires)}"

    def _is_good(self, use: str, value: str, now: int) -> bool:
        expires, _, sign = value.partition(".")
        if not (expires.isascii() and expires.isdigit() and len(expires) < len("9" * 16)):
            return False
        good = compare_digest(
            sign.encode("utf-8", "surrogateescape"), self._sign(use, expires).encode()
        )
        return good and now < int(expires)

    def _sign(self, use: str, expires: str) -> str:
        signed = f"firsthand admin {use} {expires}".encode()
        return digest(self._token, signed, "sha256").hex()


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
