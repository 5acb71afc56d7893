"""The common case: a browser that has what its keeper has, on a beacon that tells nothing new.

It is decided in a few microseconds, and must come out as ``clickids.plan`` would decide it.
"""

from collections.abc import Collection, Mapping

from firsthand.rules.holding import Seen, form
from firsthand.rules.idrows import Row, Rows
from firsthand.rules.keeper import Keeper, Kept


def settled(
    rows: Rows, allowed: Collection[str], seen: Seen, before: Keeper
) -> dict[str, str] | None:
    """Return the values that hold, by cookie name; ``None`` where anything is to be done."""
    if seen.clicks or rows.stems:
        return None
    effective: dict[str, str] = {}
    by_name, kept, now = rows.by_name, before.ids, seen.now
    for name, values in seen.cookies.items():
        row = by_name.get(name)
        if row is None or not row.used or row.vendor not in allowed:
            continue
        value, known = values[0], kept.get(name)
        if known is not None and known.value == value:
            since: int | None = known.since
        else:
            formed, since = form(row.cookie, value)
            if not formed or not _is_known(row, value, known, full=before.full):
                return None
        if len(values) > 1 or (row.life_ms and since and now - since >= row.life_ms):
            return None
        effective[name] = value
    whole = kept.keys() <= effective.keys() and all(row.name in effective for row in rows.minted)
    return effective if whole and not _newer(rows, effective, seen) else None


def _is_known(row: Row, value: str, known: Kept | None, *, full: bool) -> bool:
    """Say whether the keeper has nothing to learn of a value: no room, or the same session."""
    stays = row.cookie.stays
    if known is None:
        return full or not row.cookie.restore
    return stays is not None and stays(value) == stays(known.value)


def _newer(rows: Rows, effective: Mapping[str, str], seen: Seen) -> bool:
    """Say whether the beacon carried an id that the browser's cookie does not have."""
    for name, value in seen.carried.items():
        if effective.get(name) == value:
            continue
        row = rows.by_name.get(name)
        if row is None or not form(row.cookie, value)[0]:
            continue
        if row.cookie.click or name not in effective:
            return True
    return False
