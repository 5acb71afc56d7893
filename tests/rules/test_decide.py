from dataclasses import asdict, replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Client, Hit, Mode, Reason
from firsthand.rules import keeper
from firsthand.rules.consent.policy import Policy, RuleSet
from firsthand.rules.decide import Decision, decide
from firsthand.rules.doors import Doors
from firsthand.rules.holdout import Arm
from firsthand.rules.site import Account, Site, WhenBlocked, WhenBot
from firsthand.vendors import VENDORS
from tests.rules.consent.writer import disclosed, tc, vendors
from tests.samples import (
    ANALYTICS_ONLY,
    GRANTED,
    PIXEL,
    REFUSED,
    SECOND,
    copied,
    ga4_hit,
    hit,
    meta_hit,
    shop,
)

SITE = shop()


def on(site: Site, found: Hit) -> Decision:
    door = site.doors.find(found.host, found.path)
    assert door is not None
    return decide(found, site, site.vendors[door.vendor])


def reasons(decision: Decision) -> list[str]:
    return [ended.note.reason for ended in decision.ended]


@pytest.mark.parametrize(
    ("cookie", "meta", "ga4"),
    [  # the table of decisions: what each vendor's server path gets
        (GRANTED, Reason.NONE, Reason.NONE),
        (ANALYTICS_ONLY, Reason.CONSENT, Reason.AGGREGATE_ONLY),
        ("fh_consent=1.a0m1.1795400000.fh", Reason.NONE, Reason.CONSENT),
        (REFUSED, Reason.CONSENT, Reason.CONSENT),
        ("", Reason.CONSENT, Reason.CONSENT),
        ("fh_consent=rubbish", Reason.CONSENT, Reason.CONSENT),
        (f"{GRANTED}; {REFUSED}", Reason.CONSENT, Reason.CONSENT),
    ],
)
def test_consent_decides_what_is_kept(cookie: str, meta: Reason, ga4: Reason) -> None:
    for found, reason in ((meta_hit(cookie=cookie), meta), (ga4_hit(cookie=cookie), ga4)):
        decision = on(SITE, found)
        assert reasons(decision) == ([reason] if reason else [])
        assert len(decision.beacons) == (0 if reason else 1)


GOOGLE, NOBODY = tc(), tc(purposes=(), vendors=vendors())
STRANGERS = tc(disclosed(804), vendors=vendors([804]))
OUT = "__gpp=DBABL~CVQVAAAAAACA.Y"


@pytest.mark.parametrize(
    ("cookie", "meta", "ga4"),
    [  # Meta is not on the Global Vendor List, Google is no. 755; Meta is provider 89
        (f"euconsent-v2={GOOGLE}", Reason.NONE, Reason.NONE),
        (f"euconsent-v2={STRANGERS}", Reason.NONE, Reason.CONSENT),
        (f"euconsent-v2={NOBODY}", Reason.CONSENT, Reason.CONSENT),
        (f"euconsent-v2={tc(purposes=[1, 8])}", Reason.CONSENT, Reason.AGGREGATE_ONLY),
        (f"euconsent-v2={GOOGLE[:-1]}", Reason.CONSENT, Reason.CONSENT),
        (f"{GRANTED}; euconsent-v2={NOBODY}", Reason.CONSENT, Reason.CONSENT),
        (f"{GRANTED}; euconsent-v2=rubbish", Reason.CONSENT, Reason.CONSENT),
        (f"euconsent-v2={GOOGLE}; addtl_consent=2~7~dv.89", Reason.CONSENT, Reason.NONE),
        (f"euconsent-v2={GOOGLE}; addtl_consent=2~89~dv.", Reason.NONE, Reason.NONE),
        (f"{GRANTED}; {OUT}", Reason.CONSENT, Reason.AGGREGATE_ONLY),
        (f"{GRANTED}; {OUT}; __gpp_sid=-1", Reason.NONE, Reason.NONE),
        (f"{GRANTED}; usprivacy=1YYN", Reason.CONSENT, Reason.AGGREGATE_ONLY),
        (f"{GRANTED}; usprivacy=1YNN", Reason.NONE, Reason.NONE),
        ("usprivacy=1YNN", Reason.CONSENT, Reason.CONSENT),
        (f'FCCDCF=[null,null,null,["{NOBODY}"]]', Reason.CONSENT, Reason.CONSENT),
        (f'FCCDCF=[null,null,null,["{GOOGLE}","1~"]]', Reason.CONSENT, Reason.NONE),
    ],
)
def test_the_iabs_strings_decide_for_each_vendor(cookie: str, meta: Reason, ga4: Reason) -> None:
    for found, reason in ((meta_hit(cookie=cookie), meta), (ga4_hit(cookie=cookie), ga4)):
        decision = on(SITE, found)
        assert reasons(decision) == ([reason] if reason else [])
        assert len(decision.beacons) == (0 if reason else 1)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"gdpr": "1", "gdpr_consent": GOOGLE}, Reason.NONE),
        ({"gdpr": "1", "gdpr_consent": STRANGERS}, Reason.CONSENT),
        ({"gdpr": "1", "gdpr_consent": NOBODY}, Reason.CONSENT),
        ({"gdpr_consent": "rubbish"}, Reason.CONSENT),
        ({"us_privacy": "1YYN"}, Reason.AGGREGATE_ONLY),
        ({"us_privacy": "1---"}, Reason.NONE),
        ({"gpp": OUT.partition("=")[2], "gpp_sid": "7"}, Reason.AGGREGATE_ONLY),
        ({"gpp": OUT.partition("=")[2], "gpp_sid": "-1"}, Reason.NONE),
    ],
)
def test_strings_in_beacons_restrict(parameters: dict[str, str], reason: Reason) -> None:
    assert reasons(on(SITE, ga4_hit(**parameters))) == ([reason] if reason else [])
    refused = on(SITE, ga4_hit(cookie=REFUSED, **parameters))
    assert reasons(refused) == [Reason.CONSENT]


