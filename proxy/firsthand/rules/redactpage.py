"""Web addresses -> the site's own pages without their parameters' values; any other: nobody's."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from firsthand.mapping import Pair, query_pairs
from firsthand.rules import addresses
from firsthand.rules.choices import holds_id
from firsthand.rules.standins import StandIns
from firsthand.vendor import ClickId

ELSEWHERE = "elsewhere.example"
_SAFE = "-_.~!*'()"
_NAME = re.compile(r"(?:[A-Za-z_$@.\-\[\]:]|(?<![0-9])[0-9]{1,2}(?![0-9])){0,60}")
_SEGMENT = re.compile(r"[A-Za-z_.~-]{0,40}[0-9]{0,2}[A-Za-z_.~-]{0,40}")
_PORT = re.compile(r":[0-9]{1,5}\Z")


@dataclass(frozen=True, slots=True)
class Pages:
    """Redacts addresses: ``is_own`` knows the site's hosts, ``clicks`` the vendor's click ids."""

    stand_ins: StandIns
    is_own: Callable[[str], bool]
    clicks: Sequence[ClickId]
    at: int

    def page(self, address: str) -> str:
        """Return an address with words in its path as they are; click ids keep their form.

        A text that is none, as a title, becomes a stand-in.
        """
        host = addresses.host(address)
        if not host:
            return self.stand_ins.text(address)
        bare, _, query = address.partition("#")[0].partition("?")
        scheme, _, rest = bare.partition("://")
        authority, slash, path = rest.partition("/")
        port = _PORT.search(authority)
        place = host + (port[0] if port else "") if self.is_own(host) else ELSEWHERE
        made = f"{scheme}://{place}{slash}{'/'.join(map(self._segment, path.split('/')))}"
        asked = encoded(self._pair(*pair) for pair in query_pairs(query))
        return f"{made}?{asked}" if asked else made

    def _pair(self, name: str, value: str) -> Pair:
        for click in self.clicks:
            if click.param.lower() == name.lower():
                return name, id_of(value, click.pattern, self.stand_ins, self.at)
        return self.name(name), self.stand_ins.text(value)

    def name(self, name: str) -> str:
        """Return a parameter's name that is a word; else a stand-in."""
        word = _NAME.fullmatch(name) and not holds_id(name) and not addresses.is_personal(name)
        return name if word else self.stand_ins.text(name)

    def path(self, path: str, told: frozenset[str]) -> str:
        """Return the path of a door: its words, and the accounts that are ``told``."""
        parts = path.split("/")
        return "/".join(each if each.lower() in told else self._segment(each) for each in parts)

    def _segment(self, segment: str) -> str:
        plain = unquote(segment)
        if _SEGMENT.fullmatch(plain) and not holds_id(plain) and not addresses.is_personal(plain):
            return segment
        return quote(self.stand_ins.text(plain), safe=_SAFE)


def encoded(pairs: Iterable[Pair]) -> str:
    """Return parameters as a query, or as a form: there is no ``+`` in it."""
    return "&".join(f"{quote(n, safe=_SAFE)}={quote(value, safe=_SAFE)}" for n, value in pairs)


def id_of(value: str, pattern: str, stand_ins: StandIns, at: int) -> str:
    """Return a stand-in that has its vendor's form if the value has it, and has it not if not."""
    form = re.compile(pattern)
    if form.fullmatch(value):
        return stand_ins.id(value, lambda made: form.fullmatch(made) is not None, at=at)
    return stand_ins.text(value, lambda made: form.fullmatch(made) is None)
