import pytest

from firsthand.rules.layout import Host, Verdict, layout
from firsthand.rules.webkit import Ruling

PAGE, TRACKING = "shop.example.com", "trk.shop.example.com"
CDN = ("shop.example.com.cdn.example.net",)


def host(name: str, *addresses: str, chain: tuple[str, ...] = ()) -> Host:
    return Host(name, chain, addresses)


@pytest.mark.parametrize(
    ("page", "tracking", "expected", "capped"),
    [
        (host(PAGE, "203.0.113.10"), host(TRACKING, "203.0.200.7"), Verdict.NEAR, 0),
        (host(PAGE, "203.0.1.1"), host(TRACKING, "203.1.1.1"), Verdict.FAR, 1),
        (
            host(PAGE, "203.0.113.10", "2001:db8:1:1::5"),
            host(TRACKING, "203.0.113.11", "2001:db8:1:1::6"),
            Verdict.NEAR,
            2,  # across the families, which no browser does where both are there
        ),
        (
            host(PAGE, "203.0.113.10", "2001:db8:1:1::5"),
            host(TRACKING, "203.0.113.11", "2001:db8:1:2::6"),
            Verdict.UNSTABLE,
            3,
        ),
        (
            host(PAGE, "203.0.113.10", "198.51.100.1"),
            host(TRACKING, "203.0.113.11"),
            Verdict.UNSTABLE,
            1,
        ),
        (
            host(PAGE, "203.0.113.10", "2001:db8:1:1::5"),
            host(TRACKING, "203.0.113.11"),
            Verdict.FAMILY_MISMATCH,
            1,
        ),
        (
            host(PAGE, "203.0.113.10"),
            host(TRACKING, "203.0.113.11", "2001:db8:1:1::6"),
            Verdict.FAMILY_MISMATCH,
            1,
        ),
        (host(PAGE, "203.0.113.10"), host(TRACKING, "2001:db8:1:1::6"), Verdict.FAR, 1),
        (
            host(PAGE, "203.0.113.10", "2001:db8:1:1::5"),
            host(TRACKING, "198.51.100.7"),
            Verdict.FAR,
            2,
        ),
        (
            host(PAGE, "203.0.113.10"),
            host(TRACKING, "203.0.113.11", chain=("t.saas.example.net",)),
            Verdict.OTHER_CNAME,
            1,
        ),
        (
            host(PAGE, "104.16.1.1", chain=CDN),
            host(TRACKING, "104.21.9.9", chain=("trk.cdn.example.net",)),
            Verdict.SAME_CNAME,
            0,
        ),
        (
            host(PAGE, "203.0.113.10"),
            host(TRACKING, "198.51.100.7", chain=("edge.example.com",)),
            Verdict.FRAGILE,
            0,
        ),
        (
            host(PAGE, "203.0.113.10"),
            host(TRACKING, "198.51.100.7", chain=("edge.example.com", "t.saas.example.net")),
            Verdict.OTHER_CNAME,
            1,
        ),
        (host(PAGE, "203.0.113.10"), host(TRACKING), Verdict.UNKNOWN, 0),
        (host(PAGE), host(TRACKING, "203.0.113.10"), Verdict.UNKNOWN, 0),
        (host(PAGE, "203.0.113.10"), host("t.example.org", "203.0.113.11"), Verdict.FOREIGN, 0),
        (
            host("a.github.io", "203.0.113.10"),
            host("b.github.io", "203.0.113.11"),
            Verdict.FOREIGN,
            0,
        ),
    ],
)
def test_how_a_page_stands_to_the_tracking_host(
    page: Host, tracking: Host, expected: Verdict, capped: int
) -> None:
    found = layout(page, tracking, path=False)
    assert found.verdict is expected
    assert len(found.capped) == capped
    assert len(found.pairs) in {0, len(page.addresses) * len(tracking.addresses)}


def test_a_path_of_the_pages_own_host_is_never_another_host() -> None:
    page = host(PAGE, "203.0.113.10", "198.51.100.7")
    assert layout(page, page, path=True).verdict is Verdict.PATH
    other = host("checkout.example.com", "198.51.100.7")
    assert layout(other, host(PAGE, "203.0.113.10"), path=True).verdict is Verdict.FAR


def test_pairs_say_which_addresses_they_are_of() -> None:
    found = layout(host(PAGE, "203.0.113.10"), host(TRACKING, "198.51.100.7"), path=False)
    (pair,) = found.capped
    assert (pair.page, pair.tracking, pair.ruling) == (
        "203.0.113.10",
        "198.51.100.7",
        Ruling.FAR,
    )
