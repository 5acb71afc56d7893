from firsthand.admin.figures import rate
from firsthand.admin.quality import KeyCoverage, Keys, Speed, coverage, event_keys, speed
from firsthand.store.rollups import Coverage, Fact, Latency, What
from tests.factories import NOW


def test_coverage_of_both_paths_in_the_order_of_the_model() -> None:
    found = coverage(
        [
            Coverage("meta", "1", "Lead", "server", "click_id", 50),
            Coverage("meta", "1", "Lead", "client", "email", 20),
            Coverage("meta", "1", "Lead", "server", "email", 60),
            Coverage("meta", "1", "Lead", "client", "phone", 0),
            Coverage("meta", "1", "Lead", "server", "phone", 0),
        ],
        200,
    )
    assert found == (
        KeyCoverage("email", rate(20, 200), rate(60, 200)),
        # No row for a path that has twins means that none of them carried the key.
        KeyCoverage("click_id", rate(0, 200), rate(50, 200)),
    )


def test_a_path_on_which_no_twin_had_a_key() -> None:
    found = coverage([Coverage("meta", "1", "Lead", "server", "EMAIL", 3)], 4)
    assert found == (KeyCoverage("email", rate(0, 4), rate(3, 4)),)
    assert coverage([], 4) == ()


def test_keys_are_summed() -> None:
    told = {What.TOTAL: 10, What.MADE: 2, What.REPEATED: 1, What.JOINED: 4, What.IMPROVED: 7}
    rows = [Fact("meta", "1", "Lead", what, n) for what, n in told.items()]
    rows.append(Fact("meta", "1", "Purchase", What.TOTAL, 5))
    rows.append(Fact("meta", "1", "Purchase", What.CLASHES, 9))
    assert event_keys(rows) == Keys(received=27, total=15, made=2, repeated=1, joined=4, improved=7)


def test_speed_is_read_from_the_histogram() -> None:
    rows = [Latency("meta", "1", "Lead", NOW, 500, 60), Latency("meta", "1", "Lead", NOW, 2000, 38)]
    rows.append(Latency("meta", "1", "Lead", NOW, -1, 2))
    assert speed(rows) == Speed(of=100, p50_ms=500, p95_ms=2000, p99_ms=None)
    assert speed([]) == Speed(of=0, p50_ms=None, p95_ms=None, p99_ms=None)
