import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import IDENTIFYING, Kind, Value, Verdict
from firsthand.rules.trace import (
    MAX_SHOWN,
    KindOf,
    mask,
    placeholder,
    shape,
    verdict_words,
    without_query,
)
from tests.factories import make_hit, make_reading

CANARY = "canary-7f3a"


def kinds(kind: Kind) -> KindOf:
    return lambda _: kind


@pytest.mark.parametrize("kind", sorted(IDENTIFYING))
@pytest.mark.parametrize(
    "value", [CANARY, [CANARY], [[CANARY]], {CANARY: CANARY}, [{"x": CANARY}], 73912, 739.5]
)
def test_no_identifying_value_is_shown(kind: Kind, value: Value) -> None:
    shown = str(mask({"field": value}, kinds(kind)))
    assert CANARY not in shown
    assert "739" not in shown


@pytest.mark.parametrize("kind", [Kind.TECHNICAL, Kind.CONSENT, Kind.COMMERCE])
def test_the_rest_is_shown_as_it_is(kind: Kind) -> None:
    value = {"n": 1.5, "list": ["a", True], "text": "b"}
    assert mask({"a.b": value}, kinds(kind)) == {"a.b": value}


def test_every_kind_is_either_shown_or_not() -> None:
    shown = {kind for kind in Kind if CANARY in str(mask({"a": CANARY}, kinds(kind)))}
    assert shown == {Kind.TECHNICAL, Kind.CONSENT, Kind.COMMERCE, Kind.PAGE}


PAGES = [
    ("https://shop.example/thanks?order=1#top", "https://shop.example/thanks"),
    ("https://jane:pw@shop.example/a@b?x", "https://shop.example/a@b"),
    ("/thanks?x", "/thanks"),
    ("A title", "A title"),
    ("", ""),
]


@pytest.mark.parametrize(("address", "bare"), PAGES)
def test_pages_lose_query_fragment_and_user(address: str, bare: str) -> None:
    assert without_query(address) == bare


@pytest.mark.parametrize(
    "value", ["https://shop.example/u/jane@example.com/x", "Hello jane%40example.com!"]
)
def test_addresses_of_people_are_hidden_wherever_they_stand(value: str) -> None:
    for kind in (Kind.PAGE, Kind.COMMERCE):
        for shown in (mask({"a": value}, kinds(kind)), mask({"a": {value: 1}}, kinds(kind))):
            assert "jane" not in str(shown)


PATHS = [
    ("custom_data.color", "custom_data.color"),
    ("custom_data.jane@example.com", "custom_data.<16 characters>"),
    ("my key", "<6 characters>"),
    ("a." + "x" * 100, "a.<100 characters>"),
]


@pytest.mark.parametrize(("path", "shown"), PATHS)
def test_free_keys_are_shown_only_where_they_look_like_keys(path: str, shown: str) -> None:
    assert list(mask({path: 1}, kinds(Kind.CUSTOM))) == [shown]


SIZES: list[tuple[Value, Value]] = [
    ("abc", "<3 characters>"),
    (["ab", "c"], ["<2 characters>", "<1 characters>"]),
    ({"a": 1, "b": 2}, "<2 keys>"),
    (True, "<yes or no>"),
    (17, "<number>"),
]


@pytest.mark.parametrize(("value", "shown"), SIZES)
def test_placeholders_tell_kind_and_size(value: Value, shown: Value) -> None:
    assert placeholder(value) == shown
    assert mask({"a": value}, kinds(Kind.CONTACT)) == {"a": shown}


@given(st.text(), st.sampled_from(Kind))
def test_any_text_can_be_masked_and_is_bounded(text: str, kind: Kind) -> None:
    (shown,) = mask({"a": text}, kinds(kind)).values()
    assert isinstance(shown, str)
    assert len(shown) <= MAX_SHOWN


VERDICTS = [
    (Verdict(analytics=True, marketing=True, explicit=True), "analytics and marketing (explicit)"),
    (
        Verdict(analytics=True, marketing=False, explicit=False, sources=("a", "b")),
        "analytics (implied): a, b",
    ),
    (Verdict(analytics=False, marketing=False, explicit=True), "nothing (explicit)"),
]


@pytest.mark.parametrize(("verdict", "words"), VERDICTS)
def test_a_verdict_in_words(verdict: Verdict, words: str) -> None:
    assert verdict_words(verdict) == words


@pytest.mark.parametrize(
    ("content_type", "transport"),
    [
        ("", ""),
        ("application/x-www-form-urlencoded; charset=UTF-8", " form"),
        ("Multipart/Form-Data; boundary=CANARY", " multipart"),
        ("application/json", " json"),
        ("text/plain", " text"),
        ("image/CANARY", " other"),
    ],
)
def test_a_shape_names_the_door_and_no_value(content_type: str, transport: str) -> None:
    url = "https://trk.shop.example.com/www.example.com/px?em=CANARY"
    hit = make_hit(url, headers={"content-type": content_type} if content_type else {})
    found = shape(hit, make_reading(fields={"user.email": "CANARY"}))
    assert found == f"GET www.example.com/px{transport} 1 fields"


def test_the_shape_of_a_long_path_is_cut() -> None:
    url = f"https://trk.shop.example.com/www.example.com/{'x' * 500}"
    assert len(shape(make_hit(url), make_reading())) == 120
