from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from firsthand import check as checking
from firsthand.check import Finding, check, shown
from firsthand.config.load import load, parse
from firsthand.errors import ConfigError
from firsthand.vendors import VENDORS
from tests.config.sample import FILE, PIXEL, PROPERTY, SECOND, sample, variables

TOP = Path(__file__).parents[1]
ADS = {"account": "AW-123456789/a-1", "customer": "111-222-3333", "action": "7"}


FRONT = {"trusted_proxies": ["127.0.0.1/32"]}


def found(**sections: Any) -> dict[tuple[str, str], Finding]:
    data = sample(**{"listen": FRONT, **sections})
    return {(each.vendor, each.account): each for each in check(parse(data, FILE), FILE)}


def test_shadow_sends_nothing_that_counts() -> None:
    findings = found()
    meta, ga4 = findings["meta", PIXEL], findings["ga4", PROPERTY]
    assert meta.mode == ga4.mode == "shadow"
    assert "we get a copy" in meta.does[0]
    assert "built and recorded" in meta.does[1]
    assert "test door" in ga4.does[1]
    assert meta.missing == (), "Meta has no test door, so shadow needs no token"
    assert len(ga4.missing) == 1


@pytest.mark.parametrize(
    ("section", "does", "limit"),
    [
        (
            {"meta": [{"account": PIXEL, "mode": "both"}]},
            "goes to graph.facebook.com",
            "counted once by event_name and event_id, per pixel, within 48 h",
        ),
        (
            {"ga4": [{"account": PROPERTY, "mode": "both", "second": SECOND}]},
            "www.google-analytics.com",
            f"only purchase is counted once (transaction_id); the rest goes to {SECOND}",
        ),
        ({"ga4": [{"account": PROPERTY, "mode": "server"}]}, "beacons end here", ""),
        (
            {"google_ads": [ADS | {"mode": "both"}]},
            "goes to datamanager.googleapis.com",
            "an event to which the page gives no key is not sent beside the browser's",
        ),
    ],
)
def test_what_an_account_does_and_what_it_cannot(
    section: dict[str, Any], does: str, limit: str
) -> None:
    ((key, (account,)),) = section.items()
    finding = found(**section)[key, account["account"]]
    assert does in "\n".join(finding.does)
    assert limit in "\n".join(finding.limits)
    assert bool(finding.limits) is bool(limit)


def test_a_relay_needs_no_token_and_promises_nothing() -> None:
    finding = found(meta=[{"account": PIXEL, "mode": "relay"}])["meta", PIXEL]
    assert finding.missing == ()
    assert "relayed beacons go to www.facebook.com" in finding.does
    told = " ".join(finding.limits)
    for words in ("sent, never accepted", "within 24 h", "fh.js", "this server's address"):
        assert words in told


def test_a_relay_needs_nothing_that_only_the_api_asks_for() -> None:
    account = {"account": "AW-123456789/a-1", "mode": "relay"}
    assert found(google_ads=[account])["google_ads", account["account"]].mode == "relay"


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        ({}, ("consent is read from every platform whose cookies come",)),
        (
            {"authority": "cookiebot"},
            (
                "consent is read from cookiebot; other consent cookies can only refuse",
                "cookiebot: analytics is statistics",
                "cookiebot: marketing is marketing",
            ),
        ),
        (
            {"authority": "klaro", "groups": {"klaro": {"marketing": ["meta", "tiktok"]}}},
            (
                "consent is read from klaro;",
                "klaro: analytics is nothing: name its groups in consent.groups.klaro",
                "klaro: marketing is meta, tiktok",
            ),
        ),
        ({"authority": "shopify"}, ("consent is read from shopify;",)),
        (
            {"by_place": True},
            (
                "consent is read from every platform whose cookies come",
                "rules by the place that the front tells; optin where",
            ),
        ),
    ],
)
def test_where_consent_is_read(consent: dict[str, Any], said: tuple[str, ...]) -> None:
    listen = {"trusted_proxies": ["127.0.0.1/32"], "country_header": "CF-IPCountry"}
    for finding in found(consent=consent, listen=listen).values():
        assert len(finding.consent) == len(said)
        for line, start in zip(finding.consent, said, strict=True):
            assert line.startswith(start)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ({}, "not configured"),
        ({"env": "NOT_SET_ANYWHERE"}, "environment variable NOT_SET_ANYWHERE is not set"),
        ({"file": "/nowhere/token"}, "file /nowhere/token is empty or not there"),
    ],
)
def test_a_missing_token_is_named_with_the_place_to_find_it(
    token: dict[str, str], said: str
) -> None:
    finding = found(meta=[{"account": PIXEL, "mode": "server", "token": token}])["meta", PIXEL]
    (line,) = finding.missing
    assert line.startswith(f"token of {PIXEL}: {said}. ")
    assert VENDORS["meta"].token_help in line


