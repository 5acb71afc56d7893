import pytest

from firsthand.rules.scriptdiff import Profile, Severity
from firsthand.rules.scriptjudge import judge_of
from tests.samples import shop

OLD = Profile(1, frozenset(), frozenset())


@pytest.mark.parametrize(
    ("vendor", "host", "severity"),
    [
        ("meta", "connect.facebook.net", Severity.NOTE),
        ("meta", "graph.facebook.com", Severity.NOTE),
        ("meta", "www.googletagmanager.com", Severity.ALARM),
        ("ga4", "region1.google-analytics.com", Severity.NOTE),
        ("ga4", "www.facebook.com", Severity.ALARM),
        ("meta", "trk.shop.example.com", Severity.NOTE),
        ("meta", "www.example.com", Severity.NOTE),
        ("meta", "example.com.evil.example", Severity.ALARM),
        ("unknown", "www.facebook.com", Severity.ALARM),
    ],
)
def test_hosts_are_judged_by_whose_they_are(vendor: str, host: str, severity: Severity) -> None:
    new = Profile(1, frozenset({host}), frozenset())
    (found,) = judge_of(shop()).findings(vendor, OLD, new)
    assert found.severity is severity
