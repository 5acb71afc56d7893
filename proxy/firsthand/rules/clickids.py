"""The vendors' own cookies, kept alive: what holds for a visitor, and which cookie lines follow.

A line is sent for a value that the browser lacks, and once a day for all stable ones, so that they
live as long as vendor and consent let them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from firsthand.mapping import query_pairs
from firsthand.rules import addresses, domains, issuing, keeper, returns
from firsthand.rules.holding import Held, Seen, fault, fits, hold
from firsthand.rules.idrows import Row, cookie_name
from firsthand.rules.issuing import DAY_MS, Moment
from firsthand.rules.keeper import Keeper, Kept
from firsthand.rules.settled import settled
from firsthand.rules.site import Site
from firsthand.vendor import Vendor

__all__ = ["Plan", "cookie_name", "drop_keeper", "plan", "told", "withdraw"]

_NEVER = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """The visitor's ids as they are after this answer.

    ``effective``  the value that holds, by cookie name.
    ``lines``      ``Set-Cookie`` lines, the keeper's last.
    ``rejected``   what was ignored, for counting: ``cookie:<row>:<why>``, ``keeper:<why>`` or
                   ``parameter:<name>:<why>``.
    ``came``       the keeper that the browser showed, if it verified.
    """

    effective: dict[str, str] = field(repr=False)
    lines: list[str] = field(repr=False)
    keeper: Keeper
    rejected: list[str]
    came: Keeper | None = None


def plan(  # noqa: PLR0913 - one keyword for each thing that a visitor's ids hang on
    site: Site,
    vendors: Iterable[Vendor],
    *,
    page: str,
    cookies: Mapping[str, tuple[str, ...]],
    carried: Mapping[str, str],
    now: int,
    digest: bytes,
    until: int | None = None,
    referer: str = "",
    target: str = "/",
) -> Plan:
    """Return what becomes of a visitor's ids. Pure: the same arguments give the same plan.

    ``vendors`` are all that this visitor allows, ``until`` when that ends: ids of others leave the
    keeper. ``page`` is the page's address, ``referer`` what the browser itself calls it: below a
    path of the site that has the query, which Safari hides from some scripts. ``carried`` are the
    beacon's own ids by ``IdCookie.name``, ``digest`` at least 16 bytes that stand for the hit and
    cannot be guessed, ``target`` the path of the request.
    """
    allowed = frozenset(vendor.key for vendor in vendors)
    copies = cookies.get(keeper.name(site), ())
    old, faults = keeper.read(copies, site, now=now)
    rejected = [f"keeper:{each}" for each in faults]
    before = old or keeper.new(digest, day=_NEVER)
    domain, sets = domains.of_page(site, page)
    clicks = _clicks_of(site, allowed, (referer, page), rejected)
    mints = sets or site.any_account
    seen = Seen(cookies, carried, clicks, before.ids, domain, mints, now, digest, site.click_days)
    several = len(copies) > 1
    if before.day == now // DAY_MS and before.shown and not several:
        nothing_new = settled(site.rows, allowed, seen, before)
        if nothing_new is not None:
            return Plan(nothing_new, [], before, rejected, old)
    held = list(_held(site, allowed, seen, rejected))
    if not sets or not held:
        return Plan(_effective(held), [], before, rejected, old)
    moment = Moment(now, until, issuing.paths_of(target) if several else None)
    return replace(_issue(site, seen, before, held, moment, rejected), came=old)


def _effective(held: Iterable[tuple[Row, Held]]) -> dict[str, str]:
    """Return the values that events are told of: none of a session that only the keeper knows."""
    return {row.name: one.kept.value for row, one in held if not (one.lost and row.cookie.stays)}


def _issue(  # noqa: PLR0913, PLR0917 - what ``plan`` has found out
    site: Site,
    seen: Seen,
    before: Keeper,
    held: list[tuple[Row, Held]],
    moment: Moment,
    rejected: list[str],
) -> Plan:
    """Return the plan with lines for what holds, and the keeper as it is afterwards."""
    effective = _effective(held)
    after = _after(before, held, moment.now)
    daily = after.day != before.day
    lines = issuing.given(site, held, moment, daily=daily, rejected=rejected)
    last = ""
    if moment.planted is not None:
        planted = issuing.expired(site, {keeper.name(site)}, ("/", *moment.planted))
        lines = [*planted, *lines]
    clicked = any(one.missing for row, one in held if row.cookie.click in seen.clicks)
    if moment.planted is not None or _tells_more(before, after, clicked=clicked):
        last = issuing.keeper_line(site, after, moment, _taken(site, seen.cookies, effective))
    return Plan(effective, issuing.fitting(lines, last), after, rejected)


def _taken(site: Site, cookies: Mapping[str, tuple[str, ...]], effective: Mapping[str, str]) -> int:
    """Return what the vendors' cookies take in this browser's header, after this answer."""
    theirs = {name: values[0] for name, values in cookies.items() if site.rows.find(name)}
    return issuing.taken({**theirs, **effective})


def _held(
    site: Site, allowed: frozenset[str], seen: Seen, rejected: list[str]
) -> Iterator[tuple[Row, Held]]:
    """Yield what holds, of every row that anybody tells anything of."""
    for row in _rows(site, seen):
        name, cookie = row.name, row.cookie
        if row.vendor not in allowed or not row.used:
            continue
        held = hold(name, cookie, seen, rejected)
        if held is not None:
            yield row, held


def _rows(site: Site, seen: Seen) -> Iterable[Row]:
    """Return the rows that this hit can tell anything of."""
    rows = site.rows
    found = {row.name: row for row in rows.minted}
    by_name = rows.by_name
    for names in (seen.cookies, seen.kept, seen.carried):
        for name in names:
            row = by_name.get(name) or (rows.find(name) if rows.stems else None)
            if row is not None:
                found[name] = row
    for click in seen.clicks:
        found.update((row.name, row) for row in rows.by_click.get(click, ()))
    return found.values()


def _tells_more(before: Keeper, after: Keeper, *, clicked: bool) -> bool:
    """Say whether a new keeper is worth a line. A full one learns daily and with a new click."""
    if before.shown != after.shown:
        return True
    if before.day != after.day or not before.full:
        return after.ids != before.ids or after.day != before.day
    gone = any(name not in after.ids for name in before.ids)
    other = any(after.ids.get(name, kept) != kept for name, kept in before.ids.items())
    return clicked or gone or other


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
        for row in _of(site, vendor):
            known = bare.get(row.name.lstrip("_"), "")
            seen = _told(site, {row.name: (known,)} if known else {}, fit, now)
            held = hold(row.name, row.cookie, seen, [])
            if held is not None:
                effective[row.name] = held.kept.value
    return effective


def _told(
    site: Site, cookies: Mapping[str, tuple[str, ...]], clicks: Mapping[str, str], now: int
) -> Seen:
    return Seen(
        cookies=cookies,
        carried={},
        clicks=clicks,
        kept={},
        domain=site.cookie_domain,
        mints=False,
        now=now,
        digest=b"",
        click_days=site.click_days,
    )


def _of(site: Site, vendor: Vendor) -> Iterator[Row]:
    return (row for row in site.rows.by_name.values() if row.vendor == vendor.key)


def withdraw(
    site: Site,
    vendors: Iterable[Vendor],
    cookies: Mapping[str, tuple[str, ...]],
    target: str = "/",
) -> list[str]:
    """Return lines that expire the cookies of ``vendors`` which this browser has, on every domain
    that can hold them; of those it has several of, on the paths of this request too.
    """
    barred = frozenset(vendor.key for vendor in vendors)
    found = {name: site.rows.find(name) for name in cookies}
    names = frozenset(name for name, row in found.items() if row and row.vendor in barred)
    return _gone(site, names, cookies, target)


def drop_keeper(site: Site, cookies: Mapping[str, tuple[str, ...]], target: str = "/") -> list[str]:
    """Return lines that expire the keepers that this browser has, in the same way."""
    return _gone(site, keeper.NAMES & cookies.keys(), cookies, target)


def _gone(
    site: Site, names: frozenset[str], cookies: Mapping[str, tuple[str, ...]], target: str
) -> list[str]:
    several = {name for name in names if len(cookies[name]) > 1}
    others = issuing.paths_of(target) if several else []
    return [*issuing.expired(site, names), *issuing.expired(site, several, others)]


def _clicks_of(
    site: Site, allowed: frozenset[str], told: tuple[str, str], rejected: list[str]
) -> dict[str, str]:
    """Return the click ids of the browser's and of the beacon's address; the latter's hold."""
    referer, page = told
    clicks = _clicks(site, allowed, page, rejected)
    if "?" in referer and addresses.host(referer) in site.hosts:
        return _clicks(site, allowed, referer, rejected) | clicks
    return clicks


