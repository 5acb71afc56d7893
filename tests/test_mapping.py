from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.convert import number, text
from firsthand.mapping import (
    MAX_JSON,
    MAX_NAME,
    MAX_PAIRS,
    MAX_VALUE,
    Pair,
    Table,
    body_pairs,
    form_pairs,
    member_pairs,
    multipart_pairs,
    nest,
    query_pairs,
    request_pairs,
)
from firsthand.model import Kind, MatchKey, Value
from firsthand.vendor import Field
from tests.factories import make_hit

ROWS = (
    Field("em", "user.email", Kind.CONTACT, text, MatchKey.EMAIL),
    Field("v", "data.value", Kind.COMMERCE, number),
    Field("value", "data.value", Kind.COMMERCE, number),
    Field("@ip", "user.ip", Kind.NETWORK, text, MatchKey.IP),
    Field("en", "", Kind.TECHNICAL, text),
    Field("cd[*", "data.*", Kind.CUSTOM, text),
    Field("ep.*", "params.*", Kind.CUSTOM, text),
)
TABLE = Table(ROWS)
ANY = st.text(max_size=60) | st.text(st.characters(categories=["Cs", "Cc"]), max_size=20)
WIRE = st.lists(st.sampled_from(["a=b", "&", "%40ip", "@ip=1", "=", "%", "%zz", "+", "em="]) | ANY)


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("", []),
        ("a=b&c=d", [("a", "b"), ("c", "d")]),
        ("a=1&a=2", [("a", "1"), ("a", "2")]),
        ("a", [("a", "")]),
        ("=b&&a=", [("a", "")]),
        ("a=b=c", [("a", "b=c")]),
        ("a=x+y%20z", [("a", "x+y z")]),
        ("cd%5Bvalue%5D=4%2E5", [("cd[value]", "4.5")]),
        ("a=%ff%fe", [("a", "\ufffd\ufffd")]),
        ("a=%zz%2", [("a", "%zz%2")]),
        ("a=%0d%0aSet-Cookie:x", [("a", "\r\nSet-Cookie:x")]),
        ("a=\ud800", [("a", "?")]),
        ("a;b=c", [("a;b", "c")]),
        ("@ip=192.0.2.1&a=1", [("a", "1")]),
        ("%40ip=192.0.2.1", []),
        ("%2540ip=1", [("%40ip", "1")]),
    ],
)
def test_a_query_is_split_as_scripts_write_it(query: str, pairs: list[Pair]) -> None:
    assert query_pairs(query) == pairs


def test_a_form_has_plus_for_space() -> None:
    assert form_pairs("a=x+y%2Bz&b+c=1") == [("a", "x y+z"), ("b c", "1")]


def test_a_query_is_bounded() -> None:
    many = "&".join(f"a{index}=1" for index in range(5000))
    assert len(query_pairs(many)) == MAX_PAIRS
    assert query_pairs(f"{'n' * MAX_NAME}=1") == [("n" * MAX_NAME, "1")]
    assert query_pairs(f"{'n' * (MAX_NAME + 1)}=1&b=2") == [("b", "2")]
    assert query_pairs(f"a={'v' * MAX_VALUE}") == [("a", "v" * MAX_VALUE)]
    assert query_pairs(f"a={'v' * (MAX_VALUE + 1)}&b=2") == [("b", "2")]
    assert query_pairs("a=123&b=1234", longest=3) == [("a", "123")]
    assert form_pairs("a=123&b=1234", longest=3) == [("a", "123")]


def part(name: str, value: str, *, more: str = "", head: str = "") -> str:
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{head}\r\n{value}\r\n'


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (
            part("id", "1") + part("ev", "Quiz Done") + "--B--\r\n",
            [("id", "1"), ("ev", "Quiz Done")],
        ),
        (part("a", "x\r\ny") + "--B--\r\n", [("a", "x\r\ny")]),
        (part("a", "") + "--B--", [("a", "")]),
        (part("a", "ü") + "--B--\r\n", [("a", "ü")]),
        ((part("a", "1") + "--B--\r\n").replace("\r\n", "\n"), [("a", "1")]),
        (part("a", "1") + part("b", "cut off"), [("a", "1")]),
        (part("f", "x", more='; filename="f.txt"') + part("a", "1") + "--B--", [("a", "1")]),
        (part("n", "x", head="Content-Type: multipart/mixed; boundary=C\r\n") + "--B--", []),
        (part("@ip", "192.0.2.1") + part("a", "1") + "--B--", [("a", "1")]),
        ("--B\r\nContent-Type: text/plain\r\n\r\nno name\r\n--B--", []),
        ("preamble\r\n" + part("a", "1") + "--B--\r\nepilogue", [("a", "1")]),
        ("--B--", []),
        ("", []),
    ],
)
def test_a_multipart_body_gives_its_text_fields(body: str, pairs: list[Pair]) -> None:
    assert multipart_pairs(body.encode(), "multipart/form-data; boundary=B") == pairs


