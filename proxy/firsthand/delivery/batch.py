"""Pure: which leased beacons make a call now, and which wait for company."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from firsthand.delivery.exchange import told
from firsthand.model import Beacon, Call, Reason, Refused
from firsthand.rules import firewall
from firsthand.store.contract import Leased

Batch: TypeAlias = list[Leased]


def batches(leased: Sequence[Leased], key: Callable[[Beacon], str]) -> list[Batch]:
    """Return groups of equal ``key``, in the order in which each first occurs.

    Those that the vendor took for now are asked for together, as they were sent.
    A beacon on which ``key`` fails stands alone, so that the fault is its own when it is written.
    """
    groups: dict[str, Batch] = {}
    for one in leased:
        try:
            name = f"\0{one.ticket}" if one.ticket else key(one.beacon)
        except Exception:  # noqa: BLE001 - a bug in a vendor file: `write` meets it, and is counted
            name = f"\0{one.row}"
        groups.setdefault(name, []).append(one)
    return list(groups.values())


def lingers(batch: Batch, *, most: int, now: int, linger_ms: int) -> int:
    """Return the milliseconds that ``batch`` may wait for company; 0 when it goes now.

    A full batch goes, and one with a beacon that waited long enough or was sent before. So does
    one whose beacons seem to come from the future: the clock was set back.
    """
    if len(batch) >= most or any(one.attempts or one.ticket for one in batch):
        return 0
    waited = [now - one.beacon.at for one in batch]
    if min(waited) < 0:
        return 0
    return max(linger_ms - max(waited), 0)


@dataclass(frozen=True, slots=True)
class Choice:
    """Batches that go now, and beacons that go back, to wait for ``wait_ms`` if none goes."""

    ready: list[Batch]
    back: Batch
    wait_ms: int


def choose(groups: Sequence[Batch], *, most: int, now: int, linger_ms: int) -> Choice:
    """Return which of ``groups`` go.

    The wait is at least a quarter of the linger: many small groups, each due a little after the
    one before, would keep the queue busy with leases.
    """
    waits = [lingers(group, most=most, now=now, linger_ms=linger_ms) for group in groups]
    ready = [group for group, wait in zip(groups, waits, strict=True) if not wait]
    early = [group for group, wait in zip(groups, waits, strict=True) if wait]
    wait_ms = max(min(waits, default=0), linger_ms // 4)
    return Choice(ready, [one for group in early for one in group], wait_ms)


def probe(groups: Sequence[Batch]) -> Choice:
    """Return one beacon to try a vendor with, if there is any; all others go back."""
    every = [one for group in groups for one in group]
    return Choice([every[:1]] if every else [], every[1:], 0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """``made``: a call for ``batch``, or why none can be made of it; ``rest`` has to wait."""

    made: Call | Refused
    batch: Batch
    rest: Batch


def fit(batch: Batch, write: Callable[[Sequence[Beacon]], Call], max_bytes: int) -> Fitted:
    """Return as many of the first beacons as make a call of at most ``max_bytes``.

    Halved until it fits. What cannot be written is halved too, until the culprit is alone, and so
    is what the firewall stops.
    """
    size = len(batch)
    while True:
        head, rest = batch[:size], batch[size:]
        made = _written([one.beacon for one in head], write, max_bytes)
        if size == 1 or isinstance(made, Call):
            return Fitted(made, head, rest)
        size //= 2


def _written(
    beacons: Sequence[Beacon], write: Callable[[Sequence[Beacon]], Call], max_bytes: int
) -> Call | Refused:
    try:
        call = write(beacons)
        size = len(call.body)
        found = firewall.findings(call) if size <= max_bytes else ()
    except Exception as fault:  # noqa: BLE001 - a bug in a vendor file: parked, the lane goes on
        return Refused(Reason.FAULT, told(fault))
    if found:
        return Refused(Reason.READABLE, firewall.told(found))
    if size > max_bytes:
        return Refused(Reason.BAD_EVENT, f"{size} bytes, the vendor takes {max_bytes}")
    return call
