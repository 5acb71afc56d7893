"""The vendors' own cookies, kept alive: what holds for a visitor, and which cookie lines follow.

A line is sent for a value that the browser lacks, and once a day for all stable ones, so that they
live as long as their vendor lets them. Session cookies are read, never given back.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from firsthand.mapping import query_pairs
from firsthand.rules import domains, keeper
from firsthand.rules.cookies import expire, set_cookie
from firsthand.rules.holding import Held, Seen, fits, hold, left_s
from firsthand.rules.keeper import Keeper
from firsthand.rules.site import Site
from firsthand.vendor import IdCookie, Vendor

DAY_MS = 86_400_000
_ACCOUNT = "{account}"
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """The visitor's ids as they are after this answer.

    ``effective``  the value that holds, by cookie name.
    ``lines``      ``Set-Cookie`` lines, the keeper's last.
    ``rejected``   what was ignored, for counting: ``cookie:<row>`` or ``parameter:<name>``.
    """

    effective: dict[str, str] = field(repr=False)
    lines: list[str] = field(repr=False)
    keeper: Keeper
    rejected: list[str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A vendor's row under one of its cookie names, and what holds for it."""

    name: str
    row: IdCookie
    held: Held


def plan(  # noqa: PLR0913 - one keyword for each thing that a visitor's ids hang on
    site: Site,
    vendors: Iterable[Vendor],
    *,
    page: str,
    cookies: Mapping[str, tuple[str, ...]],
    carried: Mapping[str, str],
    now: int,
    digest: bytes,
) -> Plan:
    """Return what becomes of a visitor's ids. Pure: the same arguments give the same plan.

    ``vendors`` are all that this visitor allows: ids of others leave the keeper. ``page`` is the
    page's address, ``carried`` the beacon's own ids by ``IdCookie.name``, ``digest`` at least 16
    bytes that stand for the hit and cannot be guessed.
    """
    vendors = tuple(vendors)
    rejected: list[str] = []
    old = keeper.decode(cookies.get(keeper.name(site), ()), site)
    before = old or keeper.new(digest, day=_NEVER)
    domain, sets = domains.of_page(site, page)
    clicks = _clicks(vendors, page, rejected)
    mints = sets or site.any_account
    seen = Seen(cookies, carried, clicks, before.ids, domain, mints, now, digest)
    rows = [
        _Row(name, row, held)
        for vendor in vendors
        for name, row in _names(site, vendor, cookies)
        if (held := hold(name, row, seen, rejected)) is not None
    ]
    effective = {row.name: row.held.kept.value for row in rows}
    if not sets or not rows:
        return Plan(effective, [], before, rejected)
    after = _after(before, rows, now)
    lines = _lines(site, rows, daily=after.day != before.day, now=now, rejected=rejected)
    if after != old:
        lines.append(_keeper_line(site, after))
    return Plan(effective, lines, after, rejected)


def told(
    site: Site,
    vendors: Iterable[Vendor],
    *,
    ids: Mapping[str, str],
    clicks: Mapping[str, str],
    now: int,
) -> dict[str, str]:
    """Return what holds by cookie name where the shop's server tells it, and no browser asks.

    ``ids`` are cookie values by the cookie's name, with or without its leading ``_``; ``clicks``
    click ids by parameter. Nothing is made but from a click, nothing malformed is taken.
    """
    bare = {name.lstrip("_"): value for name, value in ids.items()}
    given = {name.lower(): value for name, value in clicks.items()}
    effective = {}
    for vendor in vendors:
        fit = {
            click.param: value
            for click in vendor.click_ids
            if (value := given.get(click.param.lower())) and fits(click, value)
        }
        for name, row in _names(site, vendor, {}):
            known = bare.get(name.lstrip("_"), "")
            cookies = {name: (known,)} if known else {}
            seen = Seen(
                cookies=cookies,
                carried={},
                clicks=fit,
                kept={},
                domain=site.cookie_domain,
                mints=False,
                now=now,
                digest=b"",
            )
            held = hold(name, row, seen, [])
            if held is not None:
                effective[name] = held.kept.value
    return effective


def withdraw(
    site: Site, vendors: Iterable[Vendor], cookies: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Return lines that expire the cookies of ``vendors`` which this browser has, on every domain
    that can hold them.
    """
    names = {name for vendor in vendors for name, _ in _names(site, vendor, cookies)}
    return _expired(site, names & cookies.keys())


def drop_keeper(site: Site, cookies: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return lines that expire the keeper that this browser has, on every domain."""
    return _expired(site, keeper.NAMES & cookies.keys())


def _expired(site: Site, names: Iterable[str]) -> list[str]:
    lines = [
        line
        for name in sorted(names)
        for domain in domains.settable(site)
        for line in expire(name, domain=domain)
    ]
    return list(dict.fromkeys(lines))


def cookie_name(row: IdCookie, account: str) -> str:
    """Return a row's cookie name for an account."""
    return row.name.replace(_ACCOUNT, account.removeprefix("G-").removeprefix("AW-"))


def _names(
    site: Site, vendor: Vendor, cookies: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, IdCookie]]:
    """Yield a vendor's rows under every name that this site's accounts give them."""
    for row in vendor.cookies:
        if _ACCOUNT not in row.name:
            yield row.name, row
            continue
        accounts = [account for key, account in site.accounts if key == vendor.key and account]
        names = {cookie_name(row, account) for account in accounts}
        if site.any_account:
            stem = row.name.partition(_ACCOUNT)[0]
            names |= {name for name in cookies if name.startswith(stem)}
        for name in sorted(names):
            yield name, row


def _clicks(vendors: Iterable[Vendor], page: str, rejected: list[str]) -> dict[str, str]:
    """Return the first valid click id of each kind in a page's address, as its vendor spells it."""
    query = page.partition("#")[0].partition("?")[2]
    if not query:
        return {}
    known = {click.param.lower(): click for vendor in vendors for click in vendor.click_ids}
    found: dict[str, str] = {}
    for name, value in query_pairs(query):
        click = known.get(name.lower())
        if click is None or click.param in found:
            continue
        if fits(click, value):
            found[click.param] = value
        else:
            rejected.append(f"parameter:{click.param}")
    return found


def _after(before: Keeper, rows: Iterable[_Row], now: int) -> Keeper:
    """Return the keeper with what holds now, and nothing of vendors that are not allowed."""
    ids = {row.name: row.held.kept for row in rows if row.row.restore}
    return Keeper(before.browser, ids, max(before.day, now // DAY_MS))


def _lines(
    site: Site, rows: Iterable[_Row], *, daily: bool, now: int, rejected: list[str]
) -> list[str]:
    lines = []
    for row in rows:
        if not row.row.restore or not (daily or row.held.missing):
            continue
        value, life_s = row.held.kept.value, left_s(row.row, row.held.kept, now)
        try:
            lines.append(set_cookie(row.name, value, domain=site.cookie_domain, max_age_s=life_s))
        except ValueError:
            rejected.append(f"cookie:{row.row.name}")
    return lines


def _keeper_line(site: Site, after: Keeper) -> str:
    return set_cookie(
        keeper.name(site),
        keeper.encode(after, site),
        domain="" if site.base_path else site.cookie_domain,
        max_age_s=keeper.LIFE_S,
        http_only=True,
    )
