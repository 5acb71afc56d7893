"""The domains of our cookies: where a page's ids live, and which ones our answers can name."""

from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from firsthand.rules import addresses
from firsthand.rules.site import Site


def of_page(site: Site, page: str) -> tuple[str, bool]:
    """Return the domain of this page's id cookies, and whether our answer can set them there."""
    host = addresses.host(page)
    own = site.cookie_domain or host or site.tracking_host.partition(":")[0]
    if not host or host == own or host.endswith(f".{own}"):
        return own, True
    return registrable(host), False


@lru_cache(1024)
def registrable(host: str) -> str:
    """Return the registrable domain of a host; the host itself where it has none or is an IP."""
    if host.startswith("[") or host.rpartition(".")[2].isdigit():
        return host
    return _suffixes().privatesuffix(host) or host


def is_public(host: str) -> bool:
    """Say whether a host stands below a suffix that the list knows, as names on the web do."""
    return _strict().privatesuffix(host) is not None


@lru_cache(1)
def _strict() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


@lru_cache(1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def settable(site: Site) -> list[str]:
    """Return every domain that our answers can name, from the tracking host up."""
    host = site.tracking_host.partition(":")[0]
    top = site.cookie_domain or registrable(host)
    found = [top]
    while host != top and host.endswith(f".{top}"):
        found.append(host)
        host = host.partition(".")[2]
    return found
