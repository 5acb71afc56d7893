from firsthand.admin.figures import rate
from firsthand.admin.quality import KeyCoverage, Keys, Speed, coverage, event_keys, speed
from firsthand.store.contract import Coverage, KeyHealth, Latency


def test_coverage_of_both_paths_in_the_order_of_the_model() -> None:
    found = coverage(
        [
            Coverage("meta", "1", "server", "click_id", 50, 200),
            Coverage("meta", "1", "client", "email", 20, 200),
            Coverage("meta", "1", "server", "email", 60, 200),
            Coverage("meta", "1", "client", "phone", 0, 200),
            Coverage("meta", "1", "server", "phone", 0, 200),
        ],
    )
    assert found == (
        KeyCoverage("email", rate(20, 200), rate(60, 200)),
        # No row for a path that has twins means that none of them carried the key.
        KeyCoverage("click_id", rate(0, 200), rate(50, 200)),
    )


def test_a_path_on_which_no_twin_had_a_key() -> None:
    found = coverage([Coverage("meta", "1", "server", "EMAIL", 3, 4)])
    assert found == (KeyCoverage("email", rate(0, 4), rate(3, 4)),)
    assert coverage([]) == ()


def test_keys_are_summed() -> None:
    rows = [KeyHealth("meta", "1", 10, 2, 1), KeyHealth("meta", "1", 5, 0, 3)]
    assert event_keys(rows) == Keys(total=15, made=2, repeated=4)


def test_speed_is_read_from_the_histogram() -> None:
    rows = [Latency("meta", "1", 500, 60), Latency("meta", "1", 2000, 38)]
    rows.append(Latency("meta", "1", -1, 2))
    assert speed(rows) == Speed(of=100, p50_ms=500, p95_ms=2000)
    assert speed([]) == Speed(of=0, p50_ms=None, p95_ms=None)
