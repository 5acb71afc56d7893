"""What was asked, or seen, of a site -> a commented configuration. It holds no secret.

Everything is in mode ``shadow``: what is written here sends nothing to be counted. Needs nothing
but the vendors' own tables, so that addons can write what they have seen.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from textwrap import wrap

from firsthand.vendor import Auth, Vendor
from firsthand.vendors import VENDORS

HEAD = """\
# Written by {writer}. Keys that are not here have their defaults: conf/reference.toml lists all.
# Tokens do not belong into this file: it names the environment variable that each is read from.
"""
SANDBOX_HEAD = """\
# For the demo shop: firsthand serve --sandbox gives the variables below their values.
"""
UNSEEN = (
    "Read from every platform whose cookies come, and any refusal holds; groups that were renamed"
    " are named under groups."
)
FRONT = (
    "Listens on 127.0.0.1:8080 for a front server that ends TLS: name its network in"
    " trusted_proxies, else every visitor has its address. To end TLS here instead:"
    ' host = "0.0.0.0", port = 80, https_port = 443, then firsthand cert issue.'
)
WIDTH = 96


@dataclass(frozen=True, slots=True)
class Watched:
    """An account to watch. ``settings`` are the vendor's own keys, ``events`` were seen.

    Raises ``ValueError`` for a vendor that there is not.
    """

    vendor: str
    account: str
    settings: Mapping[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.vendor not in VENDORS:
            raise ValueError(f"no vendor {self.vendor}; there are: {', '.join(VENDORS)}")


@dataclass(frozen=True, slots=True)
class Outline:
    """A site, as far as a configuration tells of it.

    ``hosts``      of the pages, ``tracking_host`` of Firsthand; with a port where it is not the
                   default one.
    ``authority``  the consent platform that silences others, "" for none.
    ``notes``      what to know about consent, written as comments.
    """

    hosts: tuple[str, ...]
    tracking_host: str
    accounts: tuple[Watched, ...]
    base_path: str = ""
    vendor_suffix: str = ""
    authority: str = ""
    notes: tuple[str, ...] = ()

    @property
    def sandbox(self) -> bool:
        """Say whether this is the demo shop, with stand-ins in the vendors' place."""
        return bool(self.vendor_suffix)


def tracking_host(page_host: str) -> str:
    """Return the usual name for a tracking host: ``trk.`` before the pages' own, without ``www``.

    Under .localhost with the port that Firsthand listens on by default.
    """
    name = page_host.partition(":")[0].removeprefix("www.")
    return f"trk.{name}:8080" if name.endswith(".localhost") else f"trk.{name}"


def missing(watched: Watched) -> dict[str, str]:
    """Return the settings without which an account cannot start: name -> where it stands."""
    own = fields(VENDORS[watched.vendor].settings)
    return {
        each.name: each.metadata["doc"]
        for each in own
        if each.metadata.get("needed") and not watched.settings.get(each.name)
    }


def variables(outline: Outline) -> dict[str, Vendor]:
    """Return the environment variables that tokens are read from, each with its vendor."""
    return {name: VENDORS[watched.vendor] for watched, name in _named(outline)}


def draft(outline: Outline, writer: str) -> str:
    """Return the text of a configuration file. ``writer`` names who wrote it."""
    head = HEAD.format(writer=writer) + (SANDBOX_HEAD if outline.sandbox else "")
    parts = [head, "\n".join(_site(outline)) + "\n", *_listen(outline)]
    parts.append("\n".join(_consent(outline)) + "\n")
    parts += ["\n".join(_section(watched, name)) + "\n" for watched, name in _named(outline)]
    return "\n".join(parts)


def _named(outline: Outline) -> Iterator[tuple[Watched, str]]:
    """Yield each account with the variable of its token; one key of Google's opens all of its."""
    seen: Counter[str] = Counter()
    for watched in outline.accounts:
        stem = f"{'SANDBOX_' if outline.sandbox else ''}{watched.vendor.upper()}_TOKEN"
        seen[stem] += 1
        shared = outline.sandbox or VENDORS[watched.vendor].auth is Auth.GOOGLE
        yield watched, stem if shared or seen[stem] == 1 else f"{stem}_{seen[stem]}"


def _site(outline: Outline) -> Iterator[str]:
    yield "[site]"
    yield f"hosts = {_text(list(outline.hosts))} # of your pages"
    yield f"tracking_host = {_text(outline.tracking_host)} # leads to this machine"
    if outline.base_path:
        yield f"base_path = {_text(outline.base_path)} # below which Firsthand answers there"
    if outline.sandbox:
        yield 'scheme = "http"'
        yield 'bots = "send" # a browser without a window says that it is one'
        yield f"vendor_suffix = {_text(outline.vendor_suffix)} # the stand-ins' names"


def _listen(outline: Outline) -> Iterator[str]:
    """Without a front server, the address in the pages names the port itself."""
    port = outline.tracking_host.partition(":")[2]
    yield "\n".join(["[listen]", f"port = {port}" if port else "\n".join(_comment(FRONT))]) + "\n"


def _consent(outline: Outline) -> Iterator[str]:
    yield "[consent]"
    for note in outline.notes or (UNSEEN,):
        yield from _comment(note)
    if outline.authority:
        yield f"authority = {_text(outline.authority)} # other platforms' cookies may be left over"


def _section(watched: Watched, variable: str) -> Iterator[str]:
    vendor = VENDORS[watched.vendor]
    seen = f" Seen: {', '.join(watched.events)}." if watched.events else ""
    yield from _comment(f"{vendor.title}.{seen}")
    open_ends = missing(watched)
    if open_ends:
        looks = f"Not watched yet: an account looks like {vendor.account_example}, and needs more."
        yield from _comment(f"{looks} Fill it in, and take the # from these lines:")
        for name, doc in open_ends.items():
            yield from _comment(f"{name}: {doc}")
    for line in _keys(watched, vendor, variable):
        yield f"# {line}" if open_ends and line[0] != "#" else line


def _keys(watched: Watched, vendor: Vendor, variable: str) -> Iterator[str]:
    yield f"[[{vendor.key}]]"
    yield f"account = {_text(watched.account)}"
    for name in (*watched.settings, *missing(watched)):
        yield f"{name} = {_text(watched.settings.get(name, ''))}"
    yield 'mode = "shadow" # next: both, server or relay'
    yield from _comment(f"The token: {vendor.token_help}")
    yield f"token = {{ env = {_text(variable)} }}"


def _comment(text: str) -> Iterator[str]:
    plain = "".join(each if each.isprintable() else " " for each in text)
    return (f"# {line}" for line in wrap(plain, WIDTH))


def _text(value: str | list[str]) -> str:
    """Return a value as TOML; what JSON makes of text is TOML too."""
    return json.dumps(value, ensure_ascii=False)
