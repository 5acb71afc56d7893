"""One order page with all eleven pixels: what the vendors get without us, and what with us.

Visited once for the whole module. Values that differ between two visits without us (ids, times) are
compared by their presence alone.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request

from firsthand.check import TRIAL_SECRET
from firsthand.config.load import load
from firsthand.config.site import site
from firsthand.rules.doors import Doors, Use
from firsthand.snippet import snippet
from firsthand.vendors import VENDORS
from tests.journeys.conftest import World, world

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOORS = Doors(VENDORS.values())
PATIENCE_S = 60
QUIET_S = 0.6
LEAST = 40  # requests that the page without us makes at the very least
CUSTOMER = {
    "em": "jane.doe@example.com",
    "ph": "+49 30 1234567",
    "fn": "Jane",
    "ln": "Doe",
    "street": "Lindenweg 12",
    "zp": "10115",
    "ct": "Berlin",
    "country": "DE",
}
ORDER = """async ([prefix, customer]) => {
  const post = (path, form) =>
    fetch(prefix + path, {method: 'POST', body: new URLSearchParams(form)});
  await post('/basket', {sku: 'MUG-01'});
  return (await post('/checkout', customer)).url }"""

# What is the page's own and differs between visits: its host, the order's number, the variant.
PAGE = re.compile(r"(?:https?://)?shop\.localhost:\d+(?:/plain)?|ORD-[0-9A-F]+")
HEX_KEY = re.compile(r"(?:[0-9a-f]{32}){1,2}")
# All that two pixels tell of where they were loaded from.
SOURCE = {"gtm", "body.context.page.load_progress"}
# Sent where Google's other tag is there already: which of them runs first is a matter of luck.
BY_LUCK = "www.googleadservices.com/ccm/conversion/"
# Where LinkedIn's first host sends browsers on to.
REDIRECTED = "px4.ads.linkedin.com"
LAST = 3  # beacons sent by those who see the page being left
# Our answers do not hold what these of Pinterest's are read for.
ANSWERED = {"pd.derived_epik", "pd.pin_unauth", "ad.is_eu"}

Shape = tuple[str, str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Sent:
    """One request of a pixel. ``says``: query and body, flat, and JSON inside them."""

    place: str
    method: str
    says: dict[str, str]

    @property
    def door(self) -> tuple[Use | None, str]:
        """What the address is for, and whose it is."""
        host, slash, path = self.place.partition("/")
        found = DOORS.find(host, slash + path)
        return (found.use, found.vendor) if found else (None, "")

    def exact(self) -> Shape:
        return self.place, self.method, frozenset(self.says.items())

    def shape(self, volatile: set[tuple[str, str]], without: Iterable[str] = ()) -> Shape:
        """Return what visits have in common: no event keys of ours, no values that vary."""
        told = {
            (name, "*" if (self.place, name) in volatile else value)
            for name, value in self.says.items()
            if name not in {*SOURCE, *without} and not self._ours(name, value)
        }
        return self.place, self.method, frozenset(told)

    @property
    def keyed(self) -> bool:
        return any(value and self._ours(name, value) for name, value in self.says.items())

    def _ours(self, name: str, value: str) -> bool:
        key = VENDORS[self.door[1]].key_param
        found = key and (name == key or name.endswith(f".{key}"))
        return bool(found) and (not value or bool(HEX_KEY.fullmatch(value)))


@dataclass
class Visit:
    """What one visit to the order page brought: ``arrived`` at vendors, ``moved`` to us."""

    arrived: list[Sent] = field(default_factory=list)
    moved: list[Sent] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    direct: list[str] = field(default_factory=list)
    cookies: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


@dataclass
class Visits:
    """All visits. ``plain`` is without us.

    ``shadow`` and ``server`` are under a Content-Security-Policy that lists what ``snippet`` says,
    and the vendors' hosts only for what stays with them.
    """

    plain: list[Visit]
    shadow: Visit
    late: Visit
    blocked: Visit
    refused: list[Visit]
    server: Visit
    analytics: Visit

    @property
    def volatile(self) -> set[tuple[str, str]]:
        """Return what varies by itself: place and name of a value."""
        found: list[dict[tuple[str, str], list[str]]] = []
        for visit in self.plain:
            values: dict[tuple[str, str], list[str]] = {}
            for sent in visit.arrived:
                for name, value in sent.says.items():
                    values.setdefault((sent.place, name), []).append(value)
            found.append({key: sorted(each) for key, each in values.items()})
        one, other = found
        return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}

    def expected(self, without: Iterable[str] = ()) -> Counter[Shape]:
        """Return what the page without us sends, but for the vendors' code."""
        return self.shapes(self.plain[0].arrived, without)

    def shapes(self, sent: list[Sent], without: Iterable[str] = ()) -> Counter[Shape]:
        volatile = self.volatile
        return Counter(
            each.shape(volatile, without)
            for each in sent
            if each.door[0] is not Use.SCRIPT and not each.place.startswith(BY_LUCK)
        )


