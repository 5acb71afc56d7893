import pytest

from firsthand.model import Mode
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
