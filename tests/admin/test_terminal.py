import re
from io import StringIO

import pytest
from rich.console import Console

from firsthand.admin.report import Report, build
from firsthand.admin.rows import Rows, collect, span
from firsthand.admin.terminal import show
from firsthand.model import Client, Mode, Server
from firsthand.rules.alerts import Alert, On
from firsthand.store.rollups import Count
from tests.admin.sample import (
    GA4,
    META,
    NOW,
    account,
    count,
    full_ledger,
    full_queue,
    make_site,
)

DAY = span("24h", now=NOW)


def printed(report: Report, *, terminal: bool = False) -> str:
    out = StringIO()
    kind = "standard" if terminal else None
    show(report, Console(file=out, width=140, force_terminal=terminal, color_system=kind))
    return out.getvalue()


async def sample() -> Report:
    return build(await collect(full_ledger(), full_queue(), DAY), make_site(), DAY)


def of(*counts: Count, mode: Mode = Mode.BOTH) -> Report:
    return build(Rows(counts=counts), make_site(account("meta", META, mode)), DAY)


async def test_the_figures_of_the_report() -> None:
    report = await sample()
    text = printed(report)
    meta, ga4 = report.accounts
    assert f"matched: 90.3% ({meta.figures.matched:,} of {meta.figures.union:,};" in text
    assert f"would match: 90.3% ({ga4.figures.would_match:,} of" in text
    assert GA4 in text
    for gap in meta.gap:
        assert f"{gap.twins:,}" in text
    assert "accepted: half within 1 s, 95% within 2 s" in text
    assert "event keys: 12 made by us, 3 seen again" in text
    assert "940 more were only counted" in text


async def test_bars_and_colours_on_a_terminal_only() -> None:
    report = await sample()
    plain = printed(report)
    assert "\x1b" not in plain
    assert "\u2588" not in plain
    shown = printed(report, terminal=True)
    assert "\x1b[" in shown
    assert "\u2588" in shown
    assert "\u2592" in shown
    # All events are of one hour, two before the last of 25.
    (course, *_) = [line for line in shown.splitlines() if "events  " in line]
    assert course.count("\u2588") == 1


async def test_a_line_for_each_account_and_what_fires() -> None:
    report = await sample()
    low = Alert("low-rate", On.MATCH_RATE, "meta", META, NOW - 7_200_000, 0.9, 0.847, 7000)
    out = StringIO()
    show(report, Console(file=out, width=140), [low])
    alert, head, meta, ga4 = out.getvalue().splitlines()[1:5]
    told = "! meta 1234567890123456 The match rate is 84.7% (of 7,000, the limit is 90.0%)."
    assert alert == f"{told} (rule low-rate, since 24 Nov 08:00 UTC)"
    assert head.split()[:2] == ["account", "events"]
    for line, told_of in ((meta, report.accounts[0]), (ga4, report.accounts[1])):
        assert told_of.title in line
        assert f"{told_of.figures.total:,} " in line
        assert f"{told_of.figures.client_only:,} " in line
    shown = printed(report, terminal=True)
    assert "over time" in shown
    assert "over time" not in out.getvalue()


async def test_no_colour_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = StringIO()
    show(await sample(), Console(file=out, width=140, force_terminal=True))
    colours = set(re.findall(r"\x1b\[([0-9;]*)m", out.getvalue()))
    assert not any(part.startswith(("3", "4")) for code in colours for part in code.split(";"))
    assert "\u2588" in out.getvalue()


async def test_an_event_name_cannot_move_the_cursor_or_use_markup() -> None:
    name = "\x1b[2J\x07\r[red]gone[/red][link=https://evil.example]"
    text = printed(of(count(1, Client.OK, Server.ACCEPTED, name=name)))
    assert "\u00b7[2J\u00b7\u00b7[red]gone" in text
    assert "\x1b" not in text
    assert "\r" not in text


def test_mode_server_says_that_there_is_no_browser_path() -> None:
    text = printed(of(count(9, Client.NONE, Server.ACCEPTED), mode=Mode.SERVER))
    assert "No browser path" in text
    assert "matched" not in text


def test_an_empty_report_says_what_to_do() -> None:
    assert "firsthand check" in printed(of())
