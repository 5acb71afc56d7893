"""How long a cookie lasts, honestly: per cookie, browser and set-up.

What a browser allows is the most; a visitor who deletes cookies, a private window and a consent
that ends sooner all end them sooner. What Firsthand sets is set again on each day of use, so a
browser's limit counts from the last visit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from firsthand.rules import keeper
from firsthand.rules.holding import BROWSER_DAYS
from firsthand.rules.layout import CAPPED, UNCAPPED, Verdict
from firsthand.rules.site import Site
from firsthand.rules.webkit import CAP_DAYS
from firsthand.vendor import IdCookie

DAY_S = 86_400


class Writer(StrEnum):
    """Who sets a cookie."""

    SERVER = "server"  # our Set-Cookie
    SCRIPT = "script"  # document.cookie, by a vendor's tag


@dataclass(frozen=True, slots=True)
class Browser:
    """What one family of browsers allows, in days, and where and when that was read."""

    name: str
    server_days: int
    script_days: int
    source: str
    read: date
    remark: str = ""


_READ = date(2026, 11, 20)
SAFARI = Browser(
    "Safari",
    server_days=BROWSER_DAYS,
    script_days=CAP_DAYS,
    source="WebKit, main branch: cookies in answers; resource load statistics",
    read=_READ,
    remark="what scripts wrote is deleted after 7 days of Safari's use without a tap, click or key"
    " on the site; 24 hours after a link with click parameters from a domain that this"
    " Safari has classified as a tracker",
)
CHROMIUM = Browser(
    "Chromium",
    server_days=400,
    script_days=400,
    source="Chrome for Developers, Cookie Expires and Max-Age attributes now have upper limit",
    read=date(2026, 11, 24),
    remark="Chrome, Edge, Opera, Samsung Internet",
)
FIREFOX = Browser(
    "Firefox",
    server_days=400,
    script_days=400,
    source="RFC 6265bis draft 22, 5.5; Firefox source, preference for the longest Max-Age",
    read=_READ,
    remark="hardened builds shorten to 180 days",
)
BRAVE = Browser(
    "Brave",
    server_days=180,
    script_days=180,
    source="brave-core, pull request 30479: Remove 7 day JS cookie expiry capping (version 1.83)",
    read=date(2026, 11, 24),
    remark="six months at most; before version 1.83, of August 2025, 7 days for scripts' cookies",
)
_UNCLOAKED = "follows the CNAME, and blocks the tracking host where filter lists name its target"
BROWSERS = (SAFARI, CHROMIUM, FIREFOX, BRAVE)


@dataclass(frozen=True, slots=True)
class Lasting:
    """A cookie, who sets it, and for how many days it is to live: from the visitor's last visit, or
    ``from_click``, which no later visit moves."""

    name: str
    writer: Writer
    days: int
    from_click: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """How many days a cookie has in a browser: from ``least`` to ``most``. ``why`` is empty where
    the cookie lives as long as it is to."""

    cookie: Lasting
    browser: Browser
    least: int
    most: int
    why: str = ""


def cookies(site: Site) -> Iterator[Lasting]:
    """Yield the cookies of a site: the keeper, what we re-issue, and the same by scripts' hands."""
    yield Lasting(keeper.name(site), Writer.SERVER, keeper.LIFE_S // DAY_S)
    rows = [row for vendor in site.vendors.values() for row in vendor.cookies if row.restore]
    for writer in (Writer.SERVER, Writer.SCRIPT):
        for row in {row.name: row for row in rows}.values():
            yield Lasting(
                row.name.replace("{account}", "*"), writer, _own_days(row, site), bool(row.click)
            )


def _own_days(row: IdCookie, site: Site) -> int:
    return min(row.days, site.click_days if row.click else BROWSER_DAYS)


def promises(site: Site, verdict: Verdict) -> list[Promise]:
    """Return what may be promised of every cookie of ``site`` under a set-up of this verdict."""
    return [promise(each, browser, verdict) for each in cookies(site) for browser in BROWSERS]


def promise(cookie: Lasting, browser: Browser, verdict: Verdict) -> Promise:
    """Return what may be promised of one cookie in one browser."""
    limit = browser.script_days if cookie.writer is Writer.SCRIPT else browser.server_days
    most = min(cookie.days, limit)
    why = browser.remark if most < cookie.days else ""
    least = most
    if cookie.writer is Writer.SERVER and browser is SAFARI:
        least, most, why = _in_safari(most, verdict)
    elif cookie.writer is Writer.SCRIPT and browser is SAFARI:
        least = min(most, 1)
    elif browser is BRAVE and verdict is Verdict.OTHER_CNAME and cookie.writer is Writer.SERVER:
        least, why = 0, _UNCLOAKED
    return Promise(cookie, browser, least, most, why)


def _in_safari(most: int, verdict: Verdict) -> tuple[int, int, str]:
    short = min(most, CAP_DAYS)
    if verdict is Verdict.FOREIGN:
        return 0, 0, "the tracking host is another site's: its cookies are blocked"
    if verdict in UNCAPPED:
        return most, most, ""
    if verdict in CAPPED:
        return short, short, "Safari takes the tracking host for somebody else's"
    return short, most, "it depends on the addresses that a visitor meets"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that a promise to all visitors has to go by."""
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.UNKNOWN)
