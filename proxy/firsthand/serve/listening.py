"""The public ports: one behind a front server; two, plain and TLS, where there is none."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from ssl import SSLContext
from typing import Any, TypeAlias

from aiohttp import web

from firsthand.edge.app import Edge
from firsthand.edge.keyring import Keyring
from firsthand.edge.plain import Challenges, Plain
from firsthand.edge.server import Handler, Server
from firsthand.errors import ConfigError
from firsthand.serve import systemd
from firsthand.serve.plan import Plan

BACKLOG = 1024
HANDSHAKE_S = 10.0
LOOK_S = 1.0
LEAVE_S = 1.0
SETTLE_TRIES = 5
SETTLE_PAUSE_S = 0.1

_Handed: TypeAlias = Mapping[int, Sequence[socket.socket | None]]
"""Sockets by port; ``None``: one of our own is to be opened."""


@dataclass(frozen=True, slots=True)
class Door:
    """A port and who answers there."""

    port: int
    handler: Handler
    tls: SSLContext | None = None


class Listening:
    """The public listeners of one process."""

    def __init__(self, plan: Plan, edge: Edge) -> None:
        tls = plan.tls
        self.keyring = Keyring(tls.pairs, edge.front.clock) if plan.has_tls else None
        self._plain = Plain(edge, Challenges(tls.webroot), tls.names)
        self._edge = edge

    def use(self, plan: Plan) -> None:
        """Serve the certificates of ``plan``; ports stay."""
        self._plain.names = plan.tls.names
        if self.keyring is not None:
            self.keyring.use(plan.tls.pairs)

    async def settle(self) -> None:
        """Give a renewal that is under way the time to end: at a start no old one can be served."""
        for _ in range(SETTLE_TRIES):
            if self.keyring is None or not self.keyring.unsettled:
                return
            await asyncio.sleep(SETTLE_PAUSE_S)
            await asyncio.to_thread(self.keyring.look)

    async def follow(self) -> None:
        """Look for renewed certificates, for ever."""
        while self.keyring is not None:
            await asyncio.sleep(LOOK_S)
            await asyncio.to_thread(self.keyring.look)

    def doors(self, plan: Plan) -> Iterator[Door]:
        """Yield the ports of a plan."""
        listen = plan.config.listen
        if self.keyring is None:
            yield Door(listen.port, self._edge.handle)
            return
        yield Door(listen.port, self._plain.handle)
        yield Door(listen.https_port, self._edge.handle, self.keyring.context)


@asynccontextmanager
async def listening(plan: Plan, edge: Edge, *, shared: bool) -> AsyncIterator[Listening]:
    """Yield listeners; at the end they have answered what they had begun.

    ``shared``: other processes listen on the same ports. Raises ``ConfigError`` for a port that
    cannot be had.
    """
    made = Listening(plan, edge)
    await made.settle()
    async with AsyncExitStack() as stack:
        given = _handed(plan)
        stack.callback(_close, given)
        sites = []
        for door in made.doors(plan):
            runner = web.ServerRunner(Server(door.handler, count=edge.count))
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            try:
                for one in given.get(door.port, [None]):
                    sites.append(_Site(runner, plan, door, one, shared=shared))
                    await sites[-1].start()
            except OSError as error:
                raise taken(plan, door.port, error) from error
        yield made
        if given:
            await _leave(sites)


async def _leave(sites: list["_Site"]) -> None:
    """Accept no more, and give those who have just come the time to say what they want.

    The socket is not ours alone: whoever comes from now on waits in it for the next start.
    """
    for site in sites:
        await site.stop()
    await asyncio.sleep(LEAVE_S)


class _Site(web.BaseSite):
    """A port of our own, or one handed over. The framework's give a handshake a whole minute."""

    def __init__(
        self,
        runner: web.ServerRunner,
        plan: Plan,
        door: Door,
        given: socket.socket | None,
        *,
        shared: bool,
    ) -> None:
        super().__init__(runner, ssl_context=door.tls, backlog=BACKLOG)
        own = {"host": plan.config.listen.host, "port": door.port, "reuse_port": shared}
        self._where: dict[str, Any] = own if given is None else {"sock": given}

    @property
    def name(self) -> str:
        """Nothing: addresses are told elsewhere."""
        return ""

    async def start(self) -> None:
        """Accept connections. Raises ``OSError``."""
        await super().start()
        assert self._runner.server is not None
        self._server = await asyncio.get_running_loop().create_server(
            self._runner.server,
            **self._where,
            ssl=self._ssl_context,
            ssl_handshake_timeout=HANDSHAKE_S if self._ssl_context else None,
            backlog=self._backlog,
        )


def ports(plan: Plan) -> tuple[int, ...]:
    """Return the public ports of a plan."""
    listen = plan.config.listen
    return (listen.port, listen.https_port) if plan.has_tls else (listen.port,)


def _handed(plan: Plan) -> _Handed:
    """Return the sockets that systemd hands over. Raises ``ConfigError`` where they do not fit."""
    given = systemd.ports()
    wrong = sorted(given.keys() - set(ports(plan)))
    if wrong:
        _close(given)
        raise ConfigError(
            f"{plan.path}: listen: systemd hands over port {', '.join(map(str, wrong))}, which is"
            " neither listen.port nor listen.https_port; make the socket unit and the file agree"
        )
    return given


def _close(given: _Handed) -> None:
    for one in chain.from_iterable(given.values()):
        if one is not None:
            one.close()


def to_open(plan: Plan) -> tuple[int, ...]:
    """Return the public ports that are not handed over. Raises ``ConfigError`` as above."""
    given = _handed(plan)
    _close(given)
    return tuple(port for port in ports(plan) if port not in given)


async def find_free(plan: Plan, wanted: Sequence[int]) -> None:
    """Make sure that nobody has one of the public ports ``wanted``. Raises ``ConfigError``."""
    loop = asyncio.get_running_loop()
    for port in wanted:
        try:
            server = await loop.create_server(
                asyncio.Protocol, plan.config.listen.host, port, start_serving=False
            )
        except OSError as error:
            raise taken(plan, port, error) from error
        server.close()


def taken(plan: Plan, port: int, error: OSError) -> ConfigError:
    """Return what to say when a public port cannot be had."""
    where = f"{plan.config.listen.host}:{port}"
    remedy = "end what listens there, or choose another port"
    if isinstance(error, PermissionError):
        remedy = (
            "ports below 1024 need a right: let systemd open them (conf/firsthand.socket), or set"
            " net.ipv4.ip_unprivileged_port_start"
        )
    return ConfigError(f"{plan.path}: listen: {where} cannot be had ({error.strerror}); {remedy}")
