"""What is printed to be pasted: addresses that the server knows, and sources for each mode."""

from dataclasses import replace
from typing import Any

import pytest

from firsthand.config.load import parse
from firsthand.config.site import site
from firsthand.errors import ConfigError
from firsthand.explain import sample as everybody
from firsthand.rules.doors import Use, split
from firsthand.rules.site import Site
from firsthand.snippet import lines, shown, snippet
from firsthand.vendors import VENDORS
from tests.config.sample import FILE, PIXEL, PROPERTY, SECOND, sample

US = "https://trk.shop.example.com"


def made(**sections: Any) -> Site:
    return site(parse(sample(**sections), FILE), secret=b"only for tests", file=FILE)


def of(mode: str, **more: Any) -> Site:
    return made(meta=[{"account": PIXEL, "mode": mode}], ga4=[], **more)


def test_every_vendors_tag_points_to_a_script_that_is_served() -> None:
    here = everybody()
    every = snippet(here)
    assert {tag.vendor for tag in every.tags} == set(VENDORS)
    for tag in every.tags:
        assert tag.swaps
        for swap in tag.swaps:
            host, path, _ = split(swap.new.removeprefix(here.tracking_url))
            found = here.doors.find(host, path)
            assert found is not None
            assert found.use is Use.SCRIPT
            assert swap.old == f"https://{host}{path}"


def test_the_swap_puts_one_host_before_another() -> None:
    (tag,) = snippet(of("shadow")).tags
    (swap,) = tag.swaps
    assert swap.old == "https://connect.facebook.net/en_US/fbevents.js"
    assert swap.new == f"{US}/connect.facebook.net/en_US/fbevents.js"
    assert tag.accounts == ((PIXEL, "shadow"),)


def test_a_site_with_a_path_of_its_own() -> None:
    section = {
        "hosts": ["shop.example.com"],
        "tracking_host": "shop.example.com",
        "base_path": "/m",
    }
    found = snippet(of("server", site=section))
    assert found.layout == "path"
    assert found.tags[0].swaps[0].new.startswith("https://shop.example.com/m/connect.facebook.net/")
    assert found.policy["connect-src"] == ("https://shop.example.com",)
    assert "'self'" in found.notes[0]
    assert found.own == '<script async src="https://shop.example.com/m/fh.js"></script>'


@pytest.mark.parametrize(
    ("mode", "connect", "others"),
    [
        ("server", (US,), True),
        ("shadow", (US, "https://www.facebook.com"), False),
        ("both", (US, "https://www.facebook.com"), False),
    ],
)
def test_the_policy_hangs_on_the_mode(
    mode: str,
    connect: tuple[str, ...],
    others: bool,  # noqa: FBT001 - a case, not a switch
) -> None:
    policy = snippet(of(mode)).policy
    assert policy.pop("script-src") == (US,)
    assert policy.pop("connect-src") == connect
    assert policy == ({"frame-src": (US,), "form-action": (US,)} if others else {})


def test_modes_side_by_side_need_what_each_needs() -> None:
    both = {"account": PROPERTY, "mode": "both", "second": SECOND}
    found = snippet(made(meta=[{"account": PIXEL, "mode": "server"}], ga4=[both]))
    assert "https://www.google-analytics.com" in found.policy["connect-src"]
    assert "https://www.facebook.com" not in found.policy["connect-src"]
    assert "form-action" in found.policy


def test_one_vendor_only() -> None:
    site_of_two = made()
    (tag,) = snippet(site_of_two, "ga4").tags
    assert (tag.vendor, tag.accounts) == ("ga4", ((PROPERTY, "shadow"),))
    with pytest.raises(ConfigError, match="no account of tiktok is configured; there are: ga4, m"):
        snippet(site_of_two, "tiktok")


def test_what_is_to_be_copied_stands_alone_on_its_line() -> None:
    found = snippet(made())
    said = [line.strip() for line in lines(found)]
    for tag in found.tags:
        for swap in tag.swaps:
            assert {swap.old, swap.new} <= set(said)
    assert found.own in said
    assert shown(found)["tags"][0]["swaps"][0]["new"] in said
    assert "script-src https://trk.shop.example.com" in said


def test_the_sandbox_spells_vendors_as_its_pages_do() -> None:
    here = replace(of("server"), vendor_suffix=".vendors.localhost:8090")
    here = replace(here, tracking_url="http://trk.shop.localhost:8080")
    swap = snippet(here).tags[0].swaps[0]
    assert swap.old == "http://connect.facebook.net.vendors.localhost:8090/en_US/fbevents.js"
    assert swap.new == "http://trk.shop.localhost:8080/connect.facebook.net/en_US/fbevents.js"
