"""Fetches vendor scripts: from addresses in the vendors' tables only, bounded, without cookies."""

from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from firsthand.rules.scriptdoor import Asked

LONGEST_VALIDATOR = 200
LARGEST = 5 * 1024 * 1024
DEADLINE = ClientTimeout(total=10, sock_connect=3)
TYPES = frozenset(
    {
        "application/javascript",
        "application/x-javascript",
        "text/javascript",
        "application/ecmascript",
    }
)
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/143.0.0.0 Safari/537.36"
)
"""One current browser, pinned: several vendors serve old builds to what they do not know."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why an answer must not be served; the last good copy stays."""

    reason: str


@dataclass(frozen=True, slots=True)
class Validators:
    """What the vendor said of a version, to ask for a newer one; empty: it said nothing."""

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return the conditions of a request."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}


NONE = Validators()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A vendor's file as it came."""

    body: bytes
    validators: Validators


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The vendor still serves the version that it was asked about."""


async def fetch(
    session: ClientSession,
    asked: Asked,
    suffix: str,
    *,
    known: Validators = NONE,
    deadline: ClientTimeout = DEADLINE,
) -> Fetched | Unchanged | Unusable:
    """Return the vendor's file. ``suffix`` is the sandbox's, appended to the host over HTTP.

    ``known``: a version that is at hand, if it is still the one.
    """
    scheme = "http" if suffix else "https"
    url = f"{scheme}://{asked.host}{suffix}{asked.path}"
    if asked.query:
        url += f"?{asked.query}"
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, br", **known.headers()}
    try:
        async with session.get(
            url, headers=headers, allow_redirects=False, timeout=deadline
        ) as response:
            if response.status == 304 and known != NONE:  # noqa: PLR2004 - Not Modified
                return Unchanged()
            return await _checked(response, asked)
    except (ClientError, OSError, TimeoutError, ValueError) as error:
        return Unusable(f"not fetched ({type(error).__name__})")


async def _checked(response: ClientResponse, asked: Asked) -> Fetched | Unusable:
    if response.status != 200:  # noqa: PLR2004 - OK
        return Unusable(f"status {response.status}")
    if response.content_type not in TYPES:
        return Unusable(f"content type {response.content_type[:60]}")
    if "Content-Length" not in response.headers and "Transfer-Encoding" not in response.headers:
        return Unusable("its end cannot be told from a broken connection")
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > LARGEST:
            return Unusable(f"larger than {LARGEST} bytes")
    why = _fault(bytes(body), asked)
    return why or Fetched(bytes(body), _validators(response))


def _validators(response: ClientResponse) -> Validators:
    """Return the vendor's validators; one that no server would write is none."""
    etag, modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return Validators(_sound(etag), _sound(modified))


def _sound(text: str) -> str:
    return text if text.isascii() and text.isprintable() and len(text) < LONGEST_VALIDATOR else ""


def _fault(body: bytes, asked: Asked) -> Unusable | None:
    if not body.strip() or body.lstrip()[:1] == b"<":
        return Unusable("not a script")
    missing = [mark for mark in asked.script.sentinels if mark not in body]
    if missing:
        return Unusable(f"lacks {missing[0].decode('ascii', 'replace')!r}")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return Unusable("not UTF-8")
    return None
