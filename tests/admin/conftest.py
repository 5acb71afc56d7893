"""A listener with the sample day, and clients for it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, CookieJar

from tests.admin.listener import Listener, listening


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield session
