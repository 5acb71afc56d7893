"""``firsthand init``: a few questions, or what ``scripts/audit`` saw -> a configuration file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from firsthand import check as checking
from firsthand import questions
from firsthand.config.load import loads, read
from firsthand.draft import Outline, Watched, draft, missing, tracking_host, variables
from firsthand.errors import ConfigError
from firsthand.sandbox.server import SHOP_HOST, VENDOR_SUFFIX, find_roles
from firsthand.vendors import VENDORS

USUAL = Path("firsthand.toml")
SANDBOX_PORT = 8090
WRITER = "firsthand init"


@dataclass(frozen=True, slots=True)
class Audit:
    """What ``scripts/audit`` leaves behind, as far as it concerns a configuration."""

    outline: Outline


def init(  # noqa: PLR0913, PLR0917 - an option each
    config: Annotated[Path, typer.Option(help="The file to write.")] = USUAL,
    audit: Annotated[
        Path | None, typer.Option("--from", help="What scripts/audit saw: asks nothing then.")
    ] = None,
    site: Annotated[list[str] | None, typer.Option(help="Host of your pages; repeatable.")] = None,
    tracking: Annotated[
        str, typer.Option("--tracking-host", help="Host on which Firsthand will answer.")
    ] = "",
    account: Annotated[
        list[str] | None, typer.Option(help="VENDOR=ID of an account to watch; repeatable.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option(help="VENDOR.NAME=VALUE that its accounts need; repeatable.")
    ] = None,
    consent: Annotated[
        str | None, typer.Option(help='The one consent platform to believe; "": any.')
    ] = None,
    *,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="For the demo shop: nothing needs an answer.")
    ] = False,
) -> None:
    """Write a commented configuration: asks for what the options do not say."""
    refuse_existing(config)
    settings = [_setting(each) for each in setting or ()]
    known = [_account(each) for each in account or ()]
    hosts = tuple(site or ())
    if audit is not None:
        outline = _changed(seen(audit), hosts, tracking, known, consent)
    elif sandbox:
        outline = _changed(demo(), hosts, tracking, known, consent)
    else:
        outline = questions.ask(hosts, tracking, known, consent)
    accounts = [_with(watched, settings) for watched in outline.accounts]
    if audit is None:
        accounts = [questions.completed(watched) for watched in accounts]
    whole = replace(outline, accounts=tuple(accounts))
    findings = write(whole, config, WRITER)
    typer.echo("\n".join(following(whole, config, findings)))


def seen(path: Path) -> Outline:
    """Return the site that an audit saw. Raises ``ConfigError``."""
    text = read(path)
    try:
        return TypeAdapter(Audit).validate_json(text).outline
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, problem["loc"]))
        raise ConfigError(f"{path}: {key}: {problem['msg']}; make it with scripts/audit") from None


def demo() -> Outline:
    """Return the demo shop with its usual vendors, as ``serve --sandbox`` plays it."""
    shop = f"{SHOP_HOST}:{SANDBOX_PORT}"
    accounts = [
        Watched(role.key, role.account) for role in find_roles() if role.key in {"meta", "ga4"}
    ]
    suffix = f"{VENDOR_SUFFIX}:{SANDBOX_PORT}"
    return Outline((shop,), tracking_host(shop), tuple(accounts), vendor_suffix=suffix)


def refuse_existing(path: Path) -> None:
    """Raise ``ConfigError`` where a file is already: it may have been worked on."""
    if path.exists() or path.is_symlink():
        raise ConfigError(f"{path}: is there already; name another file with --config")


def write(outline: Outline, path: Path, writer: str) -> list[checking.Finding]:
    """Write the configuration if it would start, and return what ``check`` says of it.

    Raises ``ConfigError``, and then there is no file.
    """
    refuse_existing(path)
    _refuse_unfinished(outline)
    text = draft(outline, writer)
    findings = checking.check(loads(text, str(path)), str(path))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
    return findings


def following(outline: Outline, path: Path, findings: Sequence[checking.Finding]) -> Iterator[str]:
    """Yield what was written and what to do next, in the order in which it is done."""
    yield f"wrote {path}: {len(findings)} accounts, all in mode shadow"
    for watched in outline.accounts:
        if missing(watched):
            keys = ", ".join(missing(watched))
            yield f"  {watched.vendor} {watched.account} is not watched yet: it needs {keys}"
    yield ""
    if outline.sandbox:
        steps = [(f"firsthand check --config {path}", "what each account will do")]
        serve = f"scripts/serve --sandbox --config {path}"
        steps += [(serve, "starts it, with the demo shop and the vendors' stand-ins")]
    else:
        yield from _exports(outline)
        steps = _steps(path)
    yield "next"
    width = max(len(command) for command, _ in steps)
    for command, words in steps:
        yield f"  {command:<{width}}  {words}"


def _exports(outline: Outline) -> Iterator[str]:
    yield "tokens, once you have them (no vendor gets anything to count without)"
    for name, vendor in variables(outline).items():
        yield f"  export {name}=...  # {vendor.token_help}"
    yield ""


def _steps(path: Path) -> list[tuple[str, str]]:
    return [
        (f"firsthand check --config {path}", "what each account will do, and what is missing"),
        (f"firsthand serve --config {path}", "starts it"),
        (f"firsthand cert issue --config {path}", "a certificate, if TLS ends here; beside serve"),
        (f"firsthand doctor --config {path}", "whether names, certificate, clock and tokens fit"),
        (f"firsthand snippet --config {path}", "what to change in the pages"),
    ]


def _refuse_unfinished(outline: Outline) -> None:
    """Refuse an outline of which no account could start: the file would be refused anyway."""
    if any(not missing(watched) for watched in outline.accounts):
        return
    if not outline.accounts:
        raise ConfigError("no account of a known vendor: name one with --account VENDOR=ID")
    needed = {f"{each.vendor}.{name}": doc for each in outline.accounts
              for name, doc in missing(each).items()}  # fmt: skip
    lines = (f"  --setting {name}=...  {doc}" for name, doc in needed.items())
    raise ConfigError("\n".join(["no account could start without settings:", *lines]))


def _changed(
    outline: Outline,
    hosts: tuple[str, ...],
    tracking: str,
    more: list[Watched],
    consent: str | None,
) -> Outline:
    """Return what was seen, with what the options say in its place; accounts come on top."""
    return replace(
        outline,
        hosts=hosts or outline.hosts,
        tracking_host=tracking or outline.tracking_host,
        accounts=(*outline.accounts, *more),
        authority=outline.authority if consent is None else consent,
    )


def _account(text: str) -> Watched:
    key, sign, account = text.partition("=")
    if not (sign and account) or key not in VENDORS:
        raise ConfigError(f"--account: write VENDOR=ID with one of {', '.join(VENDORS)}: {text}")
    return Watched(key, account)


def _setting(text: str) -> tuple[str, str, str]:
    name, sign, value = text.partition("=")
    key, dot, own = name.partition(".")
    if not (sign and dot and value) or key not in VENDORS:
        raise ConfigError(
            f"--setting: write VENDOR.NAME=VALUE, vendor and key as in the file: {text}"
        )
    return key, own, value


def _with(watched: Watched, settings: list[tuple[str, str, str]]) -> Watched:
    own = {name: value for key, name, value in settings if key == watched.vendor}
    return replace(watched, settings={**watched.settings, **own})
