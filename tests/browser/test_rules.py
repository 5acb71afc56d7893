"""The rules that loaders carry, for the real vendors."""

import json
import re
from dataclasses import asdict, replace

import pytest

from firsthand.browser import KeyRules
from firsthand.browser.rules import cookie_pattern, rules_of, snippet_of
from firsthand.model import Mode
from firsthand.rules.doors import Doors, Use
from firsthand.rules.site import Account, Site
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.samples import shop

META, GA4 = "1234567890123456", "G-ABC1234567"
USES = {Use.BEACON: "beacon", Use.SINK: "sink", Use.NEVER: "never", Use.SCRIPT: "code"}
NO_SUFFIX = ""
SANDBOX = ".vendors.localhost:8090"


def make_site(*modes: tuple[str, str, Mode], suffix: str = NO_SUFFIX) -> Site:
    accounts = {
        (vendor, account): Account(VENDORS[vendor], account, mode, None)
        for vendor, account, mode in modes
    }
    vendors = {vendor: VENDORS[vendor] for vendor, _, _ in modes}
    return replace(
        shop(),
        accounts=accounts,
        vendors=vendors,
        doors=Doors(vendors.values()),
        vendor_suffix=suffix,
    )


BOTH = make_site(("meta", META, Mode.BOTH), ("ga4", GA4, Mode.SERVER))

# Addresses that the vendors' scripts were seen to ask for (Chromium, November 2026), and some that
# they never would.
ADDRESSES = [
    ("www.facebook.com", "/tr/"),
    ("www.facebook.com", "/tr"),
    ("www.facebook.com", "/tr/x"),
    ("www.facebook.com", "/privacy_sandbox/topics/registration/"),
    ("connect.facebook.net", "/en_US/fbevents.js"),
    ("connect.facebook.net", f"/signals/config/{META}"),
    ("connect.facebook.net", "/log/fbevents_telemetry/"),
    ("www.google-analytics.com", "/g/collect"),
    ("region1.google-analytics.com", "/g/collect"),
    ("www.google-analytics.com", "/g/collect/x"),
    ("www.googletagmanager.com", "/gtag/js"),
    ("www.googletagmanager.com", "/static/service_worker/5a1/sw_iframe.html"),
    ("www.google.de", "/ads/ga-audiences"),
    ("www.google.de.evil.example", "/ads/other"),
    ("facebook.com", "/tr/"),
    ("evilwww.facebook.com", "/tr/"),
    ("shop.example.com", "/tr/"),
]


def test_the_snippet_knows_its_site() -> None:
    site = make_site(("meta", META, Mode.BOTH), ("google_ads", "AW-1/x", Mode.SERVER))
    found = snippet_of(site)
    assert (found.name, found.domain, found.life) == ("shop", "example.com", 180 * 86_400)
    assert found.tcf == (755,)
    assert found.own == found.details == {}


def test_the_snippet_knows_what_vendors_call_its_events() -> None:
    x = VENDORS["x"].settings(events={"purchase": "tw-o8abc-o9def"})
    linkedin = VENDORS["linkedin"].settings(events={"generate_lead": "123"})
    accounts = {
        (key, account): Account(VENDORS[key], account, Mode.BOTH, settings)
        for key, account, settings in (
            ("meta", META, VENDORS["meta"].settings()),
            ("x", "o8abc", x),
            ("linkedin", "12345", linkedin),
            ("ga4", GA4, VENDORS["ga4"].settings()),
            ("microsoft", "1234567", VENDORS["microsoft"].settings()),
        )
    }
    vendors = {key: VENDORS[key] for key, _ in accounts}
    found = snippet_of(replace(shop(), accounts=accounts, vendors=vendors))
    assert found.types["meta"]["Purchase"] == "purchase"
    assert found.types["meta"]["PageView"] == "page_view"
    assert found.types["x"]["tw-o8abc-o9def"] == "purchase"
    assert found.types["linkedin"]["123"] == "generate_lead"
    assert found.types["microsoft"]["pageLoad"] == "page_view"
    assert found.types["ga4"]["view_item"] == "viewed_item"
    assert found.details == {"microsoft": "ea"}
    assert found.own == {"ga4": "en"}


