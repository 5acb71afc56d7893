"""Passwords: argon2id hashes, checked beside the event loop, few at a time.

The settings a hash must have at least are OWASP's least for argon2id (Password Storage Cheat Sheet,
read 2026-11-24: 19 MiB and two passes); new ones are made with argon2-cffi's own, which are higher.
"""

import asyncio
import unicodedata
from collections.abc import Callable

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
LEAST_KIB, MOST_KIB = 19_456, 1_048_576
LEAST_PASSES, MOST_PASSES = 2, 20
SHORTEST, LONGEST = 12, 1000
"""Characters of a password."""


def hashed(password: str) -> str:
    """Return a hash for the configuration. Raises ``ValueError`` for a password that is none."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
    return PasswordHasher().hash(_plain(password))


def unfit(hashed_: str) -> str:
    """Return why a text is no hash to check passwords with, empty if it is one."""
    try:
        found = extract_parameters(hashed_)
    except (InvalidHashError, ValueError):
        return "is no argon2id hash"
    if found.type is not Type.ID:
        return "is no argon2id hash"
    if found.memory_cost < LEAST_KIB or found.time_cost < LEAST_PASSES:
        return "was made too cheaply, so the password behind it can be guessed"
    if found.memory_cost > MOST_KIB or found.time_cost > MOST_PASSES:
        return "costs this server more than a sign-in may"
    return ""


def _fits(password: str, hashed_: str) -> bool:
    try:
        return PasswordHasher().verify(hashed_, _plain(password))
    except VerificationError:
        return False


def _plain(password: str) -> bytes:
    """Return the bytes that are hashed: the same for all ways to type a letter."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


class Checker:
    """Checks passwords by ``check`` on threads of their own, ``AT_ONCE`` of them."""

    def __init__(self, check: Callable[[str, str], bool] = _fits) -> None:
        self._check = check
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def fits(self, password: str, hashed_: str) -> bool:
        """Say whether ``password`` is the one behind ``hashed_``."""
        async with self._turn:
            return await asyncio.to_thread(self._check, password, hashed_)