def test_refused_means_that_no_cookie_is_set() -> None:
    assert on(SITE, meta_hit(cookie=REFUSED)).cookies == ()


@pytest.mark.parametrize(
    ("headers", "parameters", "reason"),
    [
        ({"sec-purpose": "prefetch"}, {}, Reason.PREFETCH),
        ({"sec-fetch-site": "cross-site"}, {}, Reason.FOREIGN_PAGE),
        ({}, {"dl": "https://evil.example/"}, Reason.FOREIGN_PAGE),
        ({}, {"dl": "https://shop.example.com.evil.example/"}, Reason.FOREIGN_PAGE),
        ({}, {"id": "9999999999999999"}, Reason.UNKNOWN_ACCOUNT),
        ({}, {"ev": "SubscribedButtonClick"}, Reason.AUTOMATIC),
        ({}, {"dpo": "LDU", "dpoco": "1", "dpost": "1000"}, Reason.LIMITED_DATA),
    ],
)
def test_what_is_no_event_of_the_site_is_counted_only(
    headers: dict[str, str], parameters: dict[str, str], reason: Reason
) -> None:
    found = meta_hit(**parameters)
    decision = on(SITE, replace(found, headers={**found.headers, **headers}))
    assert reasons(decision) == [reason]
    assert decision.beacons == ()


def test_a_beacon_can_only_lower_consent() -> None:
    assert reasons(on(SITE, ga4_hit(gcs="G100"))) == [Reason.CONSENT]
    assert reasons(on(SITE, ga4_hit(gcs="G111", cookie=REFUSED))) == [Reason.CONSENT]


@pytest.mark.parametrize(
    ("outcome", "when", "explicit", "withheld"),
    [
        (Client.OK, WhenBlocked.EXPLICIT, True, Reason.NONE),
        (Client.UNKNOWN, WhenBlocked.WITHHOLD, True, Reason.NONE),
        (Client.FAILED, WhenBlocked.EXPLICIT, True, Reason.NONE),
        (Client.FAILED, WhenBlocked.EXPLICIT, False, Reason.BLOCKED),
        (Client.FAILED, WhenBlocked.WITHHOLD, True, Reason.BLOCKED),
    ],
)
def test_who_blocks_the_vendor_is_served_by_an_explicit_yes_only(
    outcome: Client, when: WhenBlocked, withheld: Reason, *, explicit: bool
) -> None:
    implied = (
        "OptanonConsent=groups=C0001%3A1%2CC0002%3A1%2CC0004%3A1%2CC0005%3A1&interactionCount=0"
    )
    policy = Policy(rule_set=RuleSet.OPTOUT)
    site = replace(shop(Mode.BOTH, policy), when_blocked=when)
    found = copied(meta_hit(cookie=GRANTED if explicit else implied), outcome)
    (beacon,) = on(site, found).beacons
    assert beacon.withheld is withheld
    assert bool(beacon.fields) is not bool(withheld)
    assert beacon.client is outcome


