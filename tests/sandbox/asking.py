"""Types of this folder's fixtures: a client that speaks to the sandbox, and a maker of requests."""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from firsthand.sandbox.role import Ask
from firsthand.sandbox.server import Sandbox

MakeAsk = Callable[..., Ask]


class Client:
    """Speaks HTTP to one port of loopback under any Host."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.sandbox = sandbox

    async def ask(
        self, method: str, host: str, target: str, **given: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        url = f"http://127.0.0.1:{self.sandbox.port}{target}"
        headers = {"Host": f"{host}:{self.sandbox.port}", **given.pop("headers", {})}
        async with self.session.request(
            method, url, headers=headers, allow_redirects=False, **given
        ) as answer:
            return answer.status, answer.headers, await answer.read()

    async def vendor(
        self, method: str, host: str, target: str, **given: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        return await self.ask(method, f"{host}.vendors.localhost", target, **given)
