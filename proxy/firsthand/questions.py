"""The questions of ``firsthand init``: what the options did not say, asked at the terminal."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import typer

from firsthand.draft import Outline, Watched, missing, tracking_host
from firsthand.errors import ConfigError
from firsthand.rules.consent.sources import SOURCES
from firsthand.vendors import VENDORS

PLATFORMS = tuple(source.key for source in SOURCES if source.cookies)
Check: TypeAlias = Callable[[str], str]


def ask(
    sites: tuple[str, ...], tracking: str, accounts: list[Watched], consent: str | None
) -> Outline:
    """Return the outline of a site: what is given, and answers to what is not.

    Raises ``ConfigError`` where nobody answers.
    """
    hosts = sites or _several(_prompt("Host of your pages (several with commas)", "--site"))
    usual = tracking_host(hosts[0]) if hosts else ""
    where = tracking or _prompt(
        "Tracking host, a name below your own domain that will lead to this machine",
        "--tracking-host",
        usual,
    )
    named = accounts or list(_accounts())
    if consent is None:
        words = "Consent platform to believe alone (empty: whichever's cookies come)"
        consent = _prompt(words, "--consent", "", _one_of(PLATFORMS))
    return Outline(hosts, where, tuple(named), authority=consent)


def _several(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in text.split(","))))


def _accounts() -> Iterator[Watched]:
    words = f"Whose pixels are on the pages, of {', '.join(VENDORS)}"
    for key in _several(_prompt(words, "--account", "meta", _each_of(tuple(VENDORS)))):
        vendor = VENDORS[key]
        asked = f"{vendor.title}: id of the account, like {vendor.account_example}"
        pattern = re.compile(vendor.account_pattern)
        yield Watched(key, _prompt(asked, "--account", check=_like(pattern)))


def completed(watched: Watched) -> Watched:
    """Return an account with the settings that it cannot start without, asked for."""
    found = dict(watched.settings)
    for name, doc in missing(watched).items():
        found[name] = _prompt(f"{watched.vendor} {name}. {doc}", "--setting")
    return replace(watched, settings=found)


def _one_of(names: Sequence[str]) -> Check:
    def check(text: str) -> str:
        if text and text not in names:
            raise typer.BadParameter(f"one of {', '.join(names)}")
        return text

    return check


def _each_of(names: Sequence[str]) -> Check:
    one = _one_of(names)
    return lambda text: ",".join(one(each) for each in _several(text))


def _like(pattern: re.Pattern[str]) -> Check:
    def check(text: str) -> str:
        if not pattern.fullmatch(text.strip()):
            raise typer.BadParameter("that is not the form of one")
        return text.strip()

    return check


def _prompt(words: str, option: str, usual: str | None = None, check: Check = str.strip) -> str:
    """Return an answer from the terminal. Raises ``ConfigError`` where nobody answers."""
    try:
        answer: str = typer.prompt(words, default=usual, value_proc=check, err=True)
    except typer.Abort:
        raise ConfigError(f"no answer, nothing was written; {option} gives it in advance") from None
    return answer
