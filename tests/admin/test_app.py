import pytest
from aiohttp import ClientSession

from firsthand.admin.app import EVENTS_ON_A_PAGE
from firsthand.admin.guard import Part
from firsthand.rules.aggregate import Row, Sum
from firsthand.rules.alerts import Alert, On
from tests.admin.listener import AUTH, JSON, Listener, listening
from tests.admin.sample import (
    GA4,
    HOSTILE,
    META,
    NOW,
    MemoryLedger,
    MemoryQueue,
)


async def get(client: ClientSession, address: str) -> str:
    async with client.get(address, headers=AUTH) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        return await answer.text()


async def get_json(client: ClientSession, address: str, status: int = 200) -> dict[str, object]:
    async with client.get(address, headers=JSON) as answer:
        assert answer.status == status
        assert answer.headers["Vary"] == "Accept"
        told = await answer.json()
    assert isinstance(told, dict)
    return told


async def test_the_root_leads_to_the_overview(listener: Listener, client: ClientSession) -> None:
    async with client.get(f"{listener.address}/", headers=AUTH) as answer:
        assert answer.url.path == "/overview"
        assert answer.status == 200


async def test_report_as_page_and_as_json(listener: Listener, client: ClientSession) -> None:
    page = await get(client, f"{listener.address}/report")
    told = await get_json(client, f"{listener.address}/report?span=7d")
    assert told["span"]["name"] == "7d"  # type: ignore[index]
    meta = told["accounts"][0]["figures"]  # type: ignore[index]
    assert f"{meta['matched']:,} matched" in page
    assert f"{round(meta['match']['share'] * 100, 1)}%" in page
    assert "would match" in page


async def test_the_overview_is_the_report_in_a_line_an_account(
    listener: Listener, client: ClientSession
) -> None:
    told = await get_json(client, f"{listener.address}/overview?span=7d")
    whole = await get_json(client, f"{listener.address}/report?span=7d")
    assert told["total"] == whole["total"]
    for line, account in zip(told["lines"], whole["accounts"], strict=True):  # type: ignore[call-overload]
        assert (line["account"], line["figures"]) == (account["account"], account["figures"])
        assert line["points"] == account["points"]


async def test_an_accounts_page_is_its_part_of_the_report(
    listener: Listener, client: ClientSession
) -> None:
    told = await get_json(client, f"{listener.address}/accounts/meta/{META}?span=7d")
    whole = await get_json(client, f"{listener.address}/report?span=7d")
    assert told["account"] == whole["accounts"][0]  # type: ignore[index]
    page = await get(client, f"{listener.address}/accounts/meta/{META}")
    assert "its trace" in page
    assert GA4 not in page
    for unknown in ("meta/999", "nobody/1", "META/1"):
        async with client.get(f"{listener.address}/accounts/{unknown}", headers=AUTH) as answer:
            assert answer.status == 404


async def test_the_report_is_had_as_a_file(listener: Listener, client: ClientSession) -> None:
    whole = await get_json(client, f"{listener.address}/report?span=7d")
    async with client.get(f"{listener.address}/report.json?span=7d", headers=AUTH) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="report-7d.json"'
        assert await answer.json() == whole
    async with client.get(f"{listener.address}/report.csv?span=7d", headers=AUTH) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="report-7d.csv"'
        assert answer.content_type == "text/csv"
        lines = (await answer.text()).splitlines()
    assert len(lines) == 1 + sum(len(each["events"]) for each in whole["accounts"])  # type: ignore[attr-defined]


async def test_the_overview_tells_what_fires(listener: Listener, client: ClientSession) -> None:
    assert "alert" not in await get(client, f"{listener.address}/overview")
    low = Alert("low-rate", On.MATCH_RATE, "meta", META, NOW - 7_200_000, 0.9, 0.847, 7000)
    quiet = Alert("quiet", On.NO_ACCEPTED, "gone", "1", NOW, 60, 61.4, 0)
    listener.firing = (low, quiet)
    page = await get(client, f"{listener.address}/overview")
    assert "2 alerts" in page
    assert "The match rate is 84.7% (of 7,000, the limit is 90.0%)." in page
    assert "Rule low-rate, for 2 h." in page
    assert "No event was accepted for 61 minutes." in page
    told = await get_json(client, f"{listener.address}/overview")
    assert [each["rule"] for each in told["alerts"]] == ["low-rate", "quiet"]  # type: ignore[union-attr,attr-defined]


async def test_a_span_without_events_says_what_to_do(client: ClientSession) -> None:
    async with listening(MemoryLedger(), MemoryQueue()) as empty:
        page = await get(client, f"{empty.address}/report")
        assert "firsthand check" in await get(client, f"{empty.address}/overview")
        assert "firsthand check" in page
        assert "https://trk.shop.example.com/connect.facebook.net/" in page
        assert 'href="https://shop.example.com/"' in page
        assert "0%" not in page
        assert "has arrived yet" in await get(client, f"{empty.address}/events")
        assert "No lane" in await get(client, f"{empty.address}/delivery")
        assert (await get_json(client, f"{empty.address}/report"))["total"] == 0


