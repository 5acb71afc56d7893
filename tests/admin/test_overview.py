from firsthand.admin.overview import overview, read_overview
from firsthand.admin.report import build
from firsthand.admin.rows import collect, span
from firsthand.model import Client, Reason, Server
from tests.admin.sample import GA4, META, NOW, count, full_ledger, full_queue, make_site

DAY = span("24h", now=NOW)


async def test_a_line_says_what_the_report_says_of_its_account() -> None:
    ledger, queue, site = full_ledger(), full_queue(), make_site()
    made = await read_overview(ledger, queue, site, DAY)
    whole = build(await collect(ledger, queue, DAY), site, DAY)
    assert [(line.vendor, line.account) for line in made.lines] == [("meta", META), ("ga4", GA4)]
    for line, account in zip(made.lines, whole.accounts, strict=True):
        assert (line.figures, line.points) == (account.figures, account.points)
        assert (line.title, line.mode) == (account.title, account.mode)
    assert (made.lines[0].waiting, made.lines[0].dead) == (22, 29)
    assert made.total == whole.total


def test_strangers_have_no_line_and_former_accounts_have() -> None:
    made = overview(
        [
            count(3, Client.OK, Server.WITHHELD, Reason.UNKNOWN_ACCOUNT, of=("meta", "666")),
            count(2, Client.OK, Server.ACCEPTED, of=("meta", "5")),
        ],
        [],
        [],
        make_site(),
        DAY,
    )
    assert [line.account for line in made.lines] == [META, GA4, "5"]
    assert made.lines[2].mode is None
    assert made.total == 2
