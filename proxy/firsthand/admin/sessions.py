"""Who is signed in: people with a password, programs with a token, and the cookies for people.

The clock (Unix milliseconds) is an argument. A cookie is signed with a key made of the site's
secret and names its holder by a hash over name, role and password hash: another secret, another
password or another role ends it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest, digest
from secrets import token_hex

SESSION_MS = 12 * 3_600_000
KNOWN_MS = 90 * 24 * 3_600_000
SHORTEST_PROGRAM_TOKEN = 32


class Role(StrEnum):
    """What somebody may do."""

    READ = "read"  # look at pages and figures
    WRITE = "write"  # and decide

    def may(self, method: str) -> bool:
        """Say whether this role is enough for a request of that method."""
        return self is Role.WRITE or method in {"GET", "HEAD"}


class Use(StrEnum):
    """What a cookie of ours is for, and its name. One is never good for another."""

    SESSION = "fh_session"
    SECURE_SESSION = "__Host-fh_session"
    KNOWN = "fh_known"
    SECURE_KNOWN = "__Host-fh_known"

    @property
    def is_session(self) -> bool:
        """Say whether it opens pages; else it only tells a browser that was let in before."""
        return self in {Use.SESSION, Use.SECURE_SESSION}

    @property
    def life_ms(self) -> int:
        """How long it is good for."""
        return SESSION_MS if self.is_session else KNOWN_MS


@dataclass(frozen=True, slots=True)
class User:
    """A person. ``hash`` is an argon2id hash."""

    name: str
    hash: str = field(repr=False)
    role: Role = Role.WRITE


@dataclass(frozen=True, slots=True)
class Program:
    """A program. ``hash`` is the SHA-256 of its token, which is random and long."""

    name: str
    hash: str = field(repr=False)
    role: Role = Role.READ


@dataclass(frozen=True, slots=True)
class Keys:
    """Who may come in. Without users, the one token of the listener opens everything."""

    users: tuple[User, ...] = ()
    programs: tuple[Program, ...] = ()
    secret: bytes = field(default=b"", repr=False)

    def program(self, token: str) -> Program | None:
        """Return whose token it is; all are looked at, whichever fits."""
        given = sha256(token.encode("utf-8", "replace")).hexdigest()
        found = [each for each in self.programs if compare_digest(each.hash, given)]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Session:
    """What a good cookie says. ``id`` is its own, drawn when it was given."""

    user: User
    id: str
    expires: int


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, for the pages and the audit log. ``session`` is empty for programs."""

    name: str
    role: Role
    session: str = ""


class Sessions:
    """Makes and reads the cookies of users."""

    def __init__(self, keys: Keys) -> None:
        self._key = digest(keys.secret, b"firsthand admin session", "sha256")
        self._users = {self._tag(user): user for user in keys.users}

    def begin(self, use: Use, user: User, *, now: int) -> str:
        """Return a new cookie for ``user``."""
        told = f"{now + use.life_ms}.{token_hex(16)}.{self._tag(user)}"
        return f"{told}.{self._sign(use, told)}"

    def read(self, use: Use, cookie: str, *, now: int) -> Session | None:
        """Return what a cookie says, or ``None`` if it is not ours or not good any more."""
        told, _, sign = cookie.rpartition(".")
        expected = self._sign(use, told).encode()
        if not compare_digest(sign.encode("utf-8", "replace"), expected):
            return None
        expires, drawn, tag = told.split(".")
        user = self._users.get(tag)
        if user is None or int(expires) <= now:
            return None
        return Session(user, drawn, int(expires))

    def form(self, session: str, *, now: int) -> str:
        """Return what forms of a session's pages carry, which no page of others can know."""
        expires = str(now + SESSION_MS)
        return f"{expires}.{self._sign('form', f'{expires}.{session}')}"

    def knows(self, form: str, session: str, *, now: int) -> bool:
        """Say whether a form was made for this session and is still good."""
        expires, _, sign = form.partition(".")
        expected = self._sign("form", f"{expires}.{session}").encode()
        if not compare_digest(sign.encode("utf-8", "replace"), expected):
            return False
        return now < int(expires)

    def _tag(self, user: User) -> str:
        told = f"user\n{user.name}\n{user.role}\n{user.hash}".encode()
        return digest(self._key, told, "sha256").hex()[:32]

    def _sign(self, use: str, told: str) -> str:
        signed = f"{use}\n{told}".encode("utf-8", "replace")
        return digest(self._key, signed, "sha256").hex()
