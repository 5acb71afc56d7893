import orjson
from hypothesis import given
from hypothesis import strategies as st

from firsthand.admin.causes import Cause
from firsthand.admin.eventreport import MAX_EVENTS
from firsthand.admin.figures import rate
from firsthand.admin.report import (
    AccountReport,
    Beside,
    Report,
    Waiting,
    build,
    dump,
)
from firsthand.admin.rows import Rows, collect, span
from firsthand.model import Client, Mode, Reason, Server
from firsthand.store.contract import Backlog, Lane
from firsthand.store.rollups import Count, NoteCount
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
OK, FAILED, NONE = Client.OK, Client.FAILED, Client.NONE


def report(*counts: Count, **given: object) -> Report:
    return build(Rows(counts=counts, **given), make_site(), DAY)  # type: ignore[arg-type]


def gaps(of: AccountReport) -> dict[Cause, tuple[int, int]]:
    return {gap.cause: (gap.twins, gap.notes) for gap in of.gap}


def test_configured_accounts_stand_first_and_empty_ones_too() -> None:
    made = report(count(3, OK, Server.ACCEPTED, of=("meta", "999")))
    assert [(each.vendor, each.account) for each in made.accounts] == [
        ("meta", META),
        ("ga4", GA4),
        ("meta", "999"),
    ]
    assert [each.mode for each in made.accounts] == [Mode.BOTH, Mode.SHADOW, None]
    assert [each.figures.total for each in made.accounts] == [0, 0, 3]
    assert made.accounts[0].figures.match is None
    assert made.total == 3


def test_events_of_accounts_that_were_never_ours_are_only_counted() -> None:
    strange = count(7, OK, Server.WITHHELD, Reason.UNKNOWN_ACCOUNT, of=("meta", "666"))
    made = report(strange, count(2, OK, Server.WITHHELD, Reason.UNKNOWN_ACCOUNT, of=("meta", "5")))
    assert made.strangers == {"meta": 9}
    assert len(made.accounts) == 2
    assert made.total == 0


def test_events_are_listed_by_their_number() -> None:
    made = report(
        count(1, OK, Server.ACCEPTED, name="Lead"),
        count(4, OK, Server.ACCEPTED),
        count(2, FAILED, Server.ACCEPTED),
    )
    events = made.accounts[0].events
    assert [(each.name, each.figures.total) for each in events] == [("Purchase", 6), ("Lead", 1)]
    assert events[0].figures.match == rate(4, 6)


def test_names_that_a_page_makes_up_do_not_flood_the_report() -> None:
    rows = [count(2, OK, Server.ACCEPTED, name=f"e{n:03}") for n in range(MAX_EVENTS)]
    rows += [count(1, OK, Server.ACCEPTED, name=f"rare{n}") for n in range(30)]
    events = report(*rows).accounts[0].events
    assert len(events) == MAX_EVENTS + 1
    assert (events[-1].name, events[-1].names, events[-1].figures.total) == ("", 30, 30)


def test_gap_is_split_by_cause_and_notes_stand_beside() -> None:
    made = report(
        count(80, OK, Server.ACCEPTED),
        count(9, FAILED, Server.ACCEPTED),
        count(3, FAILED, Server.WITHHELD, Reason.BLOCKED),
        count(5, OK, Server.WITHHELD, Reason.CONSENT),
        count(2, OK, Server.DEAD, Reason.FAULT),
        count(4, OK, Server.WITHHELD, Reason.AUTOMATIC),
        notes=[
            NoteCount("meta", META, "", "consent", 40),
            NoteCount("meta", META, "Purchase", "mirror", 6),
            NoteCount("meta", META, "", "bad_body", 2),
            NoteCount("", "", "", "too_large", 1),
        ],
    )
    meta = made.accounts[0]
    assert gaps(meta) == {
        Cause.BEACON_BLOCKED: (12, 0),
        Cause.CONSENT_REFUSED: (5, 40),
        Cause.UNEXPLAINED: (2, 0),
        Cause.DUPLICATE: (0, 6),
    }
    assert meta.gap[0].cause is Cause.BEACON_BLOCKED
    assert meta.beside == (Beside("bad_body", 2),)
    assert made.beside == (Beside("too_large", 1),)


def test_mode_server_says_that_there_is_no_browser_path() -> None:
    site = make_site(account("ga4", GA4, Mode.SERVER))
    rows = Rows(counts=[count(9, NONE, Server.ACCEPTED, of=("ga4", GA4))])
    ga4 = build(rows, site, DAY).accounts[0]
    assert not ga4.has_browser_path
    assert ga4.figures.match is None
    assert ga4.gap == ()
    told = orjson.loads(dump(build(rows, site, DAY)))["accounts"][0]
    assert (told["has_browser_path"], told["figures"]["match"]) == (False, None)


def test_lanes_of_both_destinations() -> None:
    site = make_site(account("ga4", GA4, Mode.BOTH, second="G-SECOND"))
    lanes = [("ga4", GA4), ("ga4", "G-SECOND"), ("ga4", "G-OTHER"), ("meta", "G-SECOND")]
    backlog = [Backlog(Lane(*lane), n, n, 0) for n, lane in enumerate(lanes)]
    made = build(Rows(backlog=backlog), site, DAY)
    assert made.accounts[0].lanes == (Waiting(GA4, 0, 0, 0), Waiting("G-SECOND", 1, 1, 0))


async def test_a_whole_report_as_json() -> None:
    made = build(await collect(full_ledger(), full_queue(), DAY), make_site(), DAY)
    told = orjson.loads(dump(made))
    meta = told["accounts"][0]
    assert meta["title"] == "Meta"
    assert meta["mode"] == "both"
    assert meta["figures"]["match"]["hits"] == meta["figures"]["matched"]
    assert meta["figures"]["client"]["ok"] == sum(
        each["figures"]["client"]["ok"] for each in meta["events"]
    )
    speed = {"of": 6860, "p50_ms": 1000, "p95_ms": 2000, "p99_ms": 2000}
    assert meta["speed"] == speed
    assert meta["keys"] == {
        "received": 7338,
        "total": 7294,
        "made": 12,
        "repeated": 3,
        "joined": 41,
        "improved": 0,
    }
    assert meta["coverage"][0]["key"] == "email"
    assert told["accounts"][1]["figures"]["match"] is None
    assert told["accounts"][1]["figures"]["would"]["hits"] > 0


ROWS = st.builds(
    count,
    st.integers(1, 1000),
    st.sampled_from(Client),
    st.sampled_from(Server),
    st.sampled_from(Reason),
    name=st.text(max_size=3),
    of=st.sampled_from([("meta", META), ("ga4", GA4), ("meta", "999")]),
)


@given(st.lists(ROWS, max_size=30))
def test_no_twin_is_lost_or_counted_twice(rows: list[Count]) -> None:
    made = report(*rows)
    assert made.total + sum(made.strangers.values()) == sum(row.n for row in rows)
    for each in made.accounts:
        spread = each.figures
        assert sum(event.figures.total for event in each.events) == spread.total
        unmatched = spread.client_only + spread.server_only
        unmatched += spread.would_server_only + spread.neither
        assert sum(gap.twins for gap in each.gap) == unmatched
    assert orjson.loads(dump(made))["total"] == made.total
