"""Which value of a vendor's cookie holds, of all that a browser, a beacon and the keeper tell.

First to last: a new click in the page's address; the browser's cookie; what the beacon carried; the
keeper. A value is never replaced by an older one, and the time of a click never moves while its
click id stays.

Source: Meta, "fbp and fbc parameters" (same click, same creation time); Google, "Conversion linker"
(90 days from the click, not sliding). Read 2026-11-20.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from firsthand.rules.keeper import Kept
from firsthand.vendor import ClickId, IdCookie, Mint

CLICK_DAYS = 90
BROWSER_DAYS = 400
_DAY_S = 86_400
_TIME = re.compile(r"(?<![0-9])1[0-9]{9}(?:[0-9]{3})?(?![0-9])")
_EXACT = 13  # digits of a time in ms; one in seconds has 10


@dataclass(frozen=True, slots=True)
class Seen:
    """What one hit tells. ``domain`` is the cookies' own; ``mints``: new browser ids may be made,
    because the browser would take their cookies."""

    cookies: Mapping[str, tuple[str, ...]]
    carried: Mapping[str, str]
    clicks: Mapping[str, str]
    kept: Mapping[str, Kept]
    domain: str
    mints: bool
    now: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """A value that holds. ``missing``: the browser's cookie is absent or says something else."""

    kept: Kept
    missing: bool


def fits(click: ClickId, value: str) -> bool:
    """Say whether a click id has its vendor's form."""
    return _pattern(click.pattern).fullmatch(value) is not None


def hold(name: str, row: IdCookie, seen: Seen, rejected: list[str]) -> Held | None:
    """Return the value that holds for one cookie, ``None`` where there is none."""
    click = seen.clicks.get(row.click, "") if row.click else ""
    mine = _copies(name, row, seen, rejected)
    for one in mine:
        if not click or _click_of(row, one.value) == click:
            return Held(one, missing=one is not mine[0])
    for one in _others(name, row, seen):
        if not click or _click_of(row, one.value) == click:
            return Held(one, missing=True)
    minted = _mint(row, click, seen)
    return None if minted is None else Held(minted, missing=True)


def _copies(name: str, row: IdCookie, seen: Seen, rejected: list[str]) -> list[Kept]:
    """Return the browser's well-formed copies, newest first by the time within the value."""
    values = seen.cookies.get(name, ())
    pattern = _pattern(row.pattern)
    good = [value for value in values if pattern.fullmatch(value)]
    if len(good) < len(values):
        rejected.append(f"cookie:{row.name}")
    if len(good) > 1:
        good.sort(key=lambda value: -(_embedded(row, value) or 0))
    known = seen.kept.get(name)
    dated = [
        known if known and known.value == value else _dated(row, value, seen) for value in good
    ]
    return [one for one in dated if _alive(row, one, seen)] if row.click else dated


def _others(name: str, row: IdCookie, seen: Seen) -> Iterator[Kept]:
    """Yield what the beacon carried, then what the keeper has, where it is well formed."""
    carried = seen.carried.get(row.name, "")
    known = seen.kept.get(name)
    told = [_dated(row, carried, seen)] if carried else []
    if known is not None and row.restore:
        told.append(known)
    for one in told:
        if _pattern(row.pattern).fullmatch(one.value) and _alive(row, one, seen):
            yield one


def _dated(row: IdCookie, value: str, seen: Seen) -> Kept:
    at = _embedded(row, value) if row.restore else None
    return Kept(value, seen.now if at is None else min(at, seen.now))


def _embedded(row: IdCookie, value: str) -> int | None:
    """Return the time within a value, in ms. Before a click's time stands no other number; before
    a browser's (``_ga``) a random one may.
    """
    found = _TIME.findall(value)
    if not found:
        return None
    exact = [text for text in found if len(text) == _EXACT]
    text = found[0] if row.click else (exact or found[-1:])[0]
    return int(text) if len(text) == _EXACT else int(text) * 1000


def _alive(row: IdCookie, one: Kept, seen: Seen) -> bool:
    return not row.click or left_s(row, one, seen.now) > 0


def left_s(row: IdCookie, one: Kept, now: int) -> int:
    """Return the seconds that a cookie has: a click's are counted from the click."""
    if not row.click:
        return min(row.days, BROWSER_DAYS) * _DAY_S
    return min(row.days, CLICK_DAYS) * _DAY_S - max(0, now - one.since) // 1000


def _click_of(row: IdCookie, value: str) -> str:
    if row.click_of is not None:
        return row.click_of(value)
    return value.rpartition(".")[2]


def _mint(row: IdCookie, click: str, seen: Seen) -> Kept | None:
    """Make a value from a click, or a browser's id from nothing where a cookie can carry it on."""
    carried = row.name in seen.carried
    if row.mint is None or (not click and (row.click or carried or not seen.mints)):
        return None
    draw = int.from_bytes(sha256(seen.digest + row.name.encode()).digest()[:4], "big") >> 1
    value = row.mint(Mint(click, seen.now, seen.domain.count(".") + 1, draw))
    return Kept(value, seen.now) if _pattern(row.pattern).fullmatch(value) else None


@lru_cache(512)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)
