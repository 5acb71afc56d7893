"""The scripts that run in the page: bundle + rules + what it is for -> the bytes of a script.

The bundles are built from ``src/`` by ``scripts/browser`` and committed. A bundle is one function,
so the rules are joined to it as an argument and no text is replaced inside it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files

_LOUD = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_COPYING = frozenset({"shadow", "both"})


@dataclass(frozen=True, slots=True)
class KeyRules:
    """Where a vendor's beacons carry the event key, and which events get one of ours.

    ``param``, ``name``  of key and event name: parameters, or members of an event in a JSON body.
    ``names``   matches the names of events that get a key.
    ``digits``  of a new key, hexadecimal.
    ``json``    parameter whose JSON object holds ``param``; empty: it is a parameter itself.
    ``path``    members that lead from the top of a JSON body to its events, through lists.
    """

    param: str = ""
    name: str = ""
    names: str = "(?!)"
    digits: int = 32
    json: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VendorRules:
    """What the page knows of a vendor. Patterns are regular expressions that Python and JavaScript
    read alike.

    ``hosts``    unanchored: a cheap test that no address of the vendor fails.
    ``account``  full match of an account id; ``param`` finds one in a query or a form body.
    ``doors``    (use, pattern of host and path); a group in the pattern is the account.
    ``modes``    by account id; ``""`` where an address names none, ``*`` for any id. An account
                 that is not listed is the page's own affair.
    """

    hosts: str
    account: str
    param: str
    doors: tuple[tuple[str, str], ...]
    modes: Mapping[str, str]
    key: KeyRules = KeyRules()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a loader knows of a site.

    ``base``     the tracking host with scheme and base path, no slash at the end.
    ``suffix``   what the sandbox appends to every vendor host, else empty.
    ``gate``     whether vendor code waits for the verdict.
    ``verdict``  name of the verdict cookie; ``cookies`` matches the start of a consent cookie.
    ``events``   window events after which the consent cookies are looked at again.
    ``vendors``  by key.
    """

    base: str
    suffix: str
    gate: bool
    verdict: str
    cookies: str
    events: tuple[str, ...] = ()
    vendors: Mapping[str, VendorRules] = field(default_factory=dict)

    @property
    def copies(self) -> bool:
        """Say whether any account's beacons go to the vendor and come to us as copies."""
        return any(_COPYING & set(vendor.modes.values()) for vendor in self.vendors.values())


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """The approved file of a vendor: ``address`` is host and path at the vendor, without suffix."""

    vendor: str
    address: str
    hash: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """What ``fh.js`` knows of a site beside the rules.

    ``name``    the data set of its events.
    ``domain``  of the consent cookie that it writes, ``life`` the cookie's seconds.
    ``tcf``     numbers of the site's vendors on the IAB's Global Vendor List.
    ``types``   by vendor, the vendor's names of events -> the words that ``fh.js`` has for them.
    ``details`` by vendor, the parameter that names a custom event more closely.
    ``own``     by vendor whose beacons have no place for a key, the parameter of the event's name.
    """

    name: str
    domain: str
    life: int
    tcf: tuple[int, ...] = ()
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)


def loader(rules: Rules, script: ScriptFile) -> bytes:
    """Return the loader of one script: the same bytes for every visitor."""
    bundle = _bundle("loader.js" if rules.copies else "loader_server.js")
    carried = _json(asdict(rules))
    mark = blake2b(carried, digest_size=8).hexdigest().encode()
    given = (_bundle("start.js"), _json(asdict(script)), mark, carried, bundle)
    return b'%s(%s,"%s",function(){return%s},%s);\n' % given


def fh_js(rules: Rules, known: Snippet) -> bytes:
    """Return ``fh.js`` of a site: the same bytes for every visitor."""
    bundle = _bundle("fh.js" if rules.copies else "fh_server.js")
    return b"%s(%s,%s);\n" % (bundle, _json(asdict(rules)), _json(asdict(known)))


def consent_js(known: Snippet) -> bytes:
    """Return what hears the consent platforms for ``fh.js``, on pages that have one."""
    return b"%s(0,%s);\n" % (_bundle("fh_consent.js"), _json(asdict(known)))


@lru_cache
def _bundle(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes().rstrip()


def _json(value: object) -> bytes:
    """Return JSON that is safe inside a script, an HTML page and a string; ASCII only."""
    text = json.dumps(value, separators=(",", ":"))
    for character, escape in _LOUD.items():
        text = text.replace(character, escape)
    return text.encode("ascii")
