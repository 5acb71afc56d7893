from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.clientip import client_ip

FRONT = (ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # an untrusted peer says nothing
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),  # right-most stranger
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", '"[2001:db8::7]:443"', "2001:db8::7"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", ""),  # trusted hops only: nobody is named
        ("10.0.0.1", "unknown", ""),
        ("10.0.0.1", "198.51.100.1, <script>", ""),
        ("10.0.0.1", ",".join(["10.0.0.2"] * 100), ""),
    ],
)
def test_the_nearest_stranger_is_the_visitor(peer: str, forwarded: str, visitor: str) -> None:
    assert client_ip(peer, forwarded, FRONT) == visitor


def test_without_a_front_the_peer_is_the_visitor() -> None:
    assert client_ip("203.0.113.9", "198.51.100.1", ()) == "203.0.113.9"


@given(st.text(max_size=200))
def test_any_header_gives_an_address_or_nothing(forwarded: str) -> None:
    found = client_ip("10.0.0.1", forwarded, FRONT)
    assert found == "" or ip_address(found)
