import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import Value
from firsthand.vendors.google_tag import (
    CLICK_IDS,
    CLIENT,
    ITEM,
    SCRIPTS,
    SESSION,
    choices,
    client_of,
    derived,
    item,
    items,
    session_of,
)

# Letters as analysts decode them (default, then update); values as gtag.js of 2025-12 sends them.
CHOICES = [
    ({}, {}),
    ({"gcd": "13l3l3l3l1l1"}, {}),
    (
        {"gcd": "13p3p3p2p5l1"},
        {
            "ad_storage": False,
            "analytics_storage": False,
            "ad_user_data": False,
            "ad_personalization": False,
        },
    ),
    (
        {"gcd": "13r3t3v2n5l1"},
        {
            "ad_storage": True,
            "analytics_storage": True,
            "ad_user_data": True,
            "ad_personalization": True,
        },
    ),
    (
        {"gcd": "11u3t3q2m5l1"},
        {
            "ad_storage": False,
            "analytics_storage": True,
            "ad_user_data": False,
            "ad_personalization": False,
        },
    ),
    ({"gcd": "13l3l3R3l5l1"}, {}),  # a capital is never a yes
    ({"gcd": "13l3l3P3l5l1"}, {"ad_user_data": False}),
    ({"gcd": "13r3r"}, {}),
    ({"gcd": "rrrr"}, {}),
    ({"gcs": "G101"}, {"ad_storage": False, "analytics_storage": True}),
    ({"gcs": "G1-0"}, {"analytics_storage": False}),
    ({"gcs": "G1--"}, {}),
    ({"gcs": "G2111"}, {}),
    (
        {"gcs": "G100", "gcd": "13r3r3l3l5l1"},
        {"ad_storage": False, "analytics_storage": False},
    ),
    ({"gcs": "G111", "gcd": "13p3l3l3l5l1"}, {"ad_storage": False, "analytics_storage": True}),
    ({"npa": "1", "gcd": "13l3l3l3r5l1"}, {"ad_personalization": False}),
    ({"npa": "0"}, {}),
]


@pytest.mark.parametrize(("signals", "said"), CHOICES, ids=str)
def test_choices(signals: dict[str, str], said: dict[str, bool]) -> None:
    assert choices(signals) == said


@given(st.dictionaries(st.sampled_from(["gcs", "gcd", "npa"]), st.text(max_size=20)))
def test_a_refusal_is_never_lost_by_another_signal(signals: dict[str, str]) -> None:
    refused = {"gcd": "13p3p3p3p5l1"} | {k: v for k, v in signals.items() if k != "gcd"}
    assert not any(choices(refused).values())


DERIVED = [
    ("", []),
    ("tv.1", []),
    ("tv.1~em.abc~pn.def", [("@em.em", "abc"), ("@em.pn", "def")]),
    ("tv.1~em.~pn", []),
    ("tv.2~em.abc", []),
    ("ec.e3", []),
]


@pytest.mark.parametrize(("text", "pairs"), DERIVED)
def test_contact_data_is_taken_apart(text: str, pairs: list[tuple[str, str]]) -> None:
    assert derived({"em": text}) == pairs


def test_consent_comes_under_names_of_its_own() -> None:
    assert derived({"gcd": "13l3l3r2u5l1"}) == [
        ("@ad_user_data", "granted"),
        ("@ad_personalization", "denied"),
    ]


def encode(fields: dict[str, str], own: dict[str, str]) -> str:
    """Write an item as gtag does."""
    parts = [key + value.replace("~", "~~") for key, value in fields.items()]
    for place, (name, value) in enumerate(own.items()):
        parts += [f"k{place}{name}", f"v{place}{value.replace('~', '~~')}"]
    return "~".join(parts)


TEXT_KEYS = sorted(key for key in ITEM if key not in {"pr", "qt", "ds", "lp"})
WORDS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=30
)
OWN_NAMES = st.from_regex(r"x[a-z_]{1,20}", fullmatch=True)