def test_what_the_vendor_cannot_deduplicate_goes_to_the_second_account() -> None:
    site = shop(Mode.BOTH)
    page_view = on(site, ga4_hit("page_view")).beacons[0]
    purchase = on(site, ga4_hit("purchase", **{"ep.transaction_id": "T-1"})).beacons[0]
    assert (page_view.to, purchase.to) == (SECOND, purchase.account)
    assert on(site, meta_hit()).beacons[0].to == PIXEL


def test_ids_repeat_for_the_same_hit_and_differ_otherwise() -> None:
    once = on(SITE, meta_hit(eid="")).beacons[0]
    again = on(SITE, meta_hit(eid="")).beacons[0]
    assert once == again
    assert once.key_made
    assert once.event_key == once.id
    later = on(SITE, replace(meta_hit(eid=""), at=once.at + 1)).beacons[0]
    assert later.id != once.id


def test_a_click_becomes_cookie_and_field() -> None:
    decision = on(
        SITE, meta_hit(dl="https://shop.example.com/?fbclid=IwAR1a-b_c&gclid=Cj0KCQiA_x-1")
    )
    (beacon,) = decision.beacons
    assert beacon.fields["user_data.fbc"] == f"fb.1.{beacon.at}.IwAR1a-b_c"
    line = next(line for line in decision.cookies if line.startswith("_fbc="))
    assert "Domain=example.com" in line
    assert "HttpOnly" not in line
    assert beacon.fields["event_source_url"] == "https://shop.example.com/?fbclid=IwAR1a-b_c"


def test_match_keys_tell_what_the_browser_had_and_what_we_can_send() -> None:
    (beacon,) = on(SITE, meta_hit(cookie=f"{GRANTED}; _fbp=fb.1.1795000000000.1098115397")).beacons
    assert beacon.server_keys & ~beacon.client_keys


NAMES = st.sampled_from(
    [
        "id",
        "ev",
        "dl",
        "ts",
        "eid",
        "cd[value]",
        "cd[currency]",
        "ud[em]",
        "fbp",
        "fbc",
        "tid",
        "en",
    ]
)
ANY = st.text(max_size=40)


@settings(max_examples=300, deadline=None)
@given(
    address=st.sampled_from(["www.facebook.com/tr/", "www.google-analytics.com/g/collect"]),
    pairs=st.lists(st.tuples(NAMES | ANY, ANY), max_size=12),
    body=st.binary(max_size=200),
    cookie=st.sampled_from([GRANTED, REFUSED, ANALYTICS_ONLY, ""]) | ANY,
)
def test_any_hit_gives_a_decision(
    address: str, pairs: list[tuple[str, str]], body: bytes, cookie: str
) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    found = replace(hit(f"{address}?{query}", cookie=cookie), body=body, method="POST")
    decision = on(SITE, found)
    for beacon in decision.beacons:
        orjson.dumps(beacon)
    if not decision.verdict.marketing:
        assert not decision.beacons


@settings(max_examples=100, deadline=None)
@given(cookie=st.sampled_from([REFUSED, ANALYTICS_ONLY, "", "fh_consent=1.a1m-.1795400000.fh"]))
def test_without_marketing_no_canary_survives(cookie: str) -> None:
    marked = {
        "ud[em]": "canary01" * 8,
        "eid": "canary02",
        "fbp": "fb.1.1795000000000.canary03",
        "fbc": "fb.1.1795000000000.canary04",
        "cd[order_id]": "canary05",
        "dl": "https://shop.example.com/?fbclid=canary06",
    }
    found = meta_hit(cookie=f"{cookie}; _fbp=fb.1.1.canary07; PHPSESSID=canary08", **marked)
    decision = on(SITE, replace(found, ip="198.51.100.77"))
    kept = str([asdict(each) for each in (*decision.ended, *decision.beacons)])
    assert "canary" not in kept + "".join(decision.cookies)
    assert "198.51.100.77" not in kept


