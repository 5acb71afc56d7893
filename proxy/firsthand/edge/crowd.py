"""Keeps a page's path in memory until a crowd has been there: then it tells nothing of anybody.

A path is free text; ids are masked in it, but not every name of a person looks like one. So it goes
on as ``(other)`` until visitors from so many addresses came too early on it. Of the addresses there
are only hashes under a key that this process alone has had, and none once the crowd is there.
"""

import secrets
from dataclasses import replace
from hashlib import blake2b

from firsthand.rules.standing import OTHER_PAGE, Choice

MAX_PAGES = 1_000
"""Pages that are watched at a time; the first ones give way."""
BYTES = 8


class Crowd:
    """``least``: from how many addresses a crowd is one."""

    def __init__(self, least: int) -> None:
        self._least = least
        self._key = secrets.token_bytes(16)
        self._met: dict[str, set[bytes]] = {}
        self._known: dict[str, None] = {}

    def told(self, choice: Choice, ip: str) -> Choice:
        """Return what of ``choice`` may leave this process."""
        page = choice.page
        if not page or page in self._known or self._is_crowd(page, ip):
            return choice
        return replace(choice, page=OTHER_PAGE)

    def _is_crowd(self, page: str, ip: str) -> bool:
        met = self._met.setdefault(page, set())
        met.add(blake2b(ip.encode(), key=self._key, digest_size=BYTES).digest())
        if len(self._met) > MAX_PAGES:
            del self._met[next(iter(self._met))]
        if len(met) < self._least:
            return False
        self._met.pop(page, None)
        if len(self._known) < MAX_PAGES:
            self._known[page] = None
        return True
