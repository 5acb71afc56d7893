"""Analytics without marketing: an event becomes one more in a row of numbers, and nothing else.

A row is an hour, an event's name, the class of a page, a country, a kind of device, a campaign and
a currency. No id, no address, no order, no title, no referrer, no text of the page's own enters it.
Rows wait in memory until their hour is over; those that fewer than ``k`` events share are merged,
and where even the merged ones are fewer they are dropped. No vendor gets any of it: every API wants
an id.

Sources: CNIL's conditions for analytics through a proxy (2022-07-20); GDPR, recital 26. Read
2026-11-20.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log10
from urllib.parse import parse_qsl, unquote

from firsthand.model import Hit, Reading
from firsthand.rules import addresses
from firsthand.rules.readable import readable
from firsthand.vendor import Vendor

HOUR_MS = 3_600_000
MOST_ROWS = 10_000
OTHER = "(other)"
_LONGEST_PATH = 120
_MOST_SEGMENTS = 6
_ID = re.compile(
    r"[0-9a-fA-F-]{16,}|.*\d.*\d.*\d.*\d.*\d.*|.*@.*|(?=.*\d)[A-Za-z0-9+/_=-]{12,}|[\w+/=-]{20,}"
)
_SEGMENT = re.compile(r"[\w.~-]{1,60}")
_CAMPAIGN = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,39}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_TABLET = re.compile(r"iPad|Tablet|Android(?!.*Mobile)")
_DESKTOP = re.compile(r"Windows NT|Macintosh|X11|CrOS")
_MOST_VALUE = 1e9


@dataclass(frozen=True, slots=True)
class Row:
    """What events are counted by. ``at`` is the start of the hour, Unix ms."""

    at: int
    vendor: str
    name: str
    path: str = OTHER
    country: str = ""
    device: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many events share a row, and what they were worth, each rounded to two digits."""

    n: int = 0
    value: float = 0.0

    def plus(self, other: "Sum") -> "Sum":
        """Return both together."""
        return Sum(self.n + other.n, self.value + other.value)


def row_of(hit: Hit, vendor: Vendor, reading: Reading) -> tuple[Row, Sum]:
    """Return the row that an event joins, and what it adds."""
    page = reading.page
    campaign = _campaign(page)
    country = hit.place if hit.place.startswith("US-") else hit.place[:2]
    told = {path.rpartition(".")[2]: value for path, value in reading.fields.items()}
    currency = str(told.get("currency", ""))
    row = Row(
        at=hit.at - hit.at % HOUR_MS,
        vendor=vendor.key,
        name=reading.name if reading.name in vendor.event_names else "(custom)",
        path=path_class(page),
        country=country,
        device=device(hit.headers.get("user-agent", "")),
        source=campaign.get("utm_source", ""),
        medium=campaign.get("utm_medium", ""),
        campaign=campaign.get("utm_campaign", ""),
        currency=currency if _CURRENCY.fullmatch(currency) else "",
    )
    return row, Sum(1, rounded(told.get("value")) if row.currency else 0.0)


def path_class(page: str) -> str:
    """Return a page's path, ``:id`` for each part of it that may name somebody or something."""
    host = addresses.host(page)
    if not host:
        return OTHER
    path = page.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2]
    parts = path.split("/")
    shown = [_class(unquote(part)) for part in parts[:_MOST_SEGMENTS]]
    return ("/" + "/".join(shown))[:_LONGEST_PATH]


def _class(part: str) -> str:
    if not part:
        return ""
    odd = not _SEGMENT.fullmatch(part) or _ID.fullmatch(part) or any(readable(part, ""))
    return ":id" if odd else part


def _campaign(page: str) -> Mapping[str, str]:
    query = page.partition("#")[0].partition("?")[2]
    if "utm_" not in query:
        return {}
    told = dict(parse_qsl(query[:4096], max_num_fields=None))
    return {name: value for name, value in told.items() if name[:4] == "utm_" and _is_word(value)}


def _is_word(value: str) -> bool:
    return bool(_CAMPAIGN.fullmatch(value)) and not _ID.fullmatch(value)


def device(agent: str) -> str:
    """Return the kind of device that a user agent names."""
    if _TABLET.search(agent):
        return "tablet"
    if "Mobi" in agent:
        return "mobile"
    return "desktop" if _DESKTOP.search(agent) else "other"


def rounded(value: object) -> float:
    """Return an amount with two significant digits; zero for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MOST_VALUE:
        return 0.0
    digits = 1 - floor(log10(value))
    return round(float(value), digits)


class Window:
    """The rows of this hour, in memory only."""

    def __init__(self) -> None:
        self._rows: dict[Row, Sum] = {}

    def add(self, row: Row, more: Sum) -> None:
        """Count one more; past the bound only among the others of its name."""
        if row not in self._rows and len(self._rows) >= MOST_ROWS:
            row = merged(row)
        self._rows[row] = self._rows.get(row, Sum()).plus(more)

    def close(self, *, k: int, before: int) -> dict[Row, Sum]:
        """Forget the hours that began before ``before``; return what may be told of them."""
        due = {row: each for row, each in self._rows.items() if row.at < before}
        self._rows = {row: each for row, each in self._rows.items() if row.at >= before}
        return released(due, k)


def released(rows: Mapping[Row, Sum], k: int) -> dict[Row, Sum]:
    """Return the rows of at least ``k`` events, the others merged by name where they are enough."""
    told = {row: each for row, each in rows.items() if each.n >= k}
    rest: dict[Row, Sum] = {}
    for row, each in rows.items():
        if each.n < k:
            rest[merged(row)] = rest.get(merged(row), Sum()).plus(each)
    for row, each in rest.items():
        if each.n >= k:
            told[row] = told.get(row, Sum()).plus(each)
    return told


def merged(row: Row) -> Row:
    """Return the row of all others of a name, currency by currency."""
    return Row(row.at, row.vendor, row.name, currency=row.currency)
