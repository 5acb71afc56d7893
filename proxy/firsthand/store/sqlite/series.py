"""Small numbers for what is repeated in every row, and a bound on names that visitors choose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import aiosqlite

Key = tuple[str, ...]

OTHER = "(other)"
MAX_NAMES = 200
"""Distinct event names of an account, and of an account's notes."""
MAX_ACCOUNTS = 500
MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class Words:
    """A table that numbers words, and how to read and extend it."""

    select: str
    insert: str


SERIES = Words(
    select="SELECT id, site, vendor, account, destination, name FROM series",
    insert="INSERT INTO series (site, vendor, account, destination, name) VALUES (?, ?, ?, ?, ?)",
)
LANES = Words(
    select="SELECT id, vendor, account FROM lanes",
    insert="INSERT INTO lanes (vendor, account) VALUES (?, ?)",
)


class Numbered:
    """The numbers of one such table, kept in memory."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._ids: dict[Key, int] = {}

    def forget(self) -> None:
        """Read the table again when next asked: a transaction was undone."""
        self._ids = {}

    async def load(self, db: aiosqlite.Connection) -> Mapping[Key, int]:
        """Return all that have a number."""
        if not self._ids:
            rows = await db.execute_fetchall(self._words.select)
            self._ids = {tuple(rest): number for number, *rest in rows}
        return self._ids

    async def learn(self, db: aiosqlite.Connection, keys: Iterable[Key]) -> Mapping[Key, int]:
        """Return all numbers once each of ``keys`` has one; inside the caller's transaction."""
        known = await self.load(db)
        unknown = {key for key in keys if key not in known}
        if unknown:
            await db.executemany(self._words.insert, sorted(unknown))
            self._ids = {}
            known = await self.load(db)
        return known


class Bounds:
    """Which event names still get a row of their own."""

    def __init__(self, known: Iterable[Key]) -> None:
        self._names: dict[tuple[str, str, str], set[str]] = {}
        for site, vendor, account, _, name in known:
            self._names.setdefault((site, vendor, account), set()).add(name)

    def within(self, key: Key) -> Key:
        """Return the series to count under: past a bound, the one of all others.

        A name with an ``@`` is never kept: it may be somebody's address.
        """
        site, vendor, account, destination, name = key
        group = (site, vendor[:MAX_TEXT], account[:MAX_TEXT])
        names = self._names.get(group)
        if names is None:
            if len(self._names) >= MAX_ACCOUNTS:
                group = (site, group[1], OTHER)
            names = self._names.setdefault(group, set())
        if name not in names:
            if len(names) >= MAX_NAMES or len(name) > MAX_TEXT or "@" in name:
                name = OTHER
            names.add(name)
        return (*group, destination, name)