def test_a_second_account_needs_a_token_too() -> None:
    account = {"account": PROPERTY, "mode": "both", "second": SECOND, "token": {"env": "A_SECRET"}}
    with variables(A_SECRET="CANARY"):
        finding = found(ga4=[account])["ga4", PROPERTY]
        both = found(ga4=[{**account, "second_token": {"env": "A_SECRET"}}])["ga4", PROPERTY]
    (line,) = finding.missing
    assert line.startswith(f"second_token of {SECOND}: ")
    assert both.missing == ()
    assert "CANARY" not in f"{finding} {both}"


def test_a_version_near_its_end_is_told() -> None:
    versions = {version.name: version.ends for version in VENDORS["meta"].versions}
    account = next(iter(found(meta=[{"account": PIXEL}]).values()))
    assert account.limits == ()
    soon = min((name for name, ends in versions.items() if ends), key=lambda name: versions[name])
    ends = versions[soon]
    assert ends is not None
    settings = VENDORS["meta"].settings(version=soon)
    for days, told in ((1, True), (checking.SOON_DAYS, False), (-3, True)):
        lines = checking._version(VENDORS["meta"], settings, ends - timedelta(days=days))
        assert bool(lines) is told
        assert all(f"{soon} ends on {ends} ({days} days)" in line for line in lines)


def test_a_version_that_nobody_knows_is_told() -> None:
    (line,) = found(meta=[{"account": PIXEL, "version": "v2.6"}])["meta", PIXEL].limits
    assert line.startswith("API version v2.6 is not one that we know: v26.0")
    assert checking._version(VENDORS["ga4"], VENDORS["ga4"].settings(), date(2026, 11, 24)) == ()


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"listen": {}}, True),
        ({"listen": {"host": "::1"}}, True),
        ({"listen": {"host": "localhost"}}, True),
        ({"listen": FRONT}, False),
        ({"listen": {"host": "0.0.0.0"}}, False),
        ({"listen": {"host": "edge.internal"}}, False),
        (
            {
                "listen": {},
                "site": {
                    "hosts": ["shop.localhost:1"],
                    "tracking_host": "t.shop.localhost:2",
                    "scheme": "http",
                },
            },
            False,
        ),
    ],
)
def test_a_front_that_is_not_named_is_told(sections: dict[str, Any], *, told: bool) -> None:
    for finding in found(**sections).values():
        lines = [line for line in finding.limits if "no trusted proxy configured" in line]
        assert bool(lines) is told


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"meta": [], "ga4": []}, "no account is configured"),
        ({"site": {"tracking_host": "trk.tracker.example"}}, "is third-party on shop.example.com"),
        ({"admin": {"token": {"env": "NOT_SET_ANYWHERE"}}}, "admin.token: is named but empty"),
        ({"ga4": [{"account": PROPERTY, "mode": "both"}]}, "deduplicates only purchase"),
        ({"site": {"tracking_host": "co.uk"}}, "site.tracking_host"),
        ({"site": {"holdout": 0.05}}, "site.holdout: no account is in mode both"),
        ({"site": {"secret": {"env": "NOT_SET_ANYWHERE"}}}, "site.secret: is named but empty"),
        ({"site": {"old_secrets": [{"env": "NOT_SET_ANYWHERE"}]}}, "site.old_secrets"),
        (
            {"meta": [{"account": PIXEL, "mode": "both", "token": {"env": "A", "file": "b"}}]},
            "not both",
        ),
    ],
)
def test_what_cannot_start_is_refused(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        found(**sections)


def test_a_holdout_is_told_as_long_as_it_lasts() -> None:
    both = {"account": PIXEL, "mode": "both", "token": {"env": "A"}}
    for share, told in ((0.05, True), (0, False)):
        finding = found(site={"holdout": share}, meta=[both])["meta", PIXEL]
        assert any("5.0% of the visitors" in line for line in finding.limits) is told


def test_findings_are_plain_values() -> None:
    (first, second) = shown(check(parse(sample(), FILE), FILE))
    assert (first["vendor"], second["vendor"]) == ("ga4", "meta")
    assert set(first) == {"vendor", "account", "mode", "does", "limits", "missing", "consent"}


@pytest.mark.parametrize("name", ["minimal", "sandbox", "reference"])
def test_the_files_that_we_ship_pass(name: str) -> None:
    path = TOP / "conf" / f"{name}.toml"
    assert check(load(path), str(path))
