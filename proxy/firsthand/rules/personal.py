"""Free fields -> those that hold readable contact data, which no vendor may get.

Sites put anything into parameters of their own. What the pixel hashes is in rows of its own; an
address or a number in readable form elsewhere is a mistake of the site's, and ends here.
"""

from collections.abc import Iterator

from firsthand.mapping import Table
from firsthand.model import Fields, Kind, Value
from firsthand.rules.addresses import is_mail, is_personal

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
