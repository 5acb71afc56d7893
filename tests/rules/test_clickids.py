import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules import keeper
from firsthand.rules.clickids import Plan, cookie_name, drop_keeper, plan, told, withdraw
from firsthand.rules.cookies import split
from tests.factories import NOW
from tests.samples import shop

SITE = shop()
META, GA4 = (SITE.vendors[key] for key in ("meta", "ga4"))
DAY = 86_400_000
DIGEST = b"0123456789abcdef"
LANDING = "https://shop.example.com/?utm_source=x&fbclid=IwAR0-Click_1"
PAGE = "https://shop.example.com/thanks"
GA = "GA1.1.995334552.1754650390"
SESSION = "GS2.1.s1754977080$o2$g1$t1754977873$j55$l0$h0"

# Meta's own builder writes the same line (its "fbp and fbc parameters" page, read 2026-11-20).
FBC_LINE = (
    f"_fbc=fb.1.{NOW}.IwAR0-Click_1; Domain=example.com; Path=/; Max-Age=7776000; Secure;"
    " SameSite=Lax"
)
LINE = re.compile(
    r"\w+=[\w.$-]+; Domain=example\.com; Path=/; Max-Age=\d+; Secure;( HttpOnly;)? SameSite=Lax"
    r"|\w+=; (Domain=[a-z.]+\.com; )?Path=/; Max-Age=0; Secure; SameSite=Lax"
)
Jar = Mapping[str, tuple[str, ...]]


def visit(page: str = PAGE, jar: Jar | None = None, **given: object) -> Plan:
    site = given.pop("site", SITE)
    vendors = given.pop("vendors", (META, GA4))
    defaults = {"carried": {}, "now": NOW, "digest": DIGEST}
    return plan(site, vendors, page=page, cookies=jar or {}, **defaults | given)  # type: ignore[arg-type]


def stored(lines: list[str], jar: Jar | None = None) -> dict[str, tuple[str, ...]]:
    """Do what a browser does with the lines, on one domain."""
    kept = dict(jar or {})
    for line in lines:
        ((name, values),) = split(line.partition(";")[0]).items()
        kept[name] = values
    return kept


def names(lines: list[str]) -> list[str]:
    return [line.partition("=")[0] for line in lines]


def test_a_landing_sets_click_browser_id_and_keeper() -> None:
    got = visit(LANDING)
    assert names(got.lines) == ["_fbc", "_fbp", "fh_keep"]
    assert got.lines[0] == FBC_LINE
    assert re.fullmatch(
        rf"_fbp=fb\.1\.{NOW}\.\d{{1,10}}; Domain=example\.com; Path=/; Max-Age=7776000; Secure;"
        r" SameSite=Lax",
        got.lines[1],
    )
    assert re.fullmatch(
        r"fh_keep=v1\.[\w.-]+; Domain=example\.com; Path=/; Max-Age=7776000; Secure; HttpOnly;"
        r" SameSite=Lax",
        got.lines[2],
    )
    assert got.effective["_fbc"] == f"fb.1.{NOW}.IwAR0-Click_1"
    assert got.rejected == []


def test_the_same_hit_gives_the_same_plan() -> None:
    assert visit(LANDING) == visit(LANDING)
    assert visit(LANDING).lines != visit(LANDING, digest=b"f" * 16).lines


def test_nothing_is_sent_twice_in_a_day() -> None:
    jar = stored(visit(LANDING).lines)
    again = visit(LANDING, jar, now=NOW + 3_600_000)
    assert names(again.lines) == ["fh_keep"]  # it says from now on that it was shown
    assert (again.came, again.keeper.shown) == (visit(LANDING).keeper, True)
    assert again.effective == visit(LANDING).effective
    third = visit(LANDING, stored(again.lines, jar), now=NOW + 3_700_000)
    assert (third.lines, third.keeper) == ([], again.keeper)


def test_stable_cookies_are_issued_once_a_day_and_sessions_never() -> None:
    jar = stored(visit(LANDING).lines) | {"_ga": (GA,), "_ga_SHOP000001": (SESSION,)}
    first = visit(PAGE, jar, now=NOW + 60_000)
    assert names(first.lines) == ["fh_keep"]  # it learns the new id
    jar = stored(first.lines, jar)
    next_day = visit(PAGE, jar, now=NOW + DAY)
    assert sorted(names(next_day.lines)) == ["_fbc", "_fbp", "_ga", "fh_keep"]
    by_name = dict(zip(names(next_day.lines), next_day.lines, strict=True))
    assert by_name["_ga"].startswith(f"_ga={GA}; ")
    assert f"Max-Age={400 * 86_400};" in by_name["_ga"]
    assert f"Max-Age={89 * 86_400};" in by_name["_fbc"]
    assert next_day.effective["_ga_SHOP000001"] == SESSION
    assert (next_day.came and next_day.came.shown, next_day.keeper.shown) == (True, False)
    jar = stored(next_day.lines, jar)
    jar = stored(visit(PAGE, jar, now=NOW + DAY + 60_000).lines, jar)
    assert visit(PAGE, jar, now=NOW + DAY + 120_000).lines == []


