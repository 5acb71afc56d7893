"""``firsthand scripts``: the vendors' code that pages get, what changed in it, and what to do."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from firsthand.admin import words
from firsthand.admin.custody import SHORT, ScriptRow, script_rows
from firsthand.admin.evidence import TABLES, as_csv, evidence
from firsthand.admin.scripts import plain
from firsthand.errors import ConfigError
from firsthand.rules.scriptdiff import Finding
from firsthand.serve import auditing
from firsthand.serve.custodian import Custodian, custodian
from firsthand.serve.plan import SANDBOX_CONFIG, now
from firsthand.store.audit import Act
from firsthand.store.custody import By, ScriptEntry, Version

T = TypeVar("T")
SHORTEST = 6
"""Digits of a hash that an operator has to write at least."""

app = typer.Typer(
    no_args_is_help=True, help="The vendors' scripts: list, diff, approve, roll back, export."
)
ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]
Address = Annotated[str, typer.Argument(help="Address at the vendor, or a part that only it has.")]
Hash = Annotated[str, typer.Argument(help=f"Its hash, or the first {SHORTEST} digits or more.")]
MaybeHash = Annotated[str, typer.Argument(help="A hash; default: see above.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the log.")]
Who = Annotated[str, typer.Option("--who", help="Who decides; default: the system's user.")]


@app.command("list")
def list_(config: ConfigPath = None, *, as_json: AsJson = False) -> None:
    """List every script: what is served, what waits, what is wrong."""

    async def rows(here: Custodian) -> list[ScriptRow]:
        return script_rows(await here.custody.entries(), here.site)

    found = _with(config, rows)
    if as_json:
        _print_json([plain(row) for row in found])
    else:
        _print_rows(found)


@app.command()
def diff(
    address: Address,
    new: MaybeHash = "",
    old: MaybeHash = "",
    config: ConfigPath = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say in words what a version can do that another cannot: the newest beside the served one."""

    async def compared(here: Custodian) -> tuple[Version, Version | None, tuple[Finding, ...]]:
        entry = await _entry(here, address)
        newer = _version(entry, new) if new else entry.versions[0]
        older = _version(entry, old) if old else entry.version(entry.served(here.site.scripts))
        if older is None or older.hash == newer.hash:
            # Beside itself nothing differs; what it was found to differ in when it came is kept.
            return newer, None, newer.findings
        found = here.judge.findings(entry.vendor, older.profile, newer.profile)
        return newer, older, found

    newer, older, found = _with(config, compared)
    if as_json:
        against = older.hash if older else newer.against
        _print_json({"new": newer.hash, "old": against, "findings": found})
    else:
        _print_findings(newer, older, found)


