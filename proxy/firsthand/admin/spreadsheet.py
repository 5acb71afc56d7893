"""The report as CSV, RFC 4180 with a header: a line for each event name of each account. Pure.

Worth is by currency: the first stands on the event's own line, each further one on a line of its
own without counts. Shares are from 0 to 1, times in ms, amounts decimal; empty: not known.
"""

import csv
from collections.abc import Iterator
from io import StringIO

from firsthand.admin import words
from firsthand.admin.causes import Place
from firsthand.admin.eventreport import EventReport
from firsthand.admin.figures import CLIENT_STATES, Rate
from firsthand.admin.report import AccountReport, Report
from firsthand.admin.worth import Sums
from firsthand.model import Server

_OF = ("site", "since", "until", "vendor", "account", "mode", "event", "event_names")
_COUNTS = (
    "total",
    *(f"browser_{state}" for state in CLIENT_STATES),
    *(f"server_{state.value}" for state in Server),
    *(place.value for place in Place),
)
_RATES = ("match", "match_low", "match_high", "would_match_rate", "would_low", "would_high")
_TIMES = ("accepted_p50_ms", "accepted_p95_ms", "accepted_p99_ms")
_WORTH = ("browser", "server", "built", "browser_only", "server_only", "would_server_only")
COLUMNS = (*_OF, *_COUNTS, *_RATES, *_TIMES, "currency", *(f"worth_{name}" for name in _WORTH))

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula. Names of events come from pages, so nothing may run."""


def spreadsheet(report: Report) -> str:
    """Return the report as CSV."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for account in report.accounts:
        for event in account.events:
            writer.writerows(_lines(report, account, event))
    return text.getvalue()


def _lines(report: Report, account: AccountReport, event: EventReport) -> Iterator[list[object]]:
    own: list[object] = [
        *(_safe(report.site), words.exact(report.span.since), words.exact(report.span.until)),
        *(account.vendor, _safe(account.account), account.mode or ""),
        *(_safe(words.event_name(event.name, event.names)), event.names),
    ]
    figures = _figures(event)
    yield [*own, *figures, *_worth(event.money[0] if event.money else None)]
    for sums in event.money[1:]:
        yield [*own, *("" for _ in figures), *_worth(sums)]


def _figures(event: EventReport) -> list[object]:
    spread, speed = event.figures, event.speed
    return [
        spread.total,
        *(spread.client[state] for state in CLIENT_STATES),
        *(spread.server[state.value] for state in Server),
        *(getattr(spread, place.value) for place in Place),
        *_rate(spread.match),
        *_rate(spread.would),
        *("" if ms is None else ms for ms in (speed.p50_ms, speed.p95_ms, speed.p99_ms)),
    ]


def _rate(rate: Rate | None) -> tuple[object, ...]:
    return ("", "", "") if rate is None else (rate.share, rate.low, rate.high)


def _worth(sums: Sums | None) -> tuple[object, ...]:
    if sums is None:
        return ("",) * (1 + len(_WORTH))
    return (_safe(sums.currency), *(getattr(sums, name) for name in _WORTH))


def _safe(text: str) -> str:
    text = words.plain(text)
    return f"'{text}" if text.startswith(FORMULAS) else text
