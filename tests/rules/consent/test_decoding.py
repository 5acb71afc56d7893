import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.decoding import (
    base64_json,
    first,
    http_ms,
    iso_ms,
    json_object,
    layers,
    say,
    unix_ms,
    unix_s,
)
from firsthand.rules.consent.statement import Say

AT = 1_793_613_600_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", ["plain"]),
        ("%7B", ["%7B", "{"]),
        ("%257B", ["%257B", "%7B", "{"]),
        ("%25257B", ["%25257B", "%257B", "%7B"]),
        ("100%", ["100%"]),
        ("a+b", ["a+b"]),
        ("%ff", ["%ff"]),
        ("%25ff", ["%25ff", "%ff"]),
        ("", [""]),
    ],
)
def test_at_most_two_layers_are_taken_off(text: str, expected: list[str]) -> None:
    assert list(layers(text)) == expected


def test_the_outermost_layer_that_is_understood_counts() -> None:
    assert first("%7B", lambda text: text if "7B" in text else None) == "%7B"
    assert first("%7B", lambda text: text if text == "{" else None) == "{"
    assert first("%7B", {"}": "x"}.get) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a":true}', {"a": True}),
        ("%7B%22a%22%3A1%7D", {"a": 1}),
        ("%257B%2522a%2522%253A1%257D", {"a": 1}),
        ("{%22a%22:1}", {"a": 1}),
        ('{"a":"%22"}', {"a": "%22"}),
        ("{}", {}),
        ("", None),
        ("[]", None),
        ("true", None),
        (' {"a":1}', None),
        ('{"a":1} x', None),
        ('{"a":1,}', None),
        ("{'a':1}", None),
        ('{"a":1,"a":2}', None),
        ('{"b":{"a":1,"a":2}}', None),
        ('{"a":NaN}', None),
        ('{"a":Infinity}', None),
        ('{"a":"\n"}', None),
        ('{"a":' * 4000, None),
        ('{"a":' + "[" * 4000, None),
        ('{"a":' + "1" * 5000 + "}", None),
    ],
)
def test_json(text: str, expected: object) -> None:
    assert json_object(text) == expected


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    json_object(text)
    base64_json(text)
    iso_ms(text)
    http_ms(text)


values = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8)
objects = st.dictionaries(st.text(max_size=8), values | st.lists(values, max_size=3), max_size=4)


@given(objects)
def test_what_was_wrapped_is_unwrapped(told: dict[str, object]) -> None:
    text = json.dumps(told)
    for wrapped in (text, quote(text), quote(quote(text))):
        assert json_object(wrapped) == told
    packed = b64encode(text.encode()).decode()
    open_ended = urlsafe_b64encode(text.encode()).decode().rstrip("=")
    for wrapped in (packed, open_ended, quote(packed), quote(quote(packed))):
        assert base64_json(wrapped) == told


@pytest.mark.parametrize(
    "text", ["", "e3", "{}", "e30=e30=", "e3 0=", "e30====", "/w==", "eyJhIjox"]
)
def test_what_is_no_base64_of_json(text: str) -> None:
    assert base64_json(text) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, Say.GRANTED), (False, Say.DENIED), (1, None), (0, None), ("true", None), (None, None)],
)
def test_only_booleans_are_answers(value: object, expected: Say | None) -> None:
    assert say(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(AT, AT), (AT // 1000, None), (AT * 10, None), (True, None), (float(AT), None), ("1", None)],
)
def test_unix_times(value: object, expected: int | None) -> None:
    assert unix_ms(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(AT // 1000, AT), (AT, None), (True, None), (1.5, None), ("1793613600", None), (-1, None)],
)
def test_unix_times_in_seconds(value: object, expected: int | None) -> None:
    assert unix_s(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-02T10:00:00Z", AT),
        ("2026-11-02T10:00:00.000Z", AT),
        ("2026-11-02T11:00:00.000+01:00", AT),
        ("2026-11-02T10:00:00", None),
        ("2026-11-02", None),
        ("2026-13-02T10:00:00Z", None),
        ("1926-11-02T10:00:00Z", None),
        ("２026-11-02T10:00:00Z", None),  # noqa: RUF001 - a digit of another script
        (AT, None),
        (None, None),
    ],
)
def test_iso_times(value: object, expected: int | None) -> None:
    assert iso_ms(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 02 Nov 2026 10:00:00 GMT", AT),
        ("Mon, 02 Nov 2026 10:00:00 +0000", None),
        ("Mon, 2 Nov 2026 10:00:00 GMT", None),
        ("Mon, 32 Nov 2026 10:00:00 GMT", None),
        ("Mon, 02 Abc 2026 10:00:00 GMT", None),
        ("Mon, 02 Nov 2026 :::::::: GMT", None),
        (AT, None),
    ],
)
def test_http_times(value: object, expected: int | None) -> None:
    assert http_ms(value) == expected
