"""A configuration that can start, and ways to spoil one part of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

FILE = "shop.toml"
PIXEL = "1234567890123456"
PROPERTY = "G-SHOP000001"
SECOND = "G-SHOP000002"

_GOOD: dict[str, Any] = {
    "site": {"hosts": ["shop.example.com"], "tracking_host": "trk.shop.example.com"},
    "meta": [{"account": PIXEL}],
    "ga4": [{"account": PROPERTY}],
}


def sample(**sections: Any) -> dict[str, Any]:
    """Return the data of a good file with ``sections`` laid over it; a list replaces a list."""
    data = deepcopy(_GOOD)
    for name, section in sections.items():
        if isinstance(section, dict) and isinstance(data.get(name), dict):
            data[name].update(section)
        else:
            data[name] = section
    return data


@contextmanager
def variables(**given: str) -> Iterator[None]:
    """Set environment variables for a while."""
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