@app.command()
def approve(  # noqa: PLR0913 - an option each
    address: Address,
    digest: Hash,
    config: ConfigPath = None,
    reason: Reason = "",
    who: Who = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Serve a version from now on. Running servers follow within seconds."""

    async def done(here: Custodian) -> tuple[str, str, str]:
        entry = await _entry(here, address)
        version = _version(entry, digest)
        refused = await here.custody.approve(entry.address, version.hash, _by(who, reason))
        return entry.address, version.hash, refused

    _tell("approved", _noted(Act.APPROVE, config, who, _with(config, done)), as_json=as_json)


@app.command()
def rollback(  # noqa: PLR0913 - an option each
    address: Address,
    digest: MaybeHash = "",
    config: ConfigPath = None,
    reason: Reason = "",
    who: Who = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Serve the version before the present one again, or the one named; reject the present one."""

    async def done(here: Custodian) -> tuple[str, str, str]:
        entry = await _entry(here, address)
        to = _version(entry, digest).hash if digest else ""
        refused = await here.custody.roll_back(entry.address, to, _by(who, reason))
        after = await _entry(here, entry.address)
        return entry.address, after.live, refused

    told = _noted(Act.ROLL_BACK, config, who, _with(config, done))
    _tell("rolled back to", told, as_json=as_json)


@app.command()
def export(
    config: ConfigPath = None,
    kind: Annotated[Literal["json", "csv"], typer.Option("--format")] = "json",
    table: Annotated[
        str, typer.Option("--table", help=f"For CSV, one of: {', '.join(TABLES)}.")
    ] = TABLES[0],
) -> None:
    """Print inventory, changes and decisions: evidence for PCI DSS 6.4.3 and 11.6.1."""
    if table not in TABLES:
        raise ConfigError(f"--table: one of {', '.join(TABLES)} (given: {table})")

    async def made(here: Custodian) -> dict[str, Any]:
        rows = script_rows(await here.custody.entries(), here.site)
        lines, broken = await here.custody.log(), await here.custody.broken_line()
        return evidence(rows, lines, here.site, broken=broken, now=now())

    told = _with(config, made)
    if kind == "csv":
        sys.stdout.buffer.write(as_csv(told[table]).encode())
        sys.stdout.buffer.flush()
    else:
        _print_json(told)


def _with(config: Path | None, step: Callable[[Custodian], Awaitable[T]]) -> T:
    """Return what ``step`` gives. A disk that fails is a ``ConfigError``."""

    async def run() -> T:
        async with custodian(config or SANDBOX_CONFIG) as here:
            return await step(here)

    try:
        return asyncio.run(run())
    except OSError as error:
        raise ConfigError(f"scripts: {error.strerror or type(error).__name__}") from error


async def _entry(here: Custodian, part: str) -> ScriptEntry:
    """Return the one address that is, or holds, ``part``. Raises ``ConfigError``."""
    entries = await here.custody.entries()
    exact = [each for each in entries if each.address == part]
    found = exact or [each for each in entries if part in each.address]
    if len(found) != 1:
        names = ", ".join(each.address for each in found or entries)[:600]
        why = "fits several" if found else "fits none"
        raise ConfigError(f'scripts: "{part}" {why} of: {names}')
    if not found[0].versions:
        raise ConfigError(f"scripts: {found[0].address} has no version yet: {found[0].trouble}")
    return found[0]


def _version(entry: ScriptEntry, digits: str) -> Version:
    """Return the one version whose hash begins with ``digits``. Raises ``ConfigError``."""
    found = [v for v in entry.versions if v.digest.startswith(digits.lower())]
    if len(digits) < SHORTEST or len(found) != 1:
        names = ", ".join(each.hash[:SHORT] for each in entry.versions)
        raise ConfigError(f'scripts: "{digits}" names no single version of: {names}')
    return found[0]


def _by(who: str, reason: str) -> By:
    return By(who or getpass.getuser(), reason, now())


def _noted(
    what: Act, config: Path | None, who: str, done: tuple[str, str, str]
) -> tuple[str, str, str]:
    address, digest, refused = done
    if not refused:
        auditing.note(config or SANDBOX_CONFIG, what, f"{address} {digest[:SHORT]}", who=who)
    return done


def _tell(what: str, done: tuple[str, str, str], *, as_json: bool) -> None:
    address, digest, refused = done
    if refused:
        raise ConfigError(f"scripts: not done: {refused}")
    if as_json:
        _print_json({"done": what, "address": address, "hash": digest})
    else:
        Console().print(escape(f"{address}: {what} {digest[:SHORT]}"))


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


def _print_rows(rows: Sequence[ScriptRow]) -> None:
    if not rows:
        Console().print("No script has been asked for yet.")
        return
    table = Table(title="Scripts")
    for heading in ("script", "policy", "served", "state", "last checked (UTC)"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        served = row.served
        version = f"{served.version.hash[:SHORT]}\n{served.standing}" if served else "none"
        alarms = row.waiting.alarms if row.waiting else ()
        waits = f"\nwaits: {row.waiting.version.hash[:SHORT]}" if row.waiting else ""
        cells = (
            row.entry.address,
            row.policy,
            version,
            row.state + waits + "".join(f"\n- {text}" for text in alarms),
            words.moment(row.entry.checked_at),
        )
        table.add_row(*(escape(_lines(cell)) for cell in cells))
    Console().print(table)


def _lines(text: str) -> str:
    return "\n".join(words.plain(line) for line in text.split("\n"))


def _print_findings(newer: Version, older: Version | None, found: Sequence[Finding]) -> None:
    console = Console()
    beside = f"beside {older.hash[:SHORT]}" if older else "when it came"
    console.print(f"Version {newer.hash[:SHORT]} {beside}:")
    for each in found:
        console.print(escape(f"- {each.severity.value}: {words.plain(each.text)}"))
    if not found:
        console.print("- no difference that matters" if older or newer.against else "- the first")
