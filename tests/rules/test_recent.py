"""What may be kept of hits for a while: nothing on refusal, no identifier ever, the same end."""

import json
from dataclasses import replace
from itertools import product
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.explain import parse
from firsthand.model import Hit
from firsthand.rules import keeper
from firsthand.rules.cookies import split
from firsthand.rules.decide import decide
from firsthand.rules.recent import SECRET, promising, proven, recorded, shape, trial
from firsthand.rules.redact import Redaction
from firsthand.rules.respond import respond
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.rules.test_canaries import EXAMPLES, SITE, marked
from tests.rules.test_redact import AGENT, IP, MARK, secrets
from tests.samples import ANALYTICS_ONLY, GRANTED, NOW, PIXEL, REFUSED, hit, meta_hit, shop
from tests.vendors.test_cases import sent, with_consent

BY = Redaction.of(
    VENDORS.values(), b"a key that no file holds, of 32 b", hosts=SITE.hosts, domain="example.com"
)
vendors = pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)


def text_of(one: Hit) -> str:
    kept = json.dumps(recorded(one, SITE, BY))
    return "\n".join([kept, unquote(kept), unquote(unquote(kept))]).lower()


@vendors
def test_refused_by_any_platform_nothing_is_kept(vendor: Vendor) -> None:
    for found, (key, each) in product(marked(vendor.key), EXAMPLES.items()):
        for header in (each.denied, each.analytics, "", "other=1"):
            cookies = found.hit.cookies | {"fh_consent": ()} | split(header)
            one = replace(found.hit, cookies=cookies)
            assert recorded(one, SITE, BY) is None, key


@vendors
def test_granted_no_identifier_is_kept(vendor: Vendor) -> None:
    kept = 0
    for one, told in secrets(vendor.key):
        text = text_of(with_consent(one, GRANTED))
        kept += text != "null\nnull\nnull"
        for each in (*told, MARK, AGENT, IP):
            assert each.lower() not in text
    assert kept


@vendors
def test_most_of_what_is_agreed_to_can_be_kept(vendor: Vendor) -> None:
    hits = [with_consent(one, GRANTED) for one in sent(vendor)]
    kept = [each for one in hits if (each := recorded(one, SITE, BY)) is not None]
    assert len(kept) >= len(hits) * 0.6
    for line in kept:
        again = respond(parse(json.dumps(line), trial(SITE)), trial(SITE)).decision
        assert again is not None
        assert again.beacons


@settings(max_examples=40)
@given(st.uuids().map(str), st.sampled_from(["_fbp", "fh_keep", "OptanonConsent", "CookieConsent"]))
def test_no_id_of_a_cookie_is_kept(one: str, name: str) -> None:
    came = meta_hit(eid=one, **{"ud[em]": one, "cd[order]": one, "fbp": f"fb.1.{NOW}.{one}"})
    came = replace(came, cookies={**came.cookies, name: (one, f"consentId={one}&groups=C0004:1")})
    site = shop()
    assert one not in json.dumps(recorded(came, site, BY))


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (meta_hit(), True),
        (meta_hit(cookie=REFUSED), False),
        (meta_hit(cookie=ANALYTICS_ONLY), False),
        (meta_hit(cookie=""), False),
        (meta_hit(dpo="LDU"), False),
        (meta_hit(id="9999888877776666"), True),  # an account that a new configuration may have
        (meta_hit(id="9999888877776666", dpo="LDU"), False),
        (replace(meta_hit(), bot=100), False),
        (replace(meta_hit(), body=b"x" * 70_000), False),
        (replace(meta_hit(), headers={"sec-gpc": "1"}), False),
        (hit("www.facebook.com/nothing"), False),
        (hit("fh/consent"), False),
        (hit("fh/copy", body="no copy"), False),
    ],
)
def test_whose_hits_are_kept(one: Hit, *, kept: bool) -> None:
    assert (recorded(one, shop(), BY) is not None) is kept


def test_a_copy_is_kept_as_a_copy_and_a_blocked_one_only_after_an_act() -> None:
    told = {
        "url": f"https://www.facebook.com/tr/?id={PIXEL}&ev=Purchase&eid=order-99177",
        "method": "GET",
        "outcome": "ok",
    }
    line = recorded(hit("fh/copy", body=json.dumps(told)), shop(), BY)
    assert line is not None
    assert "99177" not in json.dumps(line)
    assert json.loads(line["body"])["url"].startswith("https://www.facebook.com/tr/?id=")
    blocked = hit("fh/copy", body=json.dumps({**told, "outcome": "failed"}), cookie=REFUSED)
    assert recorded(blocked, shop(), BY) is None


def event(marketing: str, number: int = 1) -> dict[str, object]:
    return {
        "data_set_id": "shop",
        "id": f"order-9917{number}",
        "timestamp": NOW // 1000,
        "event_type": "purchase",
        "value": 49.9,
        "currency_code": "EUR",
        "properties": {"transaction_id": f"order-9917{number}"},
        "ext": {
            "firsthand": {
                "consent": {"analytics": "granted", "marketing": marketing},
                "plain": {"email": ["jane.doe@mail.example"]},
            }
        },
    }


@pytest.mark.parametrize(
    ("consents", "kept"),
    [(["granted"], True), (["denied"], False), (["granted", "denied"], False)],
)
def test_a_shops_batch_is_kept_where_each_of_its_visitors_agreed(
    consents: list[str], *, kept: bool
) -> None:
    site = replace(shop(), ingest_key=b"secret key")
    body = json.dumps({"events": [event(each, n) for n, each in enumerate(consents)]})
    headers = {"authorization": "Bearer secret key", "content-type": "application/json"}
    one = hit("fh/events", body=body, cookie="", headers=headers)
    line = recorded(one, site, BY)
    assert (line is not None) is kept
    assert not {"secret key", "jane", "9917"} & {
        each for each in ("secret key", "jane", "9917") if each in json.dumps(line)
    }
    if line is not None:
        again = respond(proven(parse(json.dumps(line), trial(site))), trial(site)).decision
        assert again is not None
        assert again.beacons


def test_a_keeper_is_signed_anew_for_nobody() -> None:
    site = shop()
    made = decide(meta_hit(), site, VENDORS["meta"])
    line = next(each for each in made.cookies if each.startswith("fh_keep="))
    kept = line.partition("=")[2].partition(";")[0]
    known = keeper.decode((kept,), site)
    assert known is not None
    came = meta_hit(cookie=f"{GRANTED}; fh_keep={kept}")
    told = recorded(came, site, BY)
    assert told is not None
    assert kept not in json.dumps(told)
    cookies = split(told["headers"]["Cookie"])
    nobody = keeper.decode(cookies["fh_keep"], trial(site))
    assert nobody is not None
    assert nobody.browser != known.browser
    assert nobody.ids.keys() == known.ids.keys()
    assert all(nobody.ids[name].value != known.ids[name].value for name in known.ids)
    assert trial(site).secret == SECRET


def test_promising_costs_no_second_look() -> None:
    assert not promising(meta_hit(), None)
    decision = decide(meta_hit(), shop(), VENDORS["meta"])
    assert promising(meta_hit(), decision)
    assert not promising(
        meta_hit(cookie=REFUSED), decide(meta_hit(cookie=REFUSED), shop(), VENDORS["meta"])
    )
    assert shape(decision) == shape(decide(meta_hit(), shop(), VENDORS["meta"]))
