"""What analytics alone leaves of an event. Sources: those of ``rules/aggregate.py``."""

import sys
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import Reason
from firsthand.rules.aggregate import (
    HOUR_MS,
    MOST_ROWS,
    OTHER,
    Row,
    Sum,
    Window,
    device,
    path_class,
    released,
    rounded,
    row_of,
)
from firsthand.rules.cookies import split
from firsthand.rules.decide import decide
from firsthand.vendors import VENDORS
from tests.factories import make_hit, make_reading
from tests.rules.test_canaries import EXAMPLES, MARK, SITE, marked
from tests.samples import ANALYTICS_ONLY, NOW, ga4_hit, meta_hit, shop

GA4 = VENDORS["ga4"]
PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/143.0.0.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("https://shop.example.com/", "/"),
        ("https://shop.example.com", "/"),
        ("https://shop.example.com/tea/green-tea?x=1#y", "/tea/green-tea"),
        ("https://shop.example.com/p/MUG-01", "/p/MUG-01"),
        ("https://shop.example.com/p/10042", "/p/:id"),
        ("https://shop.example.com/order/991-7731/thanks", "/order/:id/thanks"),
        ("https://shop.example.com/u/jane@example.com", "/u/:id"),
        ("https://shop.example.com/u/jane%40example.com/x", "/u/:id/x"),
        ("https://shop.example.com/r/7f3c1b2a-9d4e-4f00-8a11-223344556677", "/r/:id"),
        ("https://shop.example.com/t/dGhpc2lzYXRva2Vu1", "/t/:id"),
        ("https://shop.example.com/t/abcdefghijklmnopqrstuvwxyz", "/t/:id"),
        ("https://shop.example.com/J%C3%BCrgen%20M", "/:id"),
        ("https://shop.example.com/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f"),
        ("about:blank", OTHER),
        ("", OTHER),
    ],
)
def test_the_class_of_a_page(page: str, path: str) -> None:
    assert path_class(page) == path


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        (PHONE, "mobile"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148", "mobile"),
        ("Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) Mobile/15E148", "tablet"),
        ("Mozilla/5.0 (Linux; Android 14; SM-X910) Chrome/143.0.0.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/143.0.0.0", "desktop"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/145.0", "desktop"),
        ("curl/8", "other"),
        ("", "other"),
    ],
)
def test_a_device_is_one_of_four(agent: str, kind: str) -> None:
    assert device(agent) == kind


def test_amounts_have_two_digits() -> None:
    told = [
        (49.9, 50),
        (1234, 1200),
        (0.0123, 0.012),
        (7, 7),
        (-1, 0),
        (True, 0),
        ("9", 0),
        (1e12, 0),
    ]
    assert [rounded(value) for value, _ in told] == [kept for _, kept in told]


def test_an_event_becomes_a_row() -> None:
    page = (
        "https://shop.example.com/thanks?utm_source=news&utm_medium=e-mail&utm_campaign=Spring Sale"
        "&utm_content=jane&gclid=Cj0KCQ"
    )
    reading = make_reading(
        name="purchase",
        page=page,
        fields={"params.value": 49.9, "params.currency": "EUR", "client_id": "1.2"},
    )
    hit = replace(make_hit(headers={"user-agent": PHONE}), place="DE-BE")
    row, more = row_of(hit, GA4, reading)
    assert row == Row(
        at=hit.at - hit.at % HOUR_MS,
        vendor="ga4",
        name="purchase",
        path="/thanks",
        country="DE",
        device="mobile",
        source="news",
        medium="e-mail",
        campaign="Spring Sale",
        currency="EUR",
    )
    assert more == Sum(1, 50)
    state, _ = row_of(replace(hit, place="US-CA"), GA4, reading)
    assert state.country == "US-CA"


@pytest.mark.parametrize(
    "value", ["jane@example.com", "cj0kcq12345", "4930231250010", "<b>", "x" * 60]
)
def test_a_campaign_that_may_be_an_id_is_left_out(value: str) -> None:
    page = f"https://shop.example.com/?utm_campaign={value}&utm_source=news"
    row, _ = row_of(make_hit(), GA4, make_reading(page=page))
    assert (row.source, row.campaign) == ("news", "")


def test_only_names_of_the_vendor_are_kept() -> None:
    row, _ = row_of(make_hit(), GA4, make_reading(name="hello_jane"))
    assert row.name == "(custom)"


BASE = Row(0, "ga4", "purchase", "/a")


def test_rows_are_told_from_k_events_on() -> None:
    rows = {BASE: Sum(10, 5), replace(BASE, path="/b"): Sum(9, 3)}
    assert released(rows, 10) == {BASE: Sum(10, 5)}
    rows[replace(BASE, path="/c")] = Sum(1, 1)
    assert released(rows, 10) == {BASE: Sum(10, 5), Row(0, "ga4", "purchase"): Sum(10, 4)}


def test_an_hour_is_told_when_it_is_over_and_then_forgotten() -> None:
    window = Window()
    for _ in range(3):
        window.add(BASE, Sum(1))
        window.add(replace(BASE, at=HOUR_MS), Sum(1))
    assert window.close(k=3, before=0) == {}
    assert window.close(k=3, before=HOUR_MS) == {BASE: Sum(3)}
    assert window.close(k=4, before=sys.maxsize) == {}
    assert window.close(k=1, before=sys.maxsize) == {}


def test_the_memory_is_bounded() -> None:
    window = Window()
    for number in range(MOST_ROWS + 50):
        window.add(replace(BASE, path=f"/{number}"), Sum(1))
    told = window.close(k=1, before=HOUR_MS)
    assert len(told) == MOST_ROWS + 1
    assert told[Row(0, "ga4", "purchase")] == Sum(50)


@given(
    st.dictionaries(
        st.builds(replace, st.just(BASE), path=st.text(max_size=2)),
        st.builds(Sum, st.integers(1, 30)),
        max_size=30,
    ),
    st.integers(2, 20),
)
def test_nothing_that_fewer_share_is_told(rows: dict[Row, Sum], k: int) -> None:  # fmt: skip
    told = released(rows, k)
    assert all(each.n >= k for each in told.values())
    assert sum(each.n for each in told.values()) <= sum(each.n for each in rows.values())


def test_only_analytics_alone_is_counted_so() -> None:
    site = shop()
    only = decide(ga4_hit(cookie=ANALYTICS_ONLY, at=NOW), site, GA4)
    assert [each.note.reason for each in only.ended] == [Reason.AGGREGATE_ONLY]
    assert len(only.rows) == 1
    assert not only.beacons
    for hit in (ga4_hit(at=NOW), ga4_hit(cookie="", at=NOW), meta_hit(cookie=ANALYTICS_ONLY)):
        vendor = VENDORS["meta" if hit.host == "www.facebook.com" else "ga4"]
        assert decide(hit, site, vendor).rows == ()


def test_no_canary_of_a_forbidden_kind_is_in_a_row() -> None:
    """A mark may stand in a page's path only: pages are what is counted."""
    seen = 0
    for found, each in product(marked("ga4"), EXAMPLES.values()):
        hit = replace(found.hit, cookies={**found.hit.cookies, **split(each.analytics)})
        for row, _ in decide(hit, SITE, GA4).rows:
            seen += 1
            assert MARK not in str(replace(row, path=""))
            assert not [word for word in found.secrets if word in str(row)]
    assert seen
