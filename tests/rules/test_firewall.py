"""Every place of a call and every wrapping: what stands readable is found, and never told."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.delivery import relay
from firsthand.model import Beacon, Call
from firsthand.rules.cookies import split
from firsthand.rules.decide import decide
from firsthand.rules.firewall import findings, told
from firsthand.rules.site import Site
from firsthand.vendors import VENDORS
from tests.samples import GRANTED
from tests.vendors.test_cases import RELAYING, SITE, sent

MAIL, PHONE, CARD = "jane.doe@example.com", "+49 30 23125001", "4111111111111111"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def make_call(
    url: str = "https://api.example.com/v1/7/events",
    body: object = b"",
    headers: dict[str, str] | None = None,
    account: str = "7",
) -> Call:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Call("acme", account, "POST", url, headers or {}, raw)


PLACES: list[tuple[str, Callable[[str], Call]]] = [
    ("the address", lambda text: make_call(f"https://api.example.com/v1/{quote(text)}/x")),
    ("q", lambda text: make_call(f"https://api.example.com/v1?a=1&q={quote(text, safe='')}")),
    ("the name of a parameter", lambda text: make_call(f"https://a.example/?{quote(text)}=1")),
    ("header X-Note", lambda text: make_call(headers={"X-Note": text})),
    ("data.note", lambda text: make_call(body={"data": [{"id": 1, "note": text}]})),
    ("data.a.b", lambda text: make_call(body={"data": {"a": {"b": ["x", text]}}})),
    ("the name of a parameter", lambda text: make_call(body={"data": {text: 1}})),
    ("cd[note]", lambda text: make_call(body=urlencode({"a": 1, "cd[note]": text}).encode())),
    ("the body", lambda text: make_call(body=f"note\r\n{text}\r\n".encode())),
]


@pytest.mark.parametrize(("where", "put"), PLACES)
@pytest.mark.parametrize(
    ("what", "text"),
    [("e-mail address", MAIL), ("phone number", PHONE), ("card number", CARD)],
)
def test_found_in_every_place_and_not_told(
    what: str, text: str, where: str, put: Callable[[str], Call]
) -> None:
    found = findings(put(text))
    assert f"{what} in {where}" in map(str, found)
    assert text not in told(found)
    assert len(told(found * 50)) < 200


WRAPS: list[Callable[[str], str]] = [
    lambda text: quote(text, safe=""),
    lambda text: quote(quote(text, safe=""), safe=""),
    lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    lambda text: f"https://shop.example.com/a?q={quote(text, safe='')}#x",
    lambda text: quote(f"https://shop.example.com/a?u={quote(f'/b?q={text}', safe='')}", safe=""),
    lambda text: orjson.dumps({"a": [{"b": text}]}).decode(),
    lambda text: orjson.dumps({"a": orjson.dumps({"b": text}).decode()}).decode(),
    lambda text: quote(orjson.dumps({"a": text}).decode(), safe=""),
    lambda text: b64encode(f"user={text}".encode()).decode(),
    lambda text: urlsafe_b64encode(orjson.dumps({"name": text})).decode().rstrip("="),
    lambda text: f"x.{urlsafe_b64encode(orjson.dumps({'m': text})).decode()}.sig",
    lambda text: quote(b64encode(f"user={text}".encode()).decode(), safe=""),
    lambda text: "".join(f"\\u{ord(sign):04x}" if sign in "@+" else sign for sign in text),
    lambda text: f'{{"q": "{text.replace("@", chr(92) + "u0040")}"}}',
]


@pytest.mark.parametrize("wrap", WRAPS[:-2])
@pytest.mark.parametrize("text", [MAIL, PHONE, CARD])
def test_found_in_every_wrapping(text: str, wrap: Callable[[str], str]) -> None:
    wrapped = wrap(text)
    assert findings(make_call(body={"data": {"note": wrapped}}))
    assert findings(make_call(f"https://a.example/?dl={quote(wrapped, safe='')}"))
    assert findings(make_call(body=f"a=1&note={quote(wrapped, safe='')}".encode()))


@pytest.mark.parametrize("wrap", WRAPS[-2:])
def test_found_behind_the_escapes_of_json(wrap: Callable[[str], str]) -> None:
    assert findings(make_call(body=f'{{"note": "{wrap(MAIL)}"}}'.encode())) or findings(
        make_call(body=wrap(MAIL).encode())
    )


def test_a_number_is_a_phones_by_the_name_before_it() -> None:
    for name in ("phone", "ph", "mobile_number", "ud[ph]", "tel"):
        for number in ("03023125001", "030%2023125001", "(030)+23125-001"):
            call = make_call(f"https://a.example/?{quote(name)}={number}")
            assert "phone number" in told(findings(call)), (name, number)
    assert findings(make_call(body={"user_data": {"ph": ["4930231250010"]}}))
    assert findings(make_call(body={"user_data": {"phone": 4930231250010}}))
    assert not findings(make_call("https://a.example/?n=03023125001"))


def test_the_accounts_own_number_is_no_card() -> None:
    url = f"https://api.example.com/v1/{CARD}/events?x={CARD}"
    assert findings(make_call(url))
    assert not findings(make_call(url, account=CARD))
    assert findings(make_call(f"{url}&note=5555555555554444", account=CARD))


@pytest.mark.parametrize("name", [MAIL, PHONE, CARD, "a" * 60, "user-8154", "<b>", "id77123"])
def test_a_name_that_may_tell_is_not_shown(name: str) -> None:
    found = findings(make_call(body={"data": {name: MAIL}}))
    assert found
    assert name not in told(found)


def batch(*more: dict[str, object]) -> Call:
    """Return a call with hashes enough that some of their digits look like anything."""
    hashed = [
        {"em": [sha256(b"%d" % n).hexdigest()], "tel": sha256(b"t%d" % n).hexdigest()}
        for n in range(300)
    ]
    return make_call(body={"data": [*hashed[:150], *more, *hashed[150:]]})


def test_hashes_are_nothing_readable_however_many() -> None:
    assert findings(batch()) == ()


@pytest.mark.parametrize(
    "text", [MAIL, PHONE, CARD, quote(MAIL), b64encode(MAIL.encode()).decode()]
)
def test_one_event_of_many_is_found(text: str) -> None:
    (found,) = findings(batch({"note": text}))
    assert found.where.partition(",")[0] == "data.note"
    assert findings(batch({"deep": {"list": ["x", {"note": text}]}}))
    beside = sha256(b"beside").hexdigest()
    assert findings(batch({"note": f"{beside} {text} {beside}"}))


def calls_of(site: Site) -> list[Call]:
    made = []
    for vendor in VENDORS.values():
        for hit in sent(vendor):
            allowed = replace(hit, cookies={**hit.cookies, **split(GRANTED)})
            beacons: tuple[Beacon, ...] = decide(allowed, site, vendor).beacons
            for beacon in beacons:
                account = site.account(beacon.vendor, beacon.account)
                if account is not None and not beacon.withheld:
                    made.append(relay.write(account, [beacon], now=hit.at))
    return made


@pytest.mark.parametrize("site", [SITE, RELAYING], ids=["api", "relay"])
def test_no_call_of_any_vendors_case_is_stopped(site: Site) -> None:
    made = calls_of(site)
    assert len(made) > 50
    assert [(call.vendor, call.url, told(findings(call))) for call in made if findings(call)] == []


NAMES = st.sampled_from(["dl", "q", "note", "cd[x]", "ep.text", "event_id"])


@settings(max_examples=60)
@given(NAMES, st.text(max_size=30), st.sampled_from(WRAPS[:-2]), st.booleans())
def test_a_mail_address_among_anything_is_found(
    name: str,
    text: str,
    wrap: Callable[[str], str],
    form: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    value = wrap(f" {MAIL} ")
    filler = text.replace("&", "").encode("utf-8", "replace").decode()
    pairs = {"a": filler, name: value, "z": filler}
    call = make_call(body=urlencode(pairs).encode() if form else {"data": [pairs]})
    assert findings(call)


@settings(max_examples=100)
@given(st.binary(max_size=300), st.text(max_size=60), st.dictionaries(st.text(), st.text()))
def test_anything_can_be_searched(body: bytes, query: str, more: dict[str, str]) -> None:
    headers = {name: value for name, value in more.items() if name}
    for found in findings(make_call(f"https://a.example/?{query}", body, headers)):
        assert len(str(found)) < 200
