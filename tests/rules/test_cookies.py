import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import BadHit
from firsthand.rules.cookies import MAX_HEADER, SameSite, Wanted, expire, set_cookie, split


# Headers that http.cookies (3.11) or aiohttp (3.14.5) lose or cut, tried 2026-11-20.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a=1; b=2", {"a": ("1",), "b": ("2",)}),
        ("a=1;b=2", {"a": ("1",), "b": ("2",)}),
        ('x=1; CookieControl={"a":[],"b":"c"}; y=2', {
            "x": ("1",), "CookieControl": ('{"a":[],"b":"c"}',), "y": ("2",),
        }),
        ("cmapi_cookie_privacy=permit 1,2,3; y=2", {
            "cmapi_cookie_privacy": ("permit 1,2,3",), "y": ("2",),
        }),
        ("n=gr\udcfc\udce9; y=2", {"n": ("gr\udcfc\udce9",), "y": ("2",)}),
        ("a[b]=1; y=2", {"a[b]": ("1",), "y": ("2",)}),
        ("lone; y=2", {"y": ("2",)}),
        ("a=1; a=2; a=1", {"a": ("1", "2", "1")}),
        ("a=x=y==; b=", {"a": ("x=y==",), "b": ("",)}),
        ("=nameless; y=2", {"y": ("2",)}),
        ("\t a \t=\t 1 \t; y=2", {"a": ("1",), "y": ("2",)}),
        ('a="q"; b=%41', {"a": ('"q"',), "b": ("%41",)}),
        ("", {}),
        (";;; ;", {}),
    ],
)  # fmt: skip
def test_nothing_is_lost_decoded_or_unquoted(header: str, expected: object) -> None:
    assert split(header) == expected


# Prefix bypass by Unicode blanks ("cookie chaos" research of 2025, read 2026-11-20).
@pytest.mark.parametrize("blank", ["\u2000", "\u00a0", "\x0b", "\x0c", "\u3000", "\x85"])
def test_only_space_and_tab_are_trimmed(blank: str) -> None:
    assert "__Host-fh_keep" not in split(f"{blank}__Host-fh_keep=v1; y=2")
    assert split(f"a={blank}1")["a"] == (f"{blank}1",)


def test_an_oversized_header_is_refused_whole() -> None:
    longest = "a=" + "x" * (MAX_HEADER - 2)
    assert split(longest) == {"a": ("x" * (MAX_HEADER - 2),)}
    for read in (split, Wanted.of(["a"]).split):
        with pytest.raises(BadHit) as refused:
            read(longest + "x")
        assert (refused.value.status, refused.value.reason) == (431, "cookie_header")


def test_only_wanted_cookies_are_kept() -> None:
    wanted = Wanted.of(["fh_keep", "_ga", "_ga_{account}", "__cmpconsent*"])
    header = "PHPSESSID=s; _ga=1; _ga=2; _ga_ABC=3; __cmpconsentx12=4; fh_keep2=5; xfh_keep=6"
    assert wanted.split(header) == {"_ga": ("1", "2"), "_ga_ABC": ("3",), "__cmpconsentx12": ("4",)}
    assert Wanted.of([]).split(header) == {}


@given(st.dictionaries(st.text(string.ascii_letters, min_size=1), st.text(string.hexdigits)))
def test_what_was_joined_comes_apart_again(jar: dict[str, str]) -> None:
    header = "; ".join(f"{name}={value}" for name, value in jar.items())
    assert split(header) == {name: (value,) for name, value in jar.items()}


@given(st.text(max_size=300))
def test_no_text_raises_and_the_allow_list_only_drops(header: str) -> None:
    everything = split(header)
    assert Wanted.of(["a"]).split(header) == {n: v for n, v in everything.items() if n == "a"}
    assert Wanted(frozenset(), ("",)).split(header) == everything


def test_a_line_has_the_attributes_it_was_given() -> None:
    line = set_cookie("_fbc", "fb.1.2.x", domain="example.com", max_age_s=7_776_000)
    assert line == (
        "_fbc=fb.1.2.x; Domain=example.com; Path=/; Max-Age=7776000; Secure; SameSite=Lax"
    )
    line = set_cookie(
        "__Host-a", "1", domain="", max_age_s=60, http_only=True, same_site=SameSite.STRICT
    )
    assert line == "__Host-a=1; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict"


# RFC 6265bis draft 22, sections 4.1.1 and 4.1.3, read 2026-11-20.
@pytest.mark.parametrize(
    ("name", "value", "attributes"),
    [
        ("a b", "1", {}),
        ("", "1", {}),
        ("a=b", "1", {}),
        ("a", "x; Domain=evil.example", {}),
        ("a", "x\r\nSet-Cookie: y=1", {}),
        ("a", "x,y", {}),
        ("a", 'x"y', {}),
        ("a", "x\\y", {}),
        ("a", "x y", {}),
        ("a", "ü", {}),
        ("a", "x" * 4096, {}),
        ("a", "1", {"domain": "a; Secure; x=y"}),
        ("a", "1", {"domain": ".example.com"}),
        ("a", "1", {"domain": "Example.com"}),
        ("a", "1", {"domain": "example.com\n"}),
        ("a", "1", {"max_age_s": -1}),
        ("a", "1", {"max_age_s": 400 * 86_400 + 1}),
        ("a", "1", {"same_site": "None"}),
        ("__Host-a", "1", {"domain": "example.com"}),
        ("__Host-a", "1", {"secure": False}),
        ("__Secure-a", "1", {"secure": False}),
    ],
)
def test_a_bent_line_is_not_built(name: str, value: str, attributes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cookie|SameSite"):
        set_cookie(name, value, **{"domain": "", "max_age_s": 1} | attributes)  # type: ignore[arg-type]


def test_an_error_never_shows_the_value() -> None:
    with pytest.raises(ValueError, match="cookie a") as error:
        set_cookie("a", "canary value", domain="", max_age_s=1)
    assert "canary" not in str(error.value)


def test_deletion_names_both_copies() -> None:
    assert expire("_fbc", domain="example.com") == [
        "_fbc=; Path=/; Max-Age=0; Secure; SameSite=Lax",
        "_fbc=; Domain=example.com; Path=/; Max-Age=0; Secure; SameSite=Lax",
    ]
    assert len(expire("_fbc", domain="")) == 1
    assert len(expire("__Host-fh_keep", domain="example.com")) == 1
