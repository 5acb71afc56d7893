"""Events of the shop's own -> what the Insight Tag would have told of them.

Source: LinkedIn's pages on the Conversions API and its schema, read 2026-11; ECAPI 1.0, read
        2026-11-20.
Units:  money in major units on both sides.
Losses: items; phone numbers; names, country and the customer's id, which LinkedIn takes readable
        only. There is no word for "not for the optimisation of ads": such an event counts as one
        with limited data use.

A conversion is the number of a rule: an event without one in the settings does not go out.
"""

from dataclasses import replace
from typing import Any

from firsthand.convert import short
from firsthand.ecapi import rows
from firsthand.ecapi.event import Event
from firsthand.model import Reading, Reason
from firsthand.vendors.linkedin.fields import CLICK_PATH, RULE, TABLE, doubts, key_of, page_click

_TOLD = {
    "value": "val",
    "currency_code": "@currency",
    "event_ip_address": "@ip",
}
_CONTACTS = (("email", "hem", True),)


def compose(event: Event, account: str, settings: Any) -> Reading | None:  # noqa: ANN401 - every vendor's own type
    """Return the reading of an event at one tag, ``None`` where no rule is configured for it."""
    rule = short(100)(rows.configured(event, "linkedin", settings.events))
    if not rule:
        return None
    known, notes = rows.contacts(event, _CONTACTS)
    taken = TABLE.take([*rows.told(event, _TOLD), *known])
    if click := page_click(event.told.get("page_url", "")):
        taken.fields[CLICK_PATH] = click
    found = rows.reading(
        event,
        account,
        rule,
        taken.fields,
        key=key_of(event.id),
        notes=taken.notes + notes + (() if event.clicks.get("li_fat_id") else doubts(taken.fields)),
    )
    skip = Reason.NONE if RULE.fullmatch(rule) else Reason.UNMAPPABLE
    return replace(found, limited=event.attribution_only, skip=skip)