def test_a_multipart_body_is_bounded() -> None:
    kind = "multipart/form-data; boundary=B"
    many = "".join(part(f"a{index}", "1") for index in range(2000)) + "--B--"
    assert len(multipart_pairs(many.encode(), kind)) <= MAX_PAIRS
    long = part("a", "v" * (MAX_VALUE + 1)) + part("b", "v" * MAX_VALUE) + "--B--"
    assert [name for name, _ in multipart_pairs(long.encode(), kind)] == ["b"]
    names = multipart_pairs((part("n" * 500, "1") + "--B--").encode(), kind)
    assert all(len(name) <= MAX_NAME for name, _ in names)
    assert multipart_pairs((part("a", "1", head="X: y\r\n" * 500) + "--B--").encode(), kind) == []


@pytest.mark.parametrize(
    ("content_type", "body", "pairs"),
    [
        ("", b"a=b+c", [("a", "b c")]),
        ("text/plain;charset=UTF-8", b"a=b", [("a", "b")]),
        ("application/x-www-form-urlencoded", b"a=%C3%BC", [("a", "ü")]),
        ("application/x-www-form-urlencoded", b"a=\xff", [("a", "\ufffd")]),
        ("Multipart/Form-Data; Boundary=B", (part("a", "1") + "--B--").encode(), [("a", "1")]),
        ('multipart/form-data; boundary="B"', (part("a", "1") + "--B--").encode(), [("a", "1")]),
        ("multipart/form-data", (part("a", "1") + "--B--").encode(), []),
        ("multipart/form-data; boundary=", b"--\r\n", []),
        ("application/x-www-form-urlencoded", b"", []),
    ],
)
def test_a_body_is_read_by_its_type(content_type: str, body: bytes, pairs: list[Pair]) -> None:
    hit = make_hit(body=body, method="POST", headers={"content-type": content_type})
    assert body_pairs(hit) == pairs


@pytest.mark.parametrize(
    ("members", "into", "pairs"),
    [
        ({}, (), []),
        ({"a": "x", "n": 1, "t": True}, (), [("a", "x"), ("n", "1"), ("t", "true")]),
        ({"a": [1, {"b": 2}]}, (), [("a", '[1,{"b":2}]')]),
        ({"a": {"b": "x", "c": {"d": 1}}}, ("a",), [("a.b", "x"), ("a.c", '{"d":1}')]),
        ({"a": {"c": {"d": 1}}}, ("a", "a.c"), [("a.c.d", "1")]),
        ({"a": {"b": "x"}}, ("b",), [("a", '{"b":"x"}')]),
        ({"@ip": "192.0.2.1", "a": "x"}, (), [("a", "x")]),
        ({"n" * (MAX_NAME + 1): "x", "a": "x" * (MAX_VALUE + 1), "b": "y"}, (), [("b", "y")]),
        ({"a": [0] * MAX_JSON}, (), []),
    ],
)
def test_members_of_an_object_are_pairs(
    members: dict[str, Value], into: tuple[str, ...], pairs: list[Pair]
) -> None:
    assert member_pairs(members, into) == pairs


def test_members_are_bounded() -> None:
    assert len(member_pairs({f"a{index}": "x" for index in range(5000)})) == MAX_PAIRS


