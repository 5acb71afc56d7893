"""A beacon of the Pinterest tag, made anew for ``/v3/``; what of ``/user/``'s answer the tag gets.

Source: Pinterest's page on the tag's parameters, read 2026-11; the rest, and the switches that the
        tag reads from the answer, were seen in its builds of 2024-10 and 2025-11.
Losses: the address of the visitor. From two headers of ``/user/``'s answer the tag makes cookies,
        ``_pin_unauth`` and ``_derived_epik``; no header is passed on, so they stay as they are.
"""

from collections.abc import Mapping

import orjson

from firsthand.convert import address, amount, integer, json_value, matching
from firsthand.mapping import Pair
from firsthand.model import Beacon, Call, Kind, Value
from firsthand.vendor import Converter, Field, IdCookie, Relay
from firsthand.vendors.answers import members
from firsthand.vendors.pinterest.fields import FIELDS, PERSON_ROWS
from firsthand.vendors.relaying import (
    AGENT,
    NO_ADDRESS,
    deep,
    ids_of,
    image_or_form,
    path_of,
    typed_rows,
    yes_or_no,
)

SWITCHES = frozenset(
    {"aemEnabled", "aemFnLnEnabled", "aemPhEnabled", "aemGeEnabled", "aemDbEnabled"}
    | {"aemLocEnabled", "aemExternalIdEnabled", "isEu"}
)
"""What the tag asks of its account: which fields of forms it may hash, and where the visitor is.

``noCodeCapiDomains``, an address to which it would send copies, is not among them.
"""

MAX_PERSONS = 3
_KEYS = " ".join(
    f"{group}[{key}]" for group in ("ed", "ov") for key in ("event_id", "eventID", "eid")
)
_TECHNICAL = (
    f"event cb dep stc {_KEYS} ed[* ov[* pd[np] pd[tm] pd[derived_epik] pd[pin_unauth]"
    " pd[aem_eligible_list]"
)


def _several(convert: Converter) -> Converter:
    """Return a converter that takes a list, too: the tag sends one of what it got twice."""

    def converted(value: str) -> Value | None:
        listed = json_value(value) if value[:1] == "[" else None
        if not isinstance(listed, list):
            return convert(value)
        texts = [convert(each) for each in listed[:MAX_PERSONS] if isinstance(each, str)]
        return [each for each in texts if each is not None] or None

    return converted


_OWN = (
    *(
        Field(wire, path_of(wire), Kind.CONTACT, _several(row.convert), row.match)
        for wire, row in PERSON_ROWS.items()
    ),
    Field("ed[value]", "ed.value", Kind.COMMERCE, amount),
    Field("cb", "cb", Kind.TECHNICAL, integer),
    Field("ad[ref]", "ad.ref", Kind.PAGE, address),
    Field("ad[if]", "ad.if", Kind.TECHNICAL, yes_or_no),
    Field("ad[is_eu]", "ad.is_eu", Kind.TECHNICAL, yes_or_no),
    Field("ad[sh]", "ad.sh", Kind.TECHNICAL, integer),
    Field("ad[sw]", "ad.sw", Kind.TECHNICAL, integer),
    Field("ad[mh]", "ad.mh", Kind.TECHNICAL, matching(r"[0-9a-f]{4,16}")),
)


def write(beacon: Beacon) -> Call:
    """Return the request: objects stand in parameters of their own, as JSON."""
    fields = {path: value for path, value in beacon.fields.items() if path != AGENT}
    told: Mapping[str, Value] = deep({"tid": beacon.to, **fields})
    return image_or_form(beacon, map(_parameter, told.items()))


def _parameter(member: tuple[str, Value]) -> Pair:
    name, value = member
    return name, orjson.dumps(value).decode() if isinstance(value, dict) else str(value)


def answer(body: bytes) -> bytes | None:
    """Return the switches of an answer that is a JSON object, each yes or no."""
    told = members(body)
    known = {name: told[name] for name in sorted(SWITCHES) if isinstance(told.get(name), bool)}
    return orjson.dumps(known) if told else None


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how beacons of the Pinterest tag are passed on."""
    return Relay(
        fields=typed_rows(FIELDS, _TECHNICAL, page="ad.loc", own=_OWN),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=(NO_ADDRESS,),
        answer=answer,
    )