@pytest.mark.parametrize("path", ["/report", "/events", f"/events/{5 * 37:032x}"])
async def test_what_a_page_sent_is_shown_as_text(client: ClientSession, path: str) -> None:
    async with listening() as running:
        hostile = next(
            row["id"]
            for row in (await get_json(client, f"{running.address}/events"))["events"]  # type: ignore[union-attr,attr-defined]
            if row["name"] == HOSTILE
        )
        page = await get(
            client, running.address + (f"/events/{hostile}" if path.count("/") > 1 else path)
        )
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page


async def test_events_are_filtered_and_paged(listener: Listener, client: ClientSession) -> None:
    address = f"{listener.address}/events"
    events = (await get_json(client, f"{address}?vendor=meta&state=refused"))["events"]
    assert events
    assert {row["vendor"] for row in events} == {"meta"}  # type: ignore[attr-defined]
    assert {row["server"] for row in events} == {"refused"}  # type: ignore[attr-defined]
    first = (await get_json(client, address))["events"]
    assert len(first) == EVENTS_ON_A_PAGE  # type: ignore[arg-type]
    last = first[-1]["at"]  # type: ignore[index]
    page = await get(client, address)
    assert f"before={last}" in page
    rest = (await get_json(client, f"{address}?before={last}"))["events"]
    assert len(rest) == 40  # type: ignore[arg-type]
    assert rest[0]["at"] < last  # type: ignore[index]
    assert "Older" not in await get(client, f"{address}?before={last}")


@pytest.mark.parametrize("query", ["vendor=%00", "state=nope", "before=-1", "before=" + "9" * 30])
async def test_a_filter_that_makes_no_sense_is_no_filter(
    listener: Listener, client: ClientSession, query: str
) -> None:
    told = await get_json(client, f"{listener.address}/events?{query}")
    assert len(told["events"]) == EVENTS_ON_A_PAGE  # type: ignore[arg-type]


async def test_trace_of_one_event(listener: Listener, client: ClientSession) -> None:
    address = f"{listener.address}/events/{4:032x}"
    told = await get_json(client, address)
    assert told["event"]["server"] == "refused"  # type: ignore[index]
    page = await get(client, address)
    for shown in ("31 parameters", "explicit (OneTrust)", "custom_data.value", "129.9"):
        assert shown in page
    for shown in ("graph.facebook.com", "events_received", "Invalid parameter", "***"):
        assert shown in page


@pytest.mark.parametrize("event", ["ffff", "a/b", "%3Cb%3E", "x" * 200])
async def test_a_trace_that_is_not_kept(
    listener: Listener, client: ClientSession, event: str
) -> None:
    async with client.get(f"{listener.address}/events/{event}", headers=AUTH) as answer:
        assert answer.status == 404


async def test_delivery_shows_every_lane(listener: Listener, client: ClientSession) -> None:
    told = await get_json(client, f"{listener.address}/delivery")
    assert [each["lane"]["account"] for each in told["lanes"]] == [META, GA4]  # type: ignore[attr-defined]
    page = await get(client, f"{listener.address}/delivery")
    assert "4.2 s" in page
    assert ">29<" in page


async def test_health_is_open_and_readiness_names_the_part(
    listener: Listener, client: ClientSession
) -> None:
    async with client.get(f"{listener.address}/healthz") as answer:
        assert answer.status == 200
    async with client.get(f"{listener.address}/readyz") as answer:
        assert (answer.status, (await answer.json())["ok"]) == (200, True)
    listener.parts.append(Part("outbox", ok=False, detail="disk full"))
    async with client.get(f"{listener.address}/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["parts"][1] == {
            "name": "outbox",
            "ok": False,
            "detail": "disk full",
        }


async def test_aggregates_as_page_and_as_json(listener: Listener, client: ClientSession) -> None:
    address = f"{listener.address}/aggregates"
    assert "Nothing yet" in await get(client, address)
    row = Row(0, "ga4", "purchase", "/thanks", "DE", "mobile", "news", "", "<b>", "EUR")
    assert listener.desk.aggregates is not None
    await listener.desk.aggregates.add({row: Sum(12, 1200.0), Row(0, "ga4", "login"): Sum(10)})
    page = await get(client, address)
    for text in ("/thanks", "news / &lt;b&gt;", "1200 EUR", "mobile"):
        assert text in page
    rows = (await get_json(client, address))["rows"]
    assert [(each["name"], each["n"]) for each in rows] == [("purchase", 12), ("login", 10)]  # type: ignore[attr-defined]
