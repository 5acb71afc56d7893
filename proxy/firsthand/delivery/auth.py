"""Credentials: where a token is read, how it joins a call, how it stays out of all else."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from oauthlib.oauth1 import Client

from firsthand.model import Call, Reply
from firsthand.vendor import Auth, Vendor

MASK = "***"
OAUTH1_WORDS = 4


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A token. Nothing prints it; only ``join`` and ``scrub`` look inside."""

    value: str

    def __repr__(self) -> str:
        return MASK


@dataclass(frozen=True, slots=True, repr=False)
class Signed(Call):
    """A call with its credentials: to be sent, never to be shown. ``bare`` is all of it that is
    not the operator's own secret."""

    bare: Call

    def __repr__(self) -> str:
        return f"Signed({self.vendor}, {self.account}, {MASK})"


class Token(Protocol):
    """A place where a token is found."""

    def read(self) -> Secret | None:
        """Return the token as it is now, or ``None`` if there is none that can be used."""

    def remedy(self) -> str:
        """Say what to do when there is none; names the place, never the token."""


@dataclass(frozen=True, slots=True)
class EnvToken:
    """A token in an environment variable."""

    name: str
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def read(self) -> Secret | None:
        """Return the variable's value, or ``None`` if it is unset, empty or no token."""
        return _secret(self.environ.get(self.name, ""))

    def remedy(self) -> str:
        """Name the variable."""
        return f"set the environment variable {self.name} to the token"


class FileToken:
    """A token in a file that only its owner may read; read again when the file changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, ...] = ()
        self._secret: Secret | None = None

    def read(self) -> Secret | None:
        """Return the file's content, or ``None`` if it is missing, open to others or no token."""
        try:
            found = self.path.stat()
            seen = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if seen != self._seen:
                self._secret = None if _shared(found.st_mode) else self._load()
                self._seen = seen
        except (OSError, UnicodeDecodeError):
            self._seen, self._secret = (), None
        return self._secret

    def _load(self) -> Secret | None:
        return _secret(self.path.read_text(encoding="ascii"))

    def remedy(self) -> str:
        """Name the file, and say so when others may read it."""
        try:
            if _shared(self.path.stat().st_mode):
                return f"the file {self.path} may be read by others: chmod 600 it"
        except OSError:
            pass
        return f"write the token to the file {self.path} (mode 600)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileToken) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"FileToken({str(self.path)!r})"


def _shared(mode: int) -> bool:
    return bool(stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO))


def _secret(text: str) -> Secret | None:
    # A key in JSON may stand on several lines; within its texts it has none.
    value = " ".join(text.split()) if text.lstrip()[:1] == "{" else text.strip()
    return Secret(value) if value.isascii() and value.isprintable() and value else None


def join(call: Call, vendor: Vendor, token: Secret) -> Call:
    """Return ``call`` with its credentials, as the vendor wants them."""
    headers, url = dict(call.headers), call.url
    if vendor.auth in {Auth.BEARER, Auth.GOOGLE}:
        headers["Authorization"] = f"Bearer {token.value}"
    elif vendor.auth is Auth.HEADER:
        headers[vendor.auth_param] = token.value
    elif vendor.auth is Auth.OAUTH1:
        headers |= _oauth1(call, vendor, token.value)
    else:
        mark = "&" if "?" in url else "?"
        url += f"{mark}{vendor.auth_param}={quote(token.value, safe='')}"
    return Signed(call.vendor, call.account, call.method, url, headers, call.body, call)


def _oauth1(call: Call, vendor: Vendor, token: str) -> dict[str, str]:
    """Return the header that signs a call whose body is no form, which OAuth 1.0a leaves out.

    Four words are consumer key and secret, user token and secret; anything else is a token that
    goes out as it is. Source: RFC 5849, sections 3.4 and 3.5.
    """
    words = token.split()
    if len(words) != OAUTH1_WORDS:
        return {vendor.auth_param: token}
    key, secret, user, user_secret = words
    signer = Client(key, secret, resource_owner_key=user, resource_owner_secret=user_secret)
    method: Any = call.method  # the signer's type names each method there is
    _, headers, _ = signer.sign(call.url, method)
    return {"Authorization": headers["Authorization"]}


def scrub(reply: Reply, token: Secret) -> Reply:
    """Return ``reply`` without the token: some vendors repeat a token that they refuse."""
    words = {token.value, *token.value.split()}
    texts = sorted(words | {quote(word, safe="") for word in words}, key=len, reverse=True)
    body, headers = reply.body, dict(reply.headers)
    for text in texts:
        body = body.replace(text.encode(), MASK.encode())
        headers = {name: value.replace(text, MASK) for name, value in headers.items()}
    return replace(reply, headers=headers, body=body)
