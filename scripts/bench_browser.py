"""A browser that nobody watches: pages are opened and asked for their own timings, nothing more.

What a debugger listens to changes what a page costs: with the network domain on, as any browser
library has it, V8 parses a script again to say which line of it asked for what. So this speaks the
DevTools protocol itself and turns no domain on.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
)
LISTENS = b"DevTools listening on "
SLOW = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}


class Wire:
    """One connection to the browser, whose calls are answered one at a time."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)

    async def call(self, method: str, session: str = "", **given: object) -> dict[str, Any]:
        """Return the result of a method. Raises ``RuntimeError`` with what the browser says."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": given}
        await self._socket.send_str(
            json.dumps(message | ({"sessionId": session} if session else {}))
        )
        while True:
            answer = json.loads((await self._socket.receive()).data)
            if answer.get("id") != number:
                continue
            if "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']['message']}")
            result: dict[str, Any] = answer["result"]
            return result


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser profile with one page."""

    wire: Wire
    profile: str
    session: str

    async def open(self, address: str) -> None:
        """Go to a page, without waiting for it."""
        await self.wire.call("Page.navigate", self.session, url=address)

    async def ask(self, expression: str) -> Any:  # noqa: ANN401 - JSON of whatever shape
        """Return what a JavaScript expression is in the page, as JSON."""
        given = {"expression": expression, "returnByValue": True}
        answer = await self.wire.call("Runtime.evaluate", self.session, **given)
        return answer["result"].get("value")

    async def leave(self) -> None:
        """Close the page and forget the profile."""
        await self.wire.call("Target.disposeBrowserContext", browserContextId=self.profile)


async def visitor(wire: Wire, cookies: Sequence[Any], latency: int) -> Visitor:
    """Return a new visitor with ``cookies``, every request of whom takes ``latency`` ms longer."""
    profile = (await wire.call("Target.createBrowserContext"))["browserContextId"]
    await wire.call("Storage.setCookies", cookies=list(cookies), browserContextId=profile)
    target = {"url": "about:blank", "browserContextId": profile}
    page = (await wire.call("Target.createTarget", **target))["targetId"]
    attached = await wire.call("Target.attachToTarget", targetId=page, flatten=True)
    found = Visitor(wire, profile, attached["sessionId"])
    if latency:
        await wire.call("Network.enable", found.session)
        slow = SLOW | {"latency": latency}
        await wire.call("Network.emulateNetworkConditions", found.session, **slow)
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Wire]:
    """Run a browser; yield the wire to it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            *(CHROMIUM, *ARGUMENTS, f"--user-data-dir={folder}"), stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr is not None
        try:
            while not (line := await process.stderr.readline()).startswith(LISTENS):
                pass
            address = line.removeprefix(LISTENS).decode().strip()
            async with ClientSession() as client, client.ws_connect(address) as socket:
                yield Wire(socket)
        finally:
            process.terminate()
            await process.wait()
