"""``ext.firsthand``: what ECAPI has no place for, of our own making."""

from collections.abc import Mapping
from typing import Any, TypedDict

from firsthand.ecapi.event import Consent
from firsthand.ecapi.readers import Code, Fault, flag, moment, one_of, text

OWN = "firsthand"
_MOST = 20
_LONGEST = 500
_PLACE = "ext.firsthand"
_KNOWN = frozenset(
    {"click_ids", "browser_ids", "context_key", "consent", "plain", "event_names", "event_ids"}
    | {"destinations", "test"}
)
_PURPOSES = ("analytics", "marketing")
_says = one_of(["granted", "denied"])


class Extension(TypedDict):
    """The fields of an event that come from here."""

    clicks: Mapping[str, str]
    ids: Mapping[str, str]
    consent: Consent
    keys: Mapping[str, str]
    names: Mapping[str, str]
    destinations: frozenset[str]
    test: bool


def extension(given: Mapping[str, Any], errors: list[Fault], notes: list[Fault]) -> Extension:
    """Return what the extension tells. A wish that narrows and cannot be read is an error."""
    if given.keys() - _KNOWN:
        notes.append(Fault(_PLACE, Code.UNKNOWN))
    if given.get("context_key"):
        notes.append(Fault(f"{_PLACE}.context_key", Code.UNUSED))
    return Extension(
        clicks=_texts(given, "click_ids", notes),
        ids=_texts(given, "browser_ids", notes),
        consent=_consent(given.get("consent"), notes),
        keys=_texts(given, "event_ids", notes),
        names=_texts(given, "event_names", notes),
        destinations=_destinations(given.get("destinations"), errors),
        test=flag(given.get("test") or False) == "1",
    )


def _texts(given: Mapping[str, Any], name: str, notes: list[Fault]) -> Mapping[str, str]:
    """Return the members of an object that are texts."""
    members = given.get(name) or {}
    if not isinstance(members, dict):
        notes.append(Fault(f"{_PLACE}.{name}", Code.TYPE))
        return {}
    found = {}
    for key, value in list(members.items())[:_MOST]:
        read = "" if value is None else text(_LONGEST)(value)
        if isinstance(read, Code):
            notes.append(Fault(f"{_PLACE}.{name}", read))
        elif read and len(key) <= _LONGEST:
            found[key] = read
    return found


def _consent(given: Any, notes: list[Fault]) -> Consent:  # noqa: ANN401 - JSON
    """Return the visitor's choice; one that stands there and cannot be read is a refusal."""
    if given is None:
        return Consent()
    if not isinstance(given, dict):
        notes.append(Fault(f"{_PLACE}.consent", Code.TYPE))
        return Consent("denied", "denied")
    says = {name: _says(given[name]) for name in _PURPOSES if given.get(name) is not None}
    for name, said in says.items():
        if isinstance(said, Code):
            notes.append(Fault(f"{_PLACE}.consent.{name}", said))
            says[name] = "denied"
    decided = given.get("decided_at")
    at = None if decided is None else moment(decided)
    if at == 0:
        notes.append(Fault(f"{_PLACE}.consent.decided_at", Code.VALUE))
    return Consent(str(says.get("analytics", "")), str(says.get("marketing", "")), decided_at=at)


def _destinations(given: Any, errors: list[Fault]) -> frozenset[str]:  # noqa: ANN401 - JSON
    if given is None or given == []:
        return frozenset()
    listed = given if isinstance(given, list) else [given]
    read = [text(100)(each) for each in listed[:_MOST]]
    if len(listed) > _MOST or any(isinstance(each, Code) or not each for each in read):
        errors.append(Fault(f"{_PLACE}.destinations", Code.VALUE))
        return frozenset({"(unreadable)"})
    return frozenset(each for each in read if isinstance(each, str))
