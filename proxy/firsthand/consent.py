"""``firsthand consent``: receipts that can be checked by others, and what a person may ask for."""

import asyncio
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from firsthand.admin import words
from firsthand.errors import ConfigError
from firsthand.rules.chain import Checked, Head, check, head_of
from firsthand.serve import auditing, consenting, persons
from firsthand.serve.plan import SANDBOX_CONFIG
from firsthand.store.audit import Act

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    help="Consent receipts: prove, chain, head, verify. What a person may ask for: export, erase.",
)
ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command()
def prove(
    event: Annotated[str, typer.Argument(help="The event's key, as the vendor got it; -: stdin.")],
    config: ConfigPath = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what is known of an event: who said what, what was decided for each vendor."""
    found = _run(consenting.prove(config or SANDBOX_CONFIG, _given(event)))
    if as_json:
        _print_json(found)
    else:
        _print_proof(found)
    raise typer.Exit(0 if found["receipts"] else 1)


@app.command()
def chain(config: ConfigPath = None) -> None:
    """Print the whole chain of receipts, a line each, to be kept in a file."""

    async def written() -> None:
        async with consenting.book(config or SANDBOX_CONFIG) as (book, _):
            async for line in book.lines():
                sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()

    _run(written())


@app.command()
def head(config: ConfigPath = None) -> None:
    """Print the end of the chain, NUMBER:HASH: keep it elsewhere, and verify with it later."""
    Console(soft_wrap=True).print(str(_run(consenting.head(config or SANDBOX_CONFIG))))


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A file that `firsthand consent chain` printed.")],
    heads: Annotated[
        list[str] | None, typer.Option("--head", help="An end that was kept elsewhere; repeatable.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check an exported chain; needs nothing but the file. Status 1: something is wrong."""
    known = [_head(text) for text in heads or ()]
    try:
        with file.open("rb") as lines:
            found = check(lines, known)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    if as_json:
        _print_json(_checked(found))
    else:
        _print_checked(found, known)
    raise typer.Exit(1 if found.findings else 0)


Cookie = Annotated[
    str,
    typer.Option("--cookie", help="NAME=VALUE, of fh_keep or a vendor's cookie; -: stdin."),
]
Event = Annotated[str, typer.Option("--event", help="The key of one event; -: stdin.")]


@app.command()
def export(config: ConfigPath = None, cookie: Cookie = "", event: Event = "") -> None:
    """Print all that is stored of a person, as JSON: what they may ask for. It is personal data."""
    path, cookie, event = config or SANDBOX_CONFIG, _given(cookie), _given(event)
    _print_json(_run(persons.export(path, cookie=cookie, event=event)))


@app.command()
def erase(
    config: ConfigPath = None, cookie: Cookie = "", event: Event = "", *, as_json: AsJson = False
) -> None:
    """Erase a person from queue, dead letters and ledger; with a cookie, bar what still comes."""
    path, cookie, event = config or SANDBOX_CONFIG, _given(cookie), _given(event)
    done = _run(persons.erase(path, cookie=cookie, event=event))
    removed = sum(done.found.values()) - sum(done.left.values())
    auditing.note(path, Act.ERASE, "by cookie" if cookie else "by event key", n=removed)
    if as_json:
        _print_json(done.told())
    else:
        _print_erased(done)
    raise typer.Exit(1 if any(done.left.values()) else 0)


def _given(text: str) -> str:
    """Return an option's value, or the line that stands for it: lists of processes show options."""
    return sys.stdin.readline().strip() if text == "-" else text


def _head(text: str) -> Head:
    found = head_of(text)
    if found is None:
        raise ConfigError(f"--head: NUMBER:HASH, as `firsthand consent head` prints it: {text}")
    return found


def _run(step: Awaitable[T]) -> T:
    """Return what ``step`` gives. A disk that fails is a ``ConfigError``."""

    async def run() -> T:
        return await step

    try:
        return asyncio.run(run())
    except OSError as error:
        raise ConfigError(f"consent: {error.strerror or type(error).__name__}") from error


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


def _print_proof(found: dict[str, Any]) -> None:
    console = Console()
    if not found["receipts"]:
        console.print("No receipt of such an event: refused, older than they are kept, or unknown.")
        return
    table = Table("record", "time (UTC)", "account", "event", "consent", "said by", "decided")
    for one in found["receipts"]:
        table.add_row(*(escape(words.plain(cell)) for cell in _proof_cells(one)))
    console.print(table)
    for one in found["ledger"]:
        why = f", {words.reason(one['reason'])}" if one["reason"] else ""
        line = f"{one['vendor']} {one['account']}: server path {one['server_path']}{why}"
        console.print(escape(words.plain(line)), soft_wrap=True)
    broken = [one["seq"] for one in found["receipts"] if not one["holds"]]
    if broken:
        console.print(f"[bold red]Changed since it was written:[/] record {broken}")
    console.print(f"Head of the chain: {found['head']}", soft_wrap=True)


def _proof_cells(one: dict[str, Any]) -> list[str]:
    told = one["what"]
    granted = [purpose for purpose in ("analytics", "marketing") if told[purpose]]
    how = "explicit" if told["explicit"] else "implied"
    fate = f"withheld: {words.reason(told['withheld'])}" if told["withheld"] else "may be sent"
    taken = ", ".join(told["fields_withheld"])
    return [
        str(one["seq"]),
        one["time"],
        f"{told['vendor']} {told['account']}",
        told["name"],
        f"{', '.join(granted)} ({how}), policy {told['policy']}",
        " | ".join(source["says"] for source in told["sources"]),
        f"{fate}; without {taken}" if taken else fate,
    ]


_ERASED = {
    "waiting": "events that waited",
    "dead_letters": "dead letters",
    "events": "events in the ledger",
    "unreadable_lines": "lines that this version cannot read",
}


def _print_erased(done: persons.Erased) -> None:
    console = Console(soft_wrap=True)
    for what, n in done.found.items():
        console.print(f"{_ERASED[what]}: {words.number(n)} found, {n - done.left[what]} removed")
    if done.barred:
        console.print("Whatever of this browser arrived until now goes to no vendor any more.")
    if any(done.left.values()):
        console.print("What is left is being sent at this moment: run the command again.")
    console.print("What vendors have got already is theirs to erase: ask them.")


def _checked(found: Checked) -> dict[str, Any]:
    return {
        "holds": not found.findings,
        "findings": found.findings,
        "chain": found.chain,
        "after": str(found.after),
        "head": str(found.head),
        "records": found.records,
        "kinds": found.kinds,
        "first": found.first,
        "last": found.last,
    }


def _print_checked(found: Checked, heads: list[Head]) -> None:
    console = Console(soft_wrap=True)
    for finding in found.findings:
        console.print(f"[bold red]Wrong:[/] {escape(finding)}")
    kinds = ", ".join(f"{words.number(n)} {escape(kind)}" for kind, n in found.kinds.items())
    console.print(f"{words.number(found.records)} records ({kinds or 'none'})")
    console.print(f"from {escape(found.first) or '-'} to {escape(found.last) or '-'}")
    console.print(f"head {escape(str(found.head))}")
    if found.findings:
        return
    if heads:
        console.print("Holds, and all up to the newest head that was given is as it was then.")
    else:
        console.print(
            "Holds within itself. Only a head that was kept elsewhere (--head) shows that nobody"
            " wrote the file anew, or left its end off."
        )
