"""``firsthand doctor --live``: the promise, measured. Which visitors come back with their keeper.

How it is counted, and what it cannot tell, stands in ``rules/returns.py``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from firsthand.admin import words
from firsthand.admin.figures import Rate, rate
from firsthand.config.load import load
from firsthand.errors import ConfigError
from firsthand.rules.lifetimes import DAY_S
from firsthand.rules.returns import BUCKETS, FAMILIES
from firsthand.serve.plan import data_folder, now
from firsthand.store.contract import ReturnCount
from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.ledger import open_ledger

SHAPE = 1
WINDOW_DAYS = 120
"""Days of issue that are looked at: a keeper lives for 90, and is renewed on each day of use."""

METHOD = (
    "Of all keepers that browsers held on a day, the share that came back as the next visit so many"
    " days later or more. Only days that long ago count; later visits may still come."
)
BIAS = (
    "A visit of a single request is in no count; a daily visitor is in each day's. Who lost the"
    " keeper and who stayed away look alike: compare the families. iPads may say Mac; Brave says"
    " Chromium."
)


@dataclass(frozen=True, slots=True)
class Back:
    """Of a family's keepers held at least ``after`` days ago, those that came back after so long
    or longer; ``rate`` is ``None`` where none was held."""

    family: str
    after: int
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What one ledger holds. ``days``: days of issue with anything in them."""

    site: str
    days: int
    backs: tuple[Back, ...]


async def measure(file: Path) -> Measured:
    """Return what the server has counted. Raises ``ConfigError`` where it has not run yet."""
    config = load(file)
    folder = data_folder(config, file)
    if not ledger_path(folder).exists():
        raise ConfigError(f"{folder}: nothing is recorded yet; start: firsthand serve")
    today = now() // 1000 // DAY_S
    async with open_ledger(folder) as ledger:
        counts = await ledger.returns(since=today - WINDOW_DAYS)
    days = len({each.sighting.day for each in counts})
    return Measured(config.site.name, days, tuple(backs(counts, today)))


def backs(counts: Iterable[ReturnCount], today: int) -> list[Back]:
    """Return the rates of all families that were seen, in the order of ``FAMILIES``."""
    told = list(counts)
    seen = {each.sighting.family for each in told}
    families = [name for name in FAMILIES if name in seen]
    return [_back(told, name, after, today) for name in families for after in BUCKETS]


def _back(counts: list[ReturnCount], family: str, after: int, today: int) -> Back:
    old = [
        each
        for each in counts
        if each.sighting.family == family and each.sighting.day <= today - after
    ]
    held = sum(each.n for each in old if each.sighting.after == 0)
    back = sum(each.n for each in old if each.sighting.after >= after)
    return Back(family, after, rate(min(back, held), held))


def as_json(made: Measured) -> dict[str, Any]:
    """Return it as plain values: ``{"shape", "site", "days", "method", "bias", "returns":
    [{"family", "after_days", "held", "back", "share", "low", "high"}]}``; the shares are ``null``
    where nothing was held."""
    return {
        "shape": SHAPE,
        "site": made.site,
        "days": made.days,
        "method": METHOD,
        "bias": BIAS,
        "returns": [_row(each) for each in made.backs],
    }


def _row(back: Back) -> dict[str, Any]:
    found = back.rate
    return {
        "family": back.family,
        "after_days": back.after,
        "held": found.of if found else 0,
        "back": found.hits if found else 0,
        "share": found.share if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
    }


def show(made: Measured, console: Console) -> None:
    """Print a row for each family, a column for each number of days."""
    if not made.backs:
        console.print("No keeper has been shown yet: visitors who allow it have to come first.")
        return
    table = Table(title=f"Back with the keeper, of those held ({made.days} days counted)")
    table.add_column("browser")
    for after in BUCKETS:
        table.add_column(f"after {after} d or more", justify="right")
    for family in dict.fromkeys(each.family for each in made.backs):
        cells = [_cell(each.rate) for each in made.backs if each.family == family]
        table.add_row(*map(Text, (family, *cells)))
    console.print(table)
    for line in (METHOD, BIAS):
        console.print(Text(line), soft_wrap=True)


def _cell(found: Rate | None) -> str:
    if found is None:
        return "not yet"
    interval = f"{words.percent(found.low)} - {words.percent(found.high)}"
    return f"{words.percent(found.share)} of {words.number(found.of)} ({interval})"