@given(WIRE.map("".join), st.binary(max_size=300))
def test_nothing_raises_and_nothing_of_the_request_is_forged(wire: str, raw: bytes) -> None:
    kind = "multipart/form-data; boundary=B"
    framed = (
        b"--B\r\n"
        + raw
        + b'\r\n--B\r\nContent-Disposition: form-data; name="@ip"\r\n\r\n1\r\n--B--'
    )
    escaped = quote(wire, safe="", errors="replace")
    pairs = [
        *query_pairs(wire),
        *query_pairs(f"{escaped}=1"),
        *form_pairs(wire),
        *multipart_pairs(framed, kind),
        *multipart_pairs(raw, kind),
        *multipart_pairs(raw, f"multipart/form-data; boundary={wire}"),
    ]
    for name, value in pairs:
        assert not name.startswith("@")
        assert len(name) <= MAX_NAME
        (name + value).encode()


def test_the_request_itself_stands_under_names_of_its_own() -> None:
    hit = make_hit(
        "https://trk/www.example.com/px?%40ip=192.0.2.1&@user_agent=forged&em=x",
        ip="203.0.113.9",
        headers={"User-Agent": "UA", "Referer": "https://shop.example.com/"},
    )
    told = query_pairs(hit.query) + request_pairs(hit)
    assert dict(told)["@referer"] == "https://shop.example.com/"
    assert TABLE.take(told).fields == {"user.email": "x", "user.ip": "203.0.113.9"}


@pytest.mark.parametrize(
    ("pairs", "fields", "notes", "unlisted"),
    [
        ([("em", "a@b.cc"), ("zz", "1")], {"user.email": "a@b.cc"}, (), 1),
        ([("en", "purchase")], {}, (), 0),
        ([("v", "1"), ("value", "2")], {"data.value": 1}, (), 0),
        ([("v", ""), ("value", "2")], {"data.value": 2}, (), 0),
        ([("v", "x"), ("value", "2")], {"data.value": 2}, ("v: not usable",), 0),
        ([("cd[score]", "7")], {"data.score": "7"}, (), 0),
        ([("cd[a", "7")], {"data.a": "7"}, (), 0),
        ([("cd[", "7"), ("cd[]", "7"), ("ep.", "7")], {}, (), 3),
        ([("cd[a]]", "7")], {"data.a]": "7"}, (), 0),
        ([("ep.b]", "7")], {"params.b]": "7"}, (), 0),
        ([("ep.b", "7"), ("ep.b", "8")], {"params.b": "7"}, (), 0),
        ([("EM", "x")], {}, (), 1),
    ],
)
def test_a_table_takes_what_it_lists(
    pairs: list[Pair], fields: dict[str, object], notes: tuple[str, ...], unlisted: int
) -> None:
    taken = TABLE.take(pairs)
    assert (taken.fields, taken.notes, taken.unlisted) == (fields, notes, unlisted)


@given(st.lists(st.tuples(st.sampled_from(["em", "v", "cd[x]", "ep.y"]) | ANY, ANY), max_size=20))
def test_every_pair_is_taken_noted_or_counted(pairs: list[Pair]) -> None:
    taken = TABLE.take(pairs)
    assert len(taken.fields) + len(taken.notes) + taken.unlisted <= len(pairs)
    sections = {path.partition(".")[0] for path in taken.fields}
    assert sections <= {"user", "data", "params"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("user.email", Kind.CONTACT),
        ("data.value", Kind.COMMERCE),
        ("data.anything", Kind.CUSTOM),
        ("params.x", Kind.CUSTOM),
        ("what.no.row.knows", Kind.CUSTOM),
        ("", Kind.CUSTOM),
    ],
)
def test_every_path_has_a_privacy_class(path: str, kind: Kind) -> None:
    assert TABLE.kind(path) is kind


def test_match_keys_are_those_of_the_rows() -> None:
    fields = {"user.email": "x", "user.ip": "y", "data.value": 1, "data.free": "z"}
    assert TABLE.keys(fields) == MatchKey.EMAIL | MatchKey.IP
    assert TABLE.keys({}) == MatchKey(0)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({}, {}),
        ({"a.b": 1, "c": 2, "a.d": 3}, {"a": {"b": 1, "d": 3}, "c": 2}),
        ({"a.b.c": 1}, {"a": {"b.c": 1}}),
        ({"a": 1, "a.b": 2}, {"a": 1}),
        ({".b": 1}, {"": {"b": 1}}),
    ],
)
def test_fields_are_nested_by_their_first_dot(
    fields: dict[str, int], body: dict[str, object]
) -> None:
    assert nest(fields) == body
