"""How ``firsthand doctor`` knows the server behind the tracking host for its own, and learns which
address a visitor has there: a question and an answer that only holders of the site's secret write.

Nobody else gets an answer, and what an answer holds is about the asker.
"""

import hmac
from dataclasses import dataclass

import orjson

from firsthand.mapping import query_pairs
from firsthand.rules.site import Site

PATH = "/fh/doctor"
NONCE_DIGITS = 32
MOST_OLD_S = 300
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Told:
    """Who asked, as the server saw it: ``peer`` at the socket, ``address`` as events would have
    it (empty: none was usable), ``trusted``: the peer is one of ``listen.trusted_proxies``."""

    peer: str
    address: str
    trusted: bool


def question(site: Site, nonce: str, at_s: int) -> str:
    """Return the query of a question. ``nonce`` is 32 hexadecimal digits, drawn for it."""
    return f"c={nonce}&t={at_s}&p={_mac(site.secret, 'ask', nonce, str(at_s))}"


def asked(site: Site, query: str, now_s: int) -> str:
    """Return the nonce of a question that proves itself and is of now, else an empty string."""
    given = dict(query_pairs(query))
    nonce, at, proof = (given.get(name, "") for name in "ctp")
    told = f"{nonce}{at}{proof}"
    if len(nonce) != NONCE_DIGITS or not (
        told.isascii() and at.isdigit() and len(at) <= NONCE_DIGITS
    ):
        return ""
    fresh = abs(now_s - int(at)) <= MOST_OLD_S
    proven = hmac.compare_digest(proof, _mac(site.secret, "ask", nonce, at))
    return nonce if proven and fresh else ""


def answer(site: Site, nonce: str, told: Told) -> bytes:
    """Return the answer as JSON, proven."""
    parts = (nonce, told.peer, told.address, str(told.trusted))
    proof = _mac(site.secret, "answer", *parts)
    return orjson.dumps(
        {"peer": told.peer, "address": told.address, "trusted": told.trusted, "proof": proof}
    )


def read(site: Site, nonce: str, body: bytes) -> Told | None:
    """Return what an answer to ``nonce`` tells; ``None`` for one that is not our server's."""
    try:
        raw = orjson.loads(body)
        told = Told(str(raw["peer"]), str(raw["address"]), raw["trusted"] is True)
        proof = str(raw["proof"]).encode("utf-8", "replace")
    except (ValueError, KeyError, TypeError):
        return None
    parts = (nonce, told.peer, told.address, str(told.trusted))
    good = hmac.compare_digest(proof, _mac(site.secret, "answer", *parts).encode())
    return told if good else None


def _mac(secret: bytes, *parts: str) -> str:
    text = "\0".join(("doctor", *parts))
    return hmac.digest(secret, text.encode("utf-8", "replace"), "sha256")[:_MAC_BYTES].hex()
