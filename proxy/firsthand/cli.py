"""The command line. Terminal output is for people; ``--json`` is for programs."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from firsthand import cert, consent, init, letters, operators, reporting, saving, scripts, trying
from firsthand import check as checking
from firsthand import explain as explaining
from firsthand import snippet as pasting
from firsthand.config.load import load
from firsthand.config.schema import LogFormat
from firsthand.config.site import site
from firsthand.doctor.command import doctor
from firsthand.errors import ConfigError
from firsthand.sandbox.server import find_roles
from firsthand.serve import auditing, logs, notice, replaying, systemd
from firsthand.serve.crew import supervise
from firsthand.serve.link import first_text
from firsthand.serve.plan import SANDBOX_CONFIG, Plan, plan
from firsthand.serve.replaying import preview, row_of, whole_of
from firsthand.serve.worker import work
from firsthand.store.audit import Act
from firsthand.store.contract import Wanted

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A first-party tracking proxy that can be audited.",
)

dead = typer.Typer(no_args_is_help=True, help="Events that were given up: list, show.")
app.add_typer(dead, name="dead")
app.add_typer(scripts.app, name="scripts")
app.add_typer(consent.app, name="consent")
app.command()(doctor)
app.add_typer(cert.app, name="cert")
app.command()(saving.backup)
app.command()(saving.restore)
app.command("init")(init.init)
app.add_typer(operators.app, name="admin")
app.add_typer(reporting.app, name="report")

ConfigPath = Annotated[Path, typer.Option("--config", help="The configuration file.")]
MaybeConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The configuration file; default: a sample site.")
]
OfVendor = Annotated[str, typer.Option("--vendor", help="Only this vendor's.")]
OfReason = Annotated[str, typer.Option("--reason", help="Only those given up for this reason.")]
Since = Annotated[str, typer.Option("--since", help="Only those given up since: 24h, 7d.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command()
def serve(
    config: Annotated[Path | None, typer.Option(help="The configuration file.")] = None,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Processes; 0: as configured.")] = 0,
    *,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="With stand-ins of the vendors and a demo shop.")
    ] = False,
    worker: Annotated[int, typer.Option(hidden=True)] = -1,
) -> None:
    """Run the proxy: edge, delivery and admin pages."""
    path = config or (SANDBOX_CONFIG if sandbox else None)
    if path is None:
        raise ConfigError("serve needs --config FILE, or --sandbox to try it without an account")
    if sandbox:
        _give_sandbox_tokens()
    made = plan(path, first_text() if worker >= 0 else None)
    logs.configure(made.config.log.format)
    if sandbox and not made.site.vendor_suffix:
        raise ConfigError(f"{path}: --sandbox needs site.vendor_suffix, as in conf/sandbox.toml")
    if worker >= 0:
        work(made, worker, ready=_say_nothing, shared=True)
        return
    many = workers or made.config.listen.workers
    if many > 1:
        supervise(made, many, ready=lambda: _say_where(made, sandbox=sandbox), sandbox=sandbox)
    else:
        work(made, 0, ready=lambda: _say_where(made, sandbox=sandbox), sandbox=sandbox)


@app.command("reload")
def reload_(config: ConfigPath) -> None:
    """Have the running server use the file as it is now; a file that is wrong changes nothing."""
    try:
        notice.ask(config)
    except ConfigError as error:
        console = Console(stderr=True)
        console.print("[bold red]Not reloaded.[/] What ran before goes on.")
        console.print(escape(str(error)))
        raise typer.Exit(1) from None
    print(f"reloaded {config}")
    try:
        auditing.note(config, Act.RELOAD)
    except ConfigError as error:  # the server notes which file holds; by whose word is missing
        Console(stderr=True).print(escape(str(error)))


@app.command()
def check(config: ConfigPath, *, as_json: AsJson = False) -> None:
    """Validate a configuration; say what each account will do, and what it cannot."""
    read = load(config)
    if read.site.vendor_suffix:  # serve takes it with --sandbox only
        _give_sandbox_tokens()
    findings = checking.check(read, str(config))
    if as_json:
        _print_json(checking.shown(findings))
    else:
        _print_findings(findings)
    raise typer.Exit(1 if any(finding.missing for finding in findings) else 0)


@app.command()
def explain(config: MaybeConfigPath = None, *, as_json: AsJson = False) -> None:
    """Read hits from standard input, a JSON object a line; print whole decisions."""
    here = plan(config).site if config else explaining.sample()
    for line in sys.stdin.buffer:
        if line.strip():
            decision = explaining.explain(line.decode("utf-8", "replace"), here)
            if as_json:
                _print_json(decision)
            else:
                Console().print_json(orjson.dumps(decision).decode())


@app.command("plan")
def plan_(
    old: Annotated[Path, typer.Argument(help="The configuration that runs.")],
    new: Annotated[Path, typer.Argument(help="The one that is to take its place.")],
    hits: Annotated[
        Path | None,
        typer.Option(help="A file or folder of hits, as explain reads them; default: recorded."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Try recorded hits on two configurations; say what would change. Ends with 1 if anything."""
    found = trying.compare(old, new, hits)
    if as_json:
        _print_json(trying.shown(found))
    else:
        trying.show(found, Console())
    raise typer.Exit(1 if found.counts else 0)


