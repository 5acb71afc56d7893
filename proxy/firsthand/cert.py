"""``firsthand cert``: a certificate for the tracking host, from a certificate authority."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from firsthand.config.load import Config, load
from firsthand.edge.certificates import Facts, Pair, examine
from firsthand.errors import BadCertificate, ConfigError
from firsthand.serve import certbot, knocking
from firsthand.serve.owner import refuse_stranger
from firsthand.serve.plan import data_folder, now
from firsthand.serve.tls import Tls, tls_of

DAY_MS = 86_400_000

app = typer.Typer(
    no_args_is_help=True, help="The certificate of the tracking host: issue, renew, status."
)
ConfigPath = Annotated[Path, typer.Option("--config", help="The configuration file.")]
Again = Annotated[
    bool, typer.Option("--again", help="Even if it is not due; authorities count how often.")
]


@dataclass(frozen=True, slots=True)
class State:
    """A pair of files: what its certificate says, or why it cannot be served. ``served``: serial of
    what the running server answers with; empty where none answers."""

    pair: Pair
    facts: Facts | None
    why: str
    served: str


@app.command()
def issue(config: ConfigPath, *, again: Again = False) -> None:
    """Get a certificate, while the server runs. With this you accept the authority's terms."""
    with _no_certificate():
        _order(_open(config), again=again)


@app.command()
def renew(config: ConfigPath, *, again: Again = False) -> None:
    """Renew it if that is due: for a timer, twice a day."""
    with _no_certificate():
        here = _open(config)
        if not here.tls.issued.certificate.exists():
            raise ConfigError(f"there is none yet. Get one: firsthand cert issue --config {config}")
        _order(here, again=again)


@app.command()
def status(
    config: ConfigPath, *, as_json: Annotated[bool, typer.Option("--json", help="JSON.")] = False
) -> None:
    """Tell what the certificates say, and which are served. Exit status 1: one cannot be."""
    here = _open(config, acme=False)
    found = [_state(here, pair) for pair in here.tls.pairs]
    if as_json:
        sys.stdout.buffer.write(orjson.dumps([shown(each) for each in found]) + b"\n")
    else:
        print("\n".join(told(each, now()) for each in found))
    raise typer.Exit(0 if all(each.facts for each in found) else 1)


@contextmanager
def _no_certificate() -> Iterator[None]:
    """End the command, with the reason, if no certificate can be had; what is served stays."""
    try:
        yield
    except ConfigError as error:
        console = Console(stderr=True, soft_wrap=True)
        console.print("[bold red]No new certificate.[/]")
        console.print(escape(str(error)))
        raise typer.Exit(2) from None


@dataclass(frozen=True, slots=True)
class _Here:
    path: Path
    config: Config
    tls: Tls


def _open(path: Path, *, acme: bool = True) -> _Here:
    config = load(path)
    tls = tls_of(config, path, data_folder(config, path))
    if not config.listen.https_port:
        raise ConfigError(
            f"{path}: listen.https_port: is not set, so a front server ends TLS and has the"
            " certificate; set it (443), and listen.port to 80, to have it here"
        )
    if acme and not tls.acme:
        raise ConfigError(
            f"{path}: tls.pairs: you have certificates of your own; name hosts in tls.names to get"
            " one for these as well"
        )
    return _Here(path, config, tls)


def _order(here: _Here, *, again: bool) -> None:
    tls, section = here.tls, here.config.tls
    refuse_stranger(tls.folder)
    knocking.check_answers(here.config, tls, str(here.path))
    before = _serial(tls.issued)
    ca = here.path.parent.resolve() / section.acme_ca if section.acme_ca else None
    certbot.run(certbot.Order(tls, section, ca, again))
    try:
        facts = examine(tls.issued, now=now())
    except BadCertificate as bad:
        raise ConfigError(f"certbot was content, and its files cannot be served: {bad}") from bad
    until = _day(facts.ends)
    if facts.serial == before:
        print(f"not due: the certificate of {', '.join(facts.names)} is good until {until}")
        return
    if not knocking.await_served(here.config, tls.names[0], facts.serial):
        raise ConfigError(
            "there is a new certificate, and the server does not serve it; ask /readyz"
        )
    print(f"{', '.join(facts.names)}: a certificate until {until}, served from now on")


def _serial(pair: Pair) -> str:
    try:
        return examine(pair, now=now()).serial
    except BadCertificate:
        return ""


def _state(here: _Here, pair: Pair) -> State:
    try:
        facts = examine(pair, now=now())
    except BadCertificate as bad:
        return State(pair, None, str(bad), "")
    return State(pair, facts, "", knocking.served(here.config, _asked(facts.names[0])))


def _asked(name: str) -> str:
    """Return a host that a certificate's name covers."""
    return name.replace("*", "www", 1)


def shown(state: State) -> dict[str, object]:
    """Return a state as plain values; times in Unix milliseconds."""
    facts = state.facts
    return {
        "certificate": str(state.pair.certificate),
        "why_not": state.why,
        "names": facts.names if facts else (),
        "issuer": facts.issuer if facts else "",
        "serial": facts.serial if facts else "",
        "begins": facts.begins if facts else None,
        "ends": facts.ends if facts else None,
        "served": facts is not None and state.served == facts.serial,
    }


def told(state: State, at: int) -> str:
    """Return a state as a line for people."""
    facts = state.facts
    if facts is None:
        return f"{state.pair.certificate}: cannot be served: {state.why}"
    days = (facts.ends - at) // DAY_MS
    serving = {
        facts.serial: "served",
        "": "no server answers",
    }.get(state.served, "another one is served")
    return (
        f"{', '.join(facts.names)}: until {_day(facts.ends)} ({days} days), issuer {facts.issuer},"
        f" {serving}"
    )


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"
