import pytest

from firsthand.doctor.names import MOST_NAMES, Names, NamesResolver, Trouble
from firsthand.errors import ConfigError
from tests.doctor.nameserver import Zone, answering

LONG: Zone = {f"n{each}.example.net": (f"CNAME n{each + 1}.example.net",) for each in range(39)}
ZONE: Zone = {
    "plain.example.com": ("A 203.0.113.10", "A 203.0.113.11", "AAAA 2001:db8:1:1::5"),
    "alias.example.com": ("CNAME Edge.Example.NET",),
    "edge.example.net": ("CNAME far.example.org",),
    "far.example.org": ("A 198.51.100.7",),
    "dangling.example.com": ("CNAME gone.example.net",),
    "empty.example.com": ("TXT x",),
    "bare.example.com": ("CNAME empty.example.com",),
    "broken.example.com": ("SERVFAIL",),
    "loop.example.com": ("CNAME pool.example.com",),
    "pool.example.com": ("CNAME loop.example.com",),
    "long.example.com": ("CNAME n0.example.net",),
    "n39.example.net": ("A 203.0.113.10",),
    **LONG,
}


@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize(
    ("name", "chain", "addresses", "trouble"),
    [
        (
            "plain.example.com",
            (),
            ("203.0.113.10", "203.0.113.11", "2001:db8:1:1::5"),
            Trouble.NONE,
        ),
        (
            "alias.example.com",
            ("edge.example.net", "far.example.org"),
            ("198.51.100.7",),
            Trouble.NONE,
        ),
        ("dangling.example.com", ("gone.example.net",), (), Trouble.NO_NAME),
        ("none.example.com", (), (), Trouble.NO_NAME),
        ("empty.example.com", (), (), Trouble.NO_ADDRESS),
        ("bare.example.com", ("empty.example.com",), (), Trouble.NO_ADDRESS),
        ("broken.example.com", (), (), Trouble.NO_ANSWER),
    ],
)
async def test_what_dns_says_of_a_name(
    name: str,
    chain: tuple[str, ...],
    addresses: tuple[str, ...],
    trouble: Trouble,
    *,
    follows: bool,
) -> None:
    async with answering(ZONE, follows=follows) as server:
        found = await Names(server).look_up(name)
    assert (found.host.name, found.host.chain) == (name, chain)
    assert (sorted(found.host.addresses), found.trouble) == (sorted(addresses), trouble)
    assert found.unanswered == ()
    assert found.end == (chain[-1] if chain else name)


@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize("name", ["loop.example.com", "long.example.com"])
async def test_a_chain_without_an_end_ends(name: str, *, follows: bool) -> None:
    async with answering(ZONE, follows=follows) as server:
        found = await Names(server).look_up(name)
    assert found.trouble is Trouble.CHAIN
    assert found.host.addresses == ()
    assert len(found.host.chain) <= MOST_NAMES + 1


async def test_a_silent_server_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firsthand.doctor.names.LIFETIME_S", 0.3)
    monkeypatch.setattr("firsthand.doctor.names.TRY_S", 0.1)
    async with answering({"slow.example.com": ("SILENT",)}) as server:
        found = await Names(server).look_up("slow.example.com")
    assert found.trouble is Trouble.TIMEOUT


async def test_a_name_is_asked_for_once_and_names_of_this_machine_never() -> None:
    async with answering(ZONE) as server:
        names = Names(server)
        first = await names.look_up("plain.example.com")
        assert await names.look_up("plain.example.com") is first
    local = await Names("127.0.0.1:1").look_up("shop.localhost")
    assert local.host.addresses == ("127.0.0.1",)


async def test_connections_go_to_what_dns_told() -> None:
    async with answering(ZONE) as server:
        resolver = NamesResolver(Names(server))
        found = await resolver.resolve("alias.example.com", 443)
        assert [(one["host"], one["port"]) for one in found] == [("198.51.100.7", 443)]
        with pytest.raises(OSError, match="nxdomain"):
            await resolver.resolve("none.example.com", 443)
        await resolver.close()


@pytest.mark.parametrize("text", ["dns.example", "1.2.3.4:x", "[::1", "1.2.3", "::1]:53"])
def test_what_is_no_address_of_a_server_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--resolver"):
        Names(text)


@pytest.mark.parametrize("text", ["9.9.9.9", "9.9.9.9:5353", "[2620:fe::fe]:53", "2620:fe::fe"])
def test_an_address_may_have_a_port(text: str) -> None:
    assert Names(text)
