"""The report for a terminal: the page's figures. Bars and colours on a terminal only.

Event names come from pages: they go through ``words.plain`` and into ``Text``, never into markup,
so that none can move the cursor or colour what stands around it.
"""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from firsthand.admin import words
from firsthand.admin.details import details
from firsthand.admin.drawing import Bar, flow
from firsthand.admin.figures import Rate
from firsthand.admin.report import AccountReport, Report
from firsthand.admin.summary import summary
from firsthand.admin.table import client_columns, compared_columns, server_columns
from firsthand.admin.timeline import Point
from firsthand.model import Mode
from firsthand.rules.alerts import Alert

BAR_CELLS = 60
"""Width of a drawing, in character cells."""

STEPS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
"""Heights of a course over time, the first for nothing."""

LOOKS = {
    "ok": ("\u2588", "blue"),
    "delivered": ("\u2588", "cyan"),
    "built": ("\u2592", "cyan"),
    "unknown": ("\u2592", "blue"),
    "gone": ("\u00b7", "dim"),
}
"""Look of a bar -> character and colour."""


def show(report: Report, console: Console, alerts: Iterable[Alert] = ()) -> None:
    """Print ``report``, after what fires now."""
    since = words.moment(report.span.since)
    console.print(Text(f"{words.plain(report.site)}, since {since} UTC", "bold"))
    if report.total == 0:
        console.print(
            "No event has arrived. `firsthand check` says whether the set-up is complete."
        )
    for alert in alerts:
        console.print(_alert(alert), soft_wrap=True)
    if report.total and len(report.accounts) > 1:
        console.print(_overview(report.accounts, console))
    for account in report.accounts:
        _account(account, console)
    for vendor, n in report.strangers.items():
        console.print(Text(f"\n{vendor}: {words.number(n)} events of accounts not configured."))
    for each in report.beside:
        console.print(Text(f"Counted only: {words.number(each.n)} {words.reason(each.reason)}"))


def _alert(alert: Alert) -> Text:
    of = f"{alert.vendor} {words.plain(alert.account)}".strip()
    told = Text.assemble(("! ", "bold red"), (of, "bold"), f" {words.alert(alert)}")
    return told.append(f" (rule {alert.rule}, since {words.moment(alert.since)} UTC)", "dim")


def _overview(accounts: Iterable[AccountReport], console: Console) -> Table:
    """Return a line for each account: the pages' overview."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("account", overflow="fold")
    for head in ("events", "rate", "95% interval", "browser only", "server only"):
        table.add_column(head, justify="right", no_wrap=head == "95% interval")
    table.add_column("over time" if console.is_terminal else "", no_wrap=True, style="cyan")
    for account in accounts:
        spread = account.figures
        rate = spread.match or spread.would
        table.add_row(
            Text(f"{account.title} {words.plain(account.account)}"),
            words.number(spread.total),
            words.percent(rate.share) if rate else "",
            _interval(rate) if rate else "",
            words.number(spread.client_only),
            words.number(spread.server_only + spread.would_server_only),
            _course(account.points) if console.is_terminal else "",
        )
    return table


def _account(account: AccountReport, console: Console) -> None:
    mode, _ = words.MODE[account.mode or ""]
    title = Text.assemble((f"\n{account.title} ", "bold"), f"{words.plain(account.account)} ")
    console.print(title.append(f"({mode})", "dim"))
    console.print(Text(summary(account)))
    if account.figures.total == 0:
        return
    if console.is_terminal:
        _bars(account, console)
    for line in _lines(account):
        console.print(Text(f"  {line}"))
    console.print(_events(account))
    if account.gap:
        console.print(_gap(account))


def _bars(account: AccountReport, console: Console) -> None:
    drawing = flow(account.figures)
    for label, bars in (("browser", drawing.browser), ("server", drawing.server)):
        if bars:
            console.print(Text(f"  {label:<8}").append_text(_bar(bars)), no_wrap=True)
    console.print(Text(f"  {'events':<8}").append(_course(account.points), "dim"), no_wrap=True)


def _course(points: Sequence[Point]) -> str:
    """Return a step for each hour or day, the oldest first; none for those without events."""
    most = max((point.total for point in points), default=0) or 1
    last = len(STEPS) - 1
    return "".join(STEPS[-(-point.total * last // most)] for point in points)


def _bar(bars: Sequence[Bar]) -> Text:
    drawn = Text()
    for bar in bars:
        cell, colour = LOOKS[bar.look]
        end = round((bar.x + bar.width) * BAR_CELLS / 100)
        drawn.append(" " * (round(bar.x * BAR_CELLS / 100) - len(drawn)))
        drawn.append(cell * max(1, end - len(drawn)), colour)
    return drawn


def _lines(account: AccountReport) -> list[str]:
    spread = account.figures
    client = _states(spread.client, client_columns(account), words.CLIENT)
    lines = [f"browser path: {client or words.MODE[account.mode or Mode.SERVER][1]}"]
    lines.append(
        f"server path: {_states(spread.server, server_columns(account), words.SERVER_SHORT)}"
    )
    if spread.match is not None:
        lines.append(f"matched: {_rate(spread.match)}")
    if spread.would is not None:
        lines.append(f"would match: {_rate(spread.would)}")
    if account.speed.of:
        half, most = words.bound(account.speed.p50_ms), words.bound(account.speed.p95_ms)
        last = words.bound(account.speed.p99_ms)
        lines.append(f"accepted: half within {half}, 95% within {most}, 99% within {last}")
    if account.keys.total:
        made, again = words.number(account.keys.made), words.number(account.keys.repeated)
        lines.append(f"event keys: {made} made by us, {again} seen again")
    return [*lines, *details(account)]


def _states(counts: Mapping[str, int], states: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(f"{names[state]} {words.number(counts[state])}" for state in states)


def _rate(rate: Rate) -> str:
    return f"{words.percent(rate.share)} ({_of(rate)}; 95% interval {_interval(rate)})"


def _of(rate: Rate) -> str:
    return f"{words.number(rate.hits)} of {words.number(rate.of)}"


def _interval(rate: Rate) -> str:
    return f"{words.percent(rate.low)} - {words.percent(rate.high)}"


def _events(account: AccountReport) -> Table:
    compared = compared_columns(account)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("event", no_wrap=True, max_width=32)
    heads = ["all", *(words.PLACE[place] for place in compared)]
    heads += ["rate", "95% interval"] if compared else ["accepted"]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=head == heads[-1])
    for event in account.events:
        spread = event.figures
        cells = [words.number(spread.total)]
        cells += [words.number(getattr(spread, place)) for place in compared]
        rate = spread.match or spread.would
        if compared:
            cells += ["", ""] if rate is None else [words.percent(rate.share), _interval(rate)]
        else:
            cells.append(words.number(spread.alone))
        table.add_row(Text(words.event_name(event.name, event.names)), *cells)
    return table


def _gap(account: AccountReport) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for gap in account.gap:
        beside = f" {words.number(gap.notes)} more were only counted." if gap.notes else ""
        table.add_row(
            words.number(gap.twins), words.CAUSE[gap.cause], Text(gap.explanation + beside)
        )
    return table
