"""What differs between two decisions: every kind of change, and no value that identifies."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from firsthand.comparing import Change, Decided, Seen, changes, decided
from firsthand.model import Hit, Mode
from firsthand.rules.decide import Decision
from firsthand.rules.recent import trial
from firsthand.rules.redact import line
from firsthand.rules.site import Site
from firsthand.vendors import VENDORS
from tests.samples import PIXEL, REFUSED, ga4_hit, hit, meta_hit, shop

META = VENDORS["meta"]
MAIL = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"
PURCHASE = {"cd[value]": "49.90", "cd[currency]": "EUR", "ud[em]": MAIL}


def with_meta(site: Site, **given: object) -> Site:
    """Return the site with another account of Meta's."""
    account = replace(site.accounts["meta", PIXEL], **given)  # type: ignore[arg-type]
    return replace(site, accounts={**site.accounts, ("meta", PIXEL): account})


def differ(one: Hit, old: Site, new: Site) -> list[Seen]:
    old, new = trial(old), trial(new)
    text = json.dumps(line(one, old.tracking_url)).encode()
    before, after = (decided(text, each, old.base_path) for each in (old, new))
    return list(changes(before, after, old, new))


def test_the_same_configuration_changes_nothing() -> None:
    for one in (meta_hit(**PURCHASE), ga4_hit(), meta_hit(cookie=REFUSED), hit("fh/consent")):
        assert differ(one, shop(), shop()) == []


def meta(what: str, field: str = "", old: str = "", new: str = "") -> Change:
    return Change("meta", PIXEL, what, field, old, new)


SERVER, SHADOW = shop(), shop(Mode.SHADOW)
CODE = META.settings(test_event_code="TEST1")
OTHER = META.settings(version="v25.0")
CASES: Mapping[str, tuple[Hit, Site, Site, list[Change]]] = {
    "mode": (
        meta_hit(**PURCHASE),
        SHADOW,
        SERVER,
        [meta("outcome", "", "recorded", "sent")],
    ),
    "no account": (
        meta_hit(),
        SERVER,
        replace(SERVER, accounts={}),
        [
            Change("", "", "cookie not set", "_fbp"),
            Change("", "", "cookie not set", "fh_keep"),
            Change("meta", "", "outcome", "", "no event", "ended: unknown_account"),
            Change("meta", PIXEL, "call disappears"),
            Change("meta", PIXEL, "outcome", "", "sent", "no event"),
        ],
    ),
    "no door": (
        meta_hit(cookie=REFUSED),
        SERVER,
        replace(SERVER, doors=type(SERVER.doors)([]), vendors={}),
        [
            Change("", "", "answer", "", "204", "404 unknown_path"),
            meta("outcome", "", "ended: consent", "no event"),
        ],
    ),
    "test code": (
        meta_hit(),
        SERVER,
        with_meta(SERVER, settings=CODE),
        [meta("body", "test_event_code")],
    ),
    "version": (
        meta_hit(),
        SERVER,
        with_meta(SERVER, settings=OTHER),
        [
            meta(
                "address",
                "",
                f"https://graph.facebook.com/v26.0/{PIXEL}/events",
                f"https://graph.facebook.com/v25.0/{PIXEL}/events",
            )
        ],
    ),
    "limited": (
        meta_hit(dpo="LDU"),
        SERVER,
        with_meta(SERVER, forward_limited=True),
        [
            Change("", "", "cookie set", "_fbp"),
            Change("", "", "cookie set", "fh_keep"),
            meta("call appears"),
            meta("outcome", "", "ended: limited_data", "sent"),
        ],
    ),
    "destination": (
        ga4_hit(),
        SERVER,
        shop(Mode.BOTH),
        [
            Change("ga4", "G-SHOP000001", "destination", "", "G-SHOP000001", "G-SHOP000002"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_kinds_of_change(name: str) -> None:
    one, old, new, expected = CASES[name]
    assert [seen.change for seen in differ(one, old, new)] == expected


def test_fields_are_named_and_identifiers_are_not_shown() -> None:
    one = meta_hit(**PURCHASE)
    before = decided_as(one, SERVER)
    after = replace(before, decision=changed(before.decision))
    site = trial(SERVER)
    found = {seen.change.field: seen for seen in changes(before, after, site, site)}
    assert found["custom_data.value"].change.what == "field removed"
    assert found["custom_data.currency"].values == ("EUR", "SEK")
    assert found["user_data.em"].change.what == "field changed"
    assert found["user_data.em"].values is None
    assert MAIL not in repr(found)
    assert "jane" not in repr(found)


def decided_as(one: Hit, site: Site) -> Decided:
    return decided(json.dumps(line(one, site.tracking_url)).encode(), trial(site), "")


def changed(decision: Decision | None) -> Decision:
    assert decision is not None
    beacon = decision.beacons[0]
    fields = {**beacon.fields, "custom_data.currency": "SEK", "user_data.em": ["jane"]}
    del fields["custom_data.value"]
    return replace(decision, beacons=(replace(beacon, fields=fields),))


def test_base_paths_and_tracking_hosts_may_differ() -> None:
    other = replace(
        shop(),
        base_path="/m",
        tracking_host="shop.example.com",
        tracking_url="https://shop.example.com/m",
    )
    found = differ(meta_hit(), other, shop())
    assert {seen.change.what for seen in found} <= {"cookie set", "cookie not set"}
    with pytest.raises(ValueError, match="unexpected end"):
        decided(b"{", shop(), "")
    with pytest.raises(KeyError):
        decided(b"{}", shop(), "")
