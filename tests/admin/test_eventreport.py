from firsthand.admin.eventreport import Told, events
from firsthand.admin.figures import rate
from firsthand.model import Client, Mode, Reason, Server
from firsthand.store.rollups import Coverage, Fact, Latency, What, Worth
from firsthand.vendors import VENDORS
from tests.admin.sample import META, NOW, count

OK = (Client.OK, Server.ACCEPTED, Reason.NONE)
BUY, LEAD = ("meta", META, "Purchase"), ("meta", META, "Lead")


def test_each_name_has_figures_of_its_own() -> None:
    told = Told(
        worth=[Worth(NOW, *BUY, OK, "EUR", 2, 100_000, 100_000)],
        latency=[Latency(*BUY, NOW, 500, 4), Latency(*LEAD, NOW, 2000, 1)],
        coverage=[Coverage(*BUY, "server", "email", 3), Coverage(*LEAD, "server", "email", 1)],
        facts=[Fact(*BUY, What.TOTAL, 4), Fact(*LEAD, What.TOTAL, 1)],
    )
    counts = [count(4, *OK), count(1, *OK, name="Lead")]
    buy, lead = events(counts, told, Mode.BOTH, VENDORS["meta"])
    assert (buy.name, buy.figures.matched, buy.money[0].browser) == ("Purchase", 4, "10.00")
    assert (buy.speed.p50_ms, lead.speed.p50_ms, lead.money) == (500, 2000, ())
    assert (buy.coverage[0].server, lead.coverage[0].server) == (rate(3, 4), rate(1, 1))
    assert buy.quality is not None
    assert lead.quality is not None
    assert buy.quality.server < lead.quality.server
