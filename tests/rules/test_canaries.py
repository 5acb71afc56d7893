"""A refusal by any consent platform, at any vendor: no byte of an identifier is kept or sent.

Every hit of the vendors' cases is marked wherever a mark fits without making it unreadable: query,
body, headers, cookies. What is kept of it is then searched for the marks, and for every value that
the vendor's server path would have been given.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import count, product
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.explain import explain, sample
from firsthand.model import IDENTIFYING, Client, Hit, Origin, Reading, Value
from firsthand.rules.consent.policy import Policy
from firsthand.rules.cookies import split
from firsthand.rules.decide import Decision, decide
from firsthand.rules.respond import respond
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.rules.consent import writer
from tests.rules.consent.sources.examples import Examples, all_examples
from tests.rules.consent.writer import tc
from tests.samples import GRANTED
from tests.vendors.test_cases import sent

YES, NO, SOME = tc(), tc(purposes=(), vendors=writer.vendors()), tc(purposes=[1, 8])
EU = writer.header(2)
EXAMPLES = {
    **all_examples(),
    "tcf": Examples(*(f"euconsent-v2={each}" for each in (YES, NO, SOME))),
    "google_cmp": Examples(*(f'FCCDCF=[null,null,null,["{each}"]]' for each in (YES, NO, SOME))),
    "gpp": Examples(*(f"__gpp={EU}~{each}; __gpp_sid=2" for each in (YES, NO, SOME))),
}
GROUPS = {key: each.groups for key, each in EXAMPLES.items() if each.groups}
SITE = replace(sample(), consent=Policy(groups=GROUPS))
IP = "198.51.100.77"
MARK = "cnry"
SHORTEST = 6
# Says where the request comes from and what it is, not who sent it.
UNMARKED = frozenset({"content-type", "dnt", "origin", "sec-gpc", "sec-purpose"})
vendors = pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)


@dataclass(frozen=True, slots=True)
class Marked:
    """A hit with marks in it, and the identifying values that its vendor would get."""

    hit: Hit
    secrets: frozenset[str]


@cache
def marked(key: str) -> tuple[Marked, ...]:
    """Return the marked hits of a vendor, with the ids that an earlier yes left in the browser."""
    vendor = VENDORS[key]
    return tuple(_marked(hit, vendor) for hit in sent(vendor) if _accounts(hit, vendor))


def _marked(hit: Hit, vendor: Vendor) -> Marked:
    fresh = (f"{MARK}{number}" for number in count())
    hit = _in_pairs(replace(hit, ip=IP), vendor, fresh)
    headers = {
        name: value if name in UNMARKED or name.startswith("sec-fetch") else f"{value}{next(fresh)}"
        for name, value in {"referer": "https://shop.example.com/", **hit.headers}.items()
    }
    hit = _with(replace(hit, headers=headers), GRANTED)
    granted = decide(hit, SITE, vendor)
    left = "; ".join(line.partition(";")[0] for line in granted.cookies)
    ids = "; ".join(f"{row.name}={next(fresh)}" for row in vendor.cookies if "{" not in row.name)
    hit = replace(hit, cookies=split(f"{left}; {ids}; PHPSESSID={next(fresh)}"))
    return Marked(hit, frozenset(_secrets(vendor.read(hit), vendor)) | {IP})


def _in_pairs(hit: Hit, vendor: Vendor, fresh: Iterator[str]) -> Hit:
    """Mark each parameter of query and body with which the hit still tells as many events."""
    for index, (name, value) in enumerate(parse_qsl(hit.query, keep_blank_values=True)):
        pairs = parse_qsl(hit.query, keep_blank_values=True)
        pairs[index] = (name, value + next(fresh))
        hit = _kept(hit, replace(hit, query=urlencode(pairs)), vendor)
    pairs = [*parse_qsl(hit.query, keep_blank_values=True), (f"x_{MARK}", next(fresh))]
    hit = replace(hit, query=urlencode(pairs))
    for old in _texts(_json(hit.body)):
        new = hit.body.replace(f'"{old}"'.encode(), f'"{old}{next(fresh)}"'.encode())
        hit = _kept(hit, replace(hit, body=new), vendor)
    return hit


def _kept(old: Hit, new: Hit, vendor: Vendor) -> Hit:
    return new if _accounts(new, vendor) == _accounts(old, vendor) else old


def _accounts(hit: Hit, vendor: Vendor) -> list[str]:
    """Return the accounts of the events that a yes lets through."""
    beacons = decide(_with(hit, GRANTED), SITE, vendor).beacons
    return [beacon.account for beacon in beacons]


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, at any depth."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)


def _secrets(readings: Iterator[Reading], vendor: Vendor) -> Iterator[str]:
    table = SITE.tables[vendor.key]
    for reading in readings:
        told: Mapping[str, Value] = reading.fields
        yield from (
            text
            for path, value in told.items()
            if table.kind(path) in IDENTIFYING
            for text in _texts(value)
            if len(text) >= SHORTEST
        )
        yield from [reading.event_key] if len(reading.event_key) >= SHORTEST else []


def _with(hit: Hit, header: str) -> Hit:
    return replace(hit, cookies={**hit.cookies, **split(header)})


def _as_copy(hit: Hit) -> Hit:
    return replace(hit, origin=Origin.COPY, client=Client.OK, client_ms=12)


def stored(decision: Decision) -> str:
    """Return all that leaves the rules towards disk, ledger, log and browser.

    Not the path of an undecided visitor's page: ``edge/crowd.py`` keeps it in memory until it is
    a crowd's (``tests/edge/test_crowd.py``).
    """
    told = asdict(decision)
    for ended in told["ended"]:
        (ended["choice"] or {}).pop("page", None)
    return json.dumps(told, default=str)


def without_pages(decision: Decision) -> Decision:
    """Return a decision whose rows name no page: that is what they count, marked or not."""
    rows = tuple((replace(row, path=""), more) for row, more in decision.rows)
    return replace(decision, rows=rows)


def leaks(text: str, found: Marked) -> list[str]:
    return [each for each in (MARK, *sorted(found.secrets)) if each in text]


@vendors
def test_the_marks_are_there_to_be_found(vendor: Vendor) -> None:
    for found in marked(vendor.key):
        granted = stored(decide(_with(found.hit, GRANTED), SITE, vendor))
        assert leaks(granted, found), "nothing would be found where everything is kept"
        assert found.hit.cookies.keys() & {row.name for row in vendor.cookies} or not vendor.cookies


@vendors
def test_refused_nothing_is_kept(vendor: Vendor) -> None:
    for found, (key, each), make in product(
        marked(vendor.key), EXAMPLES.items(), (replace, _as_copy)
    ):
        decision = decide(make(_with(found.hit, each.denied)), SITE, vendor)
        assert not decision.beacons, key
        assert decision.ended, key
        assert not [line for line in decision.cookies if "Max-Age=0" not in line], key
        assert leaks(stored(decision), found) == [], key


@vendors
def test_refused_by_name_nothing_is_kept(vendor: Vendor) -> None:
    if not vendor.tcf_id and not vendor.ac_id:
        return  # no string can name it
    for found in marked(vendor.key):
        cookies = f"{GRANTED}; euconsent-v2={tc(vendors=writer.vendors())}; addtl_consent=1~7"
        decision = decide(_with(found.hit, cookies), SITE, vendor)
        assert decision.verdict.marketing
        assert not decision.beacons
        assert leaks(stored(decision), found) == []


@vendors
def test_analytics_alone_keeps_no_identifier(vendor: Vendor) -> None:
    for found, (key, each) in product(marked(vendor.key), EXAMPLES.items()):
        decision = decide(_with(found.hit, each.analytics), SITE, vendor)
        assert not decision.beacons, key
        assert leaks(stored(without_pages(decision)), found) == [], key


@vendors
def test_refused_explain_has_no_call_and_no_identifier(vendor: Vendor) -> None:
    found = marked(vendor.key)[0]
    for key, each in EXAMPLES.items():
        for header in (each.denied, each.analytics):
            told = explain(_line(found.hit, header), SITE)
            assert told["calls"] == [], key
            assert told["consent"]["marketing"] is False, key
            assert leaks(json.dumps(told), found) == [], key


def _line(hit: Hit, header: str) -> str:
    carried = [f"{name}={value}" for name, values in hit.cookies.items() for value in values]
    return json.dumps(
        {
            "method": hit.method,
            "url": f"https://{SITE.tracking_host}/{hit.host}{hit.path}?{hit.query}",
            "headers": {**hit.headers, "cookie": "; ".join([*carried, header])},
            "body": hit.body.decode("utf-8", "replace"),
            "ip": hit.ip,
            "at": "2026-11-24T10:00:00Z",
        }
    )


HITS = [(vendor, found) for vendor in VENDORS for found in marked(vendor)]
PARAMS = st.lists(
    st.tuples(st.sampled_from(["fbclid", "gclid", "em", "uid", "x"]), st.text(max_size=8)),
    max_size=3,
)


@given(
    st.sampled_from(HITS),
    st.sampled_from(sorted(EXAMPLES)),
    st.sampled_from(sorted(EXAMPLES)),
    PARAMS,
)
def test_no_other_platform_and_no_parameter_lifts_a_refusal(
    case: tuple[str, Marked], refusing: str, granting: str, more: list[tuple[str, str]]
) -> None:
    _, found = case
    cookies = f"{EXAMPLES[granting].granted}; {EXAMPLES[refusing].denied}"
    extra = urlencode([(name, f"{MARK}{value}") for name, value in more])
    hit = replace(_with(found.hit, ""), query=f"{found.hit.query}&{extra}")
    response = respond(replace(hit, cookies=_joined(hit, cookies)), SITE)
    assert response.decision is not None
    assert not response.decision.beacons
    assert leaks(stored(response.decision) + response.body.decode("latin-1"), found) == []


def _joined(hit: Hit, header: str) -> dict[str, tuple[str, ...]]:
    return {**hit.cookies, **split(header)}


@vendors
def test_asked_what_may_load_a_refusal_opens_nothing(vendor: Vendor) -> None:
    found = marked(vendor.key)[0]
    for key, each in EXAMPLES.items():
        body = json.dumps({"landing": f"?fbclid={MARK}1&gclid={MARK}2"}).encode()
        hit = replace(
            _with(found.hit, each.denied),
            method="POST",
            host="fh",
            path="/consent",
            query="",
            body=body,
            headers={"origin": "https://shop.example.com"},
        )
        response = respond(hit, SITE)
        assert response.decision is not None
        assert not any(orjson.loads(response.body)["allow"].values()), key
        assert leaks(stored(response.decision), found) == [], key
