from email.utils import format_datetime
from pathlib import Path

import pytest

from firsthand.doctor.clock import judged, look
from firsthand.doctor.finding import Result
from firsthand.doctor.patient import examined
from tests.doctor.front import DAY, NAMES, TODAY, Front, Issued, fronting
from tests.doctor.nameserver import answering
from tests.doctor.setup import written

ZONE = dict.fromkeys(NAMES, ("A 127.0.0.1",))


@pytest.mark.parametrize(
    ("ahead", "result"),
    [
        (0.4, Result.OK),
        (-60, Result.OK),
        (61, Result.WARN),
        (-300, Result.WARN),
        (301, Result.FAIL),
        (-86_400, Result.FAIL),
    ],
)
def test_how_far_apart_is_too_far(ahead: float, result: Result) -> None:
    found = judged("graph.facebook.com", ahead)
    assert found.result is result
    assert "graph.facebook.com" in found.found
    assert bool(found.remedy) is (result is not Result.OK)


async def test_a_skewed_date_shows_and_who_told_it(tmp_path: Path, trusted: Issued) -> None:
    front = Front(headers={"Date": format_datetime(TODAY - DAY, usegmt=True)})
    async with answering(ZONE) as server, fronting(front, trusted):
        hosts = f'"{NAMES[0]}:{front.port}"'
        async with examined(written(tmp_path, hosts=hosts), server) as patient:
            (found,) = await look(patient)
    assert (found.result, found.code) == (Result.FAIL, "skew")
    assert f"ahead of {NAMES[0]}:{front.port}" in found.found
    assert f"HEAD {NAMES[0]}:{front.port} /" in front.seen


async def test_no_time_told_is_not_known(tmp_path: Path, trusted: Issued) -> None:
    front = Front(headers={"Date": "the day before yesterday"})
    async with answering(ZONE) as server, fronting(front, trusted):
        hosts = f'"{NAMES[0]}:{front.port}"'
        path = written(tmp_path, hosts=hosts, tracking=f"{NAMES[1]}:{front.port}")
        async with examined(path, server) as patient:
            (found,) = await look(patient)
    assert found.result is Result.UNKNOWN
