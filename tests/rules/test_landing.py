from dataclasses import replace

import pytest

from firsthand.errors import BadHit
from firsthand.rules import keeper
from firsthand.rules.landing import answer
from firsthand.rules.respond import respond
from tests.samples import GRANTED, REFUSED, hit, shop

SITE = replace(shop(), base_path="/m", tracking_host="shop.example.com")
URI = "/mugs?fbclid=IwAR0-x&utm_source=y"


def test_a_pages_own_request_makes_the_keeper_and_one_cookie_only() -> None:
    found = answer(hit("fh/landing", headers={"x-original-uri": URI}), SITE)
    (line,) = found.cookies
    assert line.startswith("__Host-fh_keep=v1.")
    kept = keeper.decode((line.partition(";")[0].partition("=")[2],), SITE)
    assert kept is not None
    assert kept.ids["_fbc"].value.endswith(".IwAR0-x")
    assert (found.beacons, found.withdrawn) == ((), ())


@pytest.mark.parametrize(
    ("cookie", "headers"),
    [
        (REFUSED, {"x-original-uri": URI}),
        ("", {"x-original-uri": URI}),
        (GRANTED, {}),
        (GRANTED, {"x-original-uri": "https://evil.example/?fbclid=x"}),
        (GRANTED, {"x-original-uri": "/" + "a" * 8190}),
    ],
)
def test_without_consent_or_address_nothing_is_set(cookie: str, headers: dict[str, str]) -> None:
    assert answer(hit("fh/landing", cookie=cookie, headers=headers), SITE).cookies == ()


def test_it_is_a_door_below_a_path_alone() -> None:
    page = hit("fh/landing", headers={"x-original-uri": URI})
    assert respond(page, SITE).status == 204
    with pytest.raises(BadHit):
        respond(page, shop())