def test_what_a_browser_lost_comes_back_from_the_keeper() -> None:
    jar = stored(visit(LANDING).lines) | {"_ga": (GA,), "_ga_SHOP000001": (SESSION,)}
    jar = stored(visit(PAGE, jar, now=NOW + 60_000).lines, jar)
    month = visit(PAGE, {"fh_keep": jar["fh_keep"]}, now=NOW + 30 * DAY)
    assert sorted(names(month.lines)) == ["_fbc", "_fbp", "_ga", "_ga_SHOP000001", "fh_keep"]
    assert f"_ga_SHOP000001={SESSION}; " in next(s for s in month.lines if s[:4] == "_ga_")
    assert month.effective["_fbc"] == f"fb.1.{NOW}.IwAR0-Click_1"
    assert month.effective["_ga"] == GA
    # Of a session that only the keeper remembers no event is told.
    assert "_ga_SHOP000001" not in month.effective
    assert any(f"Max-Age={60 * 86_400};" in line for line in month.lines if line[:5] == "_fbc=")


def test_a_click_ends_after_ninety_days() -> None:
    jar = stored(visit(LANDING).lines)
    late = visit(PAGE, {"fh_keep": jar["fh_keep"]}, now=NOW + 90 * DAY)
    assert "_fbc" not in late.effective
    assert "_fbc" not in late.keeper.ids
    assert "_fbp" in late.effective


def test_another_click_opens_a_new_window() -> None:
    jar = stored(visit(LANDING).lines)
    second = visit(LANDING.replace("Click_1", "Click_2"), jar, now=NOW + 5000)
    assert names(second.lines) == ["_fbc", "fh_keep"]
    assert second.effective["_fbc"] == f"fb.1.{NOW + 5000}.IwAR0-Click_2"


@pytest.mark.parametrize(
    ("query", "click", "rejected"),
    [
        ("fbclid=IwAR0", "IwAR0", []),
        ("FBCLID=IwAR0", "IwAR0", []),
        ("a=1&fbclid=IwAR0&fbclid=other", "IwAR0", []),
        ("fbclid=%49wAR0", "IwAR0", []),
        ("fbclid=%2549wAR0", "", ["parameter:fbclid:malformed"]),
        ("fbclid=x%3B%20Domain%3Devil.example", "", ["parameter:fbclid:malformed"]),
        ("fbclid=x%0D%0ASet-Cookie%3Ay", "", ["parameter:fbclid:malformed"]),
        ("fbclid=", "", ["parameter:fbclid:malformed"]),
        ("fbclid=a+b&fbclid=good", "good", ["parameter:fbclid:malformed"]),
        ("fbclid=" + "a" * 501, "", ["parameter:fbclid:malformed"]),
        ("fbclid=" + "a" * 1100, "", ["parameter:fbclid:oversized"]),
        ("other=IwAR0#fbclid=IwAR0", "", []),
    ],
)
def test_click_ids_are_taken_decoded_once_and_checked(
    query: str, click: str, rejected: list[str]
) -> None:
    got = visit(f"https://shop.example.com/?{query}", vendors=(META,))
    assert got.effective.get("_fbc", "").removeprefix(f"fb.1.{NOW}.") == click
    assert got.rejected == rejected


@pytest.mark.parametrize("keeper_value", ["v1.forged.mac", "", "v2.x", "v1." + "a" * 5000])
def test_a_tossed_keeper_is_replaced(keeper_value: str) -> None:
    got = visit(LANDING, {"fh_keep": (keeper_value,)})
    assert keeper.decode(stored(got.lines)["fh_keep"], SITE) == got.keeper


def test_a_forged_vendor_cookie_is_counted_and_replaced() -> None:
    jar = stored(visit(LANDING).lines) | {"_fbc": ("fb.1.1.x; Domain=evil", "x")}
    got = visit(PAGE, jar, now=NOW + 1000)
    assert got.rejected == ["cookie:_fbc:malformed", "cookie:_fbc:malformed", "cookie:_fbc:copies"]
    assert names(got.lines) == ["_fbc", "fh_keep"]
    assert got.effective["_fbc"] == f"fb.1.{NOW}.IwAR0-Click_1"


