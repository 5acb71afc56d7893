"""Contact data of an event: plain and hashed kept apart, phone numbers brought to E.164.

A value of 64 hex digits is a hash wherever it stands, and is never hashed again. City, state and
country are plain by ECAPI's rules: a hash there is unusable.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import phonenumbers

from firsthand import convert
from firsthand.ecapi.event import Given
from firsthand.ecapi.readers import Code, Fault, text
from firsthand.ecapi.vocabulary import MAX_LISTED

PLAIN_ONLY = frozenset({"city", "state", "country", "birth_date"})

_HASHED = {"customer_identifier": "external_id", "gender": "gender"}
_LISTED = {"email_address": "email", "phone_numbers": "phone"}
_OWN = {**_HASHED, **_LISTED}
_ADDRESS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "street": "street",
    "postal_code": "postal_code",
    "city": "city",
    "state": "state",
    "country_code": "country",
}
_ADDRESS_UNUSED = frozenset({"address_type", "ext"})
_PLAIN = {
    **{name: name for name in ("email", "phone", "external_id", "gender", "birth_date")},
    **{name: name for name in _ADDRESS.values()},
}
USER_FIELDS = frozenset({*_OWN, "address"})
_JUNK = frozenset(
    {"null", "none", "undefined", "unknown", "nan", "n/a", "na", "-", "0", "[object object]"}
)
_JUNK_HASHES = frozenset(map(convert.sha256_of, ("", " ", *_JUNK)))
_COUNTRY = re.compile("[A-Za-z]{2}")
_read = text(500)

Told: TypeAlias = tuple[str, str, str]
"""Kind of contact data, its value, where it stood."""


def person(
    user: Mapping[str, Any], plain: Mapping[str, Any], faults: list[Fault]
) -> dict[str, Given]:
    """Return the contact data of ``user_data`` and ``ext.firsthand.plain`` by its kind.

    What is wrong is left out and noted in ``faults``.
    """
    told = [*_of_user(user, faults), *_of_plain(plain, faults)]
    plains: dict[str, list[str]] = {}
    hashes: dict[str, list[str]] = {}
    for kind, value, place in told:
        digest = convert.sha256_hex(value)
        if digest and kind in PLAIN_ONLY:
            faults.append(Fault(place, Code.VALUE))
        elif digest:
            _add(hashes, kind, "" if digest in _JUNK_HASHES else digest)
        else:
            if place.startswith("user_data.") and kind not in PLAIN_ONLY:
                faults.append(Fault(place, Code.PLAIN))
            _add(plains, kind, "" if value.lower() in _JUNK else value)
    _dial(plains, faults)
    kinds = {**plains, **hashes}
    return {kind: Given(tuple(plains.get(kind, ())), tuple(hashes.get(kind, ()))) for kind in kinds}


def _add(into: dict[str, list[str]], kind: str, value: str) -> None:
    if value and value not in into.setdefault(kind, []):
        into[kind].append(value)


def _of_user(user: Mapping[str, Any], faults: list[Fault]) -> Iterator[Told]:
    """Yield ECAPI's own fields; of several addresses the first that holds anything."""
    for name in [name for name in _OWN if name in user]:
        yield from _values(user[name], _OWN[name], f"user_data.{name}", faults)
    addresses = user.get("address")
    listed = addresses if isinstance(addresses, list) else [addresses]
    first = next((each for each in listed if each), None)
    if first is None:
        return
    if not isinstance(first, dict):
        faults.append(Fault("user_data.address", Code.TYPE))
        return
    if first.keys() - _ADDRESS.keys() - _ADDRESS_UNUSED:
        faults.append(Fault("user_data.address", Code.UNKNOWN))
    for name, kind in _ADDRESS.items():
        yield from _values(first.get(name), kind, f"user_data.address.{name}", faults)


def _of_plain(plain: Mapping[str, Any], faults: list[Fault]) -> Iterator[Told]:
    if plain.keys() - _PLAIN.keys():
        faults.append(Fault("ext.firsthand.plain", Code.UNKNOWN))
    for name in [name for name in _PLAIN if name in plain]:
        yield from _values(plain[name], _PLAIN[name], f"ext.firsthand.plain.{name}", faults)


def _values(given: Any, kind: str, place: str, faults: list[Fault]) -> Iterator[Told]:  # noqa: ANN401 - JSON
    listed = given if isinstance(given, list) else [given]
    for value in listed[:MAX_LISTED]:
        read = "" if value is None else _read(value)
        if isinstance(read, Code):
            faults.append(Fault(place, read))
        elif read:
            yield kind, read, place
    if len(listed) > MAX_LISTED:
        faults.append(Fault(place, Code.TOO_LONG))


def _dial(plains: dict[str, list[str]], faults: list[Fault]) -> None:
    """Bring phone numbers to E.164; what stays ambiguous is left out: a wrong hash helps nobody."""
    country = next(iter(plains.get("country", ())), "")
    told = plains.pop("phone", [])
    numbers = [e164(each, country) for each in told]
    if None in numbers:
        faults.append(Fault("phone", Code.VALUE))
    found = list(dict.fromkeys(each for each in numbers if each))
    if found:
        plains["phone"] = found


def e164(given: str, country: str = "") -> str | None:
    """Return a phone number as ``+`` and digits, ``None`` where its country cannot be told.

    ``country`` is the ISO code of the address beside it. Digits alone are an international number
    where they are a valid one.
    """
    if given.startswith(("+", "00")):
        return _dialled("+" + given.removeprefix("00").removeprefix("+"), None)
    found = _dialled(given, country.upper()) if _COUNTRY.fullmatch(country) else None
    return found or (None if given.startswith("0") else _dialled(f"+{given}", None, valid=True))


def _dialled(number: str, region: str | None, *, valid: bool = False) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if (valid or region) and not phonenumbers.is_valid_number(parsed):
        return None
    return convert.phone_plus(
        phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    )
