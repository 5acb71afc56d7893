from firsthand.admin.dedup import Proof, dedup
from firsthand.admin.figures import rate
from firsthand.model import Mode
from firsthand.store.rollups import Fact, What
from firsthand.vendors import VENDORS

HOUR = 3_600_000


def test_pairs_by_how_the_vendor_counts_them() -> None:
    told = [
        Fact("meta", "1", "Purchase", What.PAIR_ONCE, 90, "12"),
        Fact("meta", "1", "Lead", What.PAIR_ONCE, 5, "9"),
        Fact("meta", "1", "Lead", What.PAIR_MISSING, 2, "100"),
        Fact("meta", "1", "Lead", What.PAIR_LATE, 1),
        Fact("meta", "1", "Purchase", What.PAIR_CHANGED, 2, "31"),
        Fact("meta", "1", "Lead", What.CLASHES, 3, "8"),
        Fact("meta", "1", "Lead", What.REUSED, 4, "55"),
        Fact("meta", "1", "Lead", What.TOTAL, 500, "101"),
    ]
    made = dedup(told, VENDORS["meta"], Mode.BOTH)
    assert (made.once, made.missing, made.late) == (Proof(95, "12"), Proof(2, "100"), Proof(1, ""))
    assert (made.changed, made.clashes) == (Proof(2, "31"), Proof(7, "55"))
    assert (made.twice, made.single) == (5, rate(95, 100))
    assert (made.window_ms, made.assumed) == (48 * HOUR, False)


def test_shadow_counts_nothing_twice() -> None:
    told = [
        Fact("meta", "1", "Lead", What.WOULD_ONCE, 9, "3"),
        Fact("meta", "1", "Lead", What.PAIR_CHANGED, 2, "5"),
    ]
    made = dedup(told, VENDORS["meta"], Mode.SHADOW)
    assert (made.would_once, made.would_changed) == (Proof(9, "3"), Proof(2, "5"))
    assert (made.changed, made.twice, made.single) == (Proof(0, ""), 0, None)


def test_a_window_that_nobody_publishes_is_called_a_guess() -> None:
    assert dedup([], VENDORS["x"], Mode.BOTH).assumed
    assert dedup([], VENDORS["x"], Mode.BOTH).single is None
    assert dedup([], None, None).key == ""
