"""The verdict cookie: what this visitor's page may load, readable for the loader.

It is bound to a digest of the consent cookies, so that a changed choice waits for a new answer.
``browser/src/consent.js`` computes the same digest; one table of cases tests both.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firsthand.rules.cookies import set_cookie
from firsthand.rules.site import Site

NAME = "fh_verdict"
_VERSION = "1"
_NONE = "-"
_REFUSED = "--"
_FORM = re.compile(r"1\.([0-9a-f]{1,8})\.(--?|[a-z0-9_]+(?:~[a-z0-9_]+)*)")
_FNV_OFFSET = 0x811C9DC5
_FNV_PRIME = 0x01000193


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a verdict cookie says: the digest it belongs to and the vendors that may load.

    ``refused``: none may, because the visitor said so; else nobody has said anything yet.
    """

    digest: str
    allowed: frozenset[str]
    refused: bool = False


def digest(cookies: Mapping[str, tuple[str, ...]], names: Sequence[str]) -> str:
    """Return the 32-bit FNV-1a hash (hex, no leading zeros) of the cookies called ``names``.

    A trailing ``*`` in a name stands for any ending, the empty one too. Hashed are the UTF-16 code
    units of all ``name=value``, sorted and joined by ``;``: the order in which a browser lists its
    cookies is free.
    """
    exact = frozenset(names)
    prefixes = tuple(name[:-1] for name in names if name.endswith("*"))
    pairs = [
        f"{name}={value}".encode("utf-16-be", "surrogatepass")
        for name, values in cookies.items()
        if name in exact or name.startswith(prefixes)
        for value in values
    ]
    text = b"\0;".join(sorted(pairs))
    found = _FNV_OFFSET
    for high, low in zip(text[::2], text[1::2], strict=True):
        found = ((found ^ (high << 8 | low)) * _FNV_PRIME) & 0xFFFFFFFF
    return f"{found:x}"


def encode(told: Remembered) -> str:
    """Return the cookie's value."""
    none = _REFUSED if told.refused else _NONE
    return f"{_VERSION}.{told.digest}.{'~'.join(sorted(told.allowed)) or none}"


def decode(text: str) -> Remembered | None:
    """Return what a cookie's value says, ``None`` if it is not one of ours."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    keys = match.group(2)
    allowed = frozenset(() if keys in {_NONE, _REFUSED} else keys.split("~"))
    return Remembered(match.group(1), allowed, refused=keys == _REFUSED)


def cookie(site: Site, told: Remembered, *, max_age_s: int) -> str:
    """Return the ``Set-Cookie`` line: readable by the page, on the site's cookie domain."""
    return set_cookie(NAME, encode(told), domain=site.cookie_domain, max_age_s=max_age_s)
