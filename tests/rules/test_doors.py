import pytest

from firsthand.errors import BadHit
from firsthand.rules.doors import Doors, Use, split
from firsthand.vendors import VENDORS

DOORS = Doors(VENDORS.values())


@pytest.mark.parametrize(
    ("host", "path", "use", "vendor"),
    [
        ("www.facebook.com", "/tr/", Use.BEACON, "meta"),
        ("www.facebook.com", "/tr", Use.BEACON, "meta"),
        ("connect.facebook.net", "/en_US/fbevents.js", Use.SCRIPT, "meta"),
        ("connect.facebook.net", "/signals/config/1234567890123456", Use.SCRIPT, "meta"),
        ("www.google-analytics.com", "/g/collect", Use.BEACON, "ga4"),
        ("region1.google-analytics.com", "/g/collect", Use.BEACON, "ga4"),
        ("www.googletagmanager.com", "/gtag/js", Use.SCRIPT, "ga4"),
        ("stats.g.doubleclick.net", "/g/collect", Use.SINK, "ga4"),
        ("www.google.de", "/ads/ga-audiences", Use.SINK, "ga4"),
    ],
)
def test_addresses_that_have_a_door(host: str, path: str, use: Use, vendor: str) -> None:
    found = DOORS.find(host, path)
    assert found is not None
    assert (found.use, found.vendor) == (use, vendor)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("www.facebook.com", "/"),
        ("www.facebook.com", "/tr/x"),
        ("www.facebook.com.evil.example", "/tr/"),
        ("evil.example", "/tr/"),
        ("connect.facebook.net", "/a/b/fbevents.js"),
        ("www.google.com/ads", "/ads/ga-audiences"),
        ("www.google-analytics.com", "/g/collect.js"),
        ("", ""),
    ],
)
def test_addresses_that_have_none(host: str, path: str) -> None:
    assert DOORS.find(host, path) is None


def test_an_account_in_a_path_is_found() -> None:
    found = DOORS.find("connect.facebook.net", "/signals/config/42")
    assert found is not None
    assert found.account == "42"


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/www.facebook.com/tr/?id=1&x=%2F", ("www.facebook.com", "/tr/", "id=1&x=%2F")),
        ("/fh/consent", ("fh", "/consent", "")),
        ("/fh", ("fh", "", "")),
        ("/a/b?c#d", ("a", "/b", "c")),
    ],
)
def test_a_target_is_split(target: str, parts: tuple[str, str, str]) -> None:
    assert split(target) == parts


@pytest.mark.parametrize(
    "target",
    [
        "/www.facebook.com/%2e%2e/tr/",
        "/www.facebook.com/../tr/",
        "//evil.example/tr/",
        "/www.facebook.com//tr/",
        "/www.facebook.com/tr%00",
        "/www.facebook.com\\tr/",
        "/.well-known/x",
    ],
)
def test_a_target_that_hides_something_is_refused(target: str) -> None:
    with pytest.raises(BadHit) as refused:
        split(target)
    assert refused.value.status == 404
