from dataclasses import replace

import pytest

from firsthand.errors import BadHit
from firsthand.explain import sample
from firsthand.model import Mode
from firsthand.rules.doors import Doors
from firsthand.rules.scriptdoor import Asked, asked
from firsthand.rules.site import Account
from firsthand.vendors import VENDORS
from tests.samples import PIXEL, PROPERTY, SECOND, shop

SITE = shop()
HASH = "0123456789abcdef0123456789abcdef"


def at(address: str) -> Asked:
    path, _, query = address.partition("?")
    host, slash, rest = path.partition("/")
    found = SITE.doors.find(host, slash + rest)
    assert found is not None
    return asked(found, host, slash + rest, query, SITE)


@pytest.mark.parametrize(
    ("address", "at_vendor", "version"),
    [
        ("connect.facebook.net/en_US/fbevents.js", "connect.facebook.net/en_US/fbevents.js", ""),
        (
            f"connect.facebook.net/en_US/fbevents.js?fh={HASH}",
            "connect.facebook.net/en_US/fbevents.js",
            HASH,
        ),
        (
            f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=dataLayer&utm=x&fh=live",
            f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=dataLayer",
            "live",
        ),
        (
            f"connect.facebook.net/signals/config/{PIXEL}?v=2.9.248&r=stable&domain=shop.example.com",
            f"connect.facebook.net/signals/config/{PIXEL}?v=2.9.248&r=stable&domain=shop.example.com",
            "",
        ),
        (
            f"www.googletagmanager.com/gtag/js?%69d={PROPERTY}&id={PROPERTY}&l=d%61ta&l=other",
            f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=d%61ta",
            "",
        ),
    ],
)
def test_an_address_within_its_grammar(address: str, at_vendor: str, version: str) -> None:
    found = at(address)
    assert (found.address, found.version) == (at_vendor, version)


@pytest.mark.parametrize(
    "address",
    [
        "connect.facebook.net/signals/config/9999999999999999",
        f"connect.facebook.net/signals/config/{PIXEL}?domain=evil.example",
        f"connect.facebook.net/signals/config/{PIXEL}?v=2.9%22%3Balert(1)",
        "www.googletagmanager.com/gtag/js?id=G-OTHER",
        f"www.googletagmanager.com/gtag/js?id={SECOND}",
        f"www.googletagmanager.com/gtag/js?id={PROPERTY}%22%7D%3Balert(1)//",
        f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=</script>",
        "connect.facebook.net/en_US/fbevents.js?fh=../../etc",
        "connect.facebook.net/en_US/fbevents.js?fh=LIVE",
    ],
)
def test_an_address_outside_its_grammar_is_unknown(address: str) -> None:
    with pytest.raises(BadHit) as refused:
        at(address)
    assert refused.value.status == 404


ADS = "AW-123456789"


def test_an_address_that_vendors_share_belongs_to_the_accounts_vendor() -> None:
    accounts = {
        ("ga4", PROPERTY): Account(VENDORS["ga4"], PROPERTY, Mode.SERVER, None),
        ("google_ads", f"{ADS}/a-1"): Account(
            VENDORS["google_ads"], f"{ADS}/a-1", Mode.SERVER, None
        ),
    }
    vendors = {key: VENDORS[key] for key, _ in accounts}
    site = replace(SITE, accounts=accounts, vendors=vendors, doors=Doors(vendors.values()))
    host, path = "www.googletagmanager.com", "/gtag/js"
    found = site.doors.find(host, path)
    assert found is not None
    assert asked(found, host, path, f"id={ADS}", site).vendor == "google_ads"
    assert asked(found, host, path, f"id={PROPERTY}", site).vendor == "ga4"
    for unknown in ("AW-987654321", f"{ADS}/a-1", f"{ADS}/b-2"):
        with pytest.raises(BadHit):
            asked(found, host, path, f"id={unknown}", site)


def test_the_sample_tells_a_shared_address_by_the_accounts_form() -> None:
    host, path, site = "www.googletagmanager.com", "/gtag/js", sample()
    found = site.doors.find(host, path)
    assert found is not None
    assert asked(found, host, path, "id=AW-55555555", site).vendor == "google_ads"
    assert asked(found, host, path, "id=G-5555555", site).vendor == "ga4"


@pytest.mark.parametrize(
    ("plain", "others"),
    [
        (
            f"www.googletagmanager.com/gtag/js?id={PROPERTY}",
            [f"www.googletagmanager.com/gtag/js?id=%47{PROPERTY[1:]}"],
        ),
        ("connect.facebook.net/en_US/fbevents.js", ["connect.facebook.net/de_DE/fbevents.js"]),
        (f"connect.facebook.net/signals/config/{PIXEL}", []),
    ],
)
def test_a_sites_own_script_has_one_name_and_a_variant_has_none(
    plain: str, others: list[str]
) -> None:
    names = {
        at(address).own for address in (plain, f"{plain}{'&' if '?' in plain else '?'}fh=live")
    }
    assert len(names | {at(other).own for other in others}) == 1
    assert all(names)
    for variant in (
        f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=dataLayer",
        "connect.facebook.net/en_US/fbevents.js?v=2.9.248",
        f"connect.facebook.net/signals/config/{PIXEL}?v=2.9.248",
    ):
        assert at(variant).own == ""


def test_own_scripts_of_different_addresses_have_different_names() -> None:
    addresses = (
        f"www.googletagmanager.com/gtag/js?id={PROPERTY}",
        f"www.googletagmanager.com/gtag/destination?id={PROPERTY}",
        "connect.facebook.net/en_US/fbevents.js",
        f"connect.facebook.net/signals/config/{PIXEL}",
        "connect.facebook.net/signals/plugins/x.js",
    )
    assert len({at(address).own for address in addresses}) == len(addresses)


def test_what_is_logged_of_an_address_is_the_vendors_pattern() -> None:
    assert (
        at("connect.facebook.net/CANARY/fbevents.js").door == "connect.facebook.net/*/fbevents.js"
    )
