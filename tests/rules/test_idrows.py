from dataclasses import replace

from firsthand.rules.idrows import click_life_s, cookie_name, rows_of
from firsthand.vendors import VENDORS
from tests.samples import PROPERTY, everybody, shop

SITE = shop()
EVERYBODY = everybody()


def test_a_cookie_is_named_after_each_account() -> None:
    two = [("ga4", "G-B"), ("ga4", "G-A"), ("meta", "1")]
    rows = rows_of([VENDORS["ga4"]], two, click_days=90, any_account=False)
    assert list(rows.by_name) == ["_ga", "_ga_A", "_ga_B"]
    assert [row.place for row in rows.by_name.values()] == [0, 1, 2]
    assert rows.find("_ga_C") is None


def test_the_sample_takes_any_account() -> None:
    rows = rows_of([VENDORS["ga4"]], [("ga4", "")], click_days=90, any_account=True)
    found = rows.find("_ga_C")
    assert found is not None
    assert (found.name, found.vendor) == ("_ga_C", "ga4")
    assert rows.find("_fbp") is None


def test_what_a_site_has() -> None:
    assert {row.name for row in SITE.rows.minted} == {"_fbp"}
    assert [row.name for row in EVERYBODY.rows.by_click["gclid"]] == ["_gcl_aw"]
    click, whose = EVERYBODY.rows.clicks["sccid"]
    assert (click.param, whose) == ("ScCid", {"snapchat"})
    assert EVERYBODY.rows.clicks["gclid"][1] == {"ga4", "google_ads"}
    assert SITE.rows.clicks["gclid"][1] == {"ga4"}
    assert not EVERYBODY.rows.by_name["_uetsid"].used
    assert cookie_name(VENDORS["ga4"].cookies[-1], PROPERTY) in SITE.rows.by_name


def test_rows_follow_the_site() -> None:
    fewer = replace(EVERYBODY, vendors={"meta": VENDORS["meta"]})
    assert set(fewer.rows.by_name) == {"_fbc", "_fbp"}


def test_no_two_vendors_have_a_cookie_of_one_name() -> None:
    names = [cookie.name for vendor in VENDORS.values() for cookie in vendor.cookies]
    assert len(names) == len(set(names))


def test_a_click_counts_for_the_sites_days_or_the_vendors_fewer_ones() -> None:
    rows = replace(EVERYBODY, click_days=30).rows.by_name
    assert rows["_fbc"].life_ms == 30 * 86_400_000
    assert rows["_fbp"].life_ms == 0
    fewer = replace(rows["_fbc"].cookie, days=7)
    assert click_life_s(fewer, 30) == 7 * 86_400
