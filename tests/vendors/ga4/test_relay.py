"""gtag's beacon, made anew. Source: as in the module; gtag.js of 2025-12, run in Chromium."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.ga4 import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str], door: str = "region1.google-analytics.com/g/collect") -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="ga4",
        account="G-SHOP12345",
        to="G-SHOP12345",
        door=door,
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent(*pairs).url).query))


@pytest.mark.parametrize(
    ("address", "uip"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:DB8::7", "2001:db8::7"),
        ("10.0.0.7", "::"),
        ("", "::"),
        ("not an address", "::"),
    ],
)
def test_uip_is_the_visitors_address_or_redacts(address: str, uip: str) -> None:
    assert told(("@ip", address))["_uip"] == uip


def test_a_page_cannot_say_whose_address_it_is() -> None:
    assert told(("_uip", "198.51.100.1"), ("@ip", "203.0.113.9"))["_uip"] == "203.0.113.9"


def test_the_browsers_agent_is_the_only_header() -> None:
    call = sent(("en", "page_view"), ("@user_agent", "Mozilla/5.0 X"), ("@referer", "x"))
    assert dict(call.headers) == {"user-agent": "Mozilla/5.0 X"}
    assert (call.method, call.body) == ("POST", b"")
    assert call.url.startswith(
        "https://region1.google-analytics.com/g/collect?v=2&tid=G-SHOP12345&"
    )


def test_a_key_event_goes_on_to_its_own_door() -> None:
    """Parameters of a request that a site with Google's first-party mode shows in public."""
    given = {
        "random": "1760304488173",
        "cv": "11",
        "tid": "G-SHOP12345",
        "fst": "1760304488173",
        "fmt": "6",
        "en": "download_request",
        "gtm": "45g92e5a80h1v893377390za200",
        "gcd": "13l3l3l3l1l1",
        "dma": "0",
    }
    made = sent(*given.items(), ("random2", "1"), door="www.google.com/measurement/conversion/")
    assert made.method == "POST"
    assert made.url.startswith("https://www.google.com/measurement/conversion/?tid=G-SHOP12345&")
    assert dict(parse_qsl(urlsplit(made.url).query)) == given


@pytest.mark.parametrize(
    "name", ["sst.rnd", "sst.gcsub", "ecid", "ur", "richsstsse", "_fplc", "scrsrc", "emd", "pr0"]
)
def test_what_only_googles_own_servers_read_stays_here(name: str) -> None:
    assert name not in told((name, "1"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("idA~nmTea ~~ green~pr8.5~qt2", "idA~nmTea ~~ green~pr8.5~qt2"),
        ("idA~zzunknown~nmTea", "idA~nmTea"),
        ("idA~k0colour~v0red~v1stray", "idA~k0colour~v0red"),
        ("idA~k0bad name~v0red", "idA"),
        ("idA~prlots", "idA"),
        ("rubbish", None),
    ],
)
def test_items_are_made_anew(given: str, kept: str | None) -> None:
    assert told(("pr1", given)).get("pr1") == kept


def test_two_hundred_items_fit_with_the_rest_in_the_body() -> None:
    items = [(f"pr{n}", f"idSKU-{n}~nm{'n' * 60}~pr1.5~qt1") for n in range(1, 201)]
    call = sent(("en", "purchase"), ("cid", "1.2"), *items)
    found = parse_qsl(urlsplit(call.url).query) + parse_qsl(call.body.decode())
    assert {name for name, _ in found} >= {"en", "cid", *(name for name, _ in items)}
    assert call.headers["content-type"].startswith("text/plain")


def test_contact_data_is_hashes_only() -> None:
    assert "em" not in told(("em", "tv.1~em.jane@example.com"))
