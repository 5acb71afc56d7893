from pathlib import Path

import pytest

from firsthand.doctor.finding import Result
from firsthand.doctor.patient import examined
from firsthand.doctor.weight import look, measured
from firsthand.store.meter import COOKIE_BYTES, meter_path, open_meter
from tests.doctor.nameserver import answering
from tests.doctor.setup import written


@pytest.mark.parametrize(
    ("counts", "result", "said"),
    [
        ({0: 10, 512: 80, 1024: 10}, Result.OK, "half carry up to 512 bytes"),
        ({512: 100}, Result.OK, "0 more than 6 KiB"),
        ({512: 999, 8192: 1}, Result.WARN, "1 more than 6 KiB"),
        ({512: 95, 8192: 5}, Result.FAIL, "99% up to 8192 bytes"),
        ({512: 95, 9000: 5}, Result.FAIL, "99% up to more than 8192 bytes"),
    ],
)
def test_what_was_measured(counts: dict[int, int], result: Result, said: str) -> None:
    weighed = (*(counts.get(bound, 0) for bound in COOKIE_BYTES), counts.get(9000, 0))
    found = measured("trk.shop.example.com", weighed)
    assert (found.result, bool(found.remedy)) == (result, result is not Result.OK)
    assert said in found.found


async def test_without_a_measurement_it_says_so(tmp_path: Path) -> None:
    async with answering({}) as server, examined(written(tmp_path), server) as patient:
        (found,) = await look(patient)
        assert (found.result, found.code) == (Result.UNKNOWN, "unmeasured")
        patient.folder.mkdir()
        meter = open_meter(meter_path(patient.folder, 0))
        meter.weighed(700)
        (found,) = await look(patient)
        assert (found.result, found.code) == (Result.OK, "measured")
