"""``firsthand doctor`` as it is typed."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from firsthand.doctor import live as living
from firsthand.doctor.finding import Result
from firsthand.doctor.run import LOOKS, examine
from firsthand.doctor.show import as_json, show


def doctor(  # noqa: PLR0913 - an option each
    config: Annotated[Path, typer.Option("--config", help="The configuration file.")],
    resolver: Annotated[
        str, typer.Option("--resolver", help="DNS server to ask: ADDRESS or ADDRESS:PORT.")
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option("--only", help=f"Only this: {', '.join(LOOKS)}.")
    ] = None,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Warnings and what is not known fail, too.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Show who came back with the keeper, as counted.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Look at DNS, certificate, clock, page, tokens, machine: what holds, and for how long.

    Ends with 0 where nothing fails, 1 where something does, 2 where the file cannot be used.
    """
    if live:
        _live(config, json=json)
        return
    made = asyncio.run(examine(config, resolver=resolver, only=only or ()))
    if json:
        _print(as_json(made))
    else:
        show(made, Console())
    bad = {Result.FAIL, Result.WARN, Result.UNKNOWN} if strict else {Result.FAIL}
    raise typer.Exit(1 if made.result in bad else 0)


def _live(config: Path, *, json: bool) -> None:
    measured = asyncio.run(living.measure(config))
    if json:
        _print(living.as_json(measured))
    else:
        living.show(measured, Console())


def _print(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()
