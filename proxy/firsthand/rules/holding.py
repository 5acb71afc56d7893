"""Which value of a vendor's cookie holds, of all that a browser, a beacon and the keeper tell.

``TELLERS`` is the rule, first to last:

| who tells it | what for                                                            |
| ------------ | ------------------------------------------------------------------- |
| browser      | its cookie; of several copies the newest                            |
| beacon       | the id that the pixel sent along                                    |
| keeper       | what we kept                                                        |
| nobody       | made: from the click in the page's address; a browser's id from nothing |

A click id in the page's address is the newest click: then only a value of that very click holds,
and its time stays. Without one, of several clicks the latest holds, whoever tells it; of a
browser's ids the first. Of several click ids of one name in an address the first that is well
formed counts; different parameters (``gclid``, ``wbraid``) have a cookie each.

Source: Meta, "fbp and fbc parameters" (same click, same creation time); Google, "Conversion linker"
(90 days from the click, not sliding). Read 2026-11-20.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from firsthand.rules.idrows import click_life_s
from firsthand.rules.keeper import Kept
from firsthand.vendor import ClickId, IdCookie, Mint

CLICK_DAYS = 90
LONGEST = 1024
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
    click_days: int = CLICK_DAYS


class Held(NamedTuple):
    """A value that holds. ``missing``: the browser's cookie is absent or says something else;
    ``copies``: it has several that differ; ``lost``: only the keeper knows it."""

    kept: Kept
    missing: bool
    copies: bool = False
    lost: bool = False


def fits(click: ClickId, value: str) -> bool:
    """Say whether a click id has its vendor's form."""
    return _pattern(click.pattern).fullmatch(value) is not None


def fault(value: str) -> str:
    """Return in a word what is wrong with a value that does not have its form."""
    return "oversized" if len(value) > LONGEST else "malformed"


def hold(name: str, row: IdCookie, seen: Seen, rejected: list[str]) -> Held | None:
    """Return the value that holds for one cookie, ``None`` where there is none."""
    click = seen.clicks.get(row.click, "") if row.click else ""
    told = [(who, one) for who, tell in TELLERS.items() for one in tell(name, row, seen, rejected)]
    mine = {one.value for who, one in told if who == "browser"}
    fitting = [(who, one) for who, one in told if not click or _click_of(row, one.value) == click]
    if not fitting:
        minted = _mint(row, click, seen)
        return None if minted is None else Held(minted, missing=True, copies=len(mine) > 1)
    who, best = max(fitting, key=lambda each: each[1].since) if row.click else fitting[0]
    return Held(best, best.value not in mine, copies=len(mine) > 1, lost=who == "keeper")


def _of_browser(name: str, row: IdCookie, seen: Seen, rejected: list[str]) -> list[Kept]:
    """Return the browser's well-formed copies, newest first by the time within the value."""
    values = seen.cookies.get(name, ())
    if not values:
        return []
    good = [value for value in values if form(row, value)[0]]
    rejected += [f"cookie:{row.name}:{fault(value)}" for value in values if value not in good]
    if len(values) > 1:
        rejected.append(f"cookie:{row.name}:copies")
        good.sort(key=lambda value: -(form(row, value)[1] or 0))
    known = seen.kept.get(name)
    dated = [
        known if known and known.value == value else _dated(row, value, seen) for value in good
    ]
    alive = [one for one in dated if _alive(row, one, seen)]
    rejected += [f"cookie:{row.name}:expired"] * (len(dated) - len(alive))
    return alive


def _of_beacon(_name: str, row: IdCookie, seen: Seen, _rejected: list[str]) -> list[Kept]:
    carried = seen.carried.get(row.name, "")
    return list(_fitting(row, [_dated(row, carried, seen)], seen)) if carried else []


def _of_keeper(name: str, row: IdCookie, seen: Seen, _rejected: list[str]) -> list[Kept]:
    known = seen.kept.get(name)
    return list(_fitting(row, [known], seen)) if known and row.restore else []


def _fitting(row: IdCookie, told: list[Kept], seen: Seen) -> Iterator[Kept]:
    for one in told:
        if form(row, one.value)[0] and _alive(row, one, seen):
            yield one


Tell: TypeAlias = Callable[[str, IdCookie, Seen, list[str]], list[Kept]]
TELLERS: Mapping[str, Tell] = {
    "browser": _of_browser,
    "beacon": _of_beacon,
    "keeper": _of_keeper,
}


def _dated(row: IdCookie, value: str, seen: Seen) -> Kept:
    at = form(row, value)[1]
    return Kept(value, seen.now if at is None else min(at, seen.now))


def form(row: IdCookie, value: str) -> tuple[bool, int | None]:
    """Say whether a value is well formed, and the time within it in ms if it has one."""
    return _form(row.pattern, value, (row.click or _BROWSERS) if row.restore else "")


_BROWSERS = "-"


@lru_cache(8192)
def _form(pattern: str, value: str, whose: str) -> tuple[bool, int | None]:
    """Remembered: all beacons of a page carry the same. ``whose`` time: a click's, a browser's."""
    formed = _pattern(pattern).fullmatch(value) is not None
    if not formed or not whose:
        return formed, None
    return True, _embedded(value, clicked=whose != _BROWSERS)


def _embedded(value: str, *, clicked: bool) -> int | None:
    """Return the time within a value, in ms. Before a click's time stands no other number; before
    a browser's (``_ga``) a random one may.
    """
    found = _TIME.findall(value)
    if not found:
        return None
    exact = [text for text in found if len(text) == _EXACT]
    text = found[0] if clicked else (exact or found[-1:])[0]
    return int(text) if len(text) == _EXACT else int(text) * 1000


def _alive(row: IdCookie, one: Kept, seen: Seen) -> bool:
    return not row.click or left_s(row, one, seen.now, seen.click_days) > 0


def left_s(row: IdCookie, one: Kept, now: int, click_days: int = CLICK_DAYS) -> int:
    """Return the seconds that a cookie has: a click's are counted from the click."""
    if not row.click:
        return min(row.days, BROWSER_DAYS) * _DAY_S
    return click_life_s(row, click_days) - max(0, now - one.since) // 1000


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
