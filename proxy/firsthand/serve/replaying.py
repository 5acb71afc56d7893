"""Dead letters, listed and sent back by a process of its own, beside a running server or not."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from firsthand.config.load import load
from firsthand.config.secret import site_secret
from firsthand.config.site import site
from firsthand.delivery.tracing import Tracer
from firsthand.errors import ConfigError
from firsthand.rules.replay import Fate, fate
from firsthand.rules.site import Account, Site
from firsthand.rules.trace import mask, verdict_words
from firsthand.serve.plan import data_folder, now
from firsthand.store.contract import DeadLetter, DeadLetters, Wanted
from firsthand.store.sqlite.deadletters import open_deadletters
from firsthand.store.sqlite.files import ledger_path

STEP = 200
"""Letters of a transaction: a running server waits for no longer than it takes itself."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A dead letter, and what would become of it."""

    letter: DeadLetter
    account: Account | None
    fate: Fate


@dataclass(frozen=True, slots=True)
class Replayed:
    """``sent`` back into their lanes; ``left`` by reason; ``barred``: withdrawn or over since."""

    sent: int
    barred: int
    left: dict[str, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """How many letters would have each fate, and the first of them."""

    site: Site
    counted: dict[str, int]
    shown: list[Judged]


@asynccontextmanager
async def letters_of(path: Path) -> AsyncIterator[tuple[DeadLetters, Site]]:
    """Yield the dead letters of a configuration's data folder. Raises ``ConfigError``."""
    config = load(path)
    folder = data_folder(config, path)
    if not ledger_path(folder).exists():
        raise ConfigError(f"{folder}: nothing is recorded yet; start: firsthand serve")
    built = site(config, secret=site_secret(config, folder), file=str(path))
    async with open_deadletters(folder, config.store.durability) as letters:
        yield letters, built


async def pages(letters: DeadLetters, built: Site, wanted: Wanted) -> AsyncIterator[list[Judged]]:
    """Yield the wanted letters with their fates, some at a time."""
    after = 0
    while found := await letters.find(wanted, after=after, limit=STEP):
        yield [judged(letter, built) for letter in found]
        after = found[-1].row


def judged(letter: DeadLetter, built: Site) -> Judged:
    """Return a letter with what would become of it now."""
    beacon = letter.beacon
    if beacon is None:
        return Judged(letter, None, Fate.NOT_READABLE)
    account = built.account(beacon.vendor, beacon.account)
    if not letter.ended:
        return Judged(letter, account, Fate.NOT_OVER)
    told = fate(beacon, account, client=letter.client, reason=letter.reason, now=now())
    return Judged(letter, account, told)


async def replay(path: Path, wanted: Wanted, *, twice: bool) -> Replayed:
    """Send back what is safe to send, with ``twice`` also what may be counted twice."""
    sent = tried = 0
    left: Counter[str] = Counter()
    async with letters_of(path) as (letters, built):
        async for page in pages(letters, built, wanted):
            going = [one for one in page if one.fate.safe or (twice and one.fate is Fate.TWICE)]
            left.update(one.fate.value for one in page if one not in going)
            tried += len(going)
            sent += await letters.replay([one.letter.row for one in going], now=now())
    return Replayed(sent, tried - sent, dict(left))


async def preview(path: Path, wanted: Wanted, *, limit: int) -> Preview:
    """Return what a replay would do, with the first ``limit`` letters."""
    counted: Counter[str] = Counter()
    shown: list[Judged] = []
    async with letters_of(path) as (letters, built):
        async for page in pages(letters, built, wanted):
            counted.update(one.fate.value for one in page)
            shown += page[: max(limit - len(shown), 0)]
    return Preview(built, dict(counted), shown)


def row_of(one: Judged) -> dict[str, Any]:
    """Return a letter for a program: no identifiers."""
    letter, beacon = one.letter, one.letter.beacon
    return {
        "event": letter.event,
        "vendor": letter.lane.vendor,
        "account": letter.lane.account,
        "name": beacon.name if beacon else "",
        "arrived_at": letter.at,
        "given_up_at": letter.dead_at,
        "state": letter.server,
        "reason": letter.reason,
        "message": letter.message,
        "attempts": letter.attempts,
        "browser_path": letter.client,
        "if_sent_again": one.fate,
    }


def whole_of(one: Judged, built: Site) -> dict[str, Any]:
    """Return a letter with its fields and its call, identifying values masked."""
    beacon = one.letter.beacon
    if beacon is None:
        return row_of(one)
    return row_of(one) | {
        "consent": verdict_words(beacon.verdict),
        "fields": mask(beacon.fields, built.kinds(beacon.vendor)),
        "call": call_of(one),
    }


def call_of(one: Judged) -> Any:  # noqa: ANN401 - any JSON
    """Return the call that a letter would make, token and identifying values masked.

    ``None`` without an account; where the call cannot be written, which kind of fault it is.
    """
    beacon, account = one.letter.beacon, one.account
    if beacon is None or account is None:
        return None
    try:
        shown = Tracer(account, now=now).masked(beacon)
    except Exception as fault:  # noqa: BLE001 - why it is a dead letter: shown, by its kind
        return {"fault": type(fault).__name__}
    return orjson.loads(shown)