@dead.command("list")
def dead_list(  # noqa: PLR0913 - an option each
    config: MaybeConfigPath = None,
    vendor: OfVendor = "",
    reason: OfReason = "",
    since: Since = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 100,
    *,
    as_json: AsJson = False,
) -> None:
    """List events that were given up, and what would become of each if it were sent again."""
    wanted = letters.wanted(vendor, reason, since)
    found = asyncio.run(preview(config or SANDBOX_CONFIG, wanted, limit=limit))
    if as_json:
        _print_json([row_of(one) for one in found.shown])
    else:
        letters.show(found.shown, Console())


@dead.command("show")
def dead_show(event: str, config: MaybeConfigPath = None, *, as_json: AsJson = False) -> None:
    """Show one of them: its fields and the call it would make, without identifiers."""
    if not (event.isascii() and event.isdigit()):
        raise ConfigError(f"an event is a number, as `firsthand dead list` shows it: {event}")
    found = asyncio.run(preview(config or SANDBOX_CONFIG, Wanted(event=event), limit=1))
    if not found.shown:
        raise ConfigError(f"event {event} has no dead letter; see: firsthand dead list")
    if as_json:
        _print_json(whole_of(found.shown[0], found.site))
    else:
        letters.show_one(found.shown[0], found.site, Console())


@app.command()
def replay(  # noqa: PLR0913 - an option each
    config: MaybeConfigPath = None,
    vendor: OfVendor = "",
    reason: OfReason = "",
    since: Since = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    even_twice: Annotated[
        bool, typer.Option("--even-twice", help="Also what a vendor may count a second time.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send dead letters again, under the same event keys. Withdrawn consent bars them for good."""
    path = config or SANDBOX_CONFIG
    wanted = letters.wanted(vendor, reason, since)
    if dry_run:
        found = asyncio.run(preview(path, wanted, limit=letters.SHOWN))
        if as_json:
            calls = [whole_of(one, found.site) for one in found.shown]
            _print_json({"would": found.counted, "letters": calls})
        else:
            letters.show_preview(found, Console())
        return
    done = asyncio.run(replaying.replay(path, wanted, twice=even_twice))
    auditing.note(path, Act.REPLAY, letters.told(wanted, twice=even_twice), n=done.sent)
    if as_json:
        _print_json({"sent": done.sent, "barred": done.barred, "left": done.left})
    else:
        letters.show_replayed(done, Console())


@app.command()
def snippet(
    config: ConfigPath,
    vendor: Annotated[str, typer.Option(help="One vendor's tag only, by its key.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Say what to change in the pages: an address in each tag, and the site's own policy."""
    here = site(load(config), secret=checking.TRIAL_SECRET, file=str(config))
    made = pasting.snippet(here, vendor)
    if as_json:
        _print_json(pasting.shown(made))
    else:
        print("\n".join(pasting.lines(made)))


def _give_sandbox_tokens() -> None:
    """Set what the stand-ins take as tokens."""
    tokens = {f"SANDBOX_{role.key.upper()}_TOKEN": role.token for role in find_roles()}
    os.environ.update(tokens)


def _say_nothing() -> None:
    """Leave speaking to the supervisor."""


def _say_where(made: Plan, *, sandbox: bool) -> None:
    """Tell the addresses, for a person to open."""
    print(f"tracking host  {made.site.tracking_url}")
    if sandbox:
        shop = next(iter(made.site.origins))
        print(f"demo shop      {shop}/")
        print(f"vendors        {shop}/_vendors")
    print(f"report         {made.report_url}")
    print("Stop with Ctrl-C.", flush=True)
    systemd.tell("READY=1")


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


def _print_findings(findings: list[checking.Finding]) -> None:
    table = Table(title="Accounts")
    for heading in ("account", "mode", "what it will do", "what it cannot"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        cannot = "\n".join([*finding.missing, *finding.limits])
        table.add_row(
            f"{finding.vendor}\n{finding.account}",
            finding.mode,
            escape("\n".join(finding.does)),
            escape(cannot),
        )
    Console().print(table)
    for line in dict.fromkeys(line for finding in findings for line in finding.consent):
        Console().print(escape(line), soft_wrap=True)


def main() -> None:
    """Run a command; an error an operator can act on is one line, not a traceback."""
    logs.configure(LogFormat.TEXT)
    try:
        app()
    except ConfigError as error:
        Console(stderr=True).print(f"[bold red]Cannot start.[/]\n{escape(str(error))}")
        sys.exit(2)
