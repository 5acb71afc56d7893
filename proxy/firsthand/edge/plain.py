"""The port without TLS, where we have TLS ourselves: certificate challenges, and the way to https.

Nothing else is answered here, nothing is stored, and no cookie is set or read: what came open, or
went, anybody on the way can have seen and changed.
"""

import os
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from stat import S_ISREG

from aiohttp import web

from firsthand.edge import requests
from firsthand.edge.app import Edge
from firsthand.edge.requests import Front
from firsthand.edge.server import Answer, build, refusal
from firsthand.errors import BadHit

CHALLENGES = "/.well-known/acme-challenge/"
LONGEST_ANSWER = 1024
FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Challenges:
    """The files by which a certificate authority sees that a name is ours (RFC 8555, 8.3)."""

    def __init__(self, webroot: Path) -> None:
        self._folder = webroot / CHALLENGES.strip("/")

    def find(self, target: str) -> bytes | None:
        """Return the content of a challenge's file, ``None`` where there is none.

        A token has neither dot nor slash, so no name leads out of the folder; nor does a link.
        """
        token = target.removeprefix(CHALLENGES)
        if token == target or not _TOKEN.fullmatch(token):
            return None
        try:
            descriptor = os.open(self._folder / token, FLAGS)
        except OSError:
            return None
        try:
            regular = S_ISREG(os.fstat(descriptor).st_mode)
            return os.read(descriptor, LONGEST_ANSWER) if regular else None
        finally:
            os.close(descriptor)


class Plain:
    """The handler of the plain port. It follows the configuration that ``edge`` answers by."""

    def __init__(self, edge: Edge, challenges: Challenges, names: Collection[str]) -> None:
        self._edge = edge
        self._challenges = challenges
        self.names = names
        """Hosts that we have, or want, a certificate for."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request: 200 to a challenge, 308 to https, 403 for what carries data."""
        try:
            return self._answer(request)
        except BadHit as refused:
            self._edge.count(refused.reason)
            return refusal(refused.status)

    def _answer(self, request: web.BaseRequest) -> Answer:
        front = self._front()
        if request.raw_path.startswith(CHALLENGES):
            return self._challenge(request, replace(front, base_path=""))
        return self._edge.upgrade(request, requests.check(request, front))

    def _challenge(self, request: web.BaseRequest, front: Front) -> Answer:
        found = self._challenges.find(requests.check(request, front))
        if found is None or request.method not in {"GET", "HEAD"}:
            raise BadHit(404, "challenge")
        return build(
            200,
            "Cache-Control: no-store\r\n",
            body=found,
            content_type="application/octet-stream",
            empty=request.method == "HEAD",
        )

    def _front(self) -> Front:
        """Return the edge's front under the names that count on this port, whatever its number."""
        front = self._edge.front
        bare = {host.partition(":")[0] for host in front.hosts}
        return replace(front, hosts=frozenset({*bare, *self.names}), any_port=True)
