"""What is read from a script: snippets as vendors and skimmers write them, and look-alikes."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.edge.scriptreader import edited, read


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("document.cookie", ["cookie"]),
        ("document['cookie']='a=1'", ["cookie"]),
        ("document['coo\\x6bie']", ["cookie"]),
        ("d?.cookie", ["cookie"]),
        ("var {cookie:c}=document", ["cookie"]),
        ("var {cookie}=document", ["cookie"]),
        ("f({cookie:true})", []),
        ("var cookie=1", []),
        ("f('cookie')", []),
        ("x.cookies", []),
        ("x.$cookie", []),
        ("/* document.cookie */", []),
        ("// eval(x)", []),
        ("/document.cookie/.test(x)", []),
        ("localStorage.a", ["localStorage"]),
        ("window['sessionStorage']", ["sessionStorage"]),
        ("navigator.credentials.get()", ["credentials"]),
        ("fetch(u,{credentials:'include'})", []),
        ("navigator.clipboard.readText()", ["clipboard"]),
        ("eval(x)", ["eval"]),
        ("(0,eval)(x)", ["eval"]),
        ("new Function('return 1')", ["Function"]),
        ("Function(x)()", ["Function"]),
        ("x instanceof Function", []),
        ("x.eval", ["eval"]),
        ("atob(x)", ["atob"]),
        ("a.addEventListener('keydown',f)", ["keydown"]),
        ("['keyup','x'].forEach(f)", ["keyup"]),
        ("a.onkeypress=f", ["onkeypress"]),
        ('a.addEventListener("submit",f)', ["submit"]),
        ("a={type:'submit'}", []),
        ("a=`keydown`", ["keydown"]),
        ("a='keydown or so'", []),
        ("new FormData(f)", ["FormData"]),
        ("q('input[type=password]')", ["input[type=password]"]),
        ("n.geolocation", ["geolocation"]),
        ("new RTCPeerConnection", ["RTCPeerConnection"]),
        ("new w.AudioContext", ["AudioContext"]),
        ("c.toDataURL()", ["toDataURL"]),
        ("e.innerHTML=x", ["innerHTML"]),
        ("w.postMessage(x)", ["postMessage"]),
    ],
)
def test_names(script: str, names: list[str]) -> None:
    assert read(script.encode())["names"] == names


@pytest.mark.parametrize(
    ("script", "addresses", "before", "bare"),
    [
        ("a='https://Evil.Example/x'", ["evil.example"], [], []),
        ("a='//evil.example'", ["evil.example"], [], []),
        ("a='https:\\/\\/evil.example\\/x'", ["evil.example"], [], []),
        ("a='https:\\x2f\\u002fevil\\u{2e}example'", ["evil.example"], [], []),
        ("a='wss://u:p@evil.example:8443/'", ["evil.example"], [], []),
        ("a='http://192.0.2.1/x'", ["192.0.2.1"], [], []),
        ("a=`https://${s}.evil.example/x`", [], ["evil.example"], []),
        ("a=`//evil.example/${x}`", ["evil.example"], [], []),
        ("a='evil.example/x'", [], ["evil.example"], []),
        ("a='.evil.example'", [], [], ["evil.example"]),
        ("a='evil.example'", [], [], ["evil.example"]),
        (
            "a='a https://one.example and https://two.example'",
            ["one.example", "two.example"],
            [],
            [],
        ),
        ("a='item.id'", [], [], ["item.id"]),
        ("a='1.2.3'", [], [], []),
        ("a='Hello. World'", [], [], []),
        ("evil.example.x()", [], [], []),
        ("/evil.example/", [], [], []),
        ("// https://evil.example", [], [], []),
    ],
)
def test_hosts(script: str, addresses: list[str], before: list[str], bare: list[str]) -> None:
    told = read(script.encode())
    assert (told["addresses"], told["before"], told["bare"]) == (addresses, before, bare)


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ("a(", "line 1, column "),
        ("a();\nfunction(){", "line 2, column "),
        ("'open", "line 1, column "),
        ("}", "line 1, column "),
        ("<!DOCTYPE html><p>x", "line 1, column "),
        ("var a=1;\n\n@@@", "line 3, column "),
    ],
)
def test_what_does_not_parse_is_told_with_its_place(script: str, place: str) -> None:
    assert read(script.encode())["broken"].startswith(place)


EDIT = ("tr.vendor.example", "tr.other.example")


@pytest.mark.parametrize(
    ("script", "made"),
    [
        ("a='tr.vendor.example'", "a='tr.other.example'"),
        ('a="https://tr.vendor.example/x"', 'a="https://tr.other.example/x"'),
        ("a=`x${b}tr.vendor.example`", "a=`x${b}tr.other.example`"),
        (
            "a='tr.vendor.example';b=['tr.vendor.example']",
            "a='tr.other.example';b=['tr.other.example']",
        ),
        ("/tr.vendor.example/;a='tr.vendor.example'", "/tr.vendor.example/;a='tr.other.example'"),
        ("tr.vendor.example();a='tr.vendor.example'", "tr.vendor.example();a='tr.other.example'"),
        ("//tr.vendor.example\na='tr.vendor.example'", "//tr.vendor.example\na='tr.other.example'"),
        ("a='\u00e4\u00f6 tr.vendor.example'", "a='\u00e4\u00f6 tr.other.example'"),
    ],
)
def test_edits_reach_strings_and_templates_only(script: str, made: str) -> None:
    assert edited(script.encode(), [EDIT]) == (made.encode(), [])


@pytest.mark.parametrize(
    "script", ["a='other'", "/tr.vendor.example/", "tr.vendor.example", "// tr.vendor.example", ""]
)
def test_an_edit_whose_text_is_in_no_string_fails_and_changes_nothing(script: str) -> None:
    assert edited(script.encode(), [EDIT]) == (script.encode(), [EDIT[0]])


def test_a_comment_becomes_the_last_line() -> None:
    comment = ("", "//# sourceURL=https://vendor.example/x.js")
    made = b"a()\n//# sourceURL=https://vendor.example/x.js\n"
    assert edited(b"a()", [comment]) == (made, [])
    assert edited(b"a()\n\n", [comment]) == (made, [])
    assert "broken" not in read(made)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    told = read(text.encode("utf-8", "replace"))
    assert ("broken" in told) or set(told) == {"addresses", "before", "bare", "names"}


def test_the_program_answers_a_line_and_the_script() -> None:
    request = b'{"edits":[["a.example","b.example"]]}\nx=\'a.example\';\n'
    command = [sys.executable, "-I", "-m", "firsthand.edge.scriptreader"]
    done = subprocess.run(command, input=request, capture_output=True, check=True)
    line, _, body = done.stdout.partition(b"\n")
    assert body == b"x='b.example';\n"
    assert b'"bare": ["b.example"]' in line