def use_in_page(site: Site, host: str, path: str) -> str | None:
    """Return what ``doors.js`` finds: the first vendor's first door that fits."""
    for vendor in rules_of(site).vendors.values():
        for use, pattern in vendor.doors:
            if re.search(pattern, host + site.vendor_suffix + path):
                assert re.search(vendor.hosts, f"https://{host}{site.vendor_suffix}{path}")
                return use
    return None


def test_to_a_page_a_relay_is_a_server() -> None:
    relayed = rules_of(make_site(("meta", META, Mode.RELAY)))
    assert relayed == rules_of(make_site(("meta", META, Mode.SERVER)))
    assert not relayed.copies


@pytest.mark.parametrize(("host", "path"), ADDRESSES)
@pytest.mark.parametrize("suffix", [NO_SUFFIX, SANDBOX])
def test_page_and_server_know_the_same_doors(host: str, path: str, suffix: str) -> None:
    site = make_site(("meta", META, Mode.BOTH), ("ga4", GA4, Mode.SERVER), suffix=suffix)
    found = site.doors.find(host, path)
    assert use_in_page(site, host, path) == (USES[found.use] if found else None)


@pytest.mark.parametrize(
    ("vendor", "query", "account"),
    [
        ("meta", f"?id={META}&ev=PageView", META),
        ("meta", f"&ev=PageView&id={META}", META),  # a form's body
        ("ga4", f"?v=2&tid={GA4}&gtm=45je", GA4),
        ("ga4", f"?id={GA4}&l=dataLayer", GA4),
        ("ga4", "?v=2&sid=1", None),
        ("meta", "?hybrid=1", None),
    ],
)
def test_the_account_is_found_in_query_and_body(
    vendor: str, query: str, account: str | None
) -> None:
    rules = rules_of(BOTH).vendors[vendor]
    found = re.search(rules.param, query)
    assert (found.group(1) if found else None) == account
    assert account is None or re.search(rules.account, account)


def test_the_account_in_a_path_is_the_patterns_group() -> None:
    doors = rules_of(BOTH).vendors["meta"].doors
    address = f"connect.facebook.net/signals/config/{META}"
    [match] = [found for _, pattern in doors if (found := re.search(pattern, address))]
    assert [group for group in match.groups() if group] == [META]


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ([("1", Mode.BOTH)], {"1": "both", "": "both"}),
        ([("1", Mode.SERVER), ("2", Mode.SERVER)], {"1": "server", "2": "server", "": "server"}),
        ([("1", Mode.SERVER), ("2", Mode.BOTH)], {"1": "server", "2": "both", "": "shadow"}),
        ([("", Mode.SERVER)], {"*": "server", "": "server"}),
    ],
)
def test_modes(modes: list[tuple[str, Mode]], expected: dict[str, str]) -> None:
    site = make_site(*(("meta", account, mode) for account, mode in modes))
    assert rules_of(site).vendors["meta"].modes == expected


# Event names that the pixels were seen to send by themselves (Chromium, November 2026), and others.
KEYED = [
    ("meta", KeyRules("eid", "ev"), "Purchase Pur-chase", "SubscribedButtonClick Microdata"),
    ("tiktok", KeyRules("event_id", "event"), "Pageview Purchase", "EnrichAM EnrichIpv6"),
    ("snapchat", KeyRules("cdid", "ev", path=("req", "t")), "PAGE_VIEW", ""),
    ("reddit", KeyRules("m.conversionId", "event", digits=64), "PageVisit Custom", ""),
    ("x", KeyRules("conversion_id", "txn_id", json="event"), "tw-o8abc-o9def", "o8abc"),
    ("microsoft", KeyRules("event_id", "evt"), "pageLoad custom", "pid pageHide"),
]


