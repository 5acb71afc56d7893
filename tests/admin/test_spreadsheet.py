import csv
from dataclasses import replace
from io import StringIO

import pytest

from firsthand.admin.report import Report, build
from firsthand.admin.rows import HOUR_MS, Rows, span
from firsthand.admin.spreadsheet import COLUMNS, spreadsheet
from firsthand.model import Client, Mode, Server
from firsthand.store.rollups import Worth
from tests.admin.sample import META, NOW, account, count, make_site

OF = ("meta", META)
DONE = (Client.OK, Server.ACCEPTED)


def made(*rows: object, worth: tuple[Worth, ...] = ()) -> Report:
    site = make_site(account("meta", META, Mode.BOTH))
    return build(Rows(counts=rows, worth=worth), site, span("24h", now=NOW))  # type: ignore[arg-type]


def read(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(spreadsheet(report))))


def test_a_line_for_each_event() -> None:
    lines = read(
        made(count(8, *DONE), count(2, Client.FAILED, Server.ACCEPTED), count(5, *DONE, name="x"))
    )
    assert [(line["event"], line["total"], line["matched"]) for line in lines] == [
        ("Purchase", "10", "8"),
        ("x", "5", "5"),
    ]
    first = lines[0]
    assert tuple(first) == COLUMNS
    assert (first["browser_failed"], first["server_accepted"], first["server_only"]) == (
        "2",
        "10",
        "2",
    )
    assert float(first["match"]) == 0.8
    assert float(first["match_low"]) < 0.8 < float(first["match_high"])
    assert (first["would_match_rate"], first["accepted_p50_ms"], first["currency"]) == ("", "", "")
    assert (first["vendor"], first["account"], first["mode"]) == (*OF, "both")
    assert first["until"] == "2026-11-24 10:00:00.001"


def test_counts_stand_once_however_many_currencies() -> None:
    state = (*DONE, count(1, *DONE).reason)
    worth = tuple(
        Worth(NOW - 2 * HOUR_MS, *OF, "Purchase", state, code, 1, n, n)
        for code, n in (("EUR", 499_000), ("CHF", 10_000))
    )
    lines = read(made(count(2, *DONE), worth=worth))
    assert [(line["total"], line["currency"], line["worth_server"]) for line in lines] == [
        ("2", "EUR", "49.90"),
        ("", "CHF", "1.00"),
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '"x', "a\nb,c"])
def test_no_name_of_a_page_is_a_formula_or_breaks_a_line(name: str) -> None:
    (line,) = read(made(replace(count(1, *DONE), name=name)))
    assert not line["event"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert line["total"] == "1"


def test_no_event_is_the_header_alone() -> None:
    assert spreadsheet(made()) == ",".join(COLUMNS) + "\r\n"
