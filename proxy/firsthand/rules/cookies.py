"""Reads a ``Cookie`` header into raw values, and builds ``Set-Cookie`` lines that cannot be bent.

Splitting is our own because the usual parsers lose what consent platforms write: raw JSON, spaces
in values, brackets in names, and every copy of a name but one (tried on Python 3.11's
``http.cookies`` and aiohttp 3.14.5, 2026-11-20). Nothing is decoded or unquoted here, and around
names and values only space and tab are trimmed: whoever trims more can be shown a false
``__Host-`` name.

Source: RFC 6265bis draft 22, sections 4.1 and 5.6 (characters, sizes, prefixes), read 2026-11-20.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from firsthand.errors import BadHit

Cookies = dict[str, tuple[str, ...]]

MAX_HEADER = 32 * 1024
MAX_PAIR = 4096  # browsers refuse a cookie whose name and value are longer together
MAX_AGE_S = 400 * 86_400  # browsers shorten anything above
_BLANK = " \t"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]{0,256}")
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


class SameSite(StrEnum):
    """When a browser sends the cookie along on requests from other sites."""

    LAX = "Lax"
    STRICT = "Strict"


def split(header: str) -> Cookies:
    """Return every value of every name, raw and in order. A token without ``=`` is skipped.

    Raises ``BadHit`` for a header above 32 KiB: cutting it could cut off a refusal.
    """
    return _gather(_pairs(header))


@dataclass(frozen=True, slots=True)
class Wanted:
    """The cookies that may be looked at; all others are dropped in the moment of splitting."""

    exact: frozenset[str]
    prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> "Wanted":
        """Build the list from names; ``{account}`` or ``*`` in a name stands for any ending."""
        exact: set[str] = set()
        prefixes: set[str] = set()
        for name in names:
            stem = name.partition("*")[0].partition("{")[0]
            (exact if stem == name else prefixes).add(stem)
        return cls(frozenset(exact), tuple(sorted(prefixes)))

    def split(self, header: str) -> Cookies:
        """Return what ``split`` returns, of the wanted names only. Raises ``BadHit`` like it."""
        _bound(header)
        exact, prefixes = self.exact, self.prefixes
        found: Cookies = {}
        for part in header.split(";"):
            name, equals, value = part.partition("=")
            name = name.strip(_BLANK)
            if (name in exact or (prefixes and name.startswith(prefixes))) and equals and name:
                value = value.strip(_BLANK)
                found[name] = (*found[name], value) if name in found else (value,)
        return found


def _bound(header: str) -> None:
    if len(header) > MAX_HEADER:
        raise BadHit(431, "cookie_header")


def _pairs(header: str) -> Iterator[tuple[str, str]]:
    _bound(header)
    for part in header.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip(_BLANK)
        if equals and name:
            yield name, value.strip(_BLANK)


def _gather(pairs: Iterable[tuple[str, str]]) -> Cookies:
    found: Cookies = {}
    for name, value in pairs:
        found[name] = (*found[name], value) if name in found else (value,)
    return found


def set_cookie(  # noqa: PLR0913 - one keyword for each attribute, as RFC 6265 has them
    name: str,
    value: str,
    *,
    domain: str,
    max_age_s: int,
    path: str = "/",
    secure: bool = True,
    http_only: bool = False,
    same_site: SameSite = SameSite.LAX,
) -> str:
    """Return the value of a ``Set-Cookie`` header; an empty ``domain`` makes it host-only.

    Raises ``ValueError``, naming the part but no value, on bad input.
    """
    _check(name, value, domain=domain, max_age_s=max_age_s, secure=secure)
    if not _PATH.fullmatch(path) or (name.startswith("__Host-") and path != "/"):
        raise ValueError(f"cookie {name}: path is none that this cookie can have")
    parts = [f"{name}={value}"]
    if domain:
        parts.append(f"Domain={domain}")
    parts += [f"Path={path}", f"Max-Age={max_age_s}"]
    if secure:
        parts.append("Secure")
    if http_only:
        parts.append("HttpOnly")
    parts.append(f"SameSite={SameSite(same_site)}")
    return "; ".join(parts)


def _check(name: str, value: str, *, domain: str, max_age_s: int, secure: bool) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError("cookie name: not a token")
    if not _VALUE.fullmatch(value) or len(name) + len(value) > MAX_PAIR:
        raise ValueError(
            f"cookie {name}: value has characters or a length that cookies cannot have"
        )
    if domain and not _DOMAIN.fullmatch(domain):
        raise ValueError(f"cookie {name}: domain is not a lower-case host name")
    if not 0 <= max_age_s <= MAX_AGE_S:
        raise ValueError(f"cookie {name}: max_age_s is not within 0 and 400 days")
    if name.startswith(("__Host-", "__Secure-")) and not secure:
        raise ValueError(f"cookie {name}: the prefix asks for Secure")
    if name.startswith("__Host-") and domain:
        raise ValueError(f"cookie {name}: the prefix forbids a domain")


def expire(name: str, *, domain: str, path: str = "/") -> list[str]:
    """Return lines that delete a cookie: the host-only copy, and the copy on ``domain`` if any.

    A browser deletes only where name, domain and path agree. Raises ``ValueError`` like
    ``set_cookie``.
    """
    if name.startswith("__Host-"):
        return [set_cookie(name, "", domain="", max_age_s=0)]
    domains = ["", domain] if domain else [""]
    return [set_cookie(name, "", domain=one, max_age_s=0, path=path) for one in domains]
