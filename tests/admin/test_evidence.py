"""The export, as an assessor or a spreadsheet reads it."""

import base64
import csv
import hashlib
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from firsthand.admin.custody import script_rows
from firsthand.admin.evidence import TABLES, as_csv, evidence
from firsthand.rules.custody import ScriptPolicy
from firsthand.rules.scriptjudge import judge_of
from firsthand.store.sqlite.custody import open_custody
from tests.custody import CONFIG, FBEVENTS, GTAG, UET, fill
from tests.samples import NOW, shop


@pytest.fixture
async def told(tmp_path: Path) -> dict[str, Any]:
    site = replace(shop(), scripts=ScriptPolicy(purposes={"ga4": "counts visits, see ticket 7"}))
    async with open_custody(tmp_path, judge_of(site)) as custody:
        await fill(custody, NOW)
        rows, log = script_rows(await custody.entries(), site), await custody.log()
        made = evidence(rows, log, site, broken=await custody.broken_line(), now=NOW)
    read = orjson.loads(orjson.dumps(made))
    assert isinstance(read, dict)
    return read


def test_it_claims_no_more_than_it_is(told: dict[str, Any]) -> None:
    for words in ("6.4.3", "11.6.1", "no statement of compliance"):
        assert words in told["about"]
    assert (told["site"], told["made_at"]) == ("shop", "2026-11-24T06:00:01+00:00")


def test_the_inventory_says_why_who_when_and_what(told: dict[str, Any]) -> None:
    found = {row["address"]: row for row in told["inventory"]}
    assert set(found) == {FBEVENTS, CONFIG, GTAG, UET}
    chosen = found[CONFIG]
    assert chosen["sha256"] == hashlib.sha256(b"chosen").hexdigest()
    spelled = base64.b64encode(hashlib.sha256(b"chosen").digest()).decode()
    assert chosen["integrity"] == f"sha256-{spelled}"
    assert (chosen["authorized"], chosen["authorized_by"]) == ("approved by jane", "jane")
    assert chosen["authorized_at"] == "2026-11-22T15:00:01+00:00"
    assert chosen["last_checked_at"] == "2026-11-24T05:00:01+00:00"
    assert chosen["justification"] == "Meta: measures and optimises advertising"
    assert chosen["loaded_from"] == f"https://trk.shop.example.com/{CONFIG}"
    assert found[GTAG]["justification"] == "counts visits, see ticket 7"
    assert found[UET]["authorized"] == "not served"
    assert found[UET]["sha256"] == ""


def test_changes_carry_their_findings(told: dict[str, Any]) -> None:
    held = next(row for row in told["changes"] if row["standing"] == "held")
    assert held["address"] == FBEVENTS
    assert "watches the keyboard (keydown)" in held["alarms"]
    assert len(told["changes"]) == 6


def test_decisions_are_all_there_and_whole(told: dict[str, Any]) -> None:
    assert [line["what"] for line in told["decisions"]].count("approved") == 1
    assert (told["log_intact"], told["log_first_broken"]) == (True, 0)
    assert told["decisions"][0]["id"] == 1


def test_tables_are_rows_and_no_cell_is_a_formula(told: dict[str, Any]) -> None:
    for name in TABLES:
        text = as_csv(told[name])
        read = list(csv.DictReader(StringIO(text)))
        assert len(read) == len(told[name])
        assert list(read[0]) == list(told[name][0])
    reasons = [row["reason"] for row in csv.DictReader(StringIO(as_csv(told["decisions"])))]
    assert "'=looked at <b>it</b>" in reasons
    assert as_csv([]) == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_a_spreadsheet_would_compute_is_text(text: str) -> None:
    read = list(csv.DictReader(StringIO(as_csv([{"a": text, "b": [text, "x"], "c": 1}]))))
    assert read[0]["a"] == "'" + text
    assert read[0]["b"].startswith("'")
    assert read[0]["c"] == "1"
