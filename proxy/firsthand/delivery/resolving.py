"""Names to addresses: public ones only, or the sandbox's loopback only."""

import socket
from ipaddress import IPv4Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

_ROUTED = IPv6Network("2000::/3")
# Addresses that carry an IPv4 address inside, and so may lead back to where no vendor is.
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))


def is_public(address: str) -> bool:
    """Say whether an IP address is one where a vendor may be: global, unicast, not a tunnel."""
    ip = ip_address(address)
    if ip.is_multicast or not ip.is_global:
        return False
    return isinstance(ip, IPv4Address) or (ip in _ROUTED and not any(ip in net for net in _TUNNELS))


class PublicResolver(AbstractResolver):
    """Resolves names, and leaves out what is not public; connections go to what it returns."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the public addresses of ``host``. Raises ``OSError`` if there is none."""
        found = [
            one for one in await self._inner.resolve(host, port, family) if is_public(one["host"])
        ]
        if not found:
            raise OSError("no public address")
        return found

    async def close(self) -> None:
        """Close the resolver behind it."""
        await self._inner.close()


class LoopbackResolver(AbstractResolver):
    """Answers with loopback for names below ``suffix``, and with nothing else: the sandbox."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - the interface names it
    ) -> list[ResolveResult]:
        """Return 127.0.0.1. Raises ``OSError`` for a name outside the sandbox."""
        if not host.endswith(self._suffix):
            raise OSError("outside the sandbox")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""
