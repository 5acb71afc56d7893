import pytest
from jinja2 import UndefinedError

from firsthand.admin.view import page, pairs, pretty


def test_pretty_json_and_what_is_none() -> None:
    assert pretty('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert pretty("OK <b>") == "OK <b>"


def test_pairs_of_an_object() -> None:
    assert pairs('{"a":"x","b":[1,true],"c":null}') == [
        ("a", "x"),
        ("b", "[1,true]"),
        ("c", "null"),
    ]
    assert pairs("[1]") is None
    assert pairs("no") is None


def test_everything_is_escaped() -> None:
    shown = page("refused", title="<b>", detail="\"'&<script>", ask=False)
    assert "<b>" not in shown
    assert "&#34;&#39;&amp;&lt;script&gt;" in shown


def test_a_page_without_what_it_shows_fails() -> None:
    with pytest.raises(UndefinedError):
        page("report")
