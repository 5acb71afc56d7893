"""Bytes -> JSON, strictly: decimals stay decimals, and what two readers could read differently is
no JSON here.
"""

import json
from decimal import Decimal
from typing import Any, NoReturn


def loads(body: bytes) -> Any:  # noqa: ANN401 - what a JSON parser returns
    """Return the value of one JSON text in UTF-8; numbers with a fraction are ``Decimal``.

    Raises ``ValueError``, without a word of the body, for anything else: NaN and Infinity, a name
    twice in one object, endless digits, nesting that the stack does not take.
    """
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse,
            object_pairs_hook=_object,
        )
    except (ValueError, ArithmeticError, RecursionError):
        raise ValueError("not JSON") from None


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found
