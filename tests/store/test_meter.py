import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.store.meter import BUCKETS_S, SIZE, Meter, Told, meter_path, open_meter, read_meters


def test_what_one_process_counts_another_reads(tmp_path: Path) -> None:
    first, second = (open_meter(meter_path(tmp_path, number)) for number in range(2))
    first.acked(0.0004)
    first.acked(0.02)
    second.acked(9.0)
    second.failed()
    told = read_meters(tmp_path)
    assert told.acked == (1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1)
    assert told.seconds == pytest.approx(9.0204)
    assert (told.errors, told.failing) == (1, 1)
    second.acked(0.001)
    assert (read_meters(tmp_path).errors, read_meters(tmp_path).failing) == (1, 0)


def test_cookie_headers_are_counted_by_their_length(tmp_path: Path) -> None:
    first, second = (open_meter(meter_path(tmp_path, number)) for number in range(2))
    for length in (0, 1, 512, 513, 6144, 8193, 30_000):
        first.weighed(length)
    second.weighed(0)
    assert read_meters(tmp_path).weighed == (2, 2, 1, 0, 0, 1, 0, 2)
    assert sum(read_meters(tmp_path).acked) == 0


def test_counts_survive_their_process_and_its_trouble_does_not(tmp_path: Path) -> None:
    path = meter_path(tmp_path, 0)
    child = os.fork()
    if not child:
        meter = open_meter(path)
        meter.acked(0.001)
        meter.failed()
        os._exit(0)
    os.waitpid(child, 0)
    assert read_meters(tmp_path) == Told((1, *[0] * len(BUCKETS_S)), 0.001, errors=1, failing=0)
    open_meter(path).acked(0.001)
    assert read_meters(tmp_path).acked[0] == 2


@pytest.mark.parametrize("body", [b"", b"x", bytes(SIZE + 8)])
def test_a_file_of_another_shape_counts_nothing_and_is_begun_anew(
    tmp_path: Path, body: bytes
) -> None:
    path = meter_path(tmp_path, 0)
    path.write_bytes(body)
    assert read_meters(tmp_path) == Told()
    open_meter(path).acked(0.001)
    assert sum(read_meters(tmp_path).acked) == 1


def test_others_may_not_read_it(tmp_path: Path) -> None:
    path = meter_path(tmp_path, 0)
    open_meter(path)
    assert path.stat().st_mode & 0o077 == 0


def test_a_place_that_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Is a directory"):
        open_meter(tmp_path)


@given(st.lists(st.floats(0, 10)))
def test_every_time_is_in_the_first_bucket_that_holds_it(times: list[float]) -> None:
    meter = Meter()
    for one in times:
        meter.acked(one)
    acked = meter.told().acked
    for place, bound in enumerate(BUCKETS_S):
        assert sum(acked[: place + 1]) == sum(one <= bound for one in times)
    assert sum(acked) == len(times)
