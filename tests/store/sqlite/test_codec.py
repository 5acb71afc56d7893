import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import (
    Beacon,
    Client,
    Note,
    Origin,
    Reason,
    Value,
    Verdict,
    Withdrawal,
)
from firsthand.rules.holdout import Arm
from firsthand.rules.returns import Sighting
from firsthand.store.sqlite.codec import (
    beacon_line,
    decode,
    encode,
    note_line,
    read_group,
    withdrawn_line,
)
from tests.factories import make_beacon

TEXT = st.text(max_size=20)
VALUES: st.SearchStrategy[Value] = st.recursive(
    TEXT | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, width=32),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
BEACONS = st.builds(
    make_beacon,
    name=TEXT,
    event_key=TEXT,
    fields=st.dictionaries(TEXT, VALUES, max_size=4),
    verdict=st.builds(Verdict, sources=st.lists(TEXT, max_size=2).map(tuple)),
    origin=st.sampled_from(Origin),
    client=st.sampled_from(Client),
    withheld=st.sampled_from(Reason),
    arm=st.sampled_from(Arm),
    amount=st.integers(-(10**13), 10**13),
    currency=TEXT,
    order=TEXT,
    policy=TEXT,
    dropped=st.lists(TEXT, max_size=2).map(tuple),
)


def test_a_line_of_an_older_version_is_read() -> None:
    newer = {"bot_signs", "arm", "amount", "currency", "order"}
    told = orjson.loads(encode(make_beacon(amount=5, arm="held", order="7731")))
    older = orjson.dumps({name: value for name, value in told.items() if name not in newer})
    assert decode(older) == make_beacon()


@given(BEACONS)
def test_beacons_are_decoded_as_they_were(beacon: Beacon) -> None:
    again = decode(encode(beacon))
    lossy = any(float("inf") == abs(n) for n in numbers(beacon.fields))
    assert lossy or again == beacon


@given(st.builds(Sighting, st.integers(0, 40_000), TEXT, st.integers(0, 90)), st.integers(1, 9))
def test_sightings_are_read_as_they_were_counted(sighting: Sighting, n: int) -> None:
    group = read_group([(1, note_line(sighting, n))])
    assert (group.sightings, group.notes, group.unreadable) == ([(sighting, n)], [], [])


def numbers(value: Value) -> list[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [n for one in value for n in numbers(one)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize(
    "given_",
    [
        {"fields": {"a": 2**64}},
        {"fields": {"a": ["\ud800"]}},
        {"fields": {"\udc00": 1}},
        {"name": "\ud800"},
        {"verdict": Verdict(analytics=True, marketing=True, explicit=True, sources=("\ud800",))},
    ],
)
def test_what_json_cannot_carry_fails_closed(given_: dict[str, Value]) -> None:
    again = decode(encode(make_beacon(**{"fields": {"mail": "x"}, **given_})))
    assert again.withheld is Reason.FAULT
    assert again.fields == {}
    assert not again.verdict.marketing


def test_lines_are_read_as_they_were_written() -> None:
    beacon = make_beacon(fields={"a": "one\ntwo"})
    note = Note("acme", "A-1", "purchase", "late")
    rows = [
        (5, b"\n".join([beacon_line(beacon), withdrawn_line(Withdrawal("jane", "acme"), 4)])),
        (7, note_line(note, 3)),
    ]
    group = read_group(rows)
    assert group.beacons == [(beacon, encode(beacon))]
    assert group.withdrawn == [(Withdrawal("jane", "acme"), 4)]
    assert group.notes == [(note, 3, 7)]
    assert group.unreadable == []


BROKEN = [
    b"",
    b"x{}",
    b"b",
    b"b{",
    b"b[]",
    b"b{}",
    b"b1",
    b'b{"verdict":1}',
    b"b" + encode(make_beacon()).replace(b'"pixel"', b'"pigeon"'),
    b"b" + encode(make_beacon()).replace(b'"bot"', b'"newer"'),
    b"w[1]",
    b'w["jane",4]',
    b'w["jane","acme","late"]',
    b"n[]",
    b"\xff",
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_line_that_cannot_be_read_costs_no_other(line: bytes) -> None:
    good = beacon_line(make_beacon())
    group = read_group([(5, b"\n".join([good, line, good]))])
    assert len(group.beacons) == 2
    assert group.unreadable == [(5, line)]


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(line: bytes) -> None:
    read_group([(5, line), (5, b"b" + line), (5, b"w" + line), (5, b"n" + line)])