@given(
    texts=st.dictionaries(st.sampled_from(TEXT_KEYS), WORDS, max_size=8),
    price=st.decimals(0, 10**6, places=2).map(float),
    own=st.dictionaries(OWN_NAMES, WORDS, max_size=10),
)
def test_items_come_back_as_they_were_written(
    texts: dict[str, str], price: float, own: dict[str, str]
) -> None:
    expected: dict[str, Value] = {ITEM[key][0]: value for key, value in texts.items()}
    wire = encode(texts | {"pr": f"{price:.2f}"}, own)
    assert item(wire) == expected | own | {"price": price}


@given(st.text(max_size=60))
def test_an_item_is_read_or_left_out(wire: str) -> None:
    decoded = item(wire)
    names = {name for name, _ in ITEM.values()}
    for name in decoded or {}:
        assert name in names or re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", name)


ITEMS = [
    ("idA~pr1.5~qt2", {"item_id": "A", "price": 1.5, "quantity": 2}),
    ("idA~prfree~qt", {"item_id": "A"}),
    ("nm~~~~x", {"item_name": "~~x"}),
    ("idA~~~nmB", {"item_id": "A~", "item_name": "B"}),
    ("k0size~v0L~v1lost~k1~v1x", {"size": "L"}),
    ("k0bad name~v0x", None),
    ("zzunknown", None),
    ("", None),
]


@pytest.mark.parametrize(("wire", "decoded"), ITEMS)
def test_item(wire: str, decoded: dict[str, Value] | None) -> None:
    assert item(wire) == decoded


def test_items_stand_in_the_order_of_their_numbers_and_leave_the_rest() -> None:
    wire = [("pr10", "idJ"), ("en", "purchase"), ("pr2", "idB"), ("pr2", "idX"), ("pr201", "idY")]
    found, rest = items([*wire, ("pr0", "idZ"), ("prx", "idW"), ("pr3", "")])
    assert found == [{"item_id": "B"}, {"item_id": "J"}]
    assert rest == [("en", "purchase")]


COOKIES = [
    (CLIENT, "GA1.1.1275773451.1795497137", "1275773451.1795497137"),
    (CLIENT, "GA1.2-2.17.1795497137", "17.1795497137"),
    (CLIENT, "GA1.1.abc.1795497137", None),
    (CLIENT, "GA2.1.1.2", None),
    (SESSION, "GS1.1.1746825440.14.0.1746825440.0.0.295082955", "1746825440"),
    (SESSION, "GS2.1.s1754977080$o2$g1$t1754977873$j55$l0$h1801896810", "1754977080"),
    (SESSION, "GS2.1.o2$s1754977080$dXyZ_-9", "1754977080"),
    (SESSION, "GS2.1.o2$g1", ""),
    (SESSION, "GS3.1.s1", None),
    (SESSION, "GS2.1.s1;x", None),
]


@pytest.mark.parametrize(("pattern", "value", "id_"), COOKIES)
def test_cookies(pattern: str, value: str, id_: str | None) -> None:
    matched = re.fullmatch(pattern, value)
    assert bool(matched) == (id_ is not None)
    if matched:
        assert (client_of if pattern is CLIENT else session_of)(value) == id_


@given(st.text(max_size=80))
def test_cookie_readers_never_raise(value: str) -> None:
    assert isinstance(client_of(value) + session_of(value), str)


def test_chained_code_has_the_same_grammar_as_the_first_file() -> None:
    first, chained = SCRIPTS
    assert (first.chained, chained.chained) == (False, True)
    assert first.query == chained.query == {"id": "{account}", "l": first.query["l"], "cx": "c"}
    assert re.fullmatch(first.query["l"], "dataLayer")
    assert not re.fullmatch(first.query["l"], "a;b")


@pytest.mark.parametrize(
    ("param", "good", "bad"),
    [
        ("gclid", "Cj0KCQjwTESTclick_1-2", "short"),
        ("wbraid", "CjgKTESTwb-1_2", "CjgK TESTwb"),
        ("gbraid", "0AAAAATESTgb", "0AAAAA;TEST"),
        ("gclsrc", "aw.ds", "awxds"),
        ("gad_source", "1", "one"),
    ],
)
def test_click_ids(param: str, good: str, bad: str) -> None:
    [pattern] = [click.pattern for click in CLICK_IDS if click.param == param]
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)
