"""What a relay passes on, and what it never does. Canaries stand wherever a visitor can write."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from firsthand.explain import sample
from firsthand.model import Beacon, Client, Hit, Kind, Mode, Origin, Reason
from firsthand.rules.decide import decide
from firsthand.rules.doors import Doors
from firsthand.rules.relay import relays, skips, unfit
from firsthand.rules.site import Account, Site
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.factories import make_reading
from tests.samples import (
    ANALYTICS_ONLY,
    GRANTED,
    PIXEL,
    REFUSED,
    copied,
    ga4_hit,
    hit,
    meta_hit,
    shop,
)

SITE = shop(Mode.RELAY)
CANARY = "canary7d1f"
vendors = pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))


def everybody() -> Site:
    """Return the sample site with every account in mode relay."""
    site = sample()
    accounts = {key: replace(each, mode=Mode.RELAY) for key, each in site.accounts.items()}
    return replace(site, accounts=accounts)


def on(found: Hit, site: Site = SITE) -> list[Beacon]:
    door = site.doors.find(found.host, found.path)
    assert door is not None
    return list(decide(found, site, site.vendors[door.vendor]).beacons)


def sent(found: Hit, site: Site = SITE) -> list[str]:
    """Return all that leaves for a hit, as texts."""
    made = []
    for beacon in on(found, site):
        relay = site.vendors[beacon.vendor].relay
        assert relay is not None
        call = relay.write(beacon)
        made.append(f"{call.url} {dict(call.headers)} {call.body.decode()}")
    return made


def reasons(found: Hit, site: Site = SITE) -> list[str]:
    door = site.doors.find(found.host, found.path)
    assert door is not None
    return [ended.note.reason for ended in decide(found, site, site.vendors[door.vendor]).ended]


def test_a_beacon_goes_to_the_door_it_came_for() -> None:
    [beacon] = on(meta_hit("Purchase", **{"cd[value]": "9.5"}))
    assert beacon.door == "www.facebook.com/tr/"
    assert beacon.fields["cd.value"] == "9.5"
    assert "custom_data.value" not in beacon.fields
    [other] = on(meta_hit("Purchase"), shop(Mode.SERVER))
    assert other.door == ""


@pytest.mark.parametrize("cookie", [REFUSED, ANALYTICS_ONLY, "", "fh_consent=rubbish"])
def test_without_marketing_consent_nothing_leaves(cookie: str) -> None:
    for found in (meta_hit(cookie=cookie), ga4_hit(cookie=cookie)):
        assert on(found) == []
        assert reasons(found) in ([Reason.CONSENT], [Reason.AGGREGATE_ONLY])


def test_what_the_beacon_itself_refuses_stays_here() -> None:
    assert on(ga4_hit(gcs="G100")) == []
    assert on(meta_hit(dpo="LDU")) == []


def test_an_event_that_the_api_does_not_know_is_relayed() -> None:
    assert reasons(ga4_hit("user_engagement"), shop(Mode.SERVER)) == [Reason.UNMAPPABLE]
    [beacon] = on(ga4_hit("user_engagement"))
    assert beacon.fields["en"] == "user_engagement"


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.UNMAPPABLE, Reason.NONE}))
def test_every_other_reason_to_skip_holds(reason: Reason) -> None:
    account = SITE.account("meta", PIXEL)
    assert relays(account)
    assert skips(make_reading(skip=reason), account) is reason


def test_an_api_that_does_not_know_an_event_is_heard_in_every_other_mode() -> None:
    for mode in set(Mode) - {Mode.RELAY}:
        account = shop(mode).account("meta", PIXEL)
        assert skips(make_reading(skip=Reason.UNMAPPABLE), account) is Reason.UNMAPPABLE
    assert skips(make_reading(skip=Reason.UNMAPPABLE), None) is Reason.UNMAPPABLE


@pytest.mark.parametrize(
    ("origin", "client", "reason"),
    [
        (Origin.PIXEL, Client.NONE, Reason.NONE),
        (Origin.SNIPPET, Client.NONE, Reason.NO_BEACON),
        (Origin.BACKEND, Client.NONE, Reason.NO_BEACON),
        (Origin.COPY, Client.OK, Reason.MIRROR),
        (Origin.COPY, Client.UNKNOWN, Reason.MIRROR),
        (Origin.COPY, Client.FAILED, Reason.NONE),
    ],
)
def test_only_a_beacon_that_nobody_sent_yet_is_relayed(
    origin: Origin, client: Client, reason: Reason
) -> None:
    found = replace(meta_hit(), origin=origin, client=client)
    assert unfit(found, SITE.account("meta", PIXEL)) is reason
    assert unfit(found, shop(Mode.SERVER).account("meta", PIXEL)) is Reason.NONE


def test_a_copy_from_a_page_with_older_rules_is_counted_and_not_sent_twice() -> None:
    assert reasons(copied(meta_hit(), Client.OK)) == [Reason.MIRROR]


def test_the_page_parameter_stands_for_the_referrer_and_no_header_does() -> None:
    beacon = "www.facebook.com/tr?id=1234567890123456&ev=Lead&noscript=1"
    page = "https://shop.example.com/contact?gclid=Cj0KCQ-other&email=jane@example.com&a=1"
    [text] = sent(hit(beacon, headers={"referer": page}))
    assert "dl=https%3A%2F%2Fshop.example.com%2Fcontact" in text
    assert "gclid" not in text
    assert "jane" not in text
    assert "referer" not in text.lower()


def test_other_vendors_clicks_leave_no_address() -> None:
    page = "https://shop.example.com/?fbclid=IwAR1-mine&gclid=Cj0KCQ-theirs&utm_source=x"
    [text] = sent(meta_hit(dl=page, rl=page))
    assert "IwAR1-mine" in text
    assert "theirs" not in text


def test_ids_of_the_visitor_are_filled_in_from_cookies() -> None:
    cookie = f"{GRANTED}; _fbp=fb.1.1795400000000.1098115397"
    [beacon] = on(meta_hit(cookie=cookie))
    assert beacon.fields["fbp"] == "fb.1.1795400000000.1098115397"


@pytest.mark.parametrize(
    "name", ["cd[a][b]", "cd[a]b]", "cd[]", "cd[a.b]", "cd[a\x00]", "cd[*]", f"cd[{'x' * 120}]"]
)
def test_a_free_key_has_a_plain_name(name: str) -> None:
    [text] = sent(meta_hit(**{name: "value-9z"}))
    assert "value-9z" not in text


def test_readable_contact_data_in_free_keys_stays_here() -> None:
    given = {"cd[email]": "x", "cd[note]": "write to jane@example.com", "cd[size]": "L"}
    [text] = sent(meta_hit(**given))
    assert "jane" not in text
    assert "cd%5Bemail%5D" not in text
    assert "cd%5Bsize%5D=L" in text


# -- canaries --------------------------------------------------------------------------------------


def addressed(vendor: Vendor) -> Iterator[tuple[str, str]]:
    for door in (*vendor.beacons, *(each for each in vendor.sinks if each.relayed)):
        for host in door.hosts:
            for path in door.paths:
                yield host, path.replace("{account}", "123456789").replace("*", "x")


def loud(vendor: Vendor, cookie: str) -> Iterator[Hit]:
    """Yield a beacon for each door of a vendor, canaries in every cookie, header and parameter
    that no table lists, and in a free path of the referring address."""
    account = vendor.account_example
    names = {*vendor.account_params, vendor.name_param, "ev", "en", "event", "evt", "type"} - {""}
    query = "&".join(f"{name}={quote(account)}" for name in sorted(names))
    loud_names = ("zz", "_zz", "zz[a]", "@ip", "@user_agent", "X-Forwarded-For")
    query += "".join(f"&{name}={CANARY}" for name in loud_names)
    jar = "; ".join([cookie, f"session={CANARY}", f"fh_keep={CANARY}", f"_fbp={CANARY}"])
    headers = {
        "referer": f"https://shop.example.com/?email={CANARY}@example.com",
        **dict.fromkeys(("authorization", "x-forwarded-for", "origin", "accept"), CANARY),
        **dict.fromkeys(("accept-language", "sec-ch-ua", "x-client-data"), CANARY),
    }
    for host, path in addressed(vendor):
        yield hit(f"{host}{path}?{query}", cookie=jar, headers=headers)


@vendors
def test_no_canary_leaves(vendor: Vendor) -> None:
    site = everybody()
    for found in loud(vendor, GRANTED):
        for text in sent(found, site):
            assert CANARY not in text
            assert "cookie" not in text.lower()


@vendors
@pytest.mark.parametrize("cookie", [REFUSED, ANALYTICS_ONLY])
def test_refused_not_even_a_clean_request_leaves(vendor: Vendor, cookie: str) -> None:
    for found in loud(vendor, cookie):
        assert not sent(found, everybody())


def test_a_door_has_a_table_of_its_own_with_its_own_classes() -> None:
    assert SITE.relays["ga4"].kind("cid") is Kind.BROWSER_ID
    assert SITE.relays["ga4"].kind("ep.anything") is Kind.CUSTOM
    assert SITE.relays["ga4"].kind("never heard of") is Kind.CUSTOM


def test_an_account_of_a_vendor_that_cannot_relay_has_no_table() -> None:
    mute = replace(VENDORS["meta"], relay=None)
    account = Account(mute, PIXEL, Mode.RELAY, mute.settings())
    site = replace(
        SITE,
        accounts={("meta", PIXEL): account},
        vendors={"meta": mute},
        doors=Doors([mute]),
        relays=Site.relays_of({"meta": mute}),
    )
    with pytest.raises(KeyError):
        on(meta_hit(), site)
