"""Fates of dead letters. Windows and age limits are those of the vendor records."""

from dataclasses import replace
from datetime import timedelta

import pytest

from firsthand.model import Client, Mode, Reason
from firsthand.rules.replay import Fate, fate
from firsthand.rules.site import Account
from firsthand.vendor import Dedup
from firsthand.vendors import VENDORS
from tests.factories import NOW, make_beacon
from tests.samples import PIXEL

HOUR = timedelta(hours=1) // timedelta(milliseconds=1)
META = VENDORS["meta"]
BEACON = make_beacon(vendor="meta", account=PIXEL, to=PIXEL, event_key="order-1", event_at=NOW)


def account(mode: Mode = Mode.BOTH) -> Account:
    return Account(META, PIXEL, mode, META.settings())


@pytest.mark.parametrize(
    ("client", "reason", "hours", "told"),
    [
        (Client.NONE, Reason.BAD_EVENT, 1, Fate.ONCE),
        (Client.FAILED, Reason.VENDOR_DOWN, 1, Fate.ONCE),
        (Client.FAILED, Reason.VENDOR_DOWN, 100, Fate.ONCE),
        (Client.OK, Reason.BAD_EVENT, 1, Fate.KEYED),
        (Client.UNKNOWN, Reason.BAD_EVENT, 1, Fate.KEYED),
        (Client.OK, Reason.BAD_EVENT, 47, Fate.KEYED),
        (Client.OK, Reason.BAD_EVENT, 48, Fate.TWICE),
        (Client.UNKNOWN, Reason.BAD_EVENT, 100, Fate.TWICE),
        (Client.NONE, Reason.TIMEOUT, 1, Fate.KEYED),
        (Client.NONE, Reason.TIMEOUT, 100, Fate.TWICE),
        (Client.NONE, Reason.BAD_EVENT, 166, Fate.ONCE),
        (Client.NONE, Reason.BAD_EVENT, 167, Fate.TOO_OLD),
        (Client.OK, Reason.BAD_EVENT, 1000, Fate.TOO_OLD),
    ],
)
def test_fates(client: Client, reason: Reason, hours: int, told: Fate) -> None:
    now = NOW + hours * HOUR
    assert fate(BEACON, account(), client=client, reason=reason, now=now) is told


def told_of(beacon_account: Account | None, **changes: object) -> Fate:
    beacon = replace(BEACON, **changes)  # type: ignore[arg-type] - fields of a beacon
    return fate(beacon, beacon_account, client=Client.OK, reason=Reason.BAD_EVENT, now=NOW + HOUR)


def test_an_account_that_is_gone_gets_nothing() -> None:
    assert told_of(None) is Fate.NOT_CONFIGURED


def test_in_shadow_nothing_is_counted() -> None:
    assert told_of(account(Mode.SHADOW)) is Fate.CHECKED


def test_what_went_to_another_account_has_no_twin_there() -> None:
    assert told_of(account(), to="second") is Fate.ONCE


def test_without_a_key_or_where_the_vendor_uses_none_it_counts_twice() -> None:
    assert told_of(account(), event_key="") is Fate.TWICE
    purchases = Dedup("transaction", timedelta(days=2), frozenset({"Purchase"}))
    other = replace(account(), vendor=replace(META, dedup=purchases))
    assert told_of(other, name="Lead") is Fate.TWICE
    assert told_of(other, name="Purchase") is Fate.KEYED


def test_only_what_counts_once_is_safe() -> None:
    assert [one for one in Fate if one.safe] == [Fate.ONCE, Fate.KEYED, Fate.CHECKED]
