"""What an event tells of a person beside what it is to tell: found, or taken out of addresses.

Sites put anything into parameters of their own. What the pixel hashes is in rows of its own; an
address or a number in readable form elsewhere is a mistake of the site's, and ends here.
"""

from collections.abc import Iterator

from firsthand.mapping import Table
from firsthand.model import Fields, Kind, Reason, Value
from firsthand.rules import addresses
from firsthand.rules.addresses import is_mail, is_personal
from firsthand.rules.readable import readable
from firsthand.vendor import Vendor

TELLING = frozenset(
    {
        *("address", "birthday", "birthdate", "dob", "email", "e_mail", "firstname", "first_name"),
        *("fullname", "full_name", "iban", "lastname", "last_name", "mail", "mobile", "password"),
        *("phone", "phone_number", "ssn", "street", "surname", "tel", "telephone", "user_email"),
        *("user_phone",),
    }
)
"""Names of own parameters that say what is in them."""

IDS = ("id", "ids", "sku", "ean", "gtin", "isbn", "code", "key", "order", "number")
"""Endings of names whose values are numbers of things, however much they look like a phone's."""


def telling(fields: Fields, table: Table) -> tuple[str, ...]:
    """Return the paths of what must not leave: own parameters, item texts, titles."""
    return tuple(path for path, value in fields.items() if _tells(path, value, table.kind(path)))


def _tells(path: str, value: Value, kind: Kind) -> bool:
    if kind is Kind.COMMERCE:
        return any(is_mail(text) for text in _texts(value))
    if kind is not Kind.CUSTOM:
        return False
    name = path.rpartition(".")[2].lower()
    if name in TELLING:
        return True
    looks = is_mail if name.endswith(IDS) else is_personal
    return any(looks(text) for text in _texts(value))


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)


def named_after(name: str, vendor: Vendor) -> Reason:
    """Return why an event is not kept: its name stands in every report, and is contact data."""
    if name in vendor.event_names or not any(readable(name, "")):
        return Reason.NONE
    return Reason.READABLE


def clean(vendor: Vendor, table: Table, fields: Fields) -> None:
    """Take other vendors' click ids and personal parameters out of every address, whatever field
    it stands in. A title is no address: one that holds contact data goes as a whole.
    """
    own = frozenset(click.param for click in vendor.click_ids)
    for path, value in fields.items():
        if isinstance(value, list | dict) or (isinstance(value, str) and _is_address(value)):
            fields[path] = _cleaned(value, own)
    for path in table.pages:
        value = fields.get(path, "")
        if isinstance(value, str) and not _is_address(value) and addresses.is_personal(value):
            del fields[path]


def _is_address(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _cleaned(value: Value, own: frozenset[str]) -> Value:
    if isinstance(value, str):
        return addresses.clean(value, keep=own) if _is_address(value) else value
    if isinstance(value, list):
        return [_cleaned(each, own) for each in value]
    if isinstance(value, dict):
        return {name: _cleaned(each, own) for name, each in value.items()}
    return value
