"""What flows: nothing of a visitor in a ``repr``, the closed lists, the way to disk and back."""

from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand import model
from firsthand.delivery.auth import Secret, join
from firsthand.model import (
    IDENTIFYING,
    Beacon,
    Call,
    Client,
    Hit,
    Kind,
    MatchKey,
    Origin,
    Reading,
    Reason,
    Reply,
    Verdict,
)
from firsthand.store.sqlite.codec import decode, encode
from firsthand.vendors import VENDORS
from tests.factories import make_beacon, make_hit, make_reading, make_reply

CANARY = "CANARY-1"


def test_no_repr_shows_what_identifies_a_visitor() -> None:
    shown = [
        make_hit(
            f"https://trk/www.example.com/px?em={CANARY}",
            body=CANARY,
            headers={"Cookie": f"_fbp={CANARY}", "User-Agent": CANARY, "Referer": CANARY},
            ip=CANARY,
        ),
        make_reading(event_key=CANARY, page=CANARY, fields={"user_data.em": CANARY}),
        make_beacon(event_key=CANARY, fields={"user_data.em": CANARY}, subject=CANARY),
        Call("meta", "1", "POST", "https://graph.example/", {}, CANARY.encode()),
        make_reply(400, CANARY.encode()),
    ]
    assert {type(each) for each in shown} == {Hit, Reading, Beacon, Call, Reply}
    assert CANARY not in f"{shown!r} {shown}"


@pytest.mark.parametrize("key", VENDORS)
def test_no_repr_shows_a_token(key: str) -> None:
    call = Call("meta", "1", "POST", "https://graph.example/", {}, b"")
    signed = join(call, VENDORS[key], Secret(CANARY))
    assert CANARY in f"{signed.url}{signed.headers}"
    assert CANARY not in f"{signed!r} {[signed]}"


@pytest.mark.parametrize(
    "shape",
    [each for each in vars(model).values() if is_dataclass(each)],
    ids=lambda one: one.__name__,
)
def test_all_that_flows_is_frozen_and_small(shape: type[object]) -> None:
    assert shape.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(shape)


def test_a_beacon_cannot_be_changed() -> None:
    beacon = make_beacon()
    with pytest.raises(FrozenInstanceError):
        beacon.fields = {}  # type: ignore[misc]


VALUES = st.recursive(
    st.text() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
WORDS = st.lists(st.text(max_size=20), max_size=3).map(tuple)
VERDICTS = st.builds(
    Verdict,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    sources=WORDS,
    without=WORDS,
    problems=WORDS,
)


@given(
    values=st.dictionaries(st.text(max_size=30), VALUES, max_size=6),
    verdict=VERDICTS,
    origin=st.sampled_from(Origin),
    client=st.sampled_from(Client),
    withheld=st.sampled_from(Reason),
    bits=st.integers(0, 511),
)
def test_a_beacon_is_read_from_disk_as_it_was_written(
    values: model.Fields,
    verdict: Verdict,
    origin: Origin,
    client: Client,
    withheld: Reason,
    bits: int,
) -> None:
    beacon = make_beacon(
        fields=values,
        verdict=verdict,
        origin=origin,
        client=client,
        withheld=withheld,
        client_keys=bits,
    )
    again = decode(encode(beacon))
    assert again == beacon
    for field in fields(Beacon):
        assert type(getattr(again, field.name)) is type(getattr(beacon, field.name))


def test_kinds_that_identify_are_never_shown_and_the_rest_may_be() -> None:
    assert set(Kind) - IDENTIFYING == {Kind.TECHNICAL, Kind.CONSENT, Kind.COMMERCE, Kind.PAGE}


def test_match_keys_are_bits_of_their_own() -> None:
    assert len(MatchKey) == 9
    whole = MatchKey(0)
    for key in MatchKey:
        assert not whole & key
        whole |= key
    assert int(whole) == 511


@pytest.mark.parametrize(
    "words", [model.Reason, model.Server, model.Client, model.Mode, model.Kind]
)
def test_words_of_closed_lists_are_short_and_plain(words: type[model.Reason]) -> None:
    values = [word.value for word in words]
    assert len(values) == len(set(values))
    assert all(value == "" or value.replace("_", "").isalpha() for value in values)
    assert all(len(value) <= 24 and value == value.lower() for value in values)
