"""A real DNS server on loopback. It follows CNAME records as a resolver does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, tuple[str, ...]]
"""Name -> records (``A 203.0.113.7``), or one word: ``SERVFAIL``, ``SILENT``; absent: NXDOMAIN."""

LONGEST = 40


class _Server(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone, *, follows: bool) -> None:
        self.zone = zone
        self.follows = follows
        self.asked: list[str] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if self._fill(answer, name, dns.rdatatype.to_text(query.question[0].rdtype)):
            self._transport.sendto(answer.to_wire(), addr)

    def _fill(self, answer: dns.message.Message, name: str, kind: str) -> bool:
        for _ in range(LONGEST):
            records = self.zone.get(name)
            if records is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
                return True
            if records in {("SERVFAIL",), ("SILENT",)}:
                answer.set_rcode(dns.rcode.SERVFAIL)
                return records == ("SERVFAIL",)
            name = self._add(answer, name, kind, records).lower()
            if not name or not self.follows:
                return True
        return True

    def _add(
        self, answer: dns.message.Message, name: str, kind: str, records: tuple[str, ...]
    ) -> str:
        """Add what a name has; return the name to go on with."""
        alias = ""
        for record in records:
            of, _, value = record.partition(" ")
            if of in {kind, "CNAME"}:
                target = f"{value}." if of == "CNAME" else value
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", of, target))
                alias = value if of == "CNAME" else alias
        return alias


@asynccontextmanager
async def answering(zone: Zone, *, follows: bool = True) -> AsyncIterator[str]:
    """Yield the address of a server of ``zone``; ``follows``: as a resolver, not as an owner."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Server(zone, follows=follows), local_addr=("127.0.0.1", 0)
    )
    try:
        host, port = transport.get_extra_info("sockname")
        yield f"{host}:{port}"
    finally:
        transport.close()