def test_the_beacons_own_id_wins_over_a_mint() -> None:
    fbp = f"fb.1.{NOW - 1}.77"
    got = visit(PAGE, carried={"_fbp": fbp})
    assert got.effective["_fbp"] == fbp
    assert got.keeper.ids["_fbp"].value == fbp
    # an id in the form of an API cannot become a cookie, and keeps one from being minted
    assert "_fbp" not in visit(PAGE, carried={"_fbp": "77"}).effective


def test_only_allowed_vendors_have_cookies_and_a_place_in_the_keeper() -> None:
    nothing = visit(LANDING, vendors=())
    assert (nothing.lines, nothing.effective) == ([], {})
    jar = stored(visit(LANDING).lines) | {"_ga": (GA,)}
    only = visit(LANDING, jar, vendors=(GA4,), now=NOW + 1000)
    assert names(only.lines) == ["fh_keep"]
    assert set(only.effective) == set(only.keeper.ids) == {"_ga"}


def test_a_page_outside_the_cookie_domain_gets_no_cookie() -> None:
    got = visit("https://www.other.co.uk/?fbclid=IwAR0")
    assert got.lines == []
    assert got.effective == {"_fbc": f"fb.2.{NOW}.IwAR0"}


def test_below_a_path_the_keeper_is_bound_to_the_host() -> None:
    site = replace(SITE, base_path="/m", tracking_host="shop.example.com")
    lines = visit(LANDING, site=site).lines
    assert names(lines) == ["_fbc", "_fbp", "__Host-fh_keep"]
    assert "Domain" not in lines[2]
    assert lines[0] == FBC_LINE
    host_only = visit(LANDING, site=replace(site, cookie_domain="")).lines
    assert not any("Domain" in line for line in host_only)
    assert host_only[0].startswith(f"_fbc=fb.2.{NOW}.")


def test_names_by_account() -> None:
    session = GA4.cookies[-1]
    assert cookie_name(session, "G-SHOP000001") == "_ga_SHOP000001"
    assert cookie_name(META.cookies[0], "G-SHOP000001") == META.cookies[0].name
    jar = {"_ga_SHOP000001": (SESSION,), "_ga_OTHER99": (SESSION,)}
    assert set(visit(PAGE, jar, vendors=(GA4,)).effective) == {"_ga_SHOP000001"}
    sample = replace(SITE, any_account=True)
    assert set(visit(PAGE, jar, vendors=(GA4,), site=sample).effective) == set(jar)


def test_a_value_that_no_cookie_can_have_is_counted() -> None:
    row = replace(META.cookies[0], pattern=".*", click="", mint=None)
    odd = replace(META, cookies=(row,))
    carried = {row.name: '{"a":1}'}
    got = visit(vendors=(odd,), site=replace(SITE, vendors={"meta": odd}), carried=carried)
    assert names(got.lines) == ["fh_keep"]
    assert got.rejected == [f"cookie:{row.name}:unsendable"]


def _expired(lines: list[str]) -> set[str]:
    return {line.replace("; Path=/; Max-Age=0; Secure; SameSite=Lax", "") for line in lines}


DOMAINS = [
    "",
    "; Domain=example.com",
    "; Domain=shop.example.com",
    "; Domain=trk.shop.example.com",
]


def test_withdrawal_expires_what_is_there_on_every_domain() -> None:
    jar = {"_fbp": ("x",), "_ga_SHOP000001": (SESSION,), "fh_keep": ("v1.x",), "theme": ("dark",)}
    expected = {f"{name}={domain}" for name in ("_fbp", "_ga_SHOP000001") for domain in DOMAINS}
    assert _expired(withdraw(SITE, (META, GA4), jar)) == expected
    assert withdraw(SITE, (META, GA4), {"theme": ("dark",)}) == []


def test_one_refused_vendor_costs_no_other_its_cookies() -> None:
    jar = {"_fbp": ("x",), "_ga": (GA,), "fh_keep": ("v1.x",)}
    gone = {line.partition("=")[0] for line in withdraw(SITE, (META,), jar)}
    assert gone == {"_fbp"}


