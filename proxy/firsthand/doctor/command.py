"""``firsthand doctor`` as it is typed."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from firsthand.doctor.finding import Result
from firsthand.doctor.run import LOOKS, examine
from firsthand.doctor.show import as_json, show


def doctor(
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
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Look at DNS, certificate, clock, page, tokens, machine: what holds, and for how long.

    Ends with 0 where nothing fails, 1 where something does, 2 where the file cannot be used.
    """
    made = asyncio.run(examine(config, resolver=resolver, only=only or ()))
    if json:
        sys.stdout.buffer.write(orjson.dumps(as_json(made)) + b"\n")
        sys.stdout.buffer.flush()
    else:
        show(made, Console())
    bad = {Result.FAIL, Result.WARN, Result.UNKNOWN} if strict else {Result.FAIL}
    raise typer.Exit(1 if made.result in bad else 0)