LABEL = "AW-123456789/a-1"
CONVERSION = (
    "www.googleadservices.com/pagead/conversion/123456789/?label=a-1&value=1&currency_code=EUR"
)


@pytest.mark.parametrize(
    ("mode", "order", "outcome", "reason"),
    [
        (Mode.BOTH, "", Client.OK, Reason.NO_KEY),
        (Mode.BOTH, "", Client.UNKNOWN, Reason.NO_KEY),
        (Mode.BOTH, "", Client.FAILED, Reason.NONE),
        (Mode.BOTH, "A-17", Client.OK, Reason.NONE),
        (Mode.SHADOW, "", Client.OK, Reason.NONE),
    ],
)
def test_what_the_vendor_would_count_twice_is_not_sent_beside_the_browsers(
    mode: Mode, order: str, outcome: Client, reason: Reason
) -> None:
    ads = VENDORS["google_ads"]
    site = replace(
        SITE,
        accounts={("google_ads", LABEL): Account(ads, LABEL, mode, ads.settings())},
        vendors={"google_ads": ads},
        doors=Doors([ads]),
        tables=Site.tables_of({"google_ads": ads}),
    )
    decision = on(site, copied(hit(f"{CONVERSION}&oid={order}"), outcome))
    assert reasons(decision) == ([reason] if reason else [])
    assert len(decision.beacons) == (0 if reason else 1)


def test_readable_contact_data_in_free_fields_never_leaves() -> None:
    meta = on(
        SITE, meta_hit(**{"cd[email]": "jane@example.com", "cd[content_name]": "a@b.example"})
    )
    assert "custom_data.email" not in meta.beacons[0].fields
    assert "custom_data.content_name" not in meta.beacons[0].fields
    assert "readable_contact_meta" in meta.odd
    ga4 = on(SITE, ga4_hit(**{"up.email": "jane@example.com", "ep.tel": "+4915112345678"}))
    assert "jane" not in str(orjson.dumps(ga4.beacons[0].fields))
    assert "4915112345678" not in str(orjson.dumps(ga4.beacons[0].fields))


def test_an_event_named_like_a_person_is_counted_only() -> None:
    for name in ("hello jane.doe@example.com", "call +493023125001"):
        decision = on(SITE, meta_hit(ev=name))
        assert reasons(decision) == [Reason.READABLE]
        assert decision.ended[0].note.name == "(custom)"
        assert not decision.beacons
    assert reasons(on(SITE, meta_hit(ev="Newsletter@Footer"))) == []


def test_an_address_is_cleaned_in_whatever_field_it_stands() -> None:
    told = (
        "https://shop.example.com/a?gclid=Cj0KCQ_other&email=jane%40example.com&x=1&fbclid=IwAR1own"
    )
    kept = "https://shop.example.com/a?x=1&fbclid=IwAR1own"
    contents = orjson.dumps([{"id": "7", "quantity": 1, "url": told}]).decode()
    decision = on(SITE, meta_hit(dl=told, **{"cd[link]": told, "cd[contents]": contents}))
    fields = decision.beacons[0].fields
    assert fields["event_source_url"] == fields["custom_data.link"] == kept
    assert "gclid" not in str(fields)
    assert "Cj0KCQ_other" not in str(fields)
    assert "jane" not in str(fields)


def test_a_title_is_not_cleaned_as_an_address() -> None:
    title = "Was ist neu? Lampe #3 & mehr"
    assert on(SITE, ga4_hit(dt=title)).beacons[0].fields["params.page_title"] == title
    personal = on(SITE, ga4_hit(dt="Orders of jane@example.com")).beacons[0]
    assert "params.page_title" not in personal.fields


def test_the_shape_tells_nothing_that_the_visitor_wrote() -> None:
    found = meta_hit()
    headers = {**found.headers, "content-type": "text/jane.doe@example.com"}
    assert "jane" not in on(SITE, replace(found, headers=headers)).beacons[0].shape


@pytest.mark.parametrize(
    ("bots", "withheld"), [(WhenBot.WITHHOLD, Reason.BOT), (WhenBot.SEND, Reason.NONE)]
)
def test_a_bot_is_counted_and_sent_only_where_the_site_says_so(
    bots: WhenBot, withheld: Reason
) -> None:
    (beacon,) = on(replace(SITE, bots=bots), replace(meta_hit(), bot=100)).beacons
    assert beacon.withheld is withheld
    assert bool(beacon.fields) is not bool(withheld)


