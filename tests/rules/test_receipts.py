"""What a receipt says, and what none may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.convert import text
from firsthand.mapping import Table
from firsthand.model import Kind, Note, Reason, Verdict
from firsthand.rules import receipts
from firsthand.rules.decide import decide
from firsthand.vendor import Field
from firsthand.vendors import VENDORS
from tests.factories import BOTH, make_beacon
from tests.samples import meta_hit, shop

TABLE = Table(
    (Field("t", "page.title", Kind.PAGE, text), Field("cd[*]", "custom.*", Kind.CUSTOM, text))
)


def test_a_basis_tells_who_said_what_and_what_was_decided() -> None:
    (beacon,) = decide(meta_hit("Purchase"), shop(), VENDORS["meta"]).beacons
    told = receipts.basis(beacon)
    says = "firsthand_cookie: analytics granted, marketing granted"
    assert told["sources"] == [{"says": says, "digest": receipts.digest(says.encode())}]
    assert told["analytics"] is told["marketing"] is told["explicit"] is True
    assert told["sent_to"] == beacon.to
    assert told["withheld"] == ""
    assert told["fields_withheld"] == []


def test_what_was_withheld_as_a_whole_is_told_so() -> None:
    told = receipts.basis(make_beacon(withheld=Reason.BLOCKED, to="A-1"))
    assert (told["sent_to"], told["withheld"], told["fields_withheld"]) == ("", "blocked", ["all"])


def test_readable_contact_data_that_was_taken_out_is_told_by_its_class() -> None:
    hit = meta_hit("Purchase", **{"cd[note]": "jane@example.com", "cd[value]": "1"})
    (beacon,) = decide(hit, shop(), VENDORS["meta"]).beacons
    assert beacon.dropped == ("custom",)


@pytest.mark.parametrize(
    ("before", "told", "left", "names"),
    [
        (("page.title",), (), ("page.title",), ()),
        (("page.title", "custom.x"), (), ("custom.x",), ("page.title",)),
        (("custom.x",), ("custom.jane@example.com",), ("custom.x",), ("custom",)),
        (("custom.x", "custom.y"), (), (), ("custom",)),
    ],
)
def test_names_of_what_was_taken_out(
    before: tuple[str, ...], told: tuple[str, ...], left: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert receipts.dropped(TABLE, before, told, dict.fromkeys(left, "x")) == names


def test_names_that_pages_make_up_are_not_told() -> None:
    assert receipts.name_of("meta", "Purchase") == "Purchase"
    assert receipts.name_of("meta", "jane@example.com") == receipts.CUSTOM
    assert receipts.name_of("nobody", "Purchase") == receipts.CUSTOM


@given(st.text(max_size=30), st.text(max_size=30))
def test_an_event_is_told_by_a_keyed_hash(key: str, other: str) -> None:
    found = receipts.event_hash(b"secret", "shop", key)
    assert len(found) == receipts.EVENT_BYTES
    assert (found == receipts.event_hash(b"secret", "shop", other)) == (key == other)
    assert found != receipts.event_hash(b"another", "shop", key)
    assert found != receipts.event_hash(b"secret", "shop2", key)


@pytest.mark.parametrize(
    ("found", "is_granted"),
    [
        (BOTH, True),
        (Verdict(analytics=True, marketing=False, explicit=True), True),
        (Verdict(analytics=False, marketing=False, explicit=False), False),
    ],
)
def test_who_gets_a_receipt(found: Verdict, *, is_granted: bool) -> None:
    assert receipts.is_granted(make_beacon(verdict=found)) is is_granted


def test_refusals_are_counted_by_vendor_event_and_reason() -> None:
    notes = [
        (Note("meta", "1", "Purchase", Reason.CONSENT), 2),
        (Note("meta", "1", "odd one", Reason.AGGREGATE_ONLY), 3),
        (Note("meta", "1", "Purchase", Reason.MIRROR), 5),
        (Note("", "", "", "consent"), 7),
    ]
    assert list(receipts.refusals(notes)) == [
        ("meta", "Purchase", "consent", 2),
        ("meta", "(custom)", "aggregate_only", 3),
    ]


def test_a_record_is_sealed_over_all_of_it() -> None:
    record = receipts.record(1, 1_795_500_000, receipts.EVENT, {"b": 1, "a": 2}, "0" * 64)
    assert record["time"] == "2026-11-24T06:00:00Z"
    seal = receipts.seal(record)
    assert all(receipts.seal(record | {name: "x"}) != seal for name in record)
    line = receipts.whole(record, seal)
    assert line.index(b'"a"') < line.index(b'"b"')
