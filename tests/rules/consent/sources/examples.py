"""What the tests of the consent sources share: the real-shaped cookies of each, and how one asks.

A test module of a source has ``EXAMPLES``; ``all_examples`` finds them by the source's key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from urllib.parse import quote

from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.consent.statement import Fault, Say, Source, Statement
from firsthand.rules.cookies import split

GRANTED, UNKNOWN, DENIED = Say.GRANTED, Say.UNKNOWN, Say.DENIED
BOTH, NEITHER, NOTHING = (GRANTED, GRANTED), (DENIED, DENIED), (UNKNOWN, UNKNOWN)
ANALYTICS = (GRANTED, DENIED)
DECIDED = 1_793_613_600_000  # 2026-11-02T10:00:00Z
DECIDED_ISO = "2026-11-02T10:00:00.000Z"
DAY_MS = 86_400_000
OVERSIZED = "x" * 9000


@dataclass(frozen=True, slots=True)
class Examples:
    """``Cookie`` headers of one source after an act: all allowed, all refused, analytics only.

    ``groups`` is the configuration that they need. ``counts`` is false where no act can be seen in
    the cookie, which then never grants to a visitor who has to be asked first.
    """

    granted: str
    denied: str
    analytics: str
    groups: Groups | None = None
    counts: bool = True


def source_of(key: str) -> Source:
    return next(source for source in SOURCES if source.key == key)


def policy_of(key: str, groups: Groups | None) -> Policy:
    return Policy(groups={key: groups} if groups else {})


def ask(key: str, header: str, groups: Groups | None = None) -> Statement:
    """Return what the source says of a ``Cookie`` header; it must say something."""
    said = answer(key, header, groups)
    assert said is not None
    return said


def answer(key: str, header: str, groups: Groups | None = None) -> Statement | None:
    source = source_of(key)
    mine = {name: values for name, values in split(header).items() if reads(source, name)}
    return source.read(mine, policy_of(key, groups))


def reads(source: Source, name: str) -> bool:
    return any(
        name.startswith(known[:-1]) if known[-1] == "*" else name == known
        for known in source.cookies
    )


def says(said: Statement) -> tuple[Say, Say]:
    return said.analytics, said.marketing


def is_broken(said: Statement, fault: Fault = Fault.MALFORMED) -> bool:
    return said == Statement(said.source, error=fault, yields=True)


def encoded(text: str) -> str:
    """Return the text as ``encodeURIComponent`` writes it."""
    return quote(text, safe="!'()*-._~")


def all_examples() -> Mapping[str, Examples]:
    package = __name__.rpartition(".")[0]
    found = {}
    for source in SOURCES:
        module = import_module(f"{package}.test_{source.key}")
        if hasattr(module, "EXAMPLES"):
            found[source.key] = module.EXAMPLES
    return found
