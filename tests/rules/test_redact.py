"""What may be kept of hits for a while: every vendor's cases, marked, without one identifier."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.explain import parse
from firsthand.model import IDENTIFYING, Hit, Value
from firsthand.rules.decide import Decision, decide
from firsthand.rules.doors import Doors
from firsthand.rules.redact import Redaction, line, redact
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.rules.test_canaries import SITE
from tests.samples import GRANTED
from tests.vendors.test_cases import sent, with_consent

KEY = b"a key that no file holds, of 32 b"
BY = Redaction.of(VENDORS.values(), KEY, hosts=SITE.hosts, domain=SITE.cookie_domain)
URL = "https://trk.shop.example.com"
IP = "81.2.69.142"
AGENT = "Mozilla/5.0 (X11; Canary x86_64) Odd/77.123.9"
MAIL = "canary.bird@mail.example"
MARK = "cnry8842x71"
SHORTEST = 6
vendors = pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
# The same text stands where it is no identifier: as an event's name, as a label that is not sent.
COMMON = frozenset({"Size finder", "brochure"})


def marked(hit: Hit) -> Hit:
    """Return a hit with marks where no row of a table is: nothing may come of them."""
    page = f"https://shop.example.com/u/{MARK}/?who={MARK}&mail={MAIL}"
    extra = f"&x_own={MARK}&{MARK}=1&u={quote(page, safe='')}&j={quote(json.dumps({'a': [MARK]}))}"
    headers = {**hit.headers, "referer": page, "user-agent": AGENT, "accept": MARK}
    cookies = {**hit.cookies, "_fbp": (f"fb.1.1795400333444.{MARK}",), "_gcl_au": (MARK,)}
    return replace(
        hit,
        query=hit.query + extra,
        headers=headers,
        cookies={**cookies, "PHPSESSID": (MARK,)},
        ip=IP,
    )


def kept(hit: Hit) -> str:
    """Return all that would be written of a hit, encoded and plain."""
    text = json.dumps(line(redact(hit, BY), URL))
    return "\n".join([text, unquote(text), unquote(unquote(text))]).lower()


def texts(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from texts(each)
        case dict():
            for each in value.values():
                yield from texts(each)


@cache
def secrets(key: str) -> list[tuple[Hit, frozenset[str]]]:
    """Return a vendor's hits, each with the identifying values that its API would have got."""
    found = []
    for hit in sent(VENDORS[key]):
        mine = marked(hit)
        told = {
            text
            for reading in VENDORS[key].read(mine)
            for path, value in reading.fields.items()
            if SITE.tables[key].kind(path) in IDENTIFYING
            for text in texts(value)
            if len(text) >= SHORTEST and text not in COMMON
        }
        keys = {reading.event_key for reading in VENDORS[key].read(hit)}
        found.append((mine, frozenset(told | {each for each in keys if len(each) >= SHORTEST})))
    return found


@vendors
def test_no_identifier_is_left(vendor: Vendor) -> None:
    assert secrets(vendor.key)
    for hit, told in secrets(vendor.key):
        text = kept(hit)
        for each in (*told, MARK, MAIL, "canary", IP):
            assert each.lower() not in text


def shape(decision: Decision) -> object:
    """Return what a decision is, without the values of its fields."""
    beacons = [(b.account, b.name, b.withheld, sorted(b.fields)) for b in decision.beacons]
    lines = [each.partition("=")[0] for each in decision.cookies]
    return beacons, [each.note for each in decision.ended], lines


# The cases whose point is a word that means "none", or a name that is no word, end otherwise.
@vendors
def test_rules_decide_as_they_would_have(vendor: Vendor) -> None:
    hits = [with_consent(hit, GRANTED) for hit in sent(vendor)]
    alike = [
        shape(decide(hit, SITE, vendor)) == shape(decide(redact(hit, BY), SITE, vendor))
        for hit in hits
    ]
    assert alike.count(False) <= 2
    assert sum(alike) / len(alike) >= 0.75


@vendors
def test_a_line_is_read_as_the_redacted_hit(vendor: Vendor) -> None:
    site = replace(SITE, doors=Doors(VENDORS.values()))
    for hit in sent(vendor):
        made = redact(with_consent(hit, GRANTED), BY)
        read = parse(json.dumps(line(made, URL)), site)
        assert (read.path, read.query, read.body) == (made.path, made.query, made.body)
        assert shape(decide(read, site, vendor)) == shape(decide(made, site, vendor))


FORMS = (
    "www.facebook.com/tr/?id=1234567890123456&ev=Purchase&eid={}&ud[em]={}&cd[note]={}&fbp={}",
    "www.google-analytics.com/g/collect?tid=G-SHOP000001&en=x&cid={}&uid={}&ep.note={}&ep.y={}",
    "fh/nothing?a={}&b={}&c={}&d={}",
)
IDS = st.one_of(
    st.uuids().map(str),
    st.text("0123456789abcdef", min_size=16, max_size=64),
    st.text("0123456789", min_size=9, max_size=20),
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFG", min_size=8, max_size=40),
    st.emails(),
)


@settings(max_examples=60)
@given(IDS, st.sampled_from(FORMS))
def test_whatever_the_id_is(one: str, form: str) -> None:
    address = form.format(*[quote(one, safe="")] * 4)
    path, _, query = address.partition("?")
    host, slash, rest = path.partition("/")
    # a word may stay where only words belong, as a name or in a technical row
    drawn = {} if one.isalpha() else {"id": one, one: one}
    body = json.dumps({"user_data": {"email_addresses": [one]}, "of": one} | drawn)
    hit = Hit("POST", host, slash + rest, query, body.encode(), {}, {"_fbp": (one,)}, IP, 1)
    assert one.lower() not in kept(hit)


def test_a_copy_is_redacted_within() -> None:
    inner = f"https://www.facebook.com/tr/?id=1234567890123456&ev=Purchase&eid={MARK}&em={MAIL}"
    told = {"url": inner, "method": "GET", "outcome": "failed", "ms": 12, "visitor": MARK}
    hit = Hit("POST", "fh", "/copy", "", json.dumps(told).encode(), {}, {}, IP, 1)
    made = json.loads(redact(hit, BY).body)
    assert MARK not in kept(hit)
    assert (made["outcome"], made["ms"], made["method"]) == ("failed", 12, "GET")
    assert made["url"].startswith(
        "https://www.facebook.com/tr/?id=1234567890123456&ev=Purchase&eid="
    )
    for body in (b"", b"[]", b"{", b'{"url":1}', b'{"url":"https://evil.example/?x=1"}'):
        assert redact(replace(hit, body=body), BY).body == b""


def test_proofs_and_unknown_headers_go() -> None:
    headers = {
        "authorization": f"Bearer {MARK}",
        "x-signature": MARK,
        "origin": f"https://{MARK}.example",
    }
    hit = Hit("POST", "fh", "/events", "", b"{}", headers, {}, IP, 1)
    assert MARK not in kept(hit)
    assert redact(hit, BY).headers == {"origin": "https://elsewhere.example"}