def flat(text: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values of a text; of JSON those of its members."""
    try:
        told = json.loads(text) if text[:1] in {"{", "["} else None
    except json.JSONDecodeError:
        told = None
    if isinstance(told, dict | list):
        members = told.items() if isinstance(told, dict) else enumerate(told)
        for key, value in members:
            yield from flat(value if isinstance(value, str) else json.dumps(value), f"{name}.{key}")
    else:
        yield name, PAGE.sub("<page>", text)


def fields(query: str, body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    form = parse_qsl(body, keep_blank_values=True) if re.match(r"[\w.%\[\]]+=", body) else []
    for key, value in [*parse_qsl(query, keep_blank_values=True), *form]:
        found.update(flat(value, key))
    if body and not form:
        found.update(flat(body, "body"))
    return found


def arrived(here: World) -> list[Sent]:
    """Return what browsers sent to the vendors' hosts."""
    found = []
    for vendor in VENDORS:
        stand_in = here.sandbox.vendor(vendor)
        for seen in (*stand_in.beacons, *stand_in.others, *stand_in.scripts):
            ask = seen.ask
            if "sec-fetch-mode" in ask.headers:
                found.append(Sent(ask.host + ask.path, ask.method, fields(ask.query, ask.text)))
    return found


def moved(requests: list[Request]) -> list[Sent]:
    """Return what was sent to the tracking host in place of a vendor, but for code."""
    found = []
    for request in requests:
        parts = urlsplit(request.url)
        if parts.netloc.startswith("trk."):
            says = fields(parts.query, request.post_data or "")
            found.append(Sent(parts.path[1:], request.method, says))
    return [each for each in found if each.door[0] not in {None, Use.SCRIPT}]


def copied(copy: dict[str, Any]) -> Sent:
    parts = urlsplit(copy["url"])
    return Sent(parts.netloc + parts.path, copy["method"], fields(parts.query, copy["body"]))


@asynccontextmanager
async def visitor(here: World, seen: Visit) -> AsyncIterator[tuple[Page, list[Request]]]:
    """Open a page for a fresh visitor, whose complaints are noted."""
    assert here.context.browser
    here.sandbox.reset()
    context = await here.context.browser.new_context()
    requests: list[Request] = []
    context.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - it marks what it gets
    page = await context.new_page()
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("console", lambda said: seen.complaints.extend([said.text] * (said.type == "error")))
    yield page, requests
    # What the page sends as it closes would arrive in the next visitor's time.
    await context.set_offline(True)
    await context.close()
    await rest(lambda: True, lambda: len(arrived(here)))


async def rest(holds: Callable[[], object], count: Callable[[], int]) -> None:
    """Wait until ``holds``, and then until nothing has come for a while."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.05)
    seen = -1
    while seen != count():
        seen = count()
        await asyncio.sleep(QUIET_S)


async def choice(here: World, name: str) -> list[Any]:
    """Return the cookies that the shop's banner leaves."""
    async with visitor(here, Visit()) as (page, _):
        await page.route(re.compile(r"vendors\.localhost"), lambda route: route.abort())
        await page.goto(f"{here.sandbox.shop_url}/plain/shop")
        await page.locator(f'[data-consent="{name}"]').click()
        cookies = await page.context.cookies()
        return [each for each in cookies if each.get("name", "").startswith("Optanon")]


def policy(here: World) -> str:
    """Return the policy of a shop that allows its own things, what ``snippet`` tells it to add, and
    in modes that leave the page with the vendor: what it needs without us but for beacons."""
    shop = site(load(here.config), secret=TRIAL_SECRET, file="")
    allowed = {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-inline'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "frame-src": ["'self'"],
        "form-action": ["'self'"],
    }
    if any(account.mode != "server" for account in shop.accounts.values()):
        kinds = [door for each in VENDORS.values() for door in each.sinks + each.never]
        hosts = {host for door in kinds for host in door.hosts if "*" not in host}
        for directive in ("connect-src", "img-src", "frame-src"):
            allowed[directive] += [f"http://{host}{shop.vendor_suffix}" for host in sorted(hosts)]
        # Google's beacon that is a script element stays one.
        allowed["script-src"].append(f"http://googleads.g.doubleclick.net{shop.vendor_suffix}")
    for directive, sources in snippet(shop).policy.items():
        allowed[directive] += sources
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in allowed.items())


