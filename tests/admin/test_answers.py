import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import make_mocked_request

from firsthand.admin.answers import HEADERS, wants_json
from tests.admin.listener import AUTH, Listener


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("application/json", True),
        ("application/json, */*;q=0.1", True),
        ("text/html,application/xhtml+xml,application/json;q=0.1", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_json_only_to_who_asks_for_it(accept: str, *, json: bool) -> None:
    assert wants_json(make_mocked_request("GET", "/", headers={"Accept": accept})) is json


@pytest.mark.parametrize(
    ("path", "status", "method"),
    [
        ("/report", 200, "GET"),
        ("/events", 200, "GET"),
        (f"/events/{0:032x}", 200, "GET"),
        ("/delivery", 200, "GET"),
        ("/healthz", 200, "GET"),
        ("/nowhere", 404, "GET"),
        ("/report", 405, "POST"),
        ("/assets/style.css", 200, "GET"),
    ],
)
async def test_every_answer_has_the_strict_headers(
    listener: Listener, client: ClientSession, path: str, status: int, method: str
) -> None:
    async with client.request(method, listener.address + path, headers=AUTH) as answer:
        assert answer.status == status
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        stored = "no-cache" if path.startswith("/assets/") else "no-store"
        assert answer.headers["Cache-Control"] == stored
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_refusals_have_them_too(listener: Listener, client: ClientSession) -> None:
    for headers in ({}, {"Host": "rebound.example"}):
        async with client.get(f"{listener.address}/report", headers=headers) as answer:
            assert answer.status in {401, 421}
            assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
            assert answer.headers["Cache-Control"] == "no-store"
