"""A diagnosis for a terminal and for programs. Nothing in it is markup."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from firsthand.admin import words
from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.run import Diagnosis
from firsthand.rules.lifetimes import BROWSERS, Lasting, Promise, Writer

SHAPE = 1
"""Of the JSON: grows when a member changes its meaning or goes; new members may come any time."""

LOOKS = {
    Result.OK: ("ok", "green"),
    Result.UNKNOWN: ("not known", "cyan"),
    Result.WARN: ("warning", "yellow"),
    Result.FAIL: ("fails", "bold red"),
}


def as_json(made: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as plain values.

    ``{"shape", "site", "result", "safari", "findings": [{"check", "about", "result", "code",
    "found", "means", "remedy"}], "promises": [{"cookie", "written_by", "asks_days", "browser",
    "least_days", "most_days", "from_click", "why", "source", "read"}]}``
    """
    return {
        "shape": SHAPE,
        "site": made.site,
        "result": made.result.value,
        "safari": made.verdict.value,
        "findings": [_finding(each) for each in made.findings],
        "promises": [_promise(each) for each in made.promises],
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "about": finding.about,
        "result": finding.result.value,
        "code": finding.code,
        "found": finding.found,
        "means": finding.means,
        "remedy": finding.remedy,
    }


def _promise(promise: Promise) -> dict[str, Any]:
    return {
        "cookie": promise.cookie.name,
        "written_by": promise.cookie.writer.value,
        "asks_days": promise.cookie.days,
        "browser": promise.browser.name,
        "least_days": promise.least,
        "most_days": promise.most,
        "from_click": promise.cookie.from_click,
        "why": promise.why,
        "source": promise.browser.source,
        "read": promise.browser.read.isoformat(),
    }


def show(made: Diagnosis, console: Console) -> None:
    """Print a diagnosis: what was found with a remedy each, then how long cookies last."""
    console.print(_findings(made.findings))
    console.print(_lives(made.promises))
    for line in _remarks(made.promises):
        console.print(Text(line), soft_wrap=True)
    counts = [(result, _count(made.findings, result)) for result in reversed(Result)]
    told = [f"{n} {LOOKS[result][0]}" for result, n in counts if n]
    console.print(Text(f"{words.plain(made.site)}: {', '.join(told)}", LOOKS[made.result][1]))


def _count(findings: Iterable[Finding], result: Result) -> int:
    return sum(finding.result is result for finding in findings)


def _findings(findings: Iterable[Finding]) -> Table:
    table = Table(title="What was found")
    table.add_column("", no_wrap=True)
    for heading in ("check", "what was found", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        label, colour = LOOKS[finding.result]
        bad = finding.result is not Result.OK
        found = [finding.found, finding.means] if finding.means else [finding.found]
        table.add_row(
            Text(label, colour),
            Text(f"{finding.check}\n{words.plain(finding.about)}"),
            Text("\n".join(map(words.plain, found))),
            Text(words.plain(finding.remedy) if bad else ""),
        )
    return table


def _lives(promises: Iterable[Promise]) -> Table:
    """A row for each cookie, a column for each browser."""
    table = Table(title="How long cookies last, in days without a visit")
    for heading in ("cookie", "set by", "asks for", *(each.name for each in BROWSERS)):
        table.add_column(heading, overflow="fold")
    rows: dict[Lasting, list[str]] = {}
    for each in promises:
        rows.setdefault(each.cookie, []).append(_days(each))
    by = {Writer.SERVER: "Firsthand", Writer.SCRIPT: "the vendor's script"}
    for cookie, cells in rows.items():
        asks = f"{cookie.days} from the click" if cookie.from_click else str(cookie.days)
        table.add_row(*map(Text, (cookie.name, by[cookie.writer], asks, *cells)))
    return table


def _days(promise: Promise) -> str:
    if promise.least == promise.most:
        return str(promise.most)
    return f"{promise.least} to {promise.most}"


def _remarks(promises: Sequence[Promise]) -> Iterator[str]:
    """Yield, for each browser and writer, why a cookie has less than it asks for."""
    keeper = promises[0].cookie.name
    whys = dict.fromkeys(
        (each.browser.name, each.cookie.writer, each.why) for each in promises if each.why
    )
    for name, writer, why in whys:
        by = "set by Firsthand" if writer is Writer.SERVER else "written by a script"
        yield f"{name}, {by}: {why}"
    yield (
        "A cookie that a vendor's script writes again is a script's from then on; the keeper"
        f" ({keeper}) is out of scripts' reach, and gives back what they lost."
    )
    yield "Private windows forget everything when they close."
