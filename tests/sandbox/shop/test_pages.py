"""The shop's pages, without a server. ``test_visits`` goes there in Chromium."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from firsthand.sandbox.server import find_roles
from firsthand.sandbox.shop.catalogue import Orders
from firsthand.sandbox.shop.pages import BASKET, CHECKOUT_FIELDS, Links, Page, Shop, Visit

LINKS = Links(".vendors.localhost:8090", "http://trk.shop.localhost:8080", "http://report/")
CUSTOMER = {name: example for name, _, _, _, example in CHECKOUT_FIELDS}


@pytest.fixture
def shop() -> Shop:
    roles = [role for role in find_roles() if role.key in {"ga4", "meta"}]
    return Shop(roles, Orders(lambda: "ORD-1"))


def get(shop: Shop, path: str, query: str = "", links: Links = LINKS, **cookies: str) -> Page:
    return shop.answer(Visit("GET", path, query, b"", cookies), links)


def form(values: Mapping[str, str]) -> bytes:
    return urlencode(values).encode()


def test_only_the_address_of_the_scripts_differs_between_the_variants(shop: Shop) -> None:
    tracked = get(shop, "/shop").body.decode()
    plain = get(shop, "/plain/shop").body.decode()
    for host in ("connect.facebook.net", "www.googletagmanager.com"):
        assert f"http://trk.shop.localhost:8080/{host}/" in tracked
        assert f"http://{host}.vendors.localhost:8090/" in plain
    assert ".vendors.localhost" not in tracked
    assert "trk.shop" not in plain


def test_tags_of_the_plain_variant_wait_for_their_category(shop: Shop) -> None:
    plain = get(shop, "/plain/shop").body.decode()
    assert '<script type="text/plain" class="optanon-category-C0004">' in plain
    assert '<script type="text/plain" class="optanon-category-C0002" async src="http://www' in plain
    assert "text/plain" not in get(shop, "/shop").body.decode()


@pytest.mark.parametrize(
    ("path", "query", "meta", "ga4"),
    [
        ("/shop", "", None, "view_item_list"),
        ("/product/MUG-01", "", "ViewContent", "view_item"),
        ("/basket", "added=MUG-01", "AddToCart", "add_to_cart"),
        ("/basket", "", None, None),
        ("/checkout", "", "InitiateCheckout", "begin_checkout"),
    ],
)
def test_each_page_reports_what_happened(
    shop: Shop, path: str, query: str, meta: str | None, ga4: str | None
) -> None:
    page = get(shop, path, query, shop_basket="MUG-01*1").body.decode()
    assert re.findall(r"fbq\('track', \"(\w+)\"", page) == ([meta] if meta else [])
    assert re.findall(r"gtag\('event', \"(\w+)\"", page) == ([ga4] if ga4 else [])


def test_a_purchase_shares_its_number_between_the_vendors(shop: Shop) -> None:
    bought = shop.answer(
        Visit("POST", "/checkout", "", form(CUSTOMER), {BASKET: "MUG-01*2"}), LINKS
    )
    assert (bought.status, bought.headers["location"]) == (303, "/thanks?order=ORD-1")
    assert bought.cookies == {BASKET: ""}
    page = get(shop, "/thanks", "order=ORD-1").body.decode()
    assert '{ eventID: "ORD-1" }' in page
    assert 'transaction_id: "ORD-1"' in page
    assert '"em": "jane.doe@example.com"' in page
    assert page.count("value: 29.8") == 2


def test_what_a_customer_types_cannot_end_the_script(shop: Shop) -> None:
    evil = {**CUSTOMER, "fn": "</script><script>alert(1)//", "em": "a@</script>"}
    shop.answer(Visit("POST", "/checkout", "", form(evil), {BASKET: "MUG-01*1"}), LINKS)
    page = get(shop, "/thanks", "order=ORD-1").body.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("missing", ["em", "country"])
def test_a_form_with_gaps_comes_back_with_what_was_typed(shop: Shop, missing: str) -> None:
    values = {**CUSTOMER, missing: " "}
    page = shop.answer(Visit("POST", "/checkout", "", form(values), {BASKET: "MUG-01*1"}), LINKS)
    assert page.status == 422
    assert f'id="{missing}-error"'.encode() in page.body
    assert b'value="Lindenweg 12"' in page.body


def test_an_address_without_an_at_sign_is_named(shop: Shop) -> None:
    page = shop.answer(
        Visit("POST", "/checkout", "", form({**CUSTOMER, "em": "jane"}), {BASKET: "MUG-01*1"}),
        LINKS,
    )
    assert b"does not look like an email" in page.body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/product/NOPE", 404),
        ("GET", "/thanks", 404),
        ("POST", "/basket", 404),
        ("DELETE", "/shop", 404),
        ("GET", "/static/../pages.py", 404),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/static/shop.css", 200),
        ("HEAD", "/shop", 200),
        ("GET", "/checkout", 303),
        ("POST", "/checkout", 303),
        ("GET", "/plain/shop", 200),
        ("GET", "/plainly", 404),
    ],
)
def test_addresses(shop: Shop, method: str, path: str, status: int) -> None:
    assert shop.answer(Visit(method, path), LINKS).status == status


def test_the_front_page_comes_from_ads_with_fresh_click_ids(shop: Shop) -> None:
    first, second = (get(shop, "/").body.decode() for _ in range(2))
    clicks = [re.search(r'href="/shop\?[^"]*fbclid=([\w-]+)', page) for page in (first, second)]
    assert clicks[0]
    assert clicks[1]
    assert clicks[0][1] != clicks[1][1]
    assert re.search(r'href="/shop\?[^"]*gclid=[\w-]+', first)
    assert 'href="http://report/"' in first


def test_without_a_tracking_host_there_is_the_plain_shop_only(shop: Shop) -> None:
    links = Links(".vendors.localhost:8090")
    page = get(shop, "/shop", "fbclid=a", links=links)
    assert (page.status, page.headers["location"]) == (303, "/plain/shop?fbclid=a")
    assert b'href="/plain/shop' in get(shop, "/", links=links).body
