"""``firsthand report``: the report in the terminal, as a table for programs, and signed."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from firsthand.admin import terminal, words
from firsthand.admin.report import dump
from firsthand.admin.rows import DEFAULT_SPAN, SPANS
from firsthand.admin.signed import LONGEST, Verdict, verify
from firsthand.admin.spreadsheet import spreadsheet
from firsthand.errors import ConfigError
from firsthand.serve.plan import SANDBOX_CONFIG
from firsthand.serve.reading import read_alerts, read_report, read_signed

app = typer.Typer(help="The report: shown, as CSV or JSON, exported with a signature, verified.")

ConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The configuration file; default: the sandbox's.")
]
OverSpan = Annotated[str, typer.Option("--span", help=f"How far back: {', '.join(SPANS)}.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.callback(invoke_without_command=True)
def report(
    context: typer.Context,
    config: ConfigPath = None,
    span: OverSpan = DEFAULT_SPAN,
    *,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line an event.")] = False,
) -> None:
    """Show both paths side by side, as the report page does."""
    if context.invoked_subcommand is not None:
        return
    made = asyncio.run(read_report(config or SANDBOX_CONFIG, _known(span)))
    if as_json:
        sys.stdout.buffer.write(dump(made) + b"\n")
    elif as_csv:
        sys.stdout.buffer.write(spreadsheet(made).encode())
    else:
        terminal.show(made, Console(), read_alerts(config or SANDBOX_CONFIG))


@app.command()
def export(file: Path, config: ConfigPath = None, span: OverSpan = DEFAULT_SPAN) -> None:
    """Write one signed file with inputs, method and figures, which others can recompute."""
    data, key = asyncio.run(read_signed(config or SANDBOX_CONFIG, _known(span)))
    try:
        file.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror})") from error
    typer.echo(f"written     {file}")
    typer.echo(f"public key  {key}")
    typer.echo(f"Whoever gets it runs: firsthand report verify {file} --key {key}")


@app.command("verify")
def verify_(
    file: Path,
    key: Annotated[str, typer.Option("--key", help="The maker's public key, base64.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Check a file's signature, and recompute every figure from its inputs."""
    try:
        with file.open("rb") as opened:
            data = opened.read(LONGEST + 1)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    if len(data) > LONGEST:
        raise ConfigError(f"{file}: is larger than {LONGEST >> 20} MiB, so it is no report")
    verdict = verify(data, key)
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(verdict) + b"\n")
    else:
        typer.echo("\n".join(_told(verdict)))
    raise typer.Exit(1 if verdict.wrong else 0)


def _told(verdict: Verdict) -> list[str]:
    if verdict.wrong:
        return ["It does not hold.", *(f"- {words.plain(line)}" for line in verdict.wrong)]
    since, until = words.exact(verdict.since), words.exact(verdict.until)
    key = "the key given" if verdict.known else "the key in it; compare it with its maker's"
    return [
        "It holds.",
        f"{words.plain(verdict.site)}, from {since} to {until} UTC",
        f"{words.number(verdict.figures)} figures, each follows from the inputs",
        f"signed with {key} (SHA-256 {verdict.key}...), by version {words.plain(verdict.version)}",
    ]


def _known(span: str) -> str:
    if span not in SPANS:
        raise ConfigError(f"--span: one of {', '.join(SPANS)} (given: {span})")
    return span
