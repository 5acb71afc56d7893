"""What can never work stops the start."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from firsthand.config.load import parse
from firsthand.config.site import refuse_relay, site
from firsthand.errors import ConfigError
from firsthand.model import Mode
from firsthand.rules.consent.policy import Groups
from firsthand.rules.site import Location, Site
from firsthand.vendors import VENDORS
from tests.config.sample import FILE, PIXEL, PROPERTY, SECOND, sample

KEY = b"the key of these tests, 32 bytes"


def build(**sections: Any) -> Site:
    return site(parse(sample(**sections), FILE), secret=KEY, file=FILE)


def test_a_site_is_what_the_file_says() -> None:
    built = build(
        site={
            "hosts": ["shop.example.com", "www.example.com:8443"],
            "tracking_host": "shop.example.com",
            "base_path": "/m",
            "when_blocked": "withhold",
            "gate_scripts": False,
            "bots": "send",
            "bot_score": 60,
            "holdout": 0.05,
        },
        ga4=[
            {"account": PROPERTY, "mode": "both", "second": SECOND, "region": "region1"},
            {"account": SECOND, "forward_limited": True, "bots": "withhold"},
        ],
        consent={"groups": {"onetrust": {"marketing": ["C7"]}}, "rule_set": "optout"},
    )
    assert built.hosts == {"shop.example.com", "www.example.com"}
    assert built.origins == {"https://shop.example.com", "https://www.example.com:8443"}
    assert built.tracking_url == "https://shop.example.com/m"
    assert built.cookie_domain == "example.com"
    assert (built.when_blocked, built.gate_scripts) == ("withhold", False)
    assert set(built.accounts) == {("meta", PIXEL), ("ga4", PROPERTY), ("ga4", SECOND)}
    first: Any = built.accounts["ga4", PROPERTY]
    assert (first.mode, first.second, first.settings.region) == (Mode.BOTH, SECOND, "region1")
    assert built.accounts["ga4", SECOND].forward_limited
    assert (built.bots, built.bot_score, built.holdout) == ("send", 60, 0.05)
    assert [each.bots for each in built.accounts.values() if each.vendor.key == "ga4"] == [
        None,
        "withhold",
    ]
    assert built.consent.groups["onetrust"] == Groups(marketing=("C7",))
    assert built.secret == KEY
    assert built.doors.find("www.facebook.com", "/tr/")


def test_a_vendor_without_account_has_no_door() -> None:
    built = site(parse(sample(ga4=[]), FILE), secret=KEY, file=FILE)
    assert set(built.vendors) == {"meta"}
    assert built.doors.find("www.google-analytics.com", "/g/collect") is None


def test_a_setting_without_which_no_call_can_be_made_is_asked_for() -> None:
    tag = {"account": "2612345678901"}
    with pytest.raises(ConfigError, match="ad_account: is required"):
        build(pinterest=[tag])
    built: Any = build(pinterest=[{**tag, "ad_account": "549755880001"}])
    assert built.accounts["pinterest", tag["account"]].settings.ad_account == "549755880001"


@pytest.mark.parametrize(
    ("tracking", "given", "domain"),
    [
        ("trk.shop.example.com", "", "example.com"),
        ("trk.shop.example.com", "shop.example.com", "shop.example.com"),
        ("example.com", "", "example.com"),
        ("trk.shop.co.uk", "", "shop.co.uk"),
        ("trk.shop.github.io", "", "shop.github.io"),
        ("trk.shop.example.com:8443", "", "example.com"),
        ("trk.shop.localhost:8080", "", "shop.localhost"),
        ("a.trk.shop.localhost", "", "shop.localhost"),
        ("trk.shop.localhost", "trk.shop.localhost", "trk.shop.localhost"),
    ],
)
def test_the_domain_of_cookies(tracking: str, given: str, domain: str) -> None:
    host = tracking.removeprefix("a.").removeprefix("trk.")
    built = build(site={"hosts": [host], "tracking_host": tracking, "cookie_domain": given})
    assert built.cookie_domain == domain


@pytest.mark.parametrize(
    "tracking", ["github.io", "co.uk", "com", "10.0.0.1", "10.0.0.1:80", "localhost", "trk"]
)
def test_a_host_that_cannot_carry_cookies_is_refused(tracking: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(site={"tracking_host": tracking})
    assert f"{FILE}: site.tracking_host: {tracking.partition(':')[0]} cannot" in str(refused.value)


@pytest.mark.parametrize(
    ("tracking", "domain"),
    [
        ("trk.shop.example.com", "com"),
        ("trk.shop.github.io", "github.io"),
        ("trk.shop.co.uk", "co.uk"),
        ("trk.shop.example.com", "10.0.0.1"),
        ("trk.shop.example.com", "::1:2:3"),
        ("trk.shop.example.com", "evil.example"),
        ("trk.shop.example.com", "op.example.com"),
        ("trk.shop.example.com", ".example.com"),
        ("trk.shop.example.com", "Example.com"),
        ("trk.shop.example.com", "example.com; Secure"),
        ("trk.shop.example.com", "x;example.com"),
        ("trk.shop.example.com", "example.com "),
        ("trk.shop.example.com", "example.com\r\nX: y"),
        ("trk.shop.localhost", "localhost"),
        ("trk.shop.localhost", "evil.localhost"),
        ("trk.shop.localhost", "shop.localhost; Secure"),
        ("trk.shop.localhost", "example.com"),
    ],
)
def test_a_domain_that_cookies_cannot_have_is_refused(tracking: str, domain: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(
            site={
                "hosts": [tracking.removeprefix("trk.")],
                "tracking_host": tracking,
                "cookie_domain": domain,
            }
        )
    assert str(refused.value).startswith(f"{FILE}: site.cookie_domain: {domain}")


@pytest.mark.parametrize(
    ("hosts", "tracking"),
    [
        (["shop.example.com"], "trk.tracker.example"),
        (["shop.example.com", "shop.example.de"], "trk.example.com"),
        (["shop.co.uk"], "trk.other.co.uk"),
        (["shop.localhost:8090"], "trk.example.com"),
        (["10.0.0.1"], "trk.example.com"),
    ],
)
def test_a_tracking_host_that_is_third_party_is_refused(hosts: list[str], tracking: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(site={"hosts": hosts, "tracking_host": tracking})
    foreign = hosts[-1].partition(":")[0]
    assert f"site.tracking_host: {tracking} is third-party on {foreign}" in str(refused.value)


def test_under_localhost_names_are_free() -> None:
    site = {"hosts": ["shop.localhost:1"], "tracking_host": "trk.other.localhost:2"}
    assert build(site=site).cookie_domain == "other.localhost"


def test_a_site_without_any_account_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no account is configured.*\[\[meta\]\]"):
        build(meta=[], ga4=[])


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"meta": [{"account": "G-ABC1234567"}]}, 'meta G-ABC1234567: "G-ABC1234567" is not an'),
        ({"meta": [{"account": "12 34"}]}, "one looks like 1234567890123456"),
        ({"meta": [{"account": f"{PIXEL}\n"}]}, "is not an account of Meta"),
        ({"ga4": [{"account": PIXEL}]}, "is not an account of Google Analytics 4"),
        ({"ga4": [{"account": PROPERTY, "second": "UA-1"}]}, f'ga4 {PROPERTY}: "UA-1" is not an'),
        ({"ga4": [{"account": PROPERTY, "second": PROPERTY}]}, "second is the account itself"),
        ({"ga4": [{"account": PROPERTY, "mode": "both"}]}, "deduplicates only purchase"),
        ({"meta": [{"account": PIXEL}, {"account": PIXEL}]}, f"meta {PIXEL}: is listed twice"),
        ({"site": {"scheme": "http"}}, "site.scheme: http is only for names under .localhost"),
        ({"consent": {"max_age_days": 396}}, "consent.max_age_days: must be within 1 and 395"),
        ({"consent": {"max_age_days": 0}}, "consent.max_age_days: must be within 1 and 395"),
        ({"consent": {"authority": "gpc"}}, "consent.authority"),
        ({"consent": {"groups": {"shopify": {}}}}, "consent.groups"),
        (
            {"consent": {"groups": {"klaro": {"version": 2}}}},
            'version: "klaro" is not',
        ),
        ({"consent": {"authority": "onetrst"}}, 'consent.authority: "onetrst" is not known; did'),
        ({"consent": {"groups": {"onetrst": {}}}}, 'did you mean "onetrust"?'),
        ({"consent": {"social_vendors": ["metta"]}}, 'did you mean "meta"?'),
        ({"consent": {"social_vendors": ["zzz"]}}, "there are: "),
        ({"consent": {"tcf_ids": {"metta": 1}}}, 'consent.tcf_ids: "metta" is not known; did'),
        (
            {"consent": {"by_place": True}},
            "consent.by_place: nobody says where visitors are; name the header of your front",
        ),
        (
            {"consent": {"groups": {"didomi": {"vendors": {"metta": ["vendors/facebook"]}}}}},
            'consent.groups.didomi.vendors: "metta" is not known; did you mean "meta"?',
        ),
        ({"consent": {"regions": {"Utah": "notice"}}}, "consent.regions: 'Utah': write DE or US-"),
        ({"consent": {"ac_ids": {"x": 70_000}}}, "consent.ac_ids: ids must be within 0 and 65535"),
    ],
)
def test_what_can_never_work_is_refused(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(**sections)
    assert str(refused.value).startswith(f"{FILE}: ")
    assert message in str(refused.value)


def test_both_is_for_vendors_that_deduplicate_or_with_a_second_account() -> None:
    assert build(meta=[{"account": PIXEL, "mode": "both"}]).accounts["meta", PIXEL].second == ""
    built = build(ga4=[{"account": PROPERTY, "mode": "both", "second": SECOND}])
    assert built.accounts["ga4", PROPERTY].destination("page_view") == SECOND
    assert built.accounts["ga4", PROPERTY].destination("purchase") == PROPERTY


PIN = {"connect.facebook.net/en_US/fbevents.js": "ab" * 32}


def test_scripts_have_a_policy() -> None:
    told = build(
        scripts={
            "policy": "hold",
            "vendors": {"meta": "pin"},
            "pins": PIN,
            "purposes": {"ga4": "counts visits"},
        }
    ).scripts
    assert (told.of("ga4"), told.of("meta")) == ("hold", "pin")
    assert told.pin("meta", *PIN) == "ab" * 16
    assert told.purposes["ga4"] == "counts visits"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"policy": "holt"}, "scripts.policy"),
        (
            {"vendors": {"mata": "hold"}},
            'scripts.vendors: "mata" is not known; did you mean "meta"',
        ),
        ({"vendors": {"meta": "never"}}, "scripts.vendors.meta"),
        ({"purposes": {"x1": "?"}}, 'scripts.purposes: "x1"'),
        ({"policy": "pin"}, "the policy of ga4, meta is pin and no hash"),
        ({"vendors": {"meta": "pin"}}, "the policy of meta is pin and no hash"),
        ({"vendors": {"meta": "pin", "ga4": "pin"}, "pins": PIN}, "the policy of ga4 is pin"),
        ({"pins": {"evil.example/x.js": "ab" * 32}}, 'scripts.pins: "evil.example/x.js" is no scr'),
        ({"pins": {"www.facebook.com/tr/": "ab" * 32}}, "is no script"),
        ({"pins": {next(iter(PIN)): "ab" * 16}}, "is no SHA-256"),
        ({"pins": {next(iter(PIN)): "AB" * 32}}, "is no SHA-256"),
    ],
)
def test_a_policy_that_would_do_nothing_ends_the_start(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(scripts=section)
    assert said in str(refused.value)
    assert FILE in str(refused.value)


@pytest.mark.parametrize("key", sorted(VENDORS))
def test_every_vendor_can_be_relayed_without_what_only_its_api_needs(key: str) -> None:
    account = {"account": VENDORS[key].account_example, "mode": "relay"}
    built = build(**{"meta": [], "ga4": [], key: [account]})
    [made] = built.accounts.values()
    assert made.mode is Mode.RELAY
    assert set(built.relays) == {key}


def test_a_vendor_that_cannot_be_relayed_is_refused_with_the_reason_and_a_remedy() -> None:
    mute = replace(VENDORS["meta"], relay=None, unrelayed="its payload is encrypted")
    refuse_relay(mute, SimpleNamespace(mode=Mode.SERVER), "shop.toml: meta 1")
    with pytest.raises(ConfigError) as refused:
        refuse_relay(mute, SimpleNamespace(mode=Mode.RELAY), "shop.toml: meta 1")
    for words in ("shop.toml: meta 1", "its payload is encrypted", "use server"):
        assert words in str(refused.value)


FRONT = {"trusted_proxies": ["127.0.0.1/32"], "country_header": "CF-IPCountry"}


def test_a_rough_location_is_told_where_a_front_tells_it() -> None:
    built = build(listen=FRONT, ga4=[{"account": PROPERTY, "location": "region"}])
    assert built.accounts["ga4", PROPERTY].location is Location.REGION


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        (
            {"ga4": [{"account": PROPERTY, "location": "region"}]},
            f'ga4 {PROPERTY}: location = "region": nobody says where visitors are; name the header',
        ),
        (
            {
                "ga4": [{"account": PROPERTY, "location": "country", "mode": "relay"}],
                "listen": FRONT,
            },
            f'ga4 {PROPERTY}: location = "country": Google Analytics 4 takes no place',
        ),
        (
            {"meta": [{"account": PIXEL, "location": "country"}], "listen": FRONT},
            f'meta {PIXEL}: location = "country": Meta takes no place instead of the address;',
        ),
    ],
)
def test_a_rough_location_that_nobody_can_tell_stops_the_start(
    sections: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        build(**sections)
    assert str(refused.value).startswith(f"{FILE}: {words}")


def test_a_cookie_domain_covers_the_pages() -> None:
    given = {
        "hosts": ["www.example.com"],
        "tracking_host": "trk.shop.example.com",
        "cookie_domain": "shop.example.com",
    }
    with pytest.raises(ConfigError) as refused:
        build(site=given)
    assert str(refused.value) == (
        f"{FILE}: site.cookie_domain: shop.example.com does not cover www.example.com;"
        " use example.com"
    )