async def visit(
    here: World,
    cookies: list[Any],
    done: Callable[[Visit], bool] = lambda _: True,
    *,
    plain: bool = False,
    late: bool = False,
    blocked: bool = False,
    strict: bool = False,
) -> Visit:
    """Look at an order page until ``done`` and at rest, then leave it.

    ``late``: the choice is made on the page, once it has come to rest. ``strict``: ``policy``.
    """
    seen = Visit()
    here.sandbox.policy = policy(here) if strict else ""
    async with visitor(here, seen) as (page, requests):

        def look() -> Visit:
            seen.arrived = arrived(here)
            seen.moved = moved(requests)
            posted = [each for each in requests if each.url.endswith("/fh/copy")]
            seen.copies = [json.loads(each.post_data or "") for each in posted]
            seen.files = [each.url for each in requests if "fh=" in each.url]
            seen.direct = [each.url for each in requests if "vendors.localhost" in each.url]
            return seen

        def count() -> int:
            return len(requests) + len(arrived(here))

        if blocked:
            await page.route(re.compile(r"vendors\.localhost"), lambda route: route.abort())
        await page.context.add_cookies([] if late else cookies)
        await page.goto(f"{here.sandbox.shop_url}/")
        await page.goto(await page.evaluate(ORDER, ["/plain" if plain else "", CUSTOMER]))
        asked = f"{here.sandbox.tracking_url}/fh/consent"
        if late:
            await rest(lambda: any(each.url == asked for each in requests), count)
            assert not arrived(here)
            await page.locator('[data-consent="all"]').click()
        await rest(lambda: plain or any(each.url == asked for each in requests), lambda: 0)
        await rest(lambda: done(look()), count)
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
        await rest(lambda: True, count)
        seen.cookies = {each.get("name", "") for each in await page.context.cookies()}
        return look()


def whole(seen: Visit) -> bool:
    """Say whether as much has come as the page without us sends at the very least."""
    return len(seen.arrived) >= LEAST and {each.door[1] for each in seen.arrived} == set(VENDORS)


def like(plain: Visit, *uses: Use) -> Callable[[Visit], bool]:
    """Return what says that no fewer have come than without us, but for the last few, which are
    sent when the page is left."""

    def number(sent: list[Sent]) -> int:
        lucky = [each for each in sent if each.place.startswith((BY_LUCK, REDIRECTED))]
        return sum(each.door[0] in uses for each in sent) - len(lucky)

    least = number(plain.arrived) - LAST
    return lambda seen: number([*seen.arrived, *seen.moved]) >= least


