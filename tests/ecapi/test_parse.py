from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.ecapi.parse import parse
from firsthand.ecapi.readers import Code
from tests.events import JSON, NAMES, event, raw, read
from tests.samples import NOW


def wrong(given: Any) -> set[tuple[str, Code]]:
    return {(each.field, each.code) for each in read(given).errors}


def noted(given: Any) -> set[tuple[str, Code]]:
    return {(each.field, each.code) for each in read(given).warnings}


def test_an_event_is_read_whole() -> None:
    found = event()
    assert (found.type, found.id, found.data_set) == ("purchase", "purchase-7731", "shop")
    assert found.at == NOW - NOW % 1000 - 10_000
    assert found.told["value"] == "47.97"
    assert found.told["currency_code"] == "EUR"
    assert found.told["transaction_id"] == "7731"
    assert found.items[0] == {"price": "19.99", "quantity": "2", "id": "SKU1", "name": "Blue mug"}
    assert not read(raw()).errors
    assert not read(raw()).warnings


# ECAPI 1.0: the sample payload's spelling beside the text's.
TEXT = {
    "user_data": {
        "email_address": ["a" * 64],
        "address": [{"city": "berlin"}],
        "customer_segments": ["new"],
        "mmt_only": False,
    },
    "properties": {
        "login_method": "mail",
        "character_level": 3,
        "post_score": 9,
        "items": [{"id": "A", "price": 29.99, "item_coupon": "X", "item_list_id": "l"}],
    },
}
SAMPLE = {
    "user_data": {
        "email_addresses": ["a" * 64],
        "addresses": [{"city": "berlin"}],
        "customer_segment": "new",
        "opt_out": 0,
    },
    "properties": {
        "method": "mail",
        "level": 3,
        "score": 9,
        "items": [{"id": "A", "price": "29.99", "items_coupon": "X", "items_list_id": "l"}],
    },
}


def test_both_spellings_give_one_event() -> None:
    text, sample = read(raw(**TEXT)), read(raw(**SAMPLE))
    assert text.event == sample.event
    assert text.event is not None
    assert not text.warnings
    assert not sample.warnings


@pytest.mark.parametrize("given", [None, 7, "purchase", [], [raw()]])
def test_what_is_no_object_is_no_event(given: Any) -> None:
    assert read(given).event is None
    assert wrong(given) == {("", Code.TYPE)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"event_type": None}, ("event_type", Code.REQUIRED)),
        ({"event_type": "buy"}, ("event_type", Code.ENUM)),
        ({"event_type": {}}, ("event_type", Code.REQUIRED)),
        ({"event_type": "custom"}, ("custom_event", Code.REQUIRED)),
        ({"timestamp": None}, ("timestamp", Code.REQUIRED)),
        ({"timestamp": "yesterday"}, ("timestamp", Code.VALUE)),
        ({"timestamp": -5}, ("timestamp", Code.VALUE)),
        ({"timestamp": 2**63}, ("timestamp", Code.VALUE)),
        ({"value": "much"}, ("value", Code.VALUE)),
        ({"value": -1}, ("value", Code.VALUE)),
        ({"value": True}, ("value", Code.TYPE)),
        ({"currency_code": "EURO"}, ("currency_code", Code.VALUE)),
        ({"currency_code": None}, ("currency_code", Code.REQUIRED)),
        ({"id": "x" * 201}, ("id", Code.TOO_LONG)),
        ({"id": ["x"]}, ("id", Code.TYPE)),
        ({"source": "moon"}, ("source", Code.ENUM)),
        ({"data_set_id": {"a": 1}}, ("data_set_id", Code.TYPE)),
    ],
)
def test_what_is_wrong_with_the_event_is_an_error(
    changes: dict[str, Any], expected: tuple[str, Code]
) -> None:
    given = {**raw(), **changes}
    assert expected in wrong({name: each for name, each in given.items() if each is not None})


@pytest.mark.parametrize("changes", [{"value": -1}, {"currency_code": "EURO"}, {"value": "x"}])
def test_a_value_that_makes_no_sense_is_left_out(changes: dict[str, Any]) -> None:
    found = read(raw(**changes)).event
    assert found is not None
    assert "value" not in found.told


def test_a_refund_may_be_negative() -> None:
    assert event("refund", value=-5).told["value"] == "-5"


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_empty_is_absent(empty: Any) -> None:
    given = {**raw(), "value": empty, "currency_code": empty, "properties": empty, "ext": empty}
    parsed = read(given)
    assert not parsed.errors
    assert not parsed.warnings


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"color": "red"}, ("color", Code.UNKNOWN)),
        ({"a b<script>": 1}, ("(odd name)", Code.UNKNOWN)),
        ({"properties": {"colour": 1}}, ("properties.colour", Code.UNKNOWN)),
        ({"properties": {"tax": "x"}}, ("properties.tax", Code.VALUE)),
        ({"properties": {"page_url": "ftp://x"}}, ("properties.page_url", Code.VALUE)),
        ({"properties": {"coupon": [{}, "A"]}}, None),  # an empty object is absent
        ({"properties": {"coupon": [7.5]}}, ("properties.coupon", Code.TYPE)),
        ({"properties": {"items": "A"}}, ("properties.items", Code.TYPE)),
        ({"properties": {"items": ["A"]}}, ("properties.items", Code.TYPE)),
        ({"properties": {"items": [{"price": "x"}]}}, ("properties.items.price", Code.VALUE)),
        ({"properties": {"items": [{"id": "A"}] * 201}}, ("properties.items", Code.TOO_LONG)),
        ({"properties": "x"}, ("properties", Code.TYPE)),
        (
            {"user_data": {"event_ip_address": "10.0.0.1"}},
            ("user_data.event_ip_address", Code.VALUE),
        ),
        ({"user_data": {"gpp_sid": ["x"]}}, ("user_data.gpp_sid", Code.TYPE)),
        ({"ext": {"partner": {"a": 1}}}, None),
    ],
)
def test_what_is_wrong_with_a_part_warns(
    changes: dict[str, Any], expected: tuple[str, Code] | None
) -> None:
    parsed = read(raw(**changes))
    assert not parsed.errors
    assert noted(raw(**changes)) == ({expected} if expected else set())


def test_an_unreadable_consent_string_still_stands() -> None:
    assert event(user_data={"gpp_string": 7, "gpp_sid": [7, 8]}).signals == {
        "gpp": "7",
        "gpp_sid": "7,8",
    }
    assert event(user_data={"gpp_string": {"a": 1}}).signals == {"gpp": "unreadable"}


@pytest.mark.parametrize(
    ("user", "expected"),
    [({"mmt_only": True}, True), ({"mmt_only": "?"}, True), ({"opt_out": 0}, False), ({}, False)],
)
def test_attribution_only(user: dict[str, Any], *, expected: bool) -> None:
    assert event(user_data=user).attribution_only is expected


@settings(max_examples=300, deadline=None)
@given(JSON, st.dictionaries(NAMES, JSON, max_size=6))
def test_no_json_raises(anything: Any, changes: dict[str, Any]) -> None:
    for each in (anything, {**raw(), **changes}, {**raw(), "properties": changes}):
        parsed = parse(each)
        assert parsed.event is not None or parsed.errors
