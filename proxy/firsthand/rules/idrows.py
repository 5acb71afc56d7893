"""The id cookies of a site under their full names: looked up on every hit, so made once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from firsthand.vendor import ClickId, IdCookie, Vendor

_ACCOUNT = "{account}"
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Row:
    """One cookie: its full name, whose it is, and its place among all, for the order of lines.

    ``used``: something comes of its value; others are only taken away when consent is. A click
    counts for ``life_ms`` after it; 0 where the value is no click's.
    """

    name: str
    vendor: str
    cookie: IdCookie
    place: int
    used: bool
    life_ms: int


@dataclass(frozen=True, slots=True)
class Rows:
    """All of them. ``stems`` are rows whose account the sample of ``explain`` takes from the hit;
    ``minted`` those that are made from nothing; ``clicks`` go by parameter in lower case."""

    by_name: Mapping[str, Row]
    by_click: Mapping[str, tuple[Row, ...]]
    minted: tuple[Row, ...]
    stems: Mapping[str, Row]
    clicks: Mapping[str, tuple[ClickId, frozenset[str]]]

    def find(self, name: str) -> Row | None:
        """Return the row of a cookie, ``None`` where no vendor of the site has such a one."""
        row = self.by_name.get(name)
        if row is not None or not self.stems:
            return row
        stem = next((stem for stem in self.stems if name.startswith(stem)), None)
        if stem is None:
            return None
        found = self.stems[stem]
        return replace(found, name=name)


def cookie_name(cookie: IdCookie, account: str) -> str:
    """Return a cookie's name for an account."""
    return cookie.name.replace(_ACCOUNT, account.removeprefix("G-").removeprefix("AW-"))


def rows_of(
    vendors: Iterable[Vendor],
    accounts: Iterable[tuple[str, str]],
    *,
    click_days: int,
    any_account: bool,
) -> Rows:
    """Return the rows of ``vendors`` for ``accounts`` (vendor key, account)."""
    vendors, accounts = tuple(vendors), tuple(accounts)
    listed = [
        (name, vendor.key, cookie)
        for vendor in vendors
        for cookie in vendor.cookies
        for name in _names(vendor, cookie, accounts)
    ]
    rows = [_row(*each, place, click_days) for place, each in enumerate(listed)]
    by_click: dict[str, tuple[Row, ...]] = {}
    for row in rows:
        if row.cookie.click:
            by_click[row.cookie.click] = (*by_click.get(row.cookie.click, ()), row)
    return Rows(
        by_name={row.name: row for row in rows},
        by_click=by_click,
        minted=tuple(row for row in rows if row.cookie.mint and not row.cookie.click),
        stems=dict(_stems(vendors, click_days)) if any_account else {},
        clicks=_clicks(vendors),
    )


def click_life_s(cookie: IdCookie, click_days: int) -> int:
    """Return how many seconds a click counts: the site's days, or the vendor's fewer ones."""
    return min(cookie.days, click_days) * _DAY_S


def _row(name: str, vendor: str, cookie: IdCookie, place: int, click_days: int) -> Row:
    life_ms = click_life_s(cookie, click_days) * 1000 if cookie.click else 0
    used = cookie.restore or bool(cookie.field)
    return Row(name, vendor, cookie, place, used=used, life_ms=life_ms)


def _names(vendor: Vendor, cookie: IdCookie, accounts: Iterable[tuple[str, str]]) -> Iterable[str]:
    if _ACCOUNT not in cookie.name:
        return (cookie.name,)
    mine = {account for key, account in accounts if key == vendor.key and account}
    return sorted(cookie_name(cookie, account) for account in mine)


def _stems(vendors: Iterable[Vendor], click_days: int) -> Iterator[tuple[str, Row]]:
    for vendor in vendors:
        for cookie in vendor.cookies:
            stem, hole, _ = cookie.name.partition(_ACCOUNT)
            if hole:
                yield stem, _row(stem, vendor.key, cookie, 0, click_days)


def _clicks(vendors: Iterable[Vendor]) -> dict[str, tuple[ClickId, frozenset[str]]]:
    found: dict[str, tuple[ClickId, frozenset[str]]] = {}
    for vendor in vendors:
        for click in vendor.click_ids:
            _, whose = found.get(click.param.lower(), (click, frozenset()))
            found[click.param.lower()] = (click, whose | {vendor.key})
    return found
