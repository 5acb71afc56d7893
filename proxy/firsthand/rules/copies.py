"""A copy posted to ``/fh/copy`` -> the Hit that the vendor got from the browser."""

from dataclasses import replace
from urllib.parse import urlsplit

import orjson

from firsthand.errors import BadHit
from firsthand.model import Client, Hit, Origin
from firsthand.rules.doors import Use
from firsthand.rules.site import Site

OUTCOMES = {"ok": Client.OK, "failed": Client.FAILED, "unknown": Client.UNKNOWN}
LONGEST_MS = 86_400_000


def original(hit: Hit, site: Site) -> Hit:
    """Return the request that the page sent to the vendor, with the visitor of the copy.

    Raises ``BadHit`` when it is not a copy, or not one of a beacon of a configured vendor.
    """
    copy = _parse(hit.body)
    address = _text(copy, "url", 16_384)
    method = _text(copy, "method", 8).upper()
    try:
        parts = urlsplit(address)
    except ValueError:
        raise BadHit(400, "copy_address") from None
    host = parts.netloc.lower().removesuffix(site.vendor_suffix)
    found = site.doors.find(host, parts.path)
    if found is None or found.use is not Use.BEACON or parts.scheme not in {"http", "https"}:
        raise BadHit(404, "copy_door")
    headers = dict(hit.headers)
    headers["content-type"] = _text(copy, "content_type", 200)
    return replace(
        hit,
        method="POST" if method == "POST" else "GET",
        host=host,
        path=parts.path,
        query=parts.query,
        body=_text(copy, "body", 262_144).encode("utf-8", "replace"),
        headers=headers,
        origin=Origin.COPY,
        client=OUTCOMES.get(_text(copy, "outcome", 16), Client.UNKNOWN),
        client_ms=_milliseconds(copy.get("ms")),
    )


def _parse(body: bytes) -> dict[str, object]:
    try:
        copy = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadHit(400, "copy_json") from None
    if not isinstance(copy, dict):
        raise BadHit(400, "copy_json")
    return copy


def _text(copy: dict[str, object], name: str, longest: int) -> str:
    value = copy.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise BadHit(400, f"copy_{name}")
    return value


def _milliseconds(value: object) -> int:
    if isinstance(value, int | float) and 0 <= value <= LONGEST_MS:
        return int(value)
    return 0