def _clicks(site: Site, allowed: frozenset[str], page: str, rejected: list[str]) -> dict[str, str]:
    """Return the first valid click id of each kind in a page's address, as its vendor spells it."""
    query = page.partition("#")[0].partition("?")[2]
    if not query:
        return {}
    known = site.rows.clicks
    found: dict[str, str] = {}
    for name, value in query_pairs(query):
        click, whose = known.get(name.lower(), (None, frozenset()))
        if click is None or click.param in found or not whose & allowed:
            continue
        if fits(click, value):
            found[click.param] = value
        else:
            rejected.append(f"parameter:{click.param}:{fault(value)}")
    return found


def _after(before: Keeper, held: Iterable[tuple[Row, Held]], now: int) -> Keeper:
    """Return the keeper with what holds now, and nothing of vendors that are not allowed."""
    ids = {
        row.name: _kept(row, one.kept, before.ids.get(row.name))
        for row, one in held
        if row.cookie.restore
    }
    today = now // DAY_MS
    day = max(before.day, today) if before.day <= today + 1 else today
    return Keeper(before.browser, ids, day, shown=returns.is_held(before, today))


def _kept(row: Row, now: Kept, before: Kept | None) -> Kept:
    """Return what the keeper has of a value; of a session's, what it had when it began."""
    stays = row.cookie.stays
    if stays is None or before is None or stays(now.value) != stays(before.value):
        return now
    return before
