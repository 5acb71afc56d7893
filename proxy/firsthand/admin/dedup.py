"""Whether the vendor counts what both paths told it once: by its own key and window. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from firsthand.admin.figures import Rate, rate
from firsthand.model import Mode
from firsthand.store.rollups import Fact, What
from firsthand.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Proof:
    """How many, and the newest of them whose trace is kept: an event's id, or ""."""

    n: int
    example: str


@dataclass(frozen=True, slots=True)
class Dedup:
    """How a vendor counts events that came by both paths into one account.

    ``key`` is what it tells an event by, in words; ``window_ms`` after which the same key is a new
    event to it, ``assumed`` where it publishes none and ours is a guess. ``once`` and the causes of
    ``twice`` are of pairs that were delivered: ``missing`` (the browser's request had no key),
    ``late`` (the second came after the window), ``changed`` (the same order under another key).
    ``clashes``: one key stands for several events, of other visitors or of the same one (told by
    another amount), so that the vendor counts too few. The ``would_`` ones are shadow, where the
    server path delivers nothing that could count a second time.
    ``single`` is the share of pairs that are counted once.
    """

    key: str
    window_ms: int
    assumed: bool
    once: Proof
    missing: Proof
    late: Proof
    changed: Proof
    clashes: Proof
    would_once: Proof
    would_missing: Proof
    would_changed: Proof
    twice: int
    single: Rate | None


def dedup(rows: Iterable[Fact], vendor: Vendor | None, mode: Mode | None) -> Dedup:
    """Return the proof for an account. ``vendor``: ``None`` where it is not configured any more."""
    shadow, none = mode is Mode.SHADOW, Proof(0, "")
    by: dict[What, list[Fact]] = defaultdict(list)
    for row in rows:
        by[row.what].append(row)

    def proof(*whats: What) -> Proof:
        found = [row for what in whats for row in by[what]]
        newest = max((row.example for row in found), key=_age, default="")
        return Proof(sum(row.n for row in found), newest)

    once, changed = proof(What.PAIR_ONCE), proof(What.PAIR_CHANGED)
    missing, late = proof(What.PAIR_MISSING), proof(What.PAIR_LATE)
    twice = missing.n + late.n + (0 if shadow else changed.n)
    return Dedup(
        key=vendor.dedup.key if vendor else "",
        window_ms=vendor.dedup.window // timedelta(milliseconds=1) if vendor else 0,
        assumed=vendor.dedup.assumed if vendor else True,
        once=once,
        missing=missing,
        late=late,
        changed=none if shadow else changed,
        clashes=proof(What.CLASHES, What.REUSED),
        would_once=proof(What.WOULD_ONCE),
        would_missing=proof(What.WOULD_MISSING),
        would_changed=changed if shadow else none,
        twice=twice,
        single=rate(once.n, once.n + twice),
    )


def _age(event: str) -> int:
    return int(event) if event else 0
