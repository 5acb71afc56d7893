"""Ten thousand hits, random or mutated from real shapes: nothing breaks, nothing leaves unasked."""

from dataclasses import replace

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import BadHit
from firsthand.model import Hit, Mode
from firsthand.rules.doors import split
from firsthand.rules.respond import respond
from tests.samples import ANALYTICS_ONLY, GRANTED, REFUSED, ga4_hit, hit, meta_hit, shop

SITE = shop(Mode.BOTH)
LISTED = {400, 403, 404, 405, 408, 413, 421, 431}
COPY = orjson.dumps(
    {
        "url": "https://www.facebook.com/tr/?id=1234567890123456&ev=Purchase&eid=1",
        "method": "POST",
        "body": "cd[value]=1&cd[currency]=EUR",
        "content_type": "application/x-www-form-urlencoded",
        "outcome": "failed",
        "ms": 3,
        "attempt": 1,
    }
).decode()
SEEDS = st.sampled_from(
    [
        meta_hit("Purchase", **{"cd[value]": "1", "cd[contents]": '[{"id":"a","quantity":1}]'}),
        ga4_hit("purchase", pr1="idSKU~nmShirt~pr1", **{"ep.transaction_id": "T", "cu": "EUR"}),
        replace(ga4_hit(), body=b"en=a&_et=1\r\nen=b&ep.x=y", method="POST"),
        hit("fh/copy", body=COPY),
        hit("fh/consent", body='{"landing":"?fbclid=abc"}'),
        hit("stats.g.doubleclick.net/g/collect?x"),
    ]
)
COOKIES = st.sampled_from([GRANTED, REFUSED, ANALYTICS_ONLY, "", f"{GRANTED}; {REFUSED}"])
JUNK = st.text(max_size=30) | st.sampled_from(
    ["%", "%00", "%0d%0aSet-Cookie: a=b", "\ud800", "[" * 50, "NaN", "-1e999", "&&&", "=", "\x00"]
)


@st.composite
def mutated(draw: st.DrawFn) -> Hit:
    """Take a real shape and spoil some of it."""
    found = draw(SEEDS)
    for part in draw(st.sets(st.sampled_from(["path", "query", "body", "cookies", "headers"]))):
        if part == "body":
            cut = draw(st.integers(0, len(found.body)))
            found = replace(found, body=found.body[:cut] + draw(st.binary(max_size=60)))
        elif part == "cookies":
            base = hit(
                "x", cookie=draw(COOKIES) + "; _fbp=" + draw(JUNK) + "; fh_keep=" + draw(JUNK)
            )
            found = replace(found, cookies=base.cookies)
        elif part == "headers":
            name = draw(
                st.sampled_from(["origin", "referer", "content-type", "sec-gpc", "user-agent"])
            )
            found = replace(found, headers={**found.headers, name: draw(JUNK)})
        else:
            text = getattr(found, part)
            cut = draw(st.integers(0, len(text)))
            found = replace(found, **{part: text[:cut] + draw(JUNK) + text[cut:]})
    return found


@settings(max_examples=10_000, deadline=None)
@given(mutated())
def test_no_hit_breaks_anything(found: Hit) -> None:
    try:
        response = respond(found, SITE)
    except BadHit as refused:
        allowed = refused.status in LISTED
        assert allowed, refused
        return
    assert response.status in {200, 204}
    decision = response.decision
    if decision is None:
        return
    assert not decision.beacons or decision.verdict.marketing
    for line in decision.cookies:
        assert "\r" not in line
        assert "\n" not in line
    for beacon in decision.beacons:
        account = SITE.account(beacon.vendor, beacon.account)
        assert account is not None
        orjson.loads(account.vendor.write([beacon], account.settings, now=found.at).body)


@given(st.text(max_size=200))
def test_any_target_is_split_or_unknown(target: str) -> None:
    try:
        host, path, _ = split(target)
    except BadHit as refused:
        allowed = refused.status == 404
        assert allowed
        return
    assert ".." not in path
    assert "/" not in host
