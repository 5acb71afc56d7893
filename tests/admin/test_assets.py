import pytest
from aiohttp import ClientSession

from firsthand.admin.assets import TYPES
from tests.admin.listener import Listener


@pytest.mark.parametrize(("name", "kind"), TYPES.items())
async def test_asset_and_its_etag(
    listener: Listener, client: ClientSession, name: str, kind: str
) -> None:
    address = f"{listener.address}/assets/{name}"
    async with client.get(address) as answer:
        assert answer.status == 200
        assert answer.content_type == kind
        assert len(await answer.read()) < 30_000
        etag = answer.headers["ETag"]
    async with client.get(address, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
        assert await answer.read() == b""
    async with client.get(address, headers={"If-None-Match": '"other"'}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("name", ["report.html", "..%2fapp.py", "%2e%2e", "style.css%00", "x"])
async def test_nothing_else_is_served(listener: Listener, client: ClientSession, name: str) -> None:
    async with client.get(f"{listener.address}/assets/{name}") as answer:
        assert answer.status in {401, 404}
