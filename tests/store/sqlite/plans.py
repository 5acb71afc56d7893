"""Asks SQLite how it would run a statement."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import aiosqlite

Given: TypeAlias = Sequence[object] | Mapping[str, object]

SMALL = {"wanted", "lanes", "series", "page", "rolled", "CONSTANT", "part", "who", "json_each"}
"""What has few rows, however many events there are; ``part``: one for each 4,096 that wait."""


async def large_scans(db: aiosqlite.Connection, sql: str, given: Given) -> list[str]:
    """Return the steps of a plan that go through a table that grows with events."""
    rows = await db.execute_fetchall(f"EXPLAIN QUERY PLAN {sql}", given)  # type: ignore[arg-type]
    steps = [row[3] for row in rows]
    scans = [step for step in steps if step.startswith("SCAN")]
    return [step for step in scans if step.split()[1] not in SMALL]
