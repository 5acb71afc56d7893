"""A new configuration for a running server, without a connection or an event lost.

The parts of each process are given the new plan in place. The listener, its connections and the
outbox stay, so no request is cut and none finds a closed door; lanes whose account did not change
are not touched, the others end after the calls that are out. Starting new processes beside the old
ones would do the same for the listener alone: outboxes, leases and the ledger's lock would have to
be handed over, and one process without a supervisor would need one. So one mechanism serves both.

All or nothing: the file is read once, by the process that gets the signal, and checked as at the
start. What does not validate, or cannot change while sockets and files are open, changes nothing.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace

from firsthand.config.load import Config, loads, read
from firsthand.errors import ConfigError
from firsthand.serve.notice import read_notice, write_notice
from firsthand.serve.plan import Plan, build

log = logging.getLogger(__name__)

Adopt = Callable[[Plan], Awaitable[str]]
"""Gives a plan to the parts; returns what went wrong, empty if nothing did."""


def renewed(old: Plan) -> Plan:
    """Return the plan of the file as it is now. Raises ``ConfigError``; then ``old`` goes on."""
    text = read(old.path)
    config = loads(text, str(old.path))
    before, after = fixed(old.config), fixed(config)
    changed = [key for key in before if before[key] != after[key]]
    if changed:
        raise _needs_restart(old, changed)
    made = build(old.path, text, config)
    if made.site.secret != old.site.secret:
        raise _needs_restart(old, ["site.secret"])
    return made


def fixed(config: Config) -> dict[str, object]:
    """Return what holds for as long as a server runs: sockets, files, what keys stored hashes."""
    return {
        "listen.host": config.listen.host,
        "listen.port": config.listen.port,
        "listen.https_port": config.listen.https_port,
        "listen.workers": config.listen.workers,
        "admin.host": config.admin.host,
        "admin.port": config.admin.port,
        "store.path": config.store.path,
        "store.durability": config.store.durability,
        "site.vendor_suffix": config.site.vendor_suffix,
    }


def _needs_restart(plan: Plan, keys: list[str]) -> ConfigError:
    return ConfigError(
        f"{plan.path}: {', '.join(keys)}: cannot change while the server runs;"
        " end it (SIGTERM) and start it again"
    )


async def attempt(make: Callable[[], Plan], adopt: Adopt) -> tuple[Plan | None, str]:
    """Return the new plan, if it is in use now, and what went wrong, empty if nothing did."""
    try:
        plan = await asyncio.to_thread(make)
        return plan, await adopt(plan)
    except ConfigError as error:
        return None, str(error)
    except Exception as error:
        # What runs well is not to end by a fault of ours: it goes on, and the command tells.
        log.exception("a fault of our own while reloading")
        return None, f"a fault of our own ({type(error).__name__}); the log says where"


class Reloads:
    """Reads the configuration again whenever SIGHUP comes, one time after the other.

    Made in a running loop; from then on the signal ends nobody, but for whom it says that the
    terminal was closed from which the server was started: then ``stop`` is set.
    """

    def __init__(self, plan: Plan, adopt: Adopt, stop: asyncio.Event) -> None:
        self._plan = plan
        self._adopt = adopt
        self._stop = stop
        self._at_terminal = _is_terminal()
        self._asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._asked.set)

    async def run(self) -> None:
        """Wait for signals, for ever."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if self._at_terminal and not _is_terminal():
                log.warning("the terminal is gone: draining")
                self._stop.set()
                return
            why = await self._reload()
            notice = read_notice(self._plan.folder)
            write_notice(self._plan.folder, replace(notice, count=notice.count + 1, why=why))

    async def _reload(self) -> str:
        """Return why the file as it is now is not in use, empty if it is."""
        plan, why = await attempt(lambda: renewed(self._plan), self._adopt)
        if plan is None:
            log.error("not reloaded, the configuration before it goes on: %s", why)
            return why
        self._plan = plan
        if why:
            log.error("not reloaded everywhere: %s", why)
        else:
            log.info("reloaded %s", plan.path)
        return why


def _is_terminal() -> bool:
    """Say whether standard input is a terminal that somebody still has open."""
    return sys.stdin is not None and not sys.stdin.closed and os.isatty(sys.stdin.fileno())