def all_failed(seen: Visit) -> bool:
    failed = [copied(each).door[1] for each in seen.copies if each["outcome"] == "failed"]
    return set(failed) == set(VENDORS)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visits(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Visits:
    folders = [tmp_path_factory.mktemp(mode) for mode in ("shadow", "server")]
    async with world(folders[0], chromium, "shadow", everybody=True) as here:
        yes, some, no = [await choice(here, name) for name in ("all", "analytics", "none")]
        plain = [await visit(here, yes, whole, plain=True) for _ in range(2)]
        sent = like(plain[0], Use.BEACON, Use.SINK, Use.NEVER)
        shadow = await visit(here, yes, sent, strict=True)
        late = await visit(here, yes, sent, late=True)
        blocked = await visit(here, yes, all_failed, blocked=True)
        refused = [await visit(here, no)]
    async with world(folders[1], chromium, "server", everybody=True) as here:
        server = await visit(here, yes, like(plain[0], Use.BEACON, Use.SINK), strict=True)
        analytics = await visit(here, some, lambda seen: bool(seen.moved))
        refused.append(await visit(here, no))
    return Visits(plain, shadow, late, blocked, refused, server, analytics)


async def test_the_page_without_us_uses_every_pixel(visits: Visits) -> None:
    one, other = visits.plain
    assert {each.door[1] for each in one.arrived} == set(VENDORS)
    assert visits.expected() == visits.shapes(other.arrived)
    assert one.complaints == []


@pytest.mark.parametrize("name", ["shadow", "late"])
async def test_vendors_get_what_they_get_without_us_and_event_keys(
    visits: Visits, name: str
) -> None:
    seen: Visit = getattr(visits, name)
    assert visits.shapes(seen.arrived) == visits.expected()
    keyed = {each.door[1] for each in seen.arrived if each.keyed}
    assert keyed >= {"meta", "microsoft", "snapchat", "tiktok"}
    assert not [each for each in seen.arrived if each.door[0] is Use.SCRIPT], "code comes from us"
    assert seen.cookies >= visits.plain[0].cookies
    assert seen.complaints == []


@pytest.mark.parametrize("name", ["shadow", "late"])
async def test_each_beacon_has_a_copy_that_says_the_same(visits: Visits, name: str) -> None:
    seen: Visit = getattr(visits, name)
    beacons = [each for each in seen.arrived if each.door[0] is Use.BEACON]
    copies = Counter(copied(each).exact() for each in seen.copies)
    first = [each for each in beacons if not each.place.startswith(REDIRECTED)]
    assert copies == Counter(each.exact() for each in first)
    assert {each["outcome"] for each in seen.copies} == {"ok", "unknown"}


async def test_blocked_vendors_are_reported_as_failed(visits: Visits) -> None:
    seen = visits.blocked
    assert seen.arrived == []
    failed = {copied(each).door[1] for each in seen.copies if each["outcome"] == "failed"}
    assert failed == set(VENDORS)
    assert not [each for each in seen.copies if each["outcome"] == "ok"]


async def test_on_refusal_no_file_is_loaded_and_nothing_sent(visits: Visits) -> None:
    for seen in visits.refused:
        assert (seen.direct, seen.moved, seen.copies, seen.files) == ([], [], [], [])
        assert not seen.cookies & visits.plain[0].cookies - {"OptanonConsent"} - {
            "OptanonAlertBoxClosed",
            "shop_basket",
        }
        assert seen.complaints == []


async def test_in_server_mode_everything_ends_here(visits: Visits) -> None:
    seen = visits.server
    assert (seen.direct, seen.arrived, seen.copies) == ([], [], [])
    expected = {
        shape: times
        for shape, times in visits.expected(ANSWERED).items()
        if Sent(shape[0], "", {}).door[0] is not Use.NEVER and not shape[0].startswith(REDIRECTED)
    }
    assert visits.shapes(seen.moved, ANSWERED) == expected
    assert seen.complaints == []


async def test_code_that_other_code_loads_waits_for_its_own_vendors_yes(visits: Visits) -> None:
    seen = visits.analytics
    assert {each.door[1] for each in seen.moved} == {"ga4"}
    assert seen.files
    # Google's two vendors share their addresses: the account tells them apart.
    assert all("googletagmanager" in each and "AW-" not in each for each in seen.files)
    assert (seen.direct, seen.copies, seen.complaints) == ([], [], [])
