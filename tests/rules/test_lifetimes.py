from dataclasses import replace

import pytest

from firsthand.rules.layout import CAPPED, UNCAPPED, Verdict
from firsthand.rules.lifetimes import (
    BRAVE,
    BROWSERS,
    CHROMIUM,
    FIREFOX,
    SAFARI,
    Browser,
    Lasting,
    Writer,
    cookies,
    promise,
    promises,
    worst,
)
from tests.samples import shop

KEEPER = Lasting("fh_keep", Writer.SERVER, 90)
GA = Lasting("_ga", Writer.SERVER, 400)
TAG = Lasting("_ga", Writer.SCRIPT, 400)


@pytest.mark.parametrize(
    ("cookie", "browser", "verdict", "least", "most"),
    [
        (KEEPER, SAFARI, Verdict.PATH, 90, 90),
        (KEEPER, SAFARI, Verdict.NEAR, 90, 90),
        (KEEPER, SAFARI, Verdict.SAME_CNAME, 90, 90),
        (KEEPER, SAFARI, Verdict.FRAGILE, 90, 90),
        (KEEPER, SAFARI, Verdict.UNKNOWN, 7, 90),
        (KEEPER, SAFARI, Verdict.UNSTABLE, 7, 90),
        (KEEPER, SAFARI, Verdict.FAMILY_MISMATCH, 7, 90),
        (KEEPER, SAFARI, Verdict.FAR, 7, 7),
        (KEEPER, SAFARI, Verdict.OTHER_CNAME, 7, 7),
        (KEEPER, SAFARI, Verdict.FOREIGN, 0, 0),
        (GA, SAFARI, Verdict.PATH, 400, 400),
        (TAG, SAFARI, Verdict.PATH, 1, 7),
        (TAG, SAFARI, Verdict.OTHER_CNAME, 1, 7),
        (KEEPER, CHROMIUM, Verdict.OTHER_CNAME, 90, 90),
        (GA, CHROMIUM, Verdict.FAR, 400, 400),
        (TAG, CHROMIUM, Verdict.FAR, 400, 400),
        (Lasting("x", Writer.SERVER, 800), CHROMIUM, Verdict.PATH, 400, 400),
        (GA, FIREFOX, Verdict.FAR, 400, 400),
        (KEEPER, BRAVE, Verdict.NEAR, 90, 90),
        (GA, BRAVE, Verdict.PATH, 180, 180),
        (TAG, BRAVE, Verdict.PATH, 180, 180),
        (KEEPER, BRAVE, Verdict.OTHER_CNAME, 0, 90),
    ],
)
def test_what_may_be_promised(
    cookie: Lasting, browser: Browser, verdict: Verdict, least: int, most: int
) -> None:
    found = promise(cookie, browser, verdict)
    assert (found.least, found.most) == (least, most)
    assert bool(found.why) is (least < cookie.days)


def test_every_cookie_of_the_site_is_told_once_for_each_browser() -> None:
    found = promises(shop(), Verdict.NEAR)
    told = [(each.cookie.name, each.cookie.writer, each.browser.name) for each in found]
    assert len(set(told)) == len(told)
    names = {name for name, _, _ in told}
    assert {"fh_keep", "_fbc", "_fbp", "_ga"} <= names
    assert {each.name for each in cookies(shop()) if each.days == 90} >= {"fh_keep", "_fbc"}
    assert {each.name for each in cookies(shop()) if each.from_click} == {"_fbc"}
    assert {browser for _, _, browser in told} == {each.name for each in BROWSERS}


def test_the_keeper_has_the_layouts_own_name() -> None:
    assert next(cookies(replace(shop(), base_path="/m"))).name == "__Host-fh_keep"


def test_every_limit_names_where_it_was_read() -> None:
    for browser in BROWSERS:
        assert browser.source
        assert browser.read.year >= 2026


def test_the_worst_page_host_counts() -> None:
    assert worst([Verdict.NEAR, Verdict.FAR, Verdict.PATH]) is Verdict.FAR
    assert worst([]) is Verdict.UNKNOWN
    assert not CAPPED & UNCAPPED
