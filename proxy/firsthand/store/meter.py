"""What an edge worker tells the delivering process without a call: a small memory-mapped file.

The metrics page lives in one process, the edges in several. A count here is a store into mapped
memory: 0.2 us, where prometheus-client's own way for several processes takes 1.5 us (measured) and
has to be chosen by an environment variable before its import. A count survives its process.
"""

import mmap
import os
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the times from a beacon's arrival to its answer, after the commit."""

COOKIE_BYTES = (0, 512, 1024, 2048, 4096, 6144, 8192)
"""Upper bounds of the lengths of Cookie headers; 0: none came."""

_SPREAD = len(BUCKETS_S) + 1
_SUM_NS, _ERRORS, _FAILING, _PID = range(_SPREAD, _SPREAD + 4)
_COOKIES = _SPREAD + 4
CELLS = _COOKIES + len(COOKIE_BYTES) + 1
SIZE = 8 * CELLS


@dataclass(frozen=True, slots=True)
class Told:
    """``acked`` requests by bucket, the last without bound; their ``seconds`` together; requests
    that were not stored; how many edges cannot store just now; ``weighed`` requests by the length
    of their Cookie header, the last without bound."""

    acked: tuple[int, ...] = (0,) * _SPREAD
    seconds: float = 0.0
    errors: int = 0
    failing: int = 0
    weighed: tuple[int, ...] = (0,) * (len(COOKIE_BYTES) + 1)


class Meter:
    """One edge's counts. ``place`` is at least ``SIZE`` bytes of memory, shared or not."""

    def __init__(self, place: bytearray | mmap.mmap | None = None) -> None:
        self._cells = memoryview(bytearray(SIZE) if place is None else place).cast("Q")
        self._cells[_PID] = os.getpid()
        self._cells[_FAILING] = 0

    def acked(self, seconds: float) -> None:
        """Count a request that was answered after its commit, ``seconds`` after it had come."""
        cells = self._cells
        cells[bisect_left(BUCKETS_S, seconds)] += 1
        cells[_SUM_NS] += int(seconds * 1e9)
        if cells[_FAILING]:
            cells[_FAILING] = 0

    def failed(self) -> None:
        """Count a request that could not be stored."""
        self._cells[_ERRORS] += 1
        self._cells[_FAILING] = 1

    def weighed(self, length: int) -> None:
        """Count a request whose Cookie header is ``length`` bytes long."""
        self._cells[_COOKIES + bisect_left(COOKIE_BYTES, length)] += 1

    def told(self) -> Told:
        """Return the counts as they stand."""
        return _told(self._cells, failing=self._cells[_FAILING])

    def close(self) -> None:
        """Let go of the memory."""
        self._cells.release()


def meter_path(folder: Path, number: int) -> Path:
    """Return the file of edge worker ``number``."""
    return folder / f"meter-{number}"


def open_meter(path: Path) -> Meter:
    """Return the meter kept in ``path``, which counts on. Raises ``OSError``.

    A file of another size is begun anew: an earlier version counted other things.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_size != SIZE:
            os.ftruncate(descriptor, 0)
            # Written, not only stretched: a full disk is told here, not by a signal later.
            os.pwrite(descriptor, bytes(SIZE), 0)
        return Meter(mmap.mmap(descriptor, SIZE))
    finally:
        os.close(descriptor)


def read_meters(folder: Path) -> Told:
    """Return what all edges told, of workers that ended too. What cannot be read counts nothing."""
    return _sum(_read(path) for path in sorted(folder.glob("meter-*")))


def _read(path: Path) -> Told:
    try:
        body = path.read_bytes()
    except OSError:
        return Told()
    if len(body) != SIZE:
        return Told()
    cells = memoryview(body).cast("Q")
    alive = Path(f"/proc/{cells[_PID]}").exists()
    return _told(cells, failing=cells[_FAILING] if alive else 0)


def _told(cells: memoryview, *, failing: int) -> Told:
    return Told(
        tuple(cells[:_SPREAD]),
        cells[_SUM_NS] / 1e9,
        cells[_ERRORS],
        failing,
        tuple(cells[_COOKIES:CELLS]),
    )


def _sum(told: Iterable[Told]) -> Told:
    whole = Told()
    for one in told:
        whole = Told(
            _added(whole.acked, one.acked),
            whole.seconds + one.seconds,
            whole.errors + one.errors,
            whole.failing + one.failing,
            _added(whole.weighed, one.weighed),
        )
    return whole


def _added(some: tuple[int, ...], more: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(some, more, strict=True))
