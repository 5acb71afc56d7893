"""Dead letters in a terminal. Names come from pages: they are shown as plain text, never markup."""

from collections.abc import Iterable, Sequence

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firsthand.admin import words
from firsthand.admin.rows import DAY_MS, HOUR_MS
from firsthand.errors import ConfigError
from firsthand.model import Reason
from firsthand.rules.site import Site
from firsthand.serve.plan import now
from firsthand.serve.replaying import Judged, Preview, Replayed, call_of, whole_of
from firsthand.store.contract import Wanted
from firsthand.vendors import VENDORS

_UNITS = {"h": HOUR_MS, "d": DAY_MS}
SHOWN = 20
"""Letters whose calls a dry run shows."""
_HEADINGS = ("event", "given up (UTC)", "account", "name", "why", "if sent again")


def wanted(vendor: str, reason: str, since: str) -> Wanted:
    """Return which letters an operator means. Raises ``ConfigError`` on words that mean none."""
    if vendor and vendor not in VENDORS:
        raise ConfigError(f"--vendor: one of {', '.join(VENDORS)} (given: {vendor})")
    if reason not in {one.value for one in Reason}:
        known = ", ".join(one.value for one in Reason if one)
        raise ConfigError(f"--reason: one of {known} (given: {reason})")
    return Wanted(vendor=vendor, reason=reason, since=_begin(since) if since else 0)


def told(of: Wanted, *, twice: bool) -> str:
    """Return which letters were meant, for the audit log."""
    since = f"since {words.exact(of.since)}" if of.since else ""
    parts = (of.vendor, of.reason, since, "even twice" if twice else "")
    return ", ".join(part for part in parts if part) or "all"


def _begin(text: str) -> int:
    """Return when a span like ``24h`` or ``7d`` before now begins."""
    count, unit = text[:-1], _UNITS.get(text[-1])
    if unit is None or not (count.isascii() and count.isdigit() and len(count) < 6):  # noqa: PLR2004 - digits
        raise ConfigError(f"--since: a span like 24h or 7d (given: {text})")
    return now() - int(count) * unit


def show(letters: Sequence[Judged], console: Console) -> None:
    """Print a table of letters."""
    if not letters:
        console.print("No dead letters.")
        return
    table = Table(*_HEADINGS)
    for one in letters:
        table.add_row(*map(_cell, _cells(one)))
    console.print(table)


def _cells(one: Judged) -> Iterable[str]:
    letter = one.letter
    yield letter.event
    yield words.exact(letter.dead_at)
    yield f"{letter.lane.vendor} {letter.lane.account}"
    yield letter.beacon.name if letter.beacon else ""
    yield f"{letter.server}, {words.reason(letter.reason)}: {letter.message}".rstrip(": ")
    yield one.fate


def _cell(text: str) -> Text:
    return Text(words.plain(text), overflow="fold")


def show_one(one: Judged, built: Site, console: Console) -> None:
    """Print all that is known of a letter, identifying values masked."""
    console.print_json(orjson.dumps(whole_of(one, built)).decode())


def show_preview(found: Preview, console: Console) -> None:
    """Print what a replay would do: the calls of the first letters, then the numbers."""
    show(found.shown, console)
    for one in found.shown:
        if one.fate.safe:
            console.print_json(orjson.dumps(call_of(one)).decode())
    for fate, n in found.counted.items():
        console.print(Text(f"{words.number(n)} {fate}"))
    console.print("Nothing was sent. Without --dry-run, what is counted once or checked goes.")


def show_replayed(done: Replayed, console: Console) -> None:
    """Print what a replay did."""
    console.print(
        f"{words.number(done.sent)} back in their lanes; a running server sends them now."
    )
    if done.barred:
        console.print(f"{words.number(done.barred)} stay: consent was withdrawn since.")
    for fate, n in done.left.items():
        console.print(Text(f"{words.number(n)} stay: {fate}"))
