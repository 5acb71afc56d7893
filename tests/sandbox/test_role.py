import re

import pytest

from firsthand.sandbox.role import Door, Way, cross_origin, first_of, script
from tests.sandbox.asking import MakeAsk


def test_a_plus_in_a_query_stays_a_plus_and_in_a_form_is_a_space(make_ask: MakeAsk) -> None:
    ask = make_ask(query="ud[ph]=%2B49&dt=a+b", body=b"dt=a+b")
    assert ask.params == {"ud[ph]": "+49", "dt": "a+b"}
    assert ask.form == {"dt": "a b"}


def test_a_multipart_body_is_a_form(make_ask: MakeAsk) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="ev"\r\n\r\nLead\r\n--x--\r\n'
    ask = make_ask(body=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert ask.form == {"ev": "Lead"}


def test_of_equal_names_the_first_counts_and_the_order_stays() -> None:
    assert list(first_of([("b", "1"), ("a", "2"), ("b", "3")]).items()) == [("b", "1"), ("a", "2")]


@pytest.mark.parametrize(
    ("host", "path", "fits"),
    [
        ("www.facebook.com", "/tr", True),
        ("www.facebook.com", "/tr/", True),
        ("www.facebook.com", "/tr/x", False),
        ("connect.facebook.net", "/tr/", False),
    ],
)
def test_a_door_fits_host_and_whole_path(host: str, path: str, *, fits: bool) -> None:
    door = Door(("www.facebook.com",), re.compile("/tr/?"), Way.BEACON, lambda _: None)
    assert door.fits(host, path) is fits


def test_a_script_knows_how_this_sandbox_spells_vendors(make_ask: MakeAsk) -> None:
    text = script(make_ask(), "fbevents.js", version="2.9.248").body.decode()
    assert "'http://www.facebook.com.vendors.localhost:8090/tr/'" in text
    assert "{{" not in text


def test_cross_origin_names_the_exact_origin_and_credentials(make_ask: MakeAsk) -> None:
    assert cross_origin(make_ask()) == {}
    headers = cross_origin(make_ask(headers={"origin": "http://shop.localhost:1"}))
    assert headers["access-control-allow-origin"] == "http://shop.localhost:1"
    assert headers["access-control-allow-credentials"] == "true"
