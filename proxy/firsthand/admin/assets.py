"""Style sheet, script and icon of the pages, served from the package with an ETag."""

from hashlib import sha256
from importlib.resources import files

from aiohttp import ETag, web

TYPES = {"style.css": "text/css", "live.js": "text/javascript", "icon.svg": "image/svg+xml"}


def _read(name: str) -> tuple[bytes, ETag]:
    body = files("firsthand.admin").joinpath("pages", name).read_bytes()
    return body, ETag(sha256(body).hexdigest()[:32])


_FILES = {name: _read(name) for name in TYPES}


async def asset(request: web.Request) -> web.Response:
    """Answer one of ``TYPES``, or 304 to its ETag; 404 for any other name."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise web.HTTPNotFound
    body, etag = _FILES[name]
    known = request.if_none_match or ()
    if etag.value in [each.value for each in known]:
        answer = web.Response(status=304)
    else:
        answer = web.Response(body=body, content_type=TYPES[name], charset="utf-8")
    answer.etag = etag
    answer.headers["Cache-Control"] = "no-cache"
    return answer
