"""Asks a vendor what its script waits for: bounded in time, size and number, never in the way.

The page waits meanwhile, so whatever goes wrong costs it a second and a half at most, and then it
gets the fixed answer of the door. Nothing of the vendor's answer is passed on but what the vendor's
file makes of its JSON: no header, no cookie, no redirect.
"""

import asyncio
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from firsthand.rules import firewall
from firsthand.rules.asking import Question

DEADLINE = ClientTimeout(total=1.5)
LARGEST = 16_384
AT_ONCE = 32
TYPES = frozenset({"application/json", "text/json"})


class Answers:
    """The vendors' answers. ``hosts`` are the only ones asked; ``suffix`` is the sandbox's."""

    def __init__(
        self,
        session: ClientSession,
        hosts: Iterable[str],
        suffix: str,
        count: Callable[[str], None],
        *,
        deadline: ClientTimeout = DEADLINE,
    ) -> None:
        self._session = session
        self._hosts = frozenset(hosts)
        self._suffix = suffix
        self._count = count
        self._deadline = deadline
        self._free = asyncio.Semaphore(AT_ONCE)

    async def get(self, question: Question) -> bytes | None:
        """Return what the script gets; ``None``, counted with the reason, where that is nothing."""
        found = await self._ask(question)
        if isinstance(found, bytes):
            made = question.answer(found)
            if made is not None:
                return made
            found = "shape"
        self._count(f"answer_{question.call.vendor}_{found}")
        return None

    async def _ask(self, question: Question) -> bytes | str:
        call = question.call
        parts = urlsplit(call.url)
        if parts.netloc not in self._hosts or parts.scheme != "https":
            return "foreign"
        if firewall.findings(call):
            return "readable"
        if self._free.locked():
            return "busy"
        if self._suffix:
            parts = parts._replace(scheme="http", netloc=parts.netloc + self._suffix)
        async with self._free:
            try:
                async with self._session.request(
                    call.method,
                    URL(parts.geturl(), encoded=True),
                    headers=call.headers,
                    data=call.body or None,
                    allow_redirects=False,
                    timeout=self._deadline,
                ) as response:
                    return await _bounded(response)
            except (ClientError, OSError, TimeoutError):
                return "failed"


async def _bounded(response: ClientResponse) -> bytes | str:
    if response.status != 200:  # noqa: PLR2004 - OK
        return "status"
    if response.content_type not in TYPES:
        return "type"
    body = bytearray()
    async for chunk in response.content.iter_chunked(LARGEST):
        body += chunk
        if len(body) > LARGEST:
            return "size"
    return bytes(body)
