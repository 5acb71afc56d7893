import pytest

from firsthand.delivery.webhook import Webhook
from tests.receiver import receiving


async def test_a_letter_arrives_as_json_and_nothing_else_goes_along() -> None:
    async with receiving() as receiver:
        webhook = Webhook(receiver.address)
        assert await webhook.post(b'{"rule": "low"}') == ""
        await webhook.close()
    assert receiver.bodies == [{"rule": "low"}]
    (headers,) = receiver.headers
    assert headers["Content-Type"] == "application/json"
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)


@pytest.mark.parametrize(
    ("status", "moved", "why"),
    [(500, "", "HTTP 500"), (404, "", "HTTP 404"), (302, "/hook", "broken_reply")],
)
async def test_what_is_no_success_is_told(status: int, moved: str, why: str) -> None:
    async with receiving() as receiver:
        receiver.status, receiver.moved = status, moved
        webhook = Webhook(receiver.address)
        assert await webhook.post(b"{}") == why
        await webhook.close()
    assert len(receiver.bodies) == 1


async def test_nobody_there() -> None:
    async with receiving() as receiver:
        address = receiver.address
    webhook = Webhook(address)
    assert await webhook.post(b"{}") == "connect"
    await webhook.close()


@pytest.mark.parametrize(
    "address", ["https://localhost/x", "https://unknown.invalid/x", "https://a.localhost:9/x"]
)
async def test_a_name_that_is_not_public_is_not_called(address: str) -> None:
    webhook = Webhook(address)
    assert await webhook.post(b"{}") in {"connect", "dns"}
    await webhook.close()