def test_a_keeper_is_expired_on_every_domain_that_it_may_have() -> None:
    jar = {"fh_keep": ("v1.x",), "_fbp": ("x",)}
    assert _expired(drop_keeper(SITE, jar)) == {f"fh_keep={domain}" for domain in DOMAINS}
    assert _expired(drop_keeper(SITE, {"__Host-fh_keep": ("v1.x",)})) == {"__Host-fh_keep="}
    assert drop_keeper(SITE, {}) == []


@given(
    st.lists(st.text(max_size=60), max_size=3).map(tuple),
    st.text(max_size=60),
    st.text(max_size=80),
)
def test_no_input_raises_or_bends_a_line(copies: tuple[str, ...], carried: str, query: str) -> None:
    jar = dict.fromkeys(("_fbc", "_fbp", "_ga", "_ga_SHOP000001", "fh_keep"), copies)
    got = visit(f"https://shop.example.com/?fbclid={query}", jar, carried={"_fbp": carried})
    for line in got.lines:
        assert LINE.fullmatch(line)


FIVE_DAYS_OLD = f"fb.1.{NOW - 5 * DAY}.IwAR0"


@pytest.mark.parametrize(
    ("ids", "clicks", "expected"),
    [
        ({}, {}, {}),
        ({}, {"fbclid": "IwAR0"}, {"_fbc": f"fb.1.{NOW}.IwAR0"}),
        ({}, {"FBCLID": "IwAR0", "gclid": "x"}, {"_fbc": f"fb.1.{NOW}.IwAR0"}),
        ({}, {"fbclid": "not one!"}, {}),
        ({"fbp": "fb.1.1795000000000.1"}, {}, {"_fbp": "fb.1.1795000000000.1"}),
        ({"_fbp": "fb.1.1795000000000.1"}, {}, {"_fbp": "fb.1.1795000000000.1"}),
        ({"fbp": "rubbish", "other": GA}, {}, {}),
        ({"_ga": GA}, {}, {"_ga": GA}),
        ({"fbc": FIVE_DAYS_OLD}, {"fbclid": "IwAR0"}, {"_fbc": FIVE_DAYS_OLD}),
        ({"fbc": FIVE_DAYS_OLD}, {"fbclid": "IwAR9"}, {"_fbc": f"fb.1.{NOW}.IwAR9"}),
        ({"fbc": f"fb.1.{NOW - 91 * DAY}.IwAR0"}, {}, {}),
    ],
)
def test_what_a_server_tells_of_a_visitors_cookies(
    ids: dict[str, str], clicks: dict[str, str], expected: dict[str, str]
) -> None:
    """No id is made from nothing: nobody's browser would carry it on."""
    assert told(SITE, (META, GA4), ids=ids, clicks=clicks, now=NOW) == expected


@pytest.mark.parametrize(
    ("page", "referer", "click"),
    [
        (PAGE, LANDING, "IwAR0-Click_1"),
        ("", LANDING, "IwAR0-Click_1"),
        ("https://shop.example.com/?fbclid=mine", LANDING, "mine"),
        (PAGE, "https://shop.example.com/", ""),
        (PAGE, LANDING.replace("shop.example.com", "evil.example"), ""),
        (PAGE, "", ""),
    ],
)
def test_what_the_browser_calls_the_page_counts_where_its_scripts_say_less(
    page: str, referer: str, click: str
) -> None:
    got = visit(page, vendors=(META,), referer=referer)
    assert got.effective.get("_fbc", "").removeprefix(f"fb.1.{NOW}.") == click


def test_planted_keepers_are_expired_where_they_may_lie_and_ours_is_set_anew() -> None:
    jar = stored(visit(LANDING).lines)
    planted = jar | {"fh_keep": ("v1.forged.AAAAAAAAAAAAAAAAAAAAAA", *jar["fh_keep"])}
    got = visit(PAGE, planted, now=NOW + 1000, target="/fh/consent")
    assert got.rejected == ["keeper:forged", "keeper:copies"]
    assert got.keeper == replace(visit(LANDING).keeper, shown=True)
    assert set(names(got.lines)) == {"fh_keep"}
    gone = [line for line in got.lines if "Max-Age=0" in line]
    assert {line.split("Path=")[1].partition(";")[0] for line in gone} == {
        "/",
        "/fh",
        "/fh/consent",
    }
    assert len(gone) == 12
    assert "HttpOnly" in got.lines[-1]


def test_a_planted_keeper_is_left_where_nothing_may_be_set() -> None:
    jar = {"fh_keep": ("a", "b")}
    assert visit("https://www.other.co.uk/", jar).lines == []
    assert visit(PAGE, jar, vendors=()).lines == []
