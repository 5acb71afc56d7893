"""Request -> signs of a robot. What is read and what is only counted leaves no trace of a visitor.

Headers are looked at for being there. How often an address sends is counted in a sketch: two rows
of counters at places that a hash of the address picks, under a key drawn anew for each minute and
never kept. No address can be read from it, and none is recognised in the next minute.
"""

import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b

from crawlerdetect import CrawlerDetect

from firsthand.rules.bots import BotSign

IN_A_MINUTE = 1200
IN_A_SECOND = 150
"""A page with all vendors sends some 25 beacons at once; an office or a carrier is many visitors
behind one address."""
WIDTH = 16_384
_MINUTE_MS, _SECOND_MS = 60_000, 1000
_NONE = BotSign(0)

_detector = CrawlerDetect()


@lru_cache(maxsize=2048)
def name_signs(user_agent: str) -> BotSign:
    """Return what a user agent says of itself."""
    if not user_agent:
        return BotSign.NAMELESS
    return BotSign.SAYS_SO if _detector.is_crawler(user_agent[:512]) else _NONE


class Sketch:
    """How often a place was counted within a span of time: what shares both counters of an address
    is counted with it, so never less than it was, and seldom more.
    """

    def __init__(self, span_ms: int) -> None:
        self._span_ms = span_ms
        self._began = -1
        self._one: list[int] = []
        self._other: list[int] = []

    def count(self, picked: int, at: int) -> int:
        """Count a request at ``at`` (Unix ms); return how many there were in its span."""
        began = at - at % self._span_ms
        if began != self._began:
            self._began, self._one, self._other = began, [0] * WIDTH, [0] * WIDTH
        one, other = picked % WIDTH, picked // WIDTH % WIDTH
        self._one[one] += 1
        self._other[other] += 1
        return min(self._one[one], self._other[other])


class Watch:
    """Looks at requests of one process, which sees its own share of them alone.

    ``Accept`` and ``Accept-Language`` come with every request of a browser, beacons and images too
    (Fetch standard, "fetch", steps on the header list). Some front servers take Accept-Encoding
    away, so that one is not asked for.
    """

    def __init__(self, key: Callable[[], bytes] = lambda: secrets.token_bytes(16)) -> None:
        self._draw = key
        self._began = -1
        self._key = b""
        self._minute = Sketch(_MINUTE_MS)
        self._second = Sketch(_SECOND_MS)

    def signs(self, headers: Mapping[str, str], address: str, at: int) -> BotSign:
        """Return the signs of one request."""
        found = name_signs(headers.get("User-Agent", ""))
        if "Accept" not in headers or "Accept-Language" not in headers:
            found |= BotSign.BARE
        picked = self._pick(address, at)
        if self._minute.count(picked, at) > IN_A_MINUTE:
            found |= BotSign.RATE
        if self._second.count(picked, at) > IN_A_SECOND:
            found |= BotSign.INSTANT
        return found

    def _pick(self, address: str, at: int) -> int:
        """Return a number that stands for an address during this minute, and for some others."""
        began = at - at % _MINUTE_MS
        if began != self._began:
            self._began, self._key = began, self._draw()
        picked = blake2b(address.encode("utf-8", "replace"), key=self._key, digest_size=4)
        return int.from_bytes(picked.digest(), "big")
