"""What is written is what the loader reads, and nothing that it must not hold."""

import tomllib
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.check import check
from firsthand.config.load import loads
from firsthand.config.site import site
from firsthand.draft import Outline, Watched, draft, missing, tracking_host, variables
from firsthand.model import Mode
from firsthand.vendors import VENDORS

FILE = "shop.toml"
HOSTS = ("shop.example.com", "www.shop.example.com")


def outline(*accounts: Watched, **given: Any) -> Outline:
    shop = accounts or (Watched("meta", "1234567890123456"),)
    return Outline(
        **{"hosts": HOSTS, "tracking_host": "trk.shop.example.com", **given}, accounts=shop
    )


def everybody() -> list[Watched]:
    return [
        Watched(
            key,
            vendor.account_example,
            {
                each.name: each.metadata["needed"]
                for each in fields(vendor.settings)
                if isinstance(each.metadata.get("needed"), str)
            },
        )
        for key, vendor in VENDORS.items()
    ]


def test_an_account_at_every_vendor_is_a_configuration_that_starts_in_shadow() -> None:
    config = loads(draft(outline(*everybody()), "a test"), FILE)
    built = site(config, secret=b"only for tests", file=FILE)
    assert set(built.vendors) == set(VENDORS)
    assert {account.mode for account in built.accounts.values()} == {Mode.SHADOW}
    assert built.origins == {f"https://{host}" for host in HOSTS}
    assert built.tracking_url == "https://trk.shop.example.com"


def test_no_token_is_written_and_each_variable_is_one_of_those_named() -> None:
    made = outline(*everybody(), Watched("meta", "2234567890123456"))
    found = tomllib.loads(draft(made, "a test"))
    named = [each["token"] for key in VENDORS for each in found[key]]
    assert all(set(token) == {"env"} for token in named)
    assert {token["env"] for token in named} == set(variables(made))
    assert {"META_TOKEN", "META_TOKEN_2"} <= set(variables(made))


def test_one_key_of_googles_opens_all_its_accounts() -> None:
    settings = {"customer": "111-222-3333", "action": "7"}
    labels = [Watched("google_ads", f"AW-123456789/{each}", settings) for each in ("a", "b")]
    assert list(variables(outline(*labels))) == ["GOOGLE_ADS_TOKEN"]


def test_an_account_that_lacks_a_setting_waits_as_a_comment() -> None:
    lacking = Watched("pinterest", "2612345678901", events=("PageVisit",))
    text = draft(outline(Watched("meta", "1234567890123456"), lacking), "a test")
    assert list(missing(lacking)) == ["ad_account"]
    assert [each.vendor for each in check(loads(text, FILE), FILE)] == ["meta"]
    assert "# Pinterest. Seen: PageVisit." in text
    opened = text.replace('# ad_account = ""', 'ad_account = "549755880001"')
    for line in ("[[pinterest]]", "account =", "mode =", "token ="):
        opened = opened.replace(f"# {line}", line)
    assert {each.vendor for each in check(loads(opened, FILE), FILE)} == {"meta", "pinterest"}


def test_a_site_with_a_path_of_its_own_and_a_platform_of_its_own() -> None:
    text = draft(
        outline(tracking_host="shop.example.com", base_path="/m", authority="onetrust"), "a test"
    )
    built = site(loads(text, FILE), secret=b"only for tests", file=FILE)
    assert built.tracking_url == "https://shop.example.com/m"
    assert built.consent.authority == "onetrust"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("shop.example.com", "trk.shop.example.com"),
        ("www.example.com", "trk.example.com"),
        ("shop.localhost:8090", "trk.shop.localhost:8080"),
    ],
)
def test_the_usual_tracking_host(page: str, expected: str) -> None:
    assert tracking_host(page) == expected


@given(st.text(st.characters(exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=40))
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    settings = {"currency": text}
    made = outline(Watched("linkedin", "7475281", settings, (text,)), notes=(text,))
    found = tomllib.loads(draft(made, "a test"))
    assert set(found) == {"site", "listen", "consent", "linkedin"}
    assert found["consent"] == {}
    assert found["linkedin"][0]["currency"] == text
