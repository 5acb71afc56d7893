from datetime import timedelta

import pytest

from firsthand.model import Kind, Mode
from tests.samples import PIXEL, PROPERTY, SECOND, shop


@pytest.mark.parametrize(
    ("mode", "name", "account"),
    [
        (Mode.BOTH, "purchase", PROPERTY),
        (Mode.BOTH, "page_view", SECOND),
        (Mode.SERVER, "page_view", PROPERTY),
        (Mode.SHADOW, "page_view", PROPERTY),
    ],
)
def test_only_in_both_does_the_second_account_get_the_rest(
    mode: Mode, name: str, account: str
) -> None:
    found = shop(mode).account("ga4", PROPERTY)
    assert found is not None
    assert found.destination(name) == account


def test_unknown_accounts_are_unknown() -> None:
    assert shop().account("meta", "9999") is None
    assert shop().account("ga4", PIXEL) is None


def test_a_site_does_not_print_its_secret() -> None:
    assert "a secret that only" not in repr(shop())


def test_a_relay_keeps_to_its_doors_limits() -> None:
    relayed, served = (shop(mode).account("ga4", PROPERTY) for mode in (Mode.RELAY, Mode.SERVER))
    assert relayed is not None
    assert served is not None
    assert relayed.limits.max_age == timedelta(hours=24)
    assert served.limits is served.vendor.limits


def test_a_stored_field_has_a_class_on_either_way_and_what_nobody_knows_is_custom() -> None:
    kind = shop().kinds("ga4")
    assert kind("params.value") is Kind.COMMERCE
    assert kind("epn.value") is Kind.COMMERCE
    assert kind("cid") is kind("client_id") is Kind.BROWSER_ID
    assert kind("never heard of") is Kind.CUSTOM
