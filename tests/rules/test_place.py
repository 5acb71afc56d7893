import json
from dataclasses import replace

import pytest

from firsthand.model import Hit, Mode
from firsthand.rules.decide import decide
from firsthand.rules.place import place_of
from firsthand.rules.site import Location, Site
from firsthand.vendors import VENDORS
from tests.samples import PIXEL, PROPERTY, REFUSED, ga4_hit, meta_hit, shop

IP = "203.0.113.9"


# Cloudflare, "HTTP headers": XX is unknown, T1 is Tor (read 2026-11-24).
@pytest.mark.parametrize(
    ("country", "region", "place"),
    [
        ("DE", "HH", "DE-HH"),
        ("de", "hh", "DE-HH"),
        ("US", "US-CA", "US-CA"),
        ("DE", "", "DE"),
        ("DE", "Hamburg", "DE"),
        ("GB", "X;1", "GB"),
        ("XX", "HH", ""),
        ("T1", "", ""),
        ("", "HH", ""),
        ("Germany", "HH", ""),
        ("D\n", "", ""),
    ],
)
def test_a_place_is_two_codes_or_less(country: str, region: str, place: str) -> None:
    assert place_of(country, region) == place


def site(location: Location) -> Site:
    found = shop(Mode.SERVER)
    accounts = {key: replace(each, location=location) for key, each in found.accounts.items()}
    return replace(found, accounts=accounts)


def call(hit: Hit, location: Location) -> dict[str, object]:
    (beacon,) = decide(hit, site(location), VENDORS["ga4"]).beacons
    made = VENDORS["ga4"].write([beacon], VENDORS["ga4"].settings(), now=hit.at)
    told: dict[str, object] = json.loads(made.body)
    return told


@pytest.mark.parametrize(
    ("location", "place", "address", "told"),
    [
        (Location.ADDRESS, "DE-HH", IP, None),
        (Location.REGION, "DE-HH", None, {"country_id": "DE", "region_id": "DE-HH"}),
        (Location.COUNTRY, "DE-HH", None, {"country_id": "DE"}),
        (Location.REGION, "DE", None, {"country_id": "DE"}),
        (Location.REGION, "", None, None),
    ],
)
def test_the_place_stands_instead_of_the_address(
    location: Location, place: str, address: str | None, told: dict[str, str] | None
) -> None:
    body = call(replace(ga4_hit(tid=PROPERTY), place=place), location)
    assert body.get("ip_override") == address
    assert body.get("user_location") == told


def test_a_refusal_tells_no_place() -> None:
    refused = replace(ga4_hit(cookie=REFUSED), place="DE-HH")
    assert decide(refused, site(Location.REGION), VENDORS["ga4"]).beacons == ()


def test_a_vendor_that_takes_none_keeps_the_address() -> None:
    (beacon,) = decide(
        replace(meta_hit(id=PIXEL), place="DE-HH"), site(Location.REGION), VENDORS["meta"]
    ).beacons
    assert beacon.fields["user_data.client_ip_address"] == IP
