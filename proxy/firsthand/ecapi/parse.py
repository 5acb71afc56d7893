"""A JSON value -> Event, with everything that is wrong about it. Never raises.

What is wrong with the event itself is an error; what is wrong with a field of ``properties``,
``user_data``, ``items`` or ``ext.firsthand`` leaves that field out and warns. What an error does
is for the door to say: the field it names is left out here already.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from firsthand.ecapi import vocabulary
from firsthand.ecapi.event import CUSTOM, Event
from firsthand.ecapi.extension import OWN, extension
from firsthand.ecapi.person import USER_FIELDS, person
from firsthand.ecapi.readers import Code, Fault, Reader, flag, moment, number, text

_EVENT = frozenset(
    {"data_set_id", "id", "timestamp", "event_type", "custom_event", "source"}
    | {"user_data", "properties", "ext", *vocabulary.EVENT}
)
_PROPERTIES = frozenset({*vocabulary.PROPERTIES, *vocabulary.LISTS, "items", "ext"})
_USER = frozenset({*vocabulary.USER, *vocabulary.UNUSED, *USER_FIELDS, "gpp_sid", "ext"})
_ITEM = frozenset({*vocabulary.ITEM, "ext"})
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
_MOST_UNKNOWN = 10
_ID, _WORD, _OWN_NAME = text(200), text(64), text(100)


@dataclass(frozen=True, slots=True)
class Parsed:
    """An event, ``None`` where nobody can tell which one; errors; warnings."""

    event: Event | None
    errors: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def parse(raw: Any) -> Parsed:  # noqa: ANN401 - JSON
    """Return the event that a JSON value describes."""
    if not isinstance(raw, dict):
        return Parsed(None, (Fault("", Code.TYPE),))
    errors: list[Fault] = []
    notes: list[Fault] = []
    kind, own_name = _type(raw, errors)
    user = _object(raw, "user_data", notes)
    properties = _object(raw, "properties", notes)
    firsthand = _object(_object(raw, "ext", notes), OWN, notes)
    told = _money(raw, kind, errors)
    told |= _told(properties, "properties", vocabulary.PROPERTIES, notes)
    told |= _told(user, "user_data", vocabulary.USER, notes)
    event = Event(
        type=kind,
        custom=own_name,
        id=_single(raw, "id", _ID, errors),
        data_set=_single(raw, "data_set_id", _WORD, errors),
        at=_moment(raw, errors),
        source=_source(raw, errors),
        signals=_signals(told, user, notes),
        attribution_only=_attribution_only(told, user),
        told=told,
        lists=dict(_lists(properties, notes)),
        items=_items(properties.get("items"), notes),
        person=person(user, _object(firsthand, "plain", notes), notes),
        **extension(firsthand, errors, notes),
    )
    _unknown(raw, "", _EVENT, notes)
    _unknown(properties, "properties", _PROPERTIES, notes)
    _unknown(user, "user_data", _USER, notes)
    return Parsed(event if kind else None, tuple(errors), tuple(dict.fromkeys(notes)))


def _absent(value: Any) -> bool:  # noqa: ANN401 - JSON
    return value is None or value in ("", [], {})


def _object(raw: Mapping[str, Any], name: str, faults: list[Fault]) -> dict[str, Any]:
    """Return a member that is an object, its members under the names of ECAPI's text."""
    given = raw.get(name)
    if _absent(given):
        return {}
    if not isinstance(given, dict):
        faults.append(Fault(name, Code.TYPE))
        return {}
    return _renamed(given, name)


def _renamed(given: Mapping[str, Any], group: str) -> dict[str, Any]:
    """The text's spelling wins where both stand."""
    aliases = vocabulary.ALIASES.get(group, {})
    if aliases.keys().isdisjoint(given):
        return dict(given)
    found = {name: value for name, value in given.items() if name not in aliases}
    for alias, name in aliases.items():
        if alias in given and _absent(found.get(name)):
            found[name] = given[alias]
    return found


def _single(raw: Mapping[str, Any], name: str, reader: Reader, faults: list[Fault]) -> str:
    """Return one field of the event, empty where it is absent or wrong."""
    given = raw.get(name)
    read = "" if _absent(given) else reader(given)
    if isinstance(read, Code):
        faults.append(Fault(name, read))
        return ""
    return read


def _type(raw: Mapping[str, Any], errors: list[Fault]) -> tuple[str, str]:
    """Return type and own name, both empty where the event cannot be told from others."""
    kind = _single(raw, "event_type", _WORD, errors)
    if not kind:
        errors.append(Fault("event_type", Code.REQUIRED))
    elif kind not in vocabulary.TYPES:
        errors.append(Fault("event_type", Code.ENUM))
    elif kind != CUSTOM:
        return kind, ""
    else:
        own = _single(raw, "custom_event", _OWN_NAME, errors)
        if own:
            return kind, own
        errors.append(Fault("custom_event", Code.REQUIRED))
    return "", ""


