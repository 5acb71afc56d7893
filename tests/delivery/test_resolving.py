import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from firsthand.delivery.resolving import LoopbackResolver, PublicResolver, is_public


class Fixed(AbstractResolver):
    """Answers every name with the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in self.addresses
        ]

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("157.240.1.35", True),
        ("2a03:2880:f12d:83:face:b00c:0:25de", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # metadata
        ("100.64.0.1", False),  # CGNAT
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("::127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:157.240.1.35", False),
        ("64:ff9b::a00:1", False),  # NAT64
        ("64:ff9b:1::a00:1", False),
        ("2002:a00:1::1", False),  # 6to4
        ("2001:0:1::1", False),  # Teredo
        ("2001:db8::1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_is_public(address: str, *, public: bool) -> None:
    assert is_public(address) is public


async def test_private_answers_are_left_out() -> None:
    inner = Fixed("10.0.0.1", "157.240.1.35", "::1")
    resolver = PublicResolver(inner)
    found = await resolver.resolve("api.acme.test", 443)
    assert [one["host"] for one in found] == ["157.240.1.35"]
    await resolver.close()
    assert inner.closed


async def test_a_name_with_private_answers_only_is_refused() -> None:
    with pytest.raises(OSError, match="no public address"):
        await PublicResolver(Fixed("192.168.0.1")).resolve("api.acme.test", 443)


async def test_sandbox_names_are_loopback_and_nothing_else_resolves() -> None:
    resolver = LoopbackResolver(".vendors.localhost")
    (one,) = await resolver.resolve("api.acme.test.vendors.localhost", 8123)
    assert (one["host"], one["port"]) == ("127.0.0.1", 8123)
    with pytest.raises(OSError, match="outside"):
        await resolver.resolve("api.acme.test", 443)
    await resolver.close()
