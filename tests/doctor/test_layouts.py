"""Every layout and fault of DNS, from a real DNS server to the finding."""

from pathlib import Path

import pytest

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.layouts import look
from firsthand.doctor.patient import examined
from firsthand.rules.layout import Verdict
from tests.doctor.nameserver import Zone, answering
from tests.doctor.setup import written

PAGE, TRK = "shop.example.com", "trk.shop.example.com"
NEAR: Zone = {PAGE: ("A 203.0.113.10",), TRK: ("A 203.0.200.7",)}


async def looked(folder: Path, zone: Zone, **given: str) -> list[Finding]:
    async with (
        answering(zone) as server,
        examined(written(folder, **given), server) as patient,
    ):
        return await look(patient)


def codes(found: list[Finding], check: str) -> list[tuple[str, str]]:
    return [(each.result.value, each.code) for each in found if each.check == check]


@pytest.mark.parametrize(
    ("zone", "verdict", "result"),
    [
        (NEAR, Verdict.NEAR, Result.OK),
        ({PAGE: ("A 203.0.1.1",), TRK: ("A 203.1.1.1",)}, Verdict.FAR, Result.WARN),
        (
            {
                PAGE: ("A 203.0.113.10", "AAAA 2001:db8:1:1::5"),
                TRK: ("A 203.0.113.11", "AAAA 2001:db8:1:1::6"),
            },
            Verdict.NEAR,
            Result.OK,
        ),
        (
            {
                PAGE: ("A 203.0.113.10", "AAAA 2001:db8:1:1::5"),
                TRK: ("A 203.0.113.11", "AAAA 2001:db8:9:9::6"),
            },
            Verdict.UNSTABLE,
            Result.WARN,
        ),
        (
            {PAGE: ("A 203.0.113.10", "AAAA 2001:db8:1:1::5"), TRK: ("A 203.0.113.11",)},
            Verdict.FAMILY_MISMATCH,
            Result.WARN,
        ),
        (
            {
                PAGE: ("A 203.0.113.10",),
                TRK: ("CNAME t.saas.example.net",),
                "t.saas.example.net": ("A 203.0.113.11",),
            },
            Verdict.OTHER_CNAME,
            Result.WARN,
        ),
        (
            {
                PAGE: ("CNAME a.cdn.example.net",),
                TRK: ("CNAME b.cdn.example.net",),
                "a.cdn.example.net": ("A 104.16.1.1",),
                "b.cdn.example.net": ("A 104.21.9.9",),
            },
            Verdict.SAME_CNAME,
            Result.OK,
        ),
        (
            {
                PAGE: ("A 203.0.113.10",),
                TRK: ("CNAME edge.example.com",),
                "edge.example.com": ("A 198.51.100.7",),
            },
            Verdict.FRAGILE,
            Result.WARN,
        ),
        ({PAGE: ("A 203.0.113.10",)}, Verdict.UNKNOWN, Result.UNKNOWN),
    ],
)
async def test_each_layout_has_its_verdict(
    tmp_path: Path, zone: Zone, verdict: Verdict, result: Result
) -> None:
    found = await looked(tmp_path, zone)
    assert codes(found, "safari") == [(result.value, verdict.value)]
    (safari,) = (each for each in found if each.check == "safari")
    assert bool(safari.remedy) is (result is not Result.OK)


async def test_below_a_path_of_the_page_nothing_else_counts(tmp_path: Path) -> None:
    zone = {PAGE: ("A 203.0.113.10", "A 198.51.100.7"), "www.example.com": ("A 203.0.113.9",)}
    found = await looked(
        tmp_path,
        zone,
        tracking=PAGE,
        site='base_path = "/m"',
        hosts=f'"{PAGE}", "www.example.com"',
    )
    assert codes(found, "safari") == [("ok", "path"), ("warn", "unstable")]
    assert len(codes(found, "dns")) == 2


@pytest.mark.parametrize(
    ("records", "dns", "dangling"),
    [
        (("A 203.0.113.11",), ("ok", ""), []),
        (("SERVFAIL",), ("fail", "servfail"), []),
        (("TXT x",), ("fail", "no_address"), []),
        (("CNAME gone.example.net",), ("fail", "nxdomain"), [("fail", "takeover")]),
        (("CNAME bare.example.net",), ("fail", "no_address"), [("fail", "takeover")]),
        (("CNAME good.example.net",), ("ok", ""), [("ok", "")]),
        (("CNAME trk.shop.example.com",), ("fail", "chain"), None),
    ],
)
async def test_each_fault_of_the_tracking_hosts_name(
    tmp_path: Path,
    records: tuple[str, ...],
    dns: tuple[str, str],
    dangling: list[tuple[str, str]] | None,
) -> None:
    zone = NEAR | {
        TRK: records,
        "bare.example.net": ("TXT x",),
        "good.example.net": ("A 203.0.113.12",),
    }
    found = await looked(tmp_path, zone)
    assert codes(found, "dns") == [dns, ("ok", "")]
    if dangling is not None:
        assert codes(found, "dangling") == dangling
    assert all(each.remedy for each in found if each.result is Result.FAIL)


async def test_a_name_that_does_not_exist(tmp_path: Path) -> None:
    found = await looked(tmp_path, {PAGE: ("A 203.0.113.10",)})
    assert codes(found, "dns") == [("fail", "nxdomain"), ("ok", "")]
    assert codes(found, "dangling") == []


async def test_no_answer_in_time_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firsthand.doctor.names.LIFETIME_S", 0.3)
    monkeypatch.setattr("firsthand.doctor.names.TRY_S", 0.1)
    found = await looked(tmp_path, NEAR | {TRK: ("SILENT",)})
    assert codes(found, "dns") == [("unknown", "timeout"), ("ok", "")]


async def test_names_of_this_machine_are_in_no_dns(tmp_path: Path) -> None:
    found = await looked(
        tmp_path,
        {},
        hosts='"shop.localhost:8090"',
        tracking="trk.shop.localhost:8080",
        site='scheme = "http"',
    )
    assert codes(found, "dns") == [("ok", "local"), ("ok", "local")]
