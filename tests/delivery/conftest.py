from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.delivery.acme import Api, Memory


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    made = Api()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", made.serve)
    async with TestServer(app) as server:
        made.suffix = f".vendors.localhost:{server.port}"
        yield made


@pytest.fixture
def queue() -> Memory:
    return Memory()
