from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.statement import (
    MAX_COPIES,
    MAX_VALUE,
    Fault,
    Say,
    Source,
    Statement,
    each_copy,
    merge,
    strictest,
)

GRANTED, UNKNOWN, DENIED = Say.GRANTED, Say.UNKNOWN, Say.DENIED
statements = st.builds(
    Statement,
    st.just("test"),
    st.sampled_from(Say),
    st.sampled_from(Say),
    explicit=st.booleans(),
    decided_at=st.none() | st.integers(0, 9),
    expires_at=st.none() | st.integers(0, 9),
    social=st.sampled_from(Say),
    error=st.none() | st.sampled_from(Fault),
)


@pytest.mark.parametrize("says", list(permutations([GRANTED, UNKNOWN, DENIED])))
def test_denied_before_unknown_before_granted(says: tuple[Say, ...]) -> None:
    assert strictest(says) is DENIED
    assert strictest([say for say in says if say is not DENIED]) is UNKNOWN
    assert strictest([GRANTED, GRANTED]) is GRANTED
    assert strictest([]) is UNKNOWN


@given(st.lists(statements, min_size=1, max_size=4))
def test_merged_copies_are_at_most_what_each_copy_says(copies: list[Statement]) -> None:
    merged = merge(copies)
    for copy in copies:
        assert strictest([merged.analytics, copy.analytics]) is merged.analytics
        assert strictest([merged.marketing, copy.marketing]) is merged.marketing
        assert merged.explicit <= copy.explicit
        assert copy.social is not DENIED or merged.social is DENIED
        assert copy.error is None or merged.error is not None
        assert copy.decided_at is None or (merged.decided_at or 0) <= copy.decided_at
        assert copy.expires_at is None or (merged.expires_at or 0) <= copy.expires_at
    assert ("duplicate" in merged.notes) is (len(copies) > 1)


def _yes(text: str) -> Statement:
    return Statement("test", GRANTED, GRANTED if text == "yes" else DENIED, explicit=True)


def test_copies_that_agree_to_the_letter_are_one() -> None:
    assert each_copy("test", ("yes", "yes"), _yes) == _yes("yes")
    assert each_copy("test", ("yes", "no"), _yes).notes == ("duplicate",)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (tuple(map(str, range(MAX_COPIES + 1))), Fault.COPIES),
        (("yes", "x" * (MAX_VALUE + 1)), Fault.OVERSIZED),
    ],
)
def test_too_much_is_an_error(values: tuple[str, ...], fault: Fault) -> None:
    assert each_copy("test", values, _yes) == Statement("test", error=fault)


def test_grants_can_be_taken_back_and_refusals_cannot() -> None:
    said = Statement("test", GRANTED, DENIED, explicit=True).without_grants("old")
    assert (said.analytics, said.marketing, said.notes) == (UNKNOWN, DENIED, ("old",))


def test_a_source_reads_something() -> None:
    def read(_values: object, _policy: object) -> None:
        return None

    with pytest.raises(ValueError, match="acme"):
        Source("acme", read)
    assert Source("acme", read, cookies=("a",), signals=("b",)).signals == ("b",)


def test_vendors_that_any_copy_refuses_stay_refused() -> None:
    one, other = (Statement("test", GRANTED, GRANTED, without=(key,)) for key in ("meta", "x"))
    assert merge([one, other]).without == ("meta", "x")
