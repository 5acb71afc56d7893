from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from firsthand.doctor.finding import Result
from firsthand.doctor.patient import examined
from firsthand.doctor.versions import judged, look
from firsthand.model import Mode
from firsthand.rules.site import Account
from firsthand.vendor import Version
from firsthand.vendors import VENDORS
from tests.doctor.setup import written

META = VENDORS["meta"]


def account(version: str) -> Account:
    settings = replace(META.settings(), version=version)
    versions = (Version("v26.0", None), Version("v21.0", date(2027, 1, 21)))
    return Account(replace(META, versions=versions), "1", Mode.SERVER, settings)


@pytest.mark.parametrize(
    ("version", "today", "result", "code"),
    [
        ("v26.0", date(2026, 11, 24), Result.OK, ""),
        ("v21.0", date(2026, 10, 1), Result.OK, ""),
        ("v21.0", date(2026, 11, 24), Result.WARN, "ends"),
        ("v21.0", date(2027, 1, 21), Result.WARN, "ends"),
        ("v21.0", date(2027, 1, 22), Result.FAIL, "ended"),
        ("v1.0", date(2026, 11, 24), Result.WARN, "unknown"),
    ],
)
def test_how_long_a_version_answers(version: str, today: date, result: Result, code: str) -> None:
    found = judged(account(version), today)
    assert (found.result, found.code) == (result, code)
    assert ("v26.0" in found.remedy) is (result is not Result.OK)


async def test_accounts_that_relay_use_none(tmp_path: Path) -> None:
    more = '[[meta]]\naccount = "1234567890123456"\nmode = "relay"\n'
    more += '[[tiktok]]\naccount = "C4ABCDEFGHIJKLMNOPQR"\n'
    async with examined(written(tmp_path, more=more), "127.0.0.1:1") as patient:
        assert [each.about for each in await look(patient)] == ["tiktok C4ABCDEFGHIJKLMNOPQR"]
