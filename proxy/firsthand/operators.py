"""``firsthand admin``: entries for the configuration, and the audit log."""

import re
import sys
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firsthand.admin import words
from firsthand.admin.passwords import hashed
from firsthand.admin.sessions import Role
from firsthand.config.admins import NAME_PATTERN
from firsthand.errors import ConfigError
from firsthand.serve import auditing
from firsthand.serve.plan import SANDBOX_CONFIG

TOKEN_BYTES = 32

app = typer.Typer(no_args_is_help=True, help="Who may see the pages, and what they did.")
Name = Annotated[str, typer.Argument(help="Lower case.")]
OfRole = Annotated[Role, typer.Option("--role", help="read: look at all; write: decide, too.")]


@app.command()
def password(name: Name, role: OfRole = Role.WRITE) -> None:
    """Read a password, from the terminal or a line of standard input; print a user's entry."""
    _check(name)
    try:
        made = hashed(_asked())
    except ValueError as error:
        raise ConfigError(f"admin password: {error}") from None
    _entry("users", name, made, role)


def _asked() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


@app.command()
def token(name: Name, role: OfRole = Role.READ) -> None:
    """Make a token for a program: it is shown once; the entry that is printed knows its hash."""
    _check(name)
    made = token_hex(TOKEN_BYTES)
    print(f"token, for the program alone: {made}", file=sys.stderr)
    _entry("tokens", name, sha256(made.encode()).hexdigest(), role)


def _check(name: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise ConfigError(f"{name}: a name has lower-case letters, digits and ._@-, up to 64")


def _entry(section: str, name: str, made: str, role: Role) -> None:
    print(f'[[admin.{section}]]\nname = "{name}"\nhash = "{made}"\nrole = "{role}"')


@app.command()
def log(
    config: Annotated[Path | None, typer.Option("--config", help="The configuration file.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many lines at most.")] = 100,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show who signed in, decided or changed something, newest first."""
    lines = auditing.read(config or SANDBOX_CONFIG, limit=limit)
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(lines) + b"\n")
        sys.stdout.buffer.flush()
        return
    table = Table("time (UTC)", "who", "what", "subject", "count")
    for line in lines:
        cells = (words.exact(line.at), line.who, line.what, line.subject, words.number(line.n))
        table.add_row(*(Text(words.plain(cell), overflow="fold") for cell in cells))
    Console().print(table)
