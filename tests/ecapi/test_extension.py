from typing import Any

import pytest

from firsthand.ecapi.event import Consent
from firsthand.ecapi.extension import extension
from firsthand.ecapi.readers import Code, Fault


def read(given: dict[str, Any]) -> tuple[Any, list[Fault], list[Fault]]:
    errors: list[Fault] = []
    notes: list[Fault] = []
    return extension(given, errors, notes), errors, notes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Consent()),
        (
            {"analytics": "granted", "marketing": "Denied", "decided_at": 1_795_499_000},
            Consent("granted", "denied", 1_795_499_000_000),
        ),
        ({"marketing": "granted"}, Consent("", "granted")),
        ({"marketing": "yes"}, Consent("", "denied")),
        ({"marketing": True}, Consent("", "denied")),
        ({"marketing": ["granted"]}, Consent("", "denied")),
        ("granted", Consent("denied", "denied")),
        ([], Consent("denied", "denied")),
        ({"marketing": "granted", "decided_at": "soon"}, Consent("", "granted", 0)),
    ],
)
def test_what_cannot_be_read_of_a_choice_is_a_refusal(given: Any, expected: Consent) -> None:
    assert read({"consent": given})[0]["consent"] == expected


def test_a_narrowing_wish_that_cannot_be_read_is_an_error() -> None:
    found, errors, _ = read({"destinations": [{"meta": 1}]})
    assert errors == [Fault("ext.firsthand.destinations", Code.VALUE)]
    assert found["destinations"]


def test_texts_are_taken_and_the_rest_noted() -> None:
    found, errors, notes = read(
        {
            "click_ids": {"fbclid": "a", "gclid": None, "ttclid": {}},
            "browser_ids": "x",
            "event_names": {"meta": "QuizDone"},
            "destinations": "meta",
            "test": True,
            "context_key": "ck",
            "more": 1,
        }
    )
    assert found["clicks"] == {"fbclid": "a"}
    assert found["ids"] == {}
    assert found["names"] == {"meta": "QuizDone"}
    assert found["destinations"] == {"meta"}
    assert found["test"] is True
    assert not errors
    assert {(each.field, each.code) for each in notes} == {
        ("ext.firsthand", Code.UNKNOWN),
        ("ext.firsthand.context_key", Code.UNUSED),
        ("ext.firsthand.click_ids", Code.TYPE),
        ("ext.firsthand.browser_ids", Code.TYPE),
    }
