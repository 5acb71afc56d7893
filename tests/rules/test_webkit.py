"""Every row of WebKit's rule. Source: WebKit main branch, network process, read 2026-11-20."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.webkit import Answer, Peer, Ruling, are_near, equal_bits, ruling

SITE = "example.com"
NEAR, FAR = "203.0.200.7", "198.51.100.7"


def peer(address: str = "", cname: str = "") -> Peer:
    return Peer(cname, ip_address(address) if address else None)


def answer(page: Peer, host: Peer) -> Answer:
    return Answer(SITE, page, host)


@pytest.mark.parametrize(
    ("told", "expected", "capped"),
    [
        # No CNAME: the addresses decide.
        (answer(peer("203.0.113.10"), peer(NEAR)), Ruling.NEAR, False),
        (answer(peer("203.0.113.10"), peer(FAR)), Ruling.FAR, True),
        (answer(peer(), peer(FAR)), Ruling.PAGE_UNKNOWN, False),
        (answer(peer("203.0.113.10"), peer()), Ruling.HOST_UNKNOWN, False),
        (answer(peer("203.0.113.10"), peer("2001:db8::1")), Ruling.FAR, True),
        (answer(peer("203.0.113.10", "cdn.example"), peer(NEAR)), Ruling.NEAR, False),
        # A CNAME: names decide, whatever the addresses.
        (answer(peer("203.0.113.10"), peer(NEAR, "saas.example")), Ruling.OTHER_CNAME, True),
        (answer(peer("203.0.113.10"), peer(FAR, SITE)), Ruling.SAME_SITE_CNAME, False),
        (
            answer(peer("203.0.113.10", "cdn.example"), peer(FAR, "cdn.example")),
            Ruling.SAME_CNAME,
            False,
        ),
        (
            answer(peer("203.0.113.10", "cdn.example"), peer(NEAR, "saas.example")),
            Ruling.OTHER_CNAME,
            True,
        ),
        (answer(peer(), peer("", "saas.example")), Ruling.OTHER_CNAME, True),
    ],
)
def test_who_answers_decides(told: Answer, expected: Ruling, *, capped: bool) -> None:
    assert ruling(told) is expected
    assert ruling(told).capped is capped


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"persistent": False}, Ruling.SESSION),
        ({"prevention": False}, Ruling.NO_PREVENTION),
        ({"same_site": False}, Ruling.THIRD_PARTY),
        ({"main_document": True}, Ruling.MAIN_DOCUMENT),
    ],
)
@pytest.mark.parametrize("host", [peer(FAR), peer(FAR, "saas.example")])
def test_what_is_exempt_is_exempt_wherever_it_comes_from(
    change: dict[str, bool], expected: Ruling, host: Peer
) -> None:
    told = replace(answer(peer("203.0.113.10"), host), **change)
    assert ruling(told) is expected
    assert not ruling(told).capped


@pytest.mark.parametrize(
    ("one", "other", "bits", "near"),
    [
        ("203.0.113.10", "203.0.200.7", 16, True),
        ("203.0.1.1", "203.1.1.1", 15, False),
        ("104.16.1.1", "104.21.9.9", 13, False),  # two hosts on one CDN
        ("203.0.113.10", "203.0.113.10", 32, True),
        ("2001:db8:1:1::5", "2001:db8:1:1:ffff::5", 64, True),
        ("2001:db8:1:1::", "2001:db8:1:2::", 62, False),
        ("2001:db8:1:2::", "2001:db8:1:3::", 63, False),
        ("203.0.113.10", "2001:db8::1", 0, False),
        ("::ffff:203.0.113.10", "203.0.200.7", 16, True),
        ("::ffff:203.0.113.10", "::ffff:198.51.100.7", 4, False),
        ("::ffff:203.0.113.10", "2001:db8::1", 0, False),
    ],
)
def test_equal_leading_bits(one: str, other: str, bits: int, *, near: bool) -> None:
    assert equal_bits(ip_address(one), ip_address(other)) == bits
    assert are_near(ip_address(one), ip_address(other)) is near


@given(st.ip_addresses(), st.ip_addresses())
def test_the_order_of_two_addresses_does_not_matter(one: object, other: object) -> None:
    first, second = ip_address(str(one)), ip_address(str(other))
    assert equal_bits(first, second) == equal_bits(second, first)
    assert are_near(first, second) == are_near(second, first)
    assert are_near(first, first)
