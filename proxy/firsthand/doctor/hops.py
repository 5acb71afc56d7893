"""A request through the tracking host to this Firsthand: whether it arrives, and as whose.

It carries a forged forwarding header, as any visitor could send one: what the server makes of it
shows whether the front servers between are configured as they are.
"""

import secrets
import socket
from ipaddress import ip_address

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import Patient
from firsthand.doctor.web import Failed
from firsthand.rules import proof
from firsthand.serve.plan import now

FORGED = "192.0.2.77"
"""An address of TEST-NET-1 (RFC 5737): nobody has it."""

_OK = 200


async def look(patient: Patient) -> list[Finding]:
    """Return findings ``reach`` and ``hops``."""
    if not patient.keyed:
        return [
            Finding(
                "reach",
                patient.tracking,
                Result.UNKNOWN,
                "there is no site.secret yet: the server has not run with this configuration",
                "whether the tracking host leads to it is not known",
                "start firsthand serve, then look again",
                code="unkeyed",
            )
        ]
    nonce = secrets.token_hex(proof.NONCE_DIGITS // 2)
    query = proof.question(patient.site, nonce, now() // 1000)
    got = await patient.web.get(
        f"{patient.site.tracking_url}{proof.PATH}?{query}",
        headers={patient.config.listen.forwarded_header: FORGED},
    )
    if isinstance(got, Failed):
        return [_unreached(patient, got.why)]
    told = proof.read(patient.site, nonce, got.body) if got.status == _OK else None
    if told is None:
        return [_stranger(patient, got.status)]
    reached = Finding("reach", patient.tracking, Result.OK, "leads to this Firsthand", code="ours")
    return [reached, judged(patient.tracking, told, await _own(patient))]


def _unreached(patient: Patient, why: str) -> Finding:
    return Finding(
        "reach",
        patient.tracking,
        Result.FAIL,
        f"does not answer: {why}",
        "no script loads and no event arrives",
        "start firsthand serve and the front before it; see dns and certificate",
        code="unreached",
    )


def _stranger(patient: Patient, status: int) -> Finding:
    return Finding(
        "reach",
        patient.tracking,
        Result.FAIL,
        f"something else than this Firsthand answers there (HTTP {status})",
        "visitors' cookies and events go to whatever answers; if it is not yours, to somebody else",
        "see that the front passes the host on to listen.port, and that the server runs with this"
        " file and this site.secret; if the name leads elsewhere, correct its DNS records now",
        code="stranger",
    )


_NARROW = (
    "have the front set the header anew, or append to it; narrow listen.trusted_proxies to the"
    " front's own addresses"
)
_WAYS: dict[str, tuple[Result, str, str, str]] = {
    "direct": (
        Result.UNKNOWN,
        "this machine reaches the server itself, without a front between",
        "what a visitor's way through a front comes to does not show from here",
        "run firsthand doctor on another machine, with this file and site.secret",
    ),
    "forged": (
        Result.FAIL,
        "a visitor's own forwarding header is believed",
        "anybody chooses the address that vendors and the report get",
        _NARROW,
    ),
    "malformed": (
        Result.FAIL,
        "no usable address arrives: the front's forwarding header is malformed",
        "events go without the visitor's address, and vendors match fewer of them",
        "have the front write plain addresses into listen.forwarded_header",
    ),
    "front": (
        Result.FAIL,
        "every visitor has the front's address, {peer}",
        "vendors match by a wrong address, and rules for countries go wrong",
        'add "{peer}" to listen.trusted_proxies',
    ),
    "trusted": (Result.OK, "the visitor's address arrives, through a trusted front", "", ""),
    "open": (Result.OK, "the visitor's address arrives, without a front", "", ""),
}


def judged(host: str, told: proof.Told, own: str) -> Finding:
    """Return the finding on a request that came with the header ``FORGED`` from ``own``."""
    code = _way(told, own)
    result, found, means, remedy = _WAYS[code]
    found, remedy = (text.format(peer=told.peer) for text in (found, remedy))
    return Finding("hops", host, result, found, means, remedy, code)


def _way(told: proof.Told, own: str) -> str:
    if own and told.peer == own:
        return "direct"
    if told.address == FORGED:
        return "forged"
    if not told.address:
        return "malformed"
    if told.trusted:
        return "trusted"
    return "open" if ip_address(told.address).is_global else "front"


async def _own(patient: Patient) -> str:
    """Return the address from which this machine talks to the tracking host; nothing is sent."""
    addresses = (await patient.names.look_up(patient.tracking)).host.addresses
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((address, 9))
                return str(probe.getsockname()[0])
        except OSError:
            continue
    return ""
