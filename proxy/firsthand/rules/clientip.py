"""Peer address + forwarding header -> the visitor's address, by the configured hops only."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
MAX_HOPS = 20


def client_ip(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the address nearest to us that is not a trusted hop.

    ``forwarded`` is all ``X-Forwarded-For`` lines joined with commas. From an untrusted peer it is
    ignored. Where it is malformed the answer is empty: a wrong address is worse than none.
    """
    if not trusted:
        return peer
    if not is_trusted(peer, trusted):
        return _plain(peer)
    hops = [hop for hop in forwarded.split(",") if hop.strip()]
    if not hops:
        return _plain(peer)
    for hop in reversed(hops[-MAX_HOPS:]):
        address = _plain(hop)
        if not address:
            return ""
        if not is_trusted(address, trusted):
            return address
    return ""


def is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    """Say whether an address is one of our fronts'."""
    address = _plain(text)
    return bool(address) and any(ip_address(address) in network for network in trusted)


def _plain(text: str) -> str:
    """Return an address without port, brackets, zone and IPv4-in-IPv6; empty if it is none."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
