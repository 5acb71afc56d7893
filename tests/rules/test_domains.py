from dataclasses import replace

import pytest

from firsthand.rules import domains
from tests.samples import shop

SITE = shop()
PATH = replace(SITE, base_path="/m", cookie_domain="", tracking_host="www.example.com")
SANDBOX = replace(SITE, cookie_domain="shop.localhost", tracking_host="trk.shop.localhost:8080")


@pytest.mark.parametrize(
    ("site", "page", "expected"),
    [
        (SITE, "https://example.com/", ("example.com", True)),
        (SITE, "https://a.b.example.com/x?y", ("example.com", True)),
        (SITE, "https://notexample.com/", ("notexample.com", False)),
        (SITE, "https://www.shop.co.uk/", ("shop.co.uk", False)),
        (SITE, "", ("example.com", True)),
        (SITE, "garbage", ("example.com", True)),
        (PATH, "https://www.example.com/m", ("www.example.com", True)),
        (PATH, "", ("www.example.com", True)),
        (SANDBOX, "http://shop.localhost:8080/", ("shop.localhost", True)),
        (SITE, "https://192.0.2.7/", ("192.0.2.7", False)),
    ],
)
def test_where_a_pages_ids_live(site: object, page: str, expected: object) -> None:
    assert domains.of_page(site, page) == expected  # type: ignore[arg-type]


# Public Suffix List, both sections, as publicsuffixlist bundles it.
@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("a.b.example.co.uk", "example.co.uk"),
        ("example.com", "example.com"),
        ("shop.myshopify.com", "shop.myshopify.com"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
    ],
)
def test_registrable_domains(host: str, expected: str) -> None:
    assert domains.registrable(host) == expected


def test_every_domain_that_an_answer_can_name() -> None:
    assert domains.settable(SITE) == ["example.com", "trk.shop.example.com", "shop.example.com"]
    assert domains.settable(PATH) == ["example.com", "www.example.com"]
    assert domains.settable(SANDBOX) == ["shop.localhost", "trk.shop.localhost"]
