from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.rules.scriptdiff import Profile
from firsthand.store.custody import LogLine
from firsthand.store.sqlite.scriptrows import chained, first_broken, profile, told

TEXTS = st.frozensets(st.text(max_size=20), max_size=5)


@settings(max_examples=40)
@given(TEXTS, TEXTS, TEXTS, st.tuples(st.text(max_size=9)))
def test_a_profile_comes_back_as_it_was(
    hosts: frozenset[str], names: frozenset[str], maybe: frozenset[str], failed: tuple[str, ...]
) -> None:
    made = Profile(7, hosts, names, maybe, failed)
    assert profile(told(made)) == made


def log(*reasons: str) -> list[LogLine]:
    lines: list[LogLine] = []
    for number, reason in enumerate(reasons, 1):
        parts = (number, "jane", "approved", "meta", "a.example/x.js", "ab", reason)
        before = lines[-1].chain if lines else ""
        lines.append(LogLine(number, *parts, chained(before, parts)))  # type: ignore[arg-type]
    return lines


def test_a_log_is_whole_or_its_first_wrong_line_is_told() -> None:
    whole = log("a", "b", "c")
    assert first_broken([]) == first_broken(whole) == 0
    one, two, three = whole
    assert first_broken([one, replace(two, who="joe"), three]) == 2
    assert first_broken([one, three]) == 3
    assert first_broken([two, one, three]) == 2
    assert first_broken([one, replace(three, id=2)]) == 2
    assert first_broken([two, three]) == 2
