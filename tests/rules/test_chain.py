"""An exported chain: any single change, deletion, exchange or insertion is found; a cut-off end by
a head that was kept elsewhere.
"""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.chain import MOST_FINDINGS, Closing, Head, check, head_of
from firsthand.rules.receipts import genesis
from tests.rules.chains import NAME, chained

WHATS = st.lists(
    st.dictionaries(st.text(max_size=6), st.text(max_size=6) | st.booleans(), max_size=3),
    min_size=1,
    max_size=6,
)


@given(WHATS)
def test_a_chain_holds_as_it_was_written(whats: list[object]) -> None:
    lines = chained(whats)
    found = check(lines)
    assert found.findings == []
    assert found.records == len(whats)
    assert found.kinds == {"event": len(whats)}
    assert check(lines, [found.head, Head(0, genesis(NAME))]).findings == []


@given(WHATS, st.data())
def test_any_change_of_a_byte_is_found(whats: list[object], data: st.DataObject) -> None:
    whole = b"".join(chained(whats))
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    changed = whole[:place] + bytes([byte]) + whole[place + 1 :]
    assert check(changed.splitlines(keepends=True)).findings


@given(WHATS, st.data())
def test_any_line_that_is_missing_twice_or_foreign_is_found(
    whats: list[object], data: st.DataObject
) -> None:
    lines = chained(whats)
    place = data.draw(st.integers(0, len(lines) - 1))
    foreign = chained([*whats, "more"])[data.draw(st.integers(0, len(lines)))]
    assert check(lines[:place] + lines[place + 1 :]).findings
    assert check([*lines[:place], lines[place], *lines[place:]]).findings
    assert check([*lines[:place], foreign, *lines[place:]]).findings


@given(WHATS, st.data())
def test_any_two_lines_exchanged_are_found(whats: list[object], data: st.DataObject) -> None:
    lines = chained(whats)
    a, b = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=2, unique=True))
    lines[a], lines[b] = lines[b], lines[a]
    assert check(lines).findings


@given(WHATS, st.data())
def test_any_cut_is_found(whats: list[object], data: st.DataObject) -> None:
    whole = b"".join(chained(whats))
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert check(whole[:cut].splitlines(keepends=True)).findings


def closed_early(whats: list[object], keep: int) -> list[bytes]:
    """Leave the end off and close the file again, as somebody would who has this code."""
    return chained(whats[:keep])


def test_an_end_left_off_and_closed_again_needs_a_head_from_elsewhere() -> None:
    whats: list[object] = ["a", "b", "c"]
    kept = check(chained(whats)).head
    forged = closed_early(whats, 2)
    assert check(forged).findings == []
    assert check(forged, [kept]).findings == ["head 3: the file ends before it, at record 2"]


def test_a_chain_written_anew_needs_a_head_from_elsewhere() -> None:
    kept = check(chained(["a", "b"])).head
    forged = chained(["a", "B", "c"])
    assert check(forged).findings == []
    assert check(forged, [kept]).findings == ["head 2: the file has another record of this number"]


def test_a_chain_whose_beginning_was_taken_away_goes_on_from_there() -> None:
    first = check(chained(["a", "b"])).head
    rest = chained(["c"], after=first)
    found = check(rest, [first])
    assert found.findings == []
    assert found.after == first
    assert check(rest, [Head(1, "0" * 64)]).findings == [
        "head 1: lies before this file's beginning; nothing can be said of it"
    ]


def test_a_chain_of_another_name_begins_otherwise() -> None:
    closing = Closing("1" * 32, Head(0, genesis(NAME)))
    assert check([closing.header(), closing.footer()]).findings == [
        "line 1: a chain of this name begins otherwise"
    ]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (b'{"seq":1}\n', "line 2: is no record"),
        (b"[]\n", "line 2: is not as it was written"),
        (b"\xff\n", "line 2: is not as it was written"),
    ],
)
def test_what_is_no_record_is_told(line: bytes, finding: str) -> None:
    header, *rest = chained(["a"])
    assert finding in check([header, line, *rest]).findings


def test_findings_are_bounded() -> None:
    header = chained([])[0]
    assert len(check([header, *[b"x\n"] * 1000]).findings) == MOST_FINDINGS


def test_an_empty_file_is_none() -> None:
    assert check([]).findings == ["the file ends without its footer: it was cut off"]
    assert check([b"{}\n"]).findings[0] == "line 1: is no header of such a file"


def test_another_version_is_told() -> None:
    header, footer = chained([])
    newer = orjson.loads(header) | {"version": 2}
    line = orjson.dumps(newer, option=orjson.OPT_SORT_KEYS) + b"\n"
    assert "line 1: is of version 2, this program knows 1" in check([line, footer]).findings


@pytest.mark.parametrize(
    "text", ["", "1", "1:ab", f"x:{'0' * 64}", f"1:{'0' * 63}", f"-1:{'0' * 64}"]
)
def test_what_is_no_head(text: str) -> None:
    assert head_of(text) is None


def test_a_head_is_read_as_it_is_written() -> None:
    head = Head(12, "a" * 64)
    assert head_of(f" {head}\n") == head
