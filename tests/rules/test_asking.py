"""Pinterest's ``/user/``: the vendor is asked only in mode relay, and only after a yes."""

from dataclasses import replace

import orjson
import pytest

from firsthand.explain import sample
from firsthand.model import Hit, Mode
from firsthand.rules.asking import question
from firsthand.rules.respond import respond
from firsthand.rules.site import Site
from tests.samples import ANALYTICS_ONLY, GRANTED, REFUSED, hit

TAG = "2612345678901"
ASKED = f"ct.pinterest.com/user/?tid={TAG}&pd=%7B%22epik%22%3A%22dj0yJnU9%22%7D&dep=2%2CPAGE_LOAD"


def site(mode: Mode) -> Site:
    made = sample()
    accounts = {key: replace(each, mode=mode) for key, each in made.accounts.items()}
    return replace(made, accounts=accounts)


def asked(found: Hit, mode: Mode = Mode.RELAY) -> str:
    put = question(found, site(mode), site(mode).vendors["pinterest"])
    return put.call.url if put else ""


def test_asks_with_what_the_table_lists() -> None:
    url = asked(hit(f"{ASKED}&zz=canary&ed=%7B%22value%22%3A5%7D"))
    assert url.startswith(f"https://ct.pinterest.com/user/?tid={TAG}&")
    assert "canary" not in url
    assert "epik" in url


@pytest.mark.parametrize("cookie", [REFUSED, ANALYTICS_ONLY, ""])
def test_asks_nothing_without_marketing_consent(cookie: str) -> None:
    assert asked(hit(ASKED, cookie=cookie)) == ""


@pytest.mark.parametrize("mode", sorted(set(Mode) - {Mode.RELAY}))
def test_asks_nothing_in_any_other_mode(mode: Mode) -> None:
    assert asked(hit(ASKED), mode) == ""


def test_asks_nothing_at_a_door_that_brings_the_event() -> None:
    assert asked(hit(f"ct.pinterest.com/v3/?tid={TAG}&event=init")) == ""


def test_the_fixed_answer_stands_in_and_the_event_is_only_counted() -> None:
    response = respond(hit(ASKED, cookie=GRANTED), site(Mode.RELAY))
    assert response.asked is not None
    assert (response.status, response.body, response.content_type) == (
        200,
        b"{}",
        "application/json",
    )
    assert response.decision is not None
    assert not response.decision.beacons
    assert respond(hit(ASKED), site(Mode.SERVER)).asked is None


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b'{"aemEnabled":true,"isEu":false,"x":1}', {"aemEnabled": True, "isEu": False}),
        (b'{"aemEnabled":"true","isEu":1,"aemPhEnabled":null}', {}),
        (b'{"noCodeCapiDomains":"https://evil.example/"}', {}),
        (b"[]", None),
        (b"{}", None),
        (b"<html>", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_the_script_gets_switches_and_nothing_else(said: bytes, heard: object) -> None:
    put = question(hit(ASKED), site(Mode.RELAY), site(Mode.RELAY).vendors["pinterest"])
    assert put is not None
    made = put.answer(said)
    assert (orjson.loads(made) if made is not None else None) == heard
