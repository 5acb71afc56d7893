from dataclasses import replace

from firsthand.admin.details import details
from firsthand.admin.report import AccountReport, build
from firsthand.admin.rows import Rows, collect, span
from firsthand.model import Client, Server
from firsthand.store.rollups import Fact, What
from tests.admin.sample import GA4, META, NOW, count, full_ledger, full_queue, make_site

DAY = span("24h", now=NOW)


async def meta() -> AccountReport:
    return build(await collect(full_ledger(), full_queue(), DAY), make_site(), DAY).accounts[0]


async def test_every_figure_has_its_line() -> None:
    lines = details(await meta())
    text = "\n".join(lines)
    # By hand: 113 and 8 purchases of 49.90.
    assert lines[0] == ("purchases, EUR: browser 5638.70, server 6037.90, server alone 399.20")
    assert "counted once: 99.8% (6,371 of 6,385;" in text
    assert "twice: 12 without a key in the browser (event 2)" in text
    assert "2 with one order under another key (event 7)" in text
    assert "clashing keys: 1 one key for several events (event 4)" in text
    assert "robots: 44 events with a sign of one, 43 kept off the server path" in text
    assert "event match quality, estimated: " in text
    assert "holdout: Too few conversions" in text


def test_what_has_no_figures_has_no_line() -> None:
    rows = Rows(counts=[count(5, Client.OK, Server.ACCEPTED)])
    assert details(build(rows, make_site(), DAY).accounts[0]) == []


def test_shadow_only_forecasts() -> None:
    told = {What.WOULD_ONCE: 4, What.WOULD_MISSING: 1, What.PAIR_CHANGED: 2}
    facts = [Fact("ga4", GA4, "purchase", what, n) for what, n in told.items()]
    (_, shadow) = build(Rows(facts=facts), make_site(), DAY).accounts
    (line,) = details(shadow)
    assert line.startswith("would be counted once: 4; twice: 1 without a key in the browser,")
    assert line.endswith(" 2 with one order under another key")


def test_a_guessed_window_is_called_one() -> None:
    facts = [Fact("meta", META, "Purchase", What.PAIR_LATE, 3)]
    (account, _) = build(Rows(facts=facts), make_site(), DAY).accounts
    assert "3 after the window (2 d)" in details(account)[0]
    guessed = replace(account, dedup=replace(account.dedup, assumed=True))
    assert "3 after the window (2 d, a guess)" in details(guessed)[0]
