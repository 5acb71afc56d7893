"""Events of the shop's own -> readings for every account that they are for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from firsthand.ecapi import strict
from firsthand.ecapi.event import Event
from firsthand.errors import BadHit
from firsthand.model import Hit, Purpose, Reading
from firsthand.rules.site import Account, Site
from firsthand.vendor import Vendor

AHEAD_MS = 5 * 60 * 1000
"""Clocks differ: a time this far ahead of ours is believed."""

_LIST = "events"


def unpack(hit: Hit, *, types: Sequence[str], most: int) -> list[Any]:
    """Return what may be events: the members of ``{"events": [...]}`` or of a bare list, or one.

    Raises ``BadHit`` where the body is none of these, or holds more than ``most``.
    """
    if hit.headers.get("content-type", "").partition(";")[0].strip().lower() not in types:
        raise BadHit(415, "content_type")
    try:
        whole = strict.loads(hit.body)
    except ValueError:
        raise BadHit(400, "bad_json") from None
    listed = whole.get(_LIST) if isinstance(whole, dict) and _LIST in whole else whole
    found = [listed] if isinstance(listed, dict) and listed is whole else listed
    if not isinstance(found, list):
        raise BadHit(400, "bad_json")
    if len(found) > most:
        raise BadHit(400, "too_many_events")
    return found


def is_ours(event: Event, site: Site) -> bool:
    """Say whether an event names this site as its data set."""
    return site.any_account or event.data_set == site.name


def readings(event: Event, site: Site) -> Iterator[tuple[Vendor, Reading]]:
    """Yield the reading of every account that takes such an event and is meant to get it."""
    for account in site.accounts.values():
        vendor = account.vendor
        if vendor.compose is None or not _is_meant(event, account):
            continue
        # The sample of ``explain`` has accounts without an id.
        name = account.id or vendor.account_example
        key = event.keys.get(name) or event.keys.get(vendor.key) or event.id
        named = event if key == event.id else replace(event, id=key)
        reading = vendor.compose(named, name, account.settings)
        if reading is None:
            continue
        if reading.notes or reading.signals != event.signals:
            notes = tuple(f"{vendor.key}: {note}" for note in reading.notes)
            reading = replace(reading, signals=event.signals, notes=notes)
        yield vendor, reading


def _is_meant(event: Event, account: Account) -> bool:
    return not event.destinations or not event.destinations.isdisjoint(
        {account.vendor.key, account.id}
    )


def clicks(event: Event, site: Site) -> Mapping[str, str]:
    """Return an event's click ids by parameter.

    ``click_id`` says nothing of whose it is: it counts where the site has one ad vendor.
    """
    ads = [vendor for vendor in site.vendors.values() if vendor.purpose is Purpose.MARKETING]
    lone = event.told.get("click_id", "")
    if event.clicks or not lone or len(ads) != 1 or not ads[0].click_ids:
        return event.clicks
    return {ads[0].click_ids[0].param: lone}