@pytest.mark.parametrize(("vendor", "expected", "real", "invented"), KEYED)
def test_where_vendors_carry_the_event_key(
    vendor: str, expected: KeyRules, real: str, invented: str
) -> None:
    account = VENDORS[vendor].account_example
    key = rules_of(make_site((vendor, account, Mode.BOTH))).vendors[vendor].key
    assert replace(key, names=expected.names) == expected
    assert all(re.search(key.names, name) for name in real.split())
    assert not any(re.search(key.names, name) for name in ("", *invented.split()))


def test_a_vendor_without_a_key_parameter_gets_no_key() -> None:
    key = rules_of(BOTH).vendors["ga4"].key
    assert key == KeyRules()
    assert not any(re.search(key.names, name) for name in ("", "purchase"))


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
def test_names_of_parameters_stand_for_themselves_in_a_pattern(vendor: Vendor) -> None:
    for name in (vendor.key_param, vendor.name_param, vendor.key_json):
        assert re.fullmatch(r"[\w.-]*", name)


@pytest.mark.parametrize("base", ["https://trk.shop.example.com", "https://shop.example.com/m"])
def test_the_base_has_no_slash_at_its_end(base: str) -> None:
    for address in (base, f"{base}/"):
        assert rules_of(replace(BOTH, tracking_url=address)).base == base


@pytest.mark.parametrize(
    ("pair", "matches"),
    [
        ("OptanonConsent=x", True),
        ("_iub_cs-123=x", True),
        ("_iub_cs-=x", True),
        ("OptanonConsent2=x", False),
        ("XOptanonConsent=x", False),
        ("a=OptanonConsent=x", False),
        ("a.b=x", True),
        ("aXb=x", False),
    ],
)
def test_consent_cookies_are_known_by_name(pair: str, matches: bool) -> None:  # noqa: FBT001
    pattern = cookie_pattern(("OptanonConsent", "_iub_cs-*", "a.b"))
    assert bool(re.search(pattern, pair)) is matches


@pytest.mark.parametrize(
    "name",
    ["euconsent-v2", "eupubconsent-v2", "__cmpconsentu9", "addtl_consent", "__gpp", "FCCDCF"],
)
def test_the_loader_asks_again_when_the_iabs_strings_change(name: str) -> None:
    assert re.search(rules_of(shop()).cookies, f"{name}=x")
    assert not re.search(rules_of(shop()).cookies, f"x{name}=x")


def test_the_rules_are_json() -> None:
    assert (
        json.loads(json.dumps(asdict(rules_of(BOTH))))["vendors"]["meta"]["modes"][META] == "both"
    )


@pytest.mark.parametrize(
    ("query", "account"),
    [
        ("?txn_id=o8abc&type=javascript", "o8abc"),
        ("?bci=4&txn_id=tw-o8abc-o9def&type=javascript", "o8abc"),
        ("?other_txn_id=o8abc", None),
    ],
)
def test_an_account_may_be_a_part_of_its_parameter(query: str, account: str | None) -> None:
    pattern = rules_of(make_site(("x", "o8abc", Mode.BOTH))).vendors["x"].param
    found = re.search(pattern, query)
    assert (found[1] if found else None) == account


ADS = "AW-123456789"


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ((Mode.SERVER, Mode.SERVER), "server"),
        ((Mode.SERVER, Mode.BOTH), "shadow"),  # labels of one tag: the page tells only the tag
    ],
)
def test_an_account_is_known_by_the_ids_of_its_tag(modes: tuple[Mode, Mode], expected: str) -> None:
    accounts = [("google_ads", f"{ADS}/{n}", mode) for n, mode in enumerate(modes)]
    rules = rules_of(make_site(*accounts, ("google_ads", "AW-55555555/x", Mode.BOTH)))
    ads = rules.vendors["google_ads"]
    assert (ads.modes[ADS], ads.modes["123456789"]) == (expected, expected)
    assert (ads.modes["55555555"], ads.modes[""]) == ("both", "shadow")
    address = "www.googleadservices.com/pagead/conversion/123456789/"
    [match] = [found for _, pattern in ads.doors if (found := re.search(pattern, address))]
    assert [group for group in match.groups() if group] == ["123456789"]
    assert all(re.search(ads.account, name) for name in (ADS, "123456789"))
    assert not re.search(ads.account, GA4)
