"""Names -> what DNS says of them: the whole CNAME chain, every A and AAAA record, or why not."""

import asyncio
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from dns.asyncresolver import Resolver
from dns.exception import DNSException, Timeout
from dns.message import ChainTooLong, Message, QueryMessage
from dns.name import from_text
from dns.resolver import NXDOMAIN, NoNameservers

from firsthand.errors import ConfigError
from firsthand.rules.layout import Host

DNS_PORT = 53
LIFETIME_S = 6.0
TRY_S = 2.0
MOST_NAMES = 16
"""Names in a chain: browsers' resolvers follow about as many."""

_LOCAL = ".localhost"
_SERVER = re.compile(r"(?:\[([0-9a-f:]+)\]|([0-9.]+))(?::([0-9]{1,5}))?")


class Trouble(StrEnum):
    """Why a name has no address for us."""

    NONE = ""
    NO_NAME = "nxdomain"  # the last name of the chain does not exist
    NO_ADDRESS = "no_address"  # it exists, without an address
    NO_ANSWER = "servfail"  # its servers fail, or refuse
    TIMEOUT = "timeout"
    CHAIN = "chain"  # the chain is a loop, or longer than ``MOST_NAMES``


_BY_WEIGHT = (
    Trouble.NO_NAME,
    Trouble.CHAIN,
    Trouble.NO_ANSWER,
    Trouble.TIMEOUT,
    Trouble.NO_ADDRESS,
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A host, and what went wrong. ``unanswered`` are record types without a usable answer where
    the other type has one."""

    host: Host
    trouble: Trouble = Trouble.NONE
    unanswered: tuple[str, ...] = ()

    @property
    def end(self) -> str:
        """The last name of the chain."""
        return self.host.chain[-1] if self.host.chain else self.host.name


@dataclass(frozen=True, slots=True)
class _Part:
    """The answer for one record type."""

    chain: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    trouble: Trouble = Trouble.NONE


class Names:
    """Asks one resolver: the system's, or ``server`` (``9.9.9.9``, ``[::1]:5353``)."""

    def __init__(self, server: str = "") -> None:
        self._resolver = _resolver(server)
        self._known: dict[str, Resolved] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    async def look_up(self, name: str) -> Resolved:
        """Return what DNS says of ``name``; asked once, however often it is wanted."""
        if name.endswith(_LOCAL):
            return Resolved(Host(name, (), ("127.0.0.1",)))
        async with self._turns.setdefault(name, asyncio.Lock()):
            if name not in self._known:
                self._known[name] = await self._ask(name)
        return self._known[name]

    async def _ask(self, name: str) -> Resolved:
        v4, v6 = await asyncio.gather(self._follow(name, "A"), self._follow(name, "AAAA"))
        chain = max(v4.chain, v6.chain, key=len)
        host = Host(name, chain, (*v4.addresses, *v6.addresses))
        parts = {"A": v4, "AAAA": v6}
        bad = {kind: part for kind, part in parts.items() if _failed(part)}
        if host.addresses:
            return Resolved(host, Trouble.NONE, tuple(bad))
        return Resolved(host, _trouble(v4, v6))

    async def _follow(self, name: str, kind: str) -> _Part:
        """Return the answer for a type; where a server does not follow a chain itself, do it."""
        chain: tuple[str, ...] = ()
        while len(chain) <= MOST_NAMES:
            part = await self._once(chain[-1] if chain else name, kind)
            whole = (*chain, *part.chain)
            if part.trouble is not Trouble.NO_ADDRESS or not part.chain:
                return _Part(whole, part.addresses, part.trouble)
            if len({name, *whole}) <= len(whole):
                return _Part(whole, (), Trouble.CHAIN)
            chain = whole
        return _Part(chain, (), Trouble.CHAIN)

    async def _once(self, name: str, kind: str) -> _Part:
        try:
            answer = await self._resolver.resolve(
                from_text(name), kind, raise_on_no_answer=False, search=False
            )
        except NXDOMAIN as none:
            response: Message = none.response(from_text(name))  # type: ignore[no-untyped-call]
            return _Part(_chain(response), (), Trouble.NO_NAME)
        except NoNameservers as failed:
            return _Part((), (), _why(failed))
        except Timeout:
            return _Part((), (), Trouble.TIMEOUT)
        except DNSException:
            return _Part((), (), Trouble.NO_ANSWER)
        found = tuple(str(row.address) for row in answer.rrset or ())
        return _Part(_chain(answer.response), found, Trouble.NONE if found else Trouble.NO_ADDRESS)


class NamesResolver(AbstractResolver):
    """The same answers for HTTP connections: what is looked at is what DNS told."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of ``host``. Raises ``OSError`` if there is none."""
        found = await self._names.look_up(host)
        results = [
            ResolveResult(
                hostname=host,
                host=each,
                port=port,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in found.host.addresses
        ]
        wanted = [one for one in results if family in {socket.AF_UNSPEC, one["family"]}]
        if not wanted:
            raise OSError(f"no address: {found.trouble or 'of that family'}")
        return wanted

    async def close(self) -> None:
        """Nothing to close."""


def _resolver(server: str) -> Resolver:
    try:
        made = Resolver(configure=not server)
    except DNSException:
        raise ConfigError(
            "the system names no DNS server; give one with --resolver ADDRESS"
        ) from None
    if server:
        address, port = _address(server)
        made.nameservers = [address]
        made.port = port
    made.lifetime, made.timeout = LIFETIME_S, TRY_S
    return made


def _address(text: str) -> tuple[str, int]:
    """Return address and port of ``--resolver``. Raises ``ConfigError``."""
    match = _SERVER.fullmatch(text)
    bare, port = (match[1] or match[2], match[3]) if match else (text, "")
    try:
        ip_address(bare)
        number = int(port or DNS_PORT)
    except ValueError:
        raise ConfigError(
            f"--resolver: {text} is no address of a DNS server; write 9.9.9.9, 9.9.9.9:53 or"
            " [2620:fe::fe]:53"
        ) from None
    return bare, number


def _chain(response: Message) -> tuple[str, ...]:
    if not isinstance(response, QueryMessage):
        return ()
    cnames = response.resolve_chaining().cnames
    return tuple(str(row.target).rstrip(".").lower() for one in cnames for row in one)


def _why(failed: NoNameservers) -> Trouble:
    errors: Sequence[tuple[object, ...]] = failed.kwargs.get("errors", ())
    causes = [each[3] for each in errors]
    if any(isinstance(cause, ChainTooLong) for cause in causes):
        return Trouble.CHAIN
    return Trouble.NO_ANSWER


def _failed(part: _Part) -> bool:
    return part.trouble in {Trouble.NO_ANSWER, Trouble.TIMEOUT, Trouble.CHAIN}


def _trouble(*parts: _Part) -> Trouble:
    """Return the trouble that says most."""
    found = {part.trouble for part in parts}
    return next(each for each in _BY_WEIGHT if each in found)
