"""Site -> the rules that its loaders and ``fh.js`` carry."""

import re
from collections.abc import Iterable, Mapping

from firsthand.browser import KeyRules, Rules, Snippet, VendorRules
from firsthand.ecapi.event import CUSTOM, Event
from firsthand.ecapi.vocabulary import TYPES
from firsthand.model import Mode
from firsthand.rules import verdict
from firsthand.rules.consent import gate
from firsthand.rules.site import Account, Site
from firsthand.vendor import Door, Script, Vendor

EVENTS = ("focus", "visibilitychange")
"""Events after which a choice may have been made in another tab."""

_DAY_S = 86_400

_HOLES = re.compile(r"(\*|\{account\})")
_HOST_HOLE = {"*": r"[a-z0-9.-]+", "{account}": r"[A-Za-z0-9_-]+"}
_PATH_HOLE = {"*": r"[^/]+", "{account}": r"([A-Za-z0-9_-]+)"}
_ACCOUNT = "{account}"
_PAGE_MODES = {Mode.RELAY: "server"}  # to a page they are one: beacons end here


def rules_of(site: Site) -> Rules:
    """Return what the loaders of ``site`` know."""
    return Rules(
        base=site.tracking_url.rstrip("/"),
        suffix=site.vendor_suffix,
        gate=site.gate_scripts,
        verdict=verdict.NAME,
        cookies=cookie_pattern(gate.consent_cookie_names(site.consent)),
        events=(*gate.consent_events(), *EVENTS),
        vendors={key: _vendor(vendor, site) for key, vendor in site.vendors.items()},
    )


def snippet_of(site: Site) -> Snippet:
    """Return what ``fh.js`` knows of ``site`` beside its rules."""
    return Snippet(
        name=site.name,
        domain=site.cookie_domain,
        life=site.consent.max_age_days * _DAY_S,
        tcf=tuple(sorted({each.tcf_id for each in site.vendors.values() if each.tcf_id})),
        types={vendor.key: _types(vendor, site) for vendor in _keyed(site)},
        details={vendor.key: vendor.name_detail for vendor in _keyed(site) if vendor.name_detail},
        own={vendor.key: vendor.name_param for vendor in _keyed(site) if vendor.own_key},
    )


def _keyed(site: Site) -> list[Vendor]:
    return [vendor for vendor in site.vendors.values() if vendor.key_param or vendor.own_key]


def _types(vendor: Vendor, site: Site) -> dict[str, str]:
    """Return what a vendor's names of events stand for: its standard names, and those under which
    its accounts get what ``fh.js`` tells.
    """
    known = {name: word for name, word in vendor.event_names.items() if word != CUSTOM}
    told = {
        reading.name: word
        for account in site.accounts.values()
        if account.vendor.key == vendor.key and vendor.compose is not None
        for word in sorted(TYPES - {CUSTOM})
        if (reading := vendor.compose(Event(word), account.id, account.settings)) is not None
    }
    return told | known


def cookie_pattern(names: Iterable[str]) -> str:
    """Return a pattern for ``name=value`` of the named cookies; ``*`` at the end: any ending."""
    stems = [
        re.escape(name[:-1]) + "[^=]*" if name[-1] == "*" else re.escape(name) for name in names
    ]
    return f"^(?:{'|'.join(stems)})="


def _vendor(vendor: Vendor, site: Site) -> VendorRules:
    suffix = re.escape(site.vendor_suffix)
    hosts = {host for group in _doors(vendor).values() for door in group for host in door.hosts}
    own = [account for account in site.accounts.values() if account.vendor.key == vendor.key]
    return VendorRules(
        hosts="|".join(_fill(host, _HOST_HOLE) + suffix for host in sorted(hosts)),
        account=f"^(?:{vendor.tag_pattern or vendor.account_pattern})$",
        param=_param(vendor),
        doors=tuple(
            (use, _pattern(door, suffix)) for use, group in _doors(vendor).items() for door in group
        ),
        modes=_modes(own),
        key=_key(vendor) if vendor.key_param else KeyRules(),
    )


def _key(vendor: Vendor) -> KeyRules:
    invented = "|".join(map(re.escape, sorted(vendor.automatic)))
    return KeyRules(
        param=vendor.key_param,
        name=vendor.name_param,
        names=f"^(?!(?:{invented})$)(?:{vendor.name_pattern})$",
        digits=vendor.key_digits,
        json=vendor.key_json,
        path=vendor.key_path,
    )


def _doors(vendor: Vendor) -> Mapping[str, tuple[Door | Script, ...]]:
    """Return a vendor's doors in the order in which the server looks an address up."""
    return {
        "beacon": vendor.beacons,
        "sink": vendor.sinks,
        "never": vendor.never,
        "code": vendor.scripts,
    }


def _pattern(door: Door | Script, suffix: str) -> str:
    hosts = "|".join(_fill(host, _HOST_HOLE) for host in door.hosts)
    paths = "|".join(_fill(path, _PATH_HOLE) for path in door.paths)
    return f"^(?:{hosts}){suffix}(?:{paths})$"


def _fill(text: str, holes: Mapping[str, str]) -> str:
    return "".join(holes.get(part) or re.escape(part) for part in _HOLES.split(text))


def _param(vendor: Vendor) -> str:
    """Return the pattern that finds an account's id; one that never matches where none is named."""
    scripts = [
        name
        for script in vendor.scripts
        for name, value in script.query.items()
        if value == _ACCOUNT
    ]
    names = dict.fromkeys((*vendor.account_params, *scripts))
    named = "|".join(map(re.escape, names))
    return f"[?&](?:{named})={vendor.account_value}" if names else "$^"


def _modes(accounts: Iterable[Account]) -> dict[str, str]:
    """Return the mode by the ids that addresses name. An address without one gets what all accounts
    agree on, else the mode that changes least: beacons stay with the vendor.
    """
    found: dict[str, set[str]] = {}
    for account in accounts:
        for name in (*account.vendor.tags(account.id or "*"), ""):
            found.setdefault(name, set()).add(_PAGE_MODES.get(account.mode, str(account.mode)))
    return {name: _agreed(modes) for name, modes in found.items()}


def _agreed(modes: set[str]) -> str:
    return next(iter(modes)) if len(modes) == 1 else "shadow"