@pytest.mark.parametrize(
    ("score", "least", "own", "withheld"),
    [
        (60, 100, None, Reason.NONE),
        (60, 60, None, Reason.BOT),
        (100, 100, WhenBot.SEND, Reason.NONE),
        (59, 60, WhenBot.WITHHOLD, Reason.NONE),
        (60, 60, WhenBot.WITHHOLD, Reason.BOT),
    ],
)
def test_an_account_can_take_robots_or_not(
    score: int, least: int, own: WhenBot | None, withheld: Reason
) -> None:
    accounts = {key: replace(each, bots=own) for key, each in SITE.accounts.items()}
    site = replace(SITE, accounts=accounts, bot_score=least)
    (beacon,) = on(site, replace(meta_hit(), bot=score, bot_signs=4)).beacons
    assert (beacon.withheld, beacon.bot, beacon.bot_signs) == (withheld, score, 4)


def held_out(mode: Mode, share: float) -> Site:
    accounts = {key: replace(each, mode=mode) for key, each in SITE.accounts.items()}
    return replace(SITE, accounts=accounts, holdout=share)


def known(found: Hit) -> Hit:
    kept = keeper.encode(keeper.new(b"d" * 16, day=1), SITE)
    return replace(found, cookies={**found.cookies, keeper.name(SITE): (kept,)})


HOLDOUTS = [
    (Mode.BOTH, 1.0, Reason.HOLDOUT, Arm.HELD),
    (Mode.BOTH, 0.0, Reason.NONE, Arm.NONE),
    (Mode.BOTH, 1e-18, Reason.NONE, Arm.TREATED),
    (Mode.SERVER, 1.0, Reason.NONE, Arm.NONE),
    (Mode.SHADOW, 1.0, Reason.NONE, Arm.NONE),
]


@pytest.mark.parametrize(("mode", "share", "withheld", "arm"), HOLDOUTS)
def test_a_held_visitor_has_no_server_path(
    mode: Mode, share: float, withheld: Reason, arm: Arm
) -> None:
    (beacon,) = on(held_out(mode, share), known(meta_hit())).beacons
    assert (beacon.withheld, beacon.arm) == (withheld, arm)
    assert bool(beacon.fields) is not bool(withheld)


def test_who_has_not_agreed_is_in_no_arm() -> None:
    robot = replace(known(meta_hit()), bot=100)
    (beacon,) = on(held_out(Mode.BOTH, 1.0), robot).beacons
    assert (beacon.withheld, beacon.arm) == (Reason.BOT, Arm.NONE)
    refused = replace(known(meta_hit()), cookies={keeper.name(SITE): ("",)})
    decision = on(held_out(Mode.BOTH, 1.0), refused)
    assert decision.beacons == ()


def test_what_an_event_is_worth_is_kept_and_its_order_only_where_it_may_leave() -> None:
    told = meta_hit(**{"cd[value]": "49.90", "cd[currency]": "eur", "cd[order_id]": "7731"})
    (beacon,) = on(SITE, told).beacons
    assert (beacon.amount, beacon.currency, beacon.order) == (499_000, "EUR", "7731")
    assert "7731" not in repr(beacon)
    (robot,) = on(SITE, replace(told, bot=100)).beacons
    assert (robot.amount, robot.currency, robot.order) == (499_000, "EUR", "")


def test_only_parameters_of_the_page_can_be_unlisted() -> None:
    found = ga4_hit()
    headers = {**found.headers, "referer": "https://shop.example.com/"}
    assert on(SITE, replace(found, headers=headers)).odd == ()
    assert on(SITE, ga4_hit(made_up="1")).odd == ("unlisted_ga4",)


def test_ignored_keepers_cookies_and_parameters_are_counted_by_reason() -> None:
    cookie = f"{GRANTED}; fh_keep=v1.e30.AAAAAAAAAAAAAAAAAAAAAA; _fbc=fb.1.x; _fbp={'1' * 1025}"
    page = "https://shop.example.com/?fbclid=a%3Bb"
    assert on(SITE, meta_hit(cookie=cookie, dl=page)).odd == (
        "keeper:forged",
        "parameter:fbclid:malformed",
        "cookie:_fbp:oversized",
        "cookie:_fbc:malformed",
    )
