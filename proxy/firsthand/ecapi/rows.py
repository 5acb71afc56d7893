"""What vendor files build a reading's parameters from: an event's fields under a vendor's names.

The names are the pixel's own parameters, so that the vendor's table converts, hashes and bounds
what a shop tells exactly as it does what a page tells.
"""

from collections.abc import Callable, Mapping, Sequence

from firsthand.ecapi.event import CUSTOM, Event, Given
from firsthand.model import Fields, Reading, Value

Pair = tuple[str, str]
_NOTHING = Given()


def name_at(event: Event, vendor: str, names: Mapping[str, str]) -> str:
    """Return a vendor's name for an event, "" where the vendor gets none.

    ``names`` maps our canonical words to the vendor's. The shop's own choice for this vendor wins,
    and a custom event keeps the name it was given.
    """
    own = event.names.get(vendor, "")
    return own or (event.custom if event.type == CUSTOM else names.get(event.type, ""))


def configured(event: Event, vendor: str, ids: Mapping[str, str]) -> str:
    """Return an event's id at a vendor that knows no names, "" where it has none there.

    ``ids`` are the site's settings: by our canonical words, and by the names of custom events. The
    shop's own choice for this vendor wins.
    """
    word = event.custom if event.type == CUSTOM else event.type
    return event.names.get(vendor, "") or ids.get(word, "")


def told(event: Event, rows: Mapping[str, str]) -> list[Pair]:
    """Return fields as parameters; ``rows`` maps ECAPI's name to the vendor's parameter.

    Of a list the first text is taken.
    """
    first = {name: values[0] for name, values in event.lists.items()}
    have = {**first, **event.told}
    return [(wire, have[name]) for name, wire in rows.items() if name in have]


def contacts(
    event: Event, rows: Sequence[tuple[str, str, bool]]
) -> tuple[list[Pair], tuple[str, ...]]:
    """Return contact data as parameters, and notes on hashes that this vendor could not use.

    A row is ``(kind of data, the vendor's parameter, portable)``. ``portable``: this vendor hashes
    the same normal form as ECAPI, so a hash may go on as it is. A parameter may come several times.
    """
    pairs, notes = [], []
    for kind, wire, portable in [row for row in rows if row[0] in event.person]:
        given = event.person[kind]
        values = given.values(portable=portable)
        pairs += [(wire, value) for value in values]
        if given.hashed and not values:
            notes.append(f"{kind}: hash_not_portable")
    return pairs, tuple(notes)


def hashes(
    event: Event, kind: str, convert: Callable[[str], Value | None], *, portable: bool
) -> list[Value]:
    """Return one kind of contact data as the vendor's hashes, each once: for tables that have no
    parameter of it. ``convert`` passes a hash on and hashes what is plain (``convert.hashed``).
    """
    given = event.person.get(kind, _NOTHING).values(portable=portable)
    found = (convert(value) for value in given)
    return list(dict.fromkeys(each for each in found if isinstance(each, str) and each))


def items(event: Event, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the items with their members under a vendor's names; other members are left out."""
    renamed = (
        {names[name]: value for name, value in item.items() if name in names}
        for item in event.items
    )
    return [item for item in renamed if item]


def reading(  # noqa: PLR0913 - the parts of a reading that a vendor decides on
    event: Event,
    account: str,
    name: str,
    fields: Fields,
    *,
    key: str = "",
    notes: tuple[str, ...] = (),
) -> Reading:
    """Return the reading of an event at one vendor. ``key`` where the vendor knows the event by
    something else than the shop's id for it."""
    return Reading(
        account=account,
        name=name,
        canonical=event.type,
        event_key=key or event.id,
        page=event.told.get("page_url", ""),
        at=event.at,
        fields=fields,
        signals=event.signals,
        notes=notes,
    )
