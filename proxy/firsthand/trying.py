"""``firsthand plan``: two configurations and some hits -> what would change, counted.

Nothing is sent and nothing stored. Hits are those that a running server has kept (``[recording]``),
or files of them as ``firsthand explain`` reads them.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firsthand.comparing import Change, changes, decided
from firsthand.config.load import Config, load
from firsthand.config.site import site
from firsthand.errors import ConfigError
from firsthand.model import Value
from firsthand.rules import recent
from firsthand.rules.site import Site
from firsthand.serve.plan import data_folder
from firsthand.store.sqlite.recent import recent_lines

_HEADINGS = ("account", "what", "field", "before", "after", "events")


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison found.

    ``hits`` were tried, ``changed`` of them differ, ``unread`` lines were no hits. ``counts`` are
    by kind of change; ``examples`` the first values before and after, where they may be shown.
    """

    hits: int = 0
    changed: int = 0
    unread: int = 0
    counts: Counter[Change] = field(default_factory=Counter)
    examples: dict[Change, tuple[Value, Value]] = field(default_factory=dict)


def compare(old: Path, new: Path, hits: Path | None) -> Found:
    """Return what would change. Raises ``ConfigError`` for a bad configuration, or without hits."""
    before, after = load(old), load(new)
    lines = _read(hits) if hits else _recorded(before, old)
    if not lines:
        raise ConfigError(
            f"{hits or old}: there are no hits to try. Remedy: set recording.keep_hours there and"
            " let the server run for a while, or name a file or a folder of hits with --hits"
        )
    return compared(lines, _site(before, old), _site(after, new))


def _site(config: Config, path: Path) -> Site:
    return recent.trial(site(config, secret=recent.SECRET, file=str(path)))


def _recorded(config: Config, path: Path) -> list[bytes]:
    try:
        return asyncio.run(recent_lines(data_folder(config, path)))
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from error


def _read(path: Path) -> list[bytes]:
    """Return the hits of a file, or of all ``.jsonl`` and ``.json`` files of a folder."""
    try:
        files = sorted(path.rglob("*.json*")) if path.is_dir() else [path]
        return [line for file in files for line in _lines(file)]
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from error


def _lines(file: Path) -> Iterator[bytes]:
    """Yield the lines of a file; a ``.json`` file holds one hit, or a case with one."""
    text = file.read_bytes()
    if file.suffix != ".json":
        yield from filter(bytes.strip, text.splitlines())
        return
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield text
        return
    yield orjson.dumps(told.get("hit", told) if isinstance(told, dict) else told)


def compared(lines: Iterable[bytes], old: Site, new: Site) -> Found:
    """Return what would change for each hit; a line that is none is counted."""
    counts: Counter[Change] = Counter()
    examples: dict[Change, tuple[Value, Value]] = {}
    hits = changed = unread = 0
    for line in lines:
        try:
            before, after = (decided(line, each, old.base_path) for each in (old, new))
        except (ValueError, KeyError, TypeError, AttributeError):
            unread += 1
            continue
        found = list(changes(before, after, old, new))
        hits, changed = hits + 1, changed + bool(found)
        for seen in found:
            counts[seen.change] += 1
            if seen.values is not None:
                examples.setdefault(seen.change, seen.values)
    return Found(hits, changed, unread, counts, examples)


def shown(found: Found) -> dict[str, Any]:
    """Return a comparison for programs; the most frequent change first."""
    return {
        "hits": found.hits,
        "changed": found.changed,
        "unread": found.unread,
        "changes": [_row(found, change, n) for change, n in found.counts.most_common()],
    }


def _row(found: Found, change: Change, events: int) -> dict[str, Any]:
    old, new = found.examples.get(change, (change.old, change.new))
    return {
        "vendor": change.vendor,
        "account": change.account,
        "what": change.what,
        "field": change.field,
        "old": old,
        "new": new,
        "events": events,
    }


def show(found: Found, console: Console) -> None:
    """Print a comparison for people. Names can come from pages: they are plain text."""
    unread = f"; {found.unread} lines are no hits" if found.unread else ""
    console.print(Text(f"{found.changed} of {found.hits} hits would end otherwise{unread}"))
    if not found.counts:
        return
    table = Table()
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in shown(found)["changes"]:
        account = f"{row['vendor']} {row['account']}".strip() or "(answer)"
        cells = (account, row["what"], row["field"], row["old"], row["new"], row["events"])
        table.add_row(*(Text(str(cell)) for cell in cells))
    console.print(table)
