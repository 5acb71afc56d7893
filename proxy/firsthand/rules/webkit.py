"""Whether Safari shortens a ``Set-Cookie`` to seven days: WebKit's rule, response by response.

Source: WebKit, main branch, the network process' handling of cookies in answers (CNAME and
address cloaking), read 2026-11-20. The CNAME part is in Safari since 14 (2020-11), the address
part since 16.4 (2023-03). WebKit's exceptions for hosts of Google's own are left out: no site of
ours is one of them.
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

CAP_DAYS = 7
NEAR_BITS = {4: 16, 6: 64}
"""IP version -> equal leading bits from which two addresses are one network to WebKit."""


class Ruling(StrEnum):
    """The line of the rule that decided."""

    SESSION = "session"  # the cookie ends with the browser: there is nothing to shorten
    NO_PREVENTION = "no_prevention"  # the visitor turned tracking prevention off
    THIRD_PARTY = "third_party"  # another site's: blocked by other rules
    MAIN_DOCUMENT = "main_document"  # the page itself sets it
    SAME_SITE_CNAME = "same_site_cname"  # the host's name leads to a name of the page's own site
    SAME_CNAME = "same_cname"  # host and page lead to names of one domain
    OTHER_CNAME = "other_cname"  # the host's name leads to somebody else's
    PAGE_UNKNOWN = "page_unknown"  # no address was recorded when the page was loaded
    HOST_UNKNOWN = "host_unknown"  # the connection's address is not known
    NEAR = "near"  # both addresses are in one network
    FAR = "far"  # they are not

    @property
    def capped(self) -> bool:
        """Say whether the cookie ends after ``CAP_DAYS``."""
        return self in {Ruling.OTHER_CNAME, Ruling.FAR}


@dataclass(frozen=True, slots=True)
class Peer:
    """What a browser learnt of a host: the registrable domain of the last name in its CNAME chain
    (empty: no chain), and the address it talked to (``None``: not known)."""

    cname: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One response that sets a cookie. ``site`` is the page's registrable domain, ``page`` what
    was recorded when the page was loaded, ``host`` who answers now."""

    site: str
    page: Peer
    host: Peer
    persistent: bool = True
    prevention: bool = True
    same_site: bool = True
    main_document: bool = False


def ruling(answer: Answer) -> Ruling:
    """Return which line of the rule decides about the cookies of ``answer``."""
    if not answer.persistent:
        return Ruling.SESSION
    if not answer.prevention:
        return Ruling.NO_PREVENTION
    if not answer.same_site:
        return Ruling.THIRD_PARTY
    if answer.main_document:
        return Ruling.MAIN_DOCUMENT
    return _by_cname(answer) if answer.host.cname else _by_address(answer)


def _by_cname(answer: Answer) -> Ruling:
    """With a CNAME the addresses are not looked at."""
    if answer.host.cname == answer.site:
        return Ruling.SAME_SITE_CNAME
    return Ruling.SAME_CNAME if answer.host.cname == answer.page.cname else Ruling.OTHER_CNAME


def _by_address(answer: Answer) -> Ruling:
    page, host = answer.page.address, answer.host.address
    if page is None:
        return Ruling.PAGE_UNKNOWN
    if host is None:
        return Ruling.HOST_UNKNOWN
    return Ruling.NEAR if are_near(page, host) else Ruling.FAR


def are_near(one: Address, other: Address) -> bool:
    """Say whether WebKit takes two addresses for one network."""
    return equal_bits(one, other) >= NEAR_BITS[unmapped(one).version]


def equal_bits(one: Address, other: Address) -> int:
    """Return how many leading bits are equal; 0 between the families."""
    one, other = unmapped(one), unmapped(other)
    if one.version != other.version:
        return 0
    return one.max_prefixlen - (int(one) ^ int(other)).bit_length()


def unmapped(address: Address) -> Address:
    """Return the IPv4 address within an IPv4-in-IPv6 one, any other address as it is."""
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return inner or address