def _source(raw: Mapping[str, Any], errors: list[Fault]) -> str:
    source = _single(raw, "source", _WORD, errors).lower()
    if source and source not in vocabulary.SOURCES:
        errors.append(Fault("source", Code.ENUM))
        return ""
    return source


def _moment(raw: Mapping[str, Any], errors: list[Fault]) -> int:
    given = raw.get("timestamp")
    at = 0 if _absent(given) else moment(given)
    if not at:
        errors.append(Fault("timestamp", Code.REQUIRED if _absent(given) else Code.VALUE))
    return at


def _money(raw: Mapping[str, Any], kind: str, errors: list[Fault]) -> dict[str, str]:
    """Return value and currency; a value that no currency or no sense goes with is left out."""
    found = {
        name: read
        for name, reader in vocabulary.EVENT.items()
        if (read := _single(raw, name, reader, errors))
    }
    if found.get("value", "").startswith("-") and kind != "refund":
        errors.append(Fault("value", Code.VALUE))
        del found["value"]
    if "value" in found and "currency_code" not in found:
        if not any(fault.field == "currency_code" for fault in errors):
            errors.append(Fault("currency_code", Code.REQUIRED))
        del found["value"]
    return found


def _told(
    given: Mapping[str, Any], group: str, readers: Mapping[str, Reader], faults: list[Fault]
) -> dict[str, str]:
    """Return the fields of an object that can be used."""
    found = {}
    for name in [name for name in readers if name in given]:  # there are few of many
        value = given[name]
        read = "" if _absent(value) else readers[name](value)
        if isinstance(read, Code):
            faults.append(Fault(f"{group}.{name}", read))
        elif read:
            found[name] = read
    return found


def _lists(
    properties: Mapping[str, Any], faults: list[Fault]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in [name for name in vocabulary.LISTS if name in properties]:
        reader, given = vocabulary.LISTS[name], properties[name]
        listed = given if isinstance(given, list) else [given]
        read = [reader(each) for each in listed[: vocabulary.MAX_LISTED] if not _absent(each)]
        faults += [Fault(f"properties.{name}", each) for each in read if isinstance(each, Code)]
        kept = tuple(each for each in read if each and not isinstance(each, Code))
        if kept:
            yield name, kept


def _items(given: Any, faults: list[Fault]) -> tuple[Mapping[str, str], ...]:  # noqa: ANN401 - JSON
    """Return the items that hold anything, at most 200."""
    if _absent(given):
        return ()
    if not isinstance(given, list):
        faults.append(Fault("properties.items", Code.TYPE))
        return ()
    if len(given) > vocabulary.MAX_ITEMS:
        faults.append(Fault("properties.items", Code.TOO_LONG))
    items = []
    for each in given[: vocabulary.MAX_ITEMS]:
        if not isinstance(each, dict):
            faults.append(Fault("properties.items", Code.TYPE))
            continue
        members = _renamed(each, "items")
        _unknown(members, "properties.items", _ITEM, faults)
        items.append(_told(members, "properties.items", vocabulary.ITEM, faults))
    return tuple(item for item in items if item)


def _signals(
    told: dict[str, str], user: Mapping[str, Any], faults: list[Fault]
) -> Mapping[str, str]:
    """Return the consent string of GPP with its sections, as beacons carry them. A string that
    cannot be read is carried on as an unreadable one: it may be a refusal.
    """
    given = user.get("gpp_string")
    text_ = told.pop("gpp_string", "") or ("" if _absent(given) else "unreadable")
    sections = user.get("gpp_sid")
    listed = sections if isinstance(sections, list) else [] if _absent(sections) else [sections]
    read = [number(each) for each in listed[: vocabulary.MAX_LISTED]]
    if any(isinstance(each, Code) for each in read):
        faults.append(Fault("user_data.gpp_sid", Code.TYPE))
    sids = ",".join(each for each in read if isinstance(each, str))
    return {name: value for name, value in (("gpp", text_), ("gpp_sid", sids)) if value}


def _attribution_only(told: dict[str, str], user: Mapping[str, Any]) -> bool:
    """Return whether the event must not serve the optimisation of ads; unreadable means yes."""
    told.pop("mmt_only", None)
    given = user.get("mmt_only")
    return not _absent(given) and flag(given) != ""


def _unknown(
    given: Mapping[str, Any], group: str, known: Collection[str], faults: list[Fault]
) -> None:
    for name in [name for name in given if name not in known][:_MOST_UNKNOWN]:
        shown = name if _NAME.fullmatch(name) else "(odd name)"
        faults.append(Fault(f"{group}.{shown}" if group else shown, Code.UNKNOWN))
